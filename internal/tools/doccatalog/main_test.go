package main

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/custom"
)

// The page in the repository is that of the catalog.
func TestRender_current(t *testing.T) {
	t.Parallel()
	want, err := render(custom.Catalog())
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"../../../templates/guides/catalog.md", "../../../docs/guides/catalog.md"} {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is out of date: run make generate", path)
		}
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	d := custom.Declaration{BaseURL: "https://{host}/{project}"}
	d.Create.Path, d.Revoke.Path = "/{project}/keys", "/{project}/keys/{id}"
	d.Update = &custom.UpdateCall{Call: custom.Call{Path: "/keys/{id}?user={user}"}}
	if got := variables(d); !slices.Equal(got, []string{"host", "project", "user"}) {
		t.Errorf("got %v", got)
	}
}

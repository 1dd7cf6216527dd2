package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The page has every argument of the service block. The schemas for the provider's own page
// have those of the block itself, and not those of the blocks in it.
func TestServiceBlock(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "page.md")
	if err := run(t.Context(), nil, file); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"## service\n", "| `name` | string, required | Name of the service",
		"## create\n", "| `value` | string | ", "| `success` | list(number) | ",
		"## list\n", "| `arguments` | map(string) | ", "## list.page\n", "| `first` | number | ",
		"## auth\n", "| `basic` | bool | ",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	var schemas bytes.Buffer
	if err := run(t.Context(), &schemas, ""); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{`"credential_env"`: true, `"created_at_format"`: false} {
		if strings.Contains(schemas.String(), text) != want {
			t.Errorf("the schemas have %s: %t, want %t", text, !want, want)
		}
	}
}

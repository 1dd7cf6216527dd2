package main

import (
	"context"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/custom"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/documented"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// catalogRun is a run at a service of the catalog, which is simulated from its documentation.
// change, if it is not nil, makes the entry wrong.
func catalogRun(t *testing.T, name string, env map[string]string, change func(*custom.Declaration)) *testRun {
	t.Helper()
	simulated, err := documented.Read(filepath.Join("..", "..", "services", "custom", "testdata"), name)
	if err != nil {
		t.Fatal(err)
	}
	service, assumed, err := fromCatalog(name, func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		entry, _ := custom.Lookup(name)
		d := entry.WithDefaults()
		change(&d)
		service, assumed = declaredService(d), declaredAssumptions(d)
	}
	tr := newTestRunOf(t, simulators.Service{Service: service, Simulator: simulated.Simulator}, nil)
	base, err := url.Parse(service.Settings[0].Default)
	if err != nil {
		t.Fatal(err)
	}
	tr.assumptions = assumed
	tr.service.Settings = append([]services.Setting{{Name: services.BaseURL, Default: tr.url + base.Path}}, service.Settings[1:]...)
	for name, value := range env {
		tr.env[name] = value
	}
	return tr
}

// TestCatalog: everything that an entry says holds where it is right.
func TestCatalog(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]map[string]string{
		"resend": nil, "openai": nil, "sendgrid": {envArguments: `{"scopes": ["mail.send"]}`},
		"pinecone": {envVars: `{"project_id": "p1"}`}, "clerk": {envVars: `{"subject": "user_1"}`, envArguments: `{"subject": "user_1"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := catalogRun(t, name, env, nil)
			tr.store.Mint("somebody-elses")
			got := tr.run(context.Background(), exitHolds)
			if len(got) != len(tr.assumptions) {
				t.Errorf("%d results for %d assumptions", len(got), len(tr.assumptions))
			}
			for text, result := range got {
				if result != string(holds) {
					t.Errorf("%s: %s\n%s%s", result, text, tr.out.String(), tr.log.String())
				}
			}
		})
	}
}

// TestCatalog_wrong: a wrong entry differs, and no key is left.
func TestCatalog_wrong(t *testing.T) {
	t.Parallel()
	for text, change := range map[string]func(*custom.Declaration){
		"A listed key's time of creation": func(d *custom.Declaration) { d.List.CreatedAt = "/created" },
		"A new key is in the next":        func(d *custom.Declaration) { d.List.Name = "/label" },
		"A revocation has the declared":   func(d *custom.Declaration) { d.Revoke.Success = []int{204} },
	} {
		tr := catalogRun(t, "resend", nil, change)
		got := tr.run(context.Background(), anyExit)
		seen := ""
		for assumed, result := range got {
			if strings.HasPrefix(assumed, text) {
				seen = result
			}
		}
		if seen != string(differs) {
			t.Errorf("%s: %q\n%s%s", text, seen, tr.out.String(), tr.log.String())
		}
	}
}

// TestFromCatalog: what is missing is an error that says how to set it.
func TestFromCatalog(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"pinecone": "SMOKE_VARS", "nowhere": "no service"} {
		if _, _, err := fromCatalog(name, func(string) string { return "" }); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package expunct_test

import (
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/expunct"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/tfkeytest"
)

// Naming the tenant that a key is in already changes nothing at the service;
// another tenant is another key.
func TestTenant_named(t *testing.T) {
	r := tfkeytest.NewRig(t, expunct.Service)
	found := r.Store.Mint("ci")
	if ds := r.Import("key", r.Type(), found.ID); len(ds.Errors()) > 0 {
		t.Fatal(ds)
	}
	tenant := func(id string) tfkeytest.Config {
		return tfkeytest.Config{"key": r.Block("ci", map[string]any{"tenant_id": id})}
	}
	if p := r.MustApply(tenant(found.Scope)); p.Actions["key"] != tfkeytest.Update || r.State["key"].ID() != found.ID {
		t.Errorf("naming the tenant: %v", p.Actions)
	}
	if p := r.MustApply(tenant("tenant_other")); p.Actions["key"] != tfkeytest.Replace {
		t.Errorf("another tenant: %v", p.Actions)
	}
}

// A key that was made when the provider was set to no tenant is not where the
// provider looks when it is set to one later. That is no proof that it is gone:
// neither a plan nor a destroy lets go of it.
func TestTenant_setLater(t *testing.T) {
	r := tfkeytest.NewRig(t, expunct.Service)
	config := tfkeytest.Config{"key": r.Block("ci")}
	r.MustApply(config)
	id := r.State["key"].ID()
	end := r.Plan(tfkeytest.Config{})
	r.Provider = map[string]any{"expunct": map[string]any{"tenant_id": "tenant_other"}}
	if p := r.Plan(config); !strings.Contains(p.Diagnostics.String(), `does not have key `+id) || len(p.Diagnostics.Errors()) != 1 {
		t.Errorf("refresh: %v, %s", p.Actions, p.Diagnostics)
	}
	if ds := r.ApplyPlan(end); !strings.Contains(ds.String(), `does not have key `+id) {
		t.Errorf("destroy: %s", ds)
	}
	if live := r.Live(); len(live) != 1 || r.State["key"].ID() != id {
		t.Fatalf("live %v, state %v", live, r.State["key"])
	}
	// What the message says to do.
	r.Provider = nil
	record, _ := r.Store.Get(id)
	named := tfkeytest.Config{"key": r.Block("ci", map[string]any{"tenant_id": record.Scope})}
	r.MustApply(named)
	r.Provider = map[string]any{"expunct": map[string]any{"tenant_id": "tenant_other"}}
	r.MustBeEmpty(named)
	if live := r.Live(); len(live) != 1 || live[0] != id {
		t.Errorf("live %v", live)
	}
}

// Once a key was seen in the tenant that the provider is set to, the state knows
// where it is: that it is gone from there is believed.
func TestTenant_seen(t *testing.T) {
	r := tfkeytest.NewRig(t, expunct.Service)
	config := tfkeytest.Config{"key": r.Block("ci")}
	r.MustApply(config)
	id := r.State["key"].ID()
	record, _ := r.Store.Get(id)
	r.Provider = map[string]any{"expunct": map[string]any{"tenant_id": record.Scope}}
	r.MustBeEmpty(config)
	r.MustApply(config)
	if got := r.State["key"].Attribute("tenant_id"); got != record.Scope {
		t.Fatalf("tenant_id is %v, want %s", got, record.Scope)
	}
	if err := r.Store.Revoke(id); err != nil {
		t.Fatal(err)
	}
	if p := r.MustApply(config); p.Actions["key"] != tfkeytest.Create || r.State["key"].ID() == id {
		t.Errorf("planned %v", p.Actions)
	}
}

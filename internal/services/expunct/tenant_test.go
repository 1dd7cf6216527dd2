package expunct_test

import (
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

package expunct_test

import (
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/conformance"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// elsewhere is a provider that is set to another tenant than the credential's.
var elsewhere = map[string]any{"expunct": map[string]any{"tenant_id": "tenant_other"}}

// Naming the tenant that a key is in already changes nothing at the service;
// another tenant is another key.
func TestTenant_named(t *testing.T) {
	r := conformance.NewHarness(t, simulators.Named("expunct"))
	found := r.Store.Mint("ci")
	if ds := r.Import("key", r.Type(), found.ID); len(ds.Errors()) > 0 {
		t.Fatal(ds)
	}
	tenant := func(id string) protocol.Config {
		return protocol.Config{"key": r.Block("ci", map[string]any{"tenant_id": id})}
	}
	if p := r.MustApply(tenant(found.Scope)); p.Actions["key"] != protocol.Update || r.State["key"].ID() != found.ID {
		t.Errorf("naming the tenant: %v", p.Actions)
	}
	if p := r.MustApply(tenant("tenant_other")); p.Actions["key"] != protocol.Replace {
		t.Errorf("another tenant: %v", p.Actions)
	}
}

// A key that was made when the provider was set to no tenant is not where the
// provider looks when it is set to one later. That is no proof that it is gone:
// neither a plan nor a destroy lets go of it.
func TestTenant_setLater(t *testing.T) {
	r := conformance.NewHarness(t, simulators.Named("expunct"))
	config := protocol.Config{"key": r.Block("ci")}
	r.MustApply(config)
	id := r.State["key"].ID()
	end := r.Plan(protocol.Config{})
	r.Provider = elsewhere
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
	named := protocol.Config{"key": r.Block("ci", map[string]any{"tenant_id": record.Scope})}
	r.MustApply(named)
	r.Provider = elsewhere
	r.MustBeEmpty(named)
	if live := r.Live(); len(live) != 1 || live[0] != id {
		t.Errorf("live %v", live)
	}
}

// Nor does a rotation in place make a new key where the old one is not, when it is
// applied with other settings than it was planned with.
func TestTenant_setBetweenPlanAndApply(t *testing.T) {
	r := conformance.NewHarness(t, simulators.Named("expunct"))
	config := func(v string) protocol.Config {
		return protocol.Config{"key": r.Block("ci", conformance.Trigger(v, map[string]any{"rotation_overlap": "24h"}))}
	}
	r.MustApply(config("1"))
	id := r.State["key"].ID()
	p := r.Plan(config("2"))
	r.Provider = elsewhere
	if ds := r.ApplyPlan(p); !strings.Contains(ds.String(), "does not have key "+id) {
		t.Error(ds)
	}
	if live := r.Live(); len(r.Store.Ledger()) != 1 || len(live) != 1 || r.State["key"].ID() != id {
		t.Errorf("live %v, state %v", live, r.State["key"])
	}
}

// A rotation that names the tenant at the same time makes the new key there.
func TestTenant_namedByRotation(t *testing.T) {
	r := conformance.NewHarness(t, simulators.Named("expunct"))
	overlap := map[string]any{"rotation_overlap": "24h"}
	r.MustApply(protocol.Config{"key": r.Block("ci", conformance.Trigger("1", overlap))})
	old, _ := r.Store.Get(r.State["key"].ID())
	config := protocol.Config{"key": r.Block("ci", conformance.Trigger("2", overlap), map[string]any{"tenant_id": old.Scope})}
	p := r.Plan(config)
	r.Provider = elsewhere
	if ds := r.ApplyPlan(p); len(ds.Errors()) > 0 {
		t.Fatal(ds)
	}
	r.MustBeEmpty(config)
	if made, _ := r.Store.Get(r.State["key"].ID()); made.ID == old.ID || made.Scope != old.Scope || len(r.Live()) != 2 {
		t.Errorf("the new key is in %q, the old one in %q; live %v", made.Scope, old.Scope, r.Live())
	}
}

// One key of a resource that is found proves where the others were: a key that is
// missing beside it is gone.
func TestTenant_partlyGone(t *testing.T) {
	r := conformance.NewHarness(t, simulators.Named("expunct"))
	config := func(v string) protocol.Config {
		return protocol.Config{"key": r.Block("ci", conformance.Trigger(v, map[string]any{"rotation_overlap": "24h"}))}
	}
	r.MustApply(config("1"))
	retiring, _ := r.Store.Get(r.State["key"].ID())
	r.MustApply(config("2"))
	if err := r.Store.Revoke(r.State["key"].ID()); err != nil {
		t.Fatal(err)
	}
	r.Provider = map[string]any{"expunct": map[string]any{"tenant_id": retiring.Scope}}
	if p := r.MustApply(config("2")); p.Actions["key"] != protocol.Update || len(r.Live()) != 2 {
		t.Errorf("planned %v, live %v", p.Actions, r.Live())
	}
	if p := r.Destroy(); len(p.Diagnostics.Errors()) > 0 || len(r.Live()) != 0 {
		t.Errorf("%s, live %v", p.Diagnostics, r.Live())
	}
}

// Once a key was seen in the tenant that the provider is set to, the state knows
// where it is: that it is gone from there is believed.
func TestTenant_seen(t *testing.T) {
	r := conformance.NewHarness(t, simulators.Named("expunct"))
	config := protocol.Config{"key": r.Block("ci")}
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
	if p := r.MustApply(config); p.Actions["key"] != protocol.Create || r.State["key"].ID() == id {
		t.Errorf("planned %v", p.Actions)
	}
}

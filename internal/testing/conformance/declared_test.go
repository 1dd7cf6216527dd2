package conformance

import (
	"slices"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/custom"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/declared"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// TestWithoutTimes: where a service does not say when keys were created, a create whose
// answer is lost stops for a person, with the key that it may have created. Nothing is
// revoked or created again before that key is gone.
func TestWithoutTimes(t *testing.T) {
	t.Parallel()
	for _, kind := range []simulator.Kind{simulator.FaultCut, simulator.FaultStatus, simulator.FaultRateLimit} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			h := NewHarness(t, declared.Services()["bare"])
			other := h.Store.Mint("ci") // of the same name, from before
			config := protocol.Config{key: h.Block("ci", map[string]any{"on_duplicate_name": "ignore"})}
			h.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: kind, After: true, Times: 1})
			p := h.Apply(config)
			live := h.Store.Live()
			if len(live) != 2 {
				t.Fatalf("live %v, want the other key and the orphan", h.Live())
			}
			orphan := live[1]
			if !contains(p.Diagnostics.Errors(), "may or may not have been created", orphan.ID) || contains(p.Diagnostics.Errors(), other.ID) {
				t.Errorf("%s", p.Diagnostics)
			}
			if p := h.Apply(config); !contains(p.Diagnostics.Errors(), orphan.ID, "does not say when", "by hand") || !slices.Contains(h.Live(), orphan.ID) {
				t.Errorf("the next apply: %s, live %v", p.Diagnostics, h.Live())
			}
			if err := h.Store.Revoke(orphan.ID); err != nil {
				t.Fatal(err)
			}
			h.MustApply(config)
			if live := h.Live(); len(live) != 2 || live[0] != other.ID || live[1] != h.State[key].ID() {
				t.Errorf("live %v, the state has %s", live, h.State[key].ID())
			}
		})
	}
}

// TestArguments: what a create sends besides the name is compared by meaning. A change
// updates the key where the service can, and replaces it elsewhere. An import takes them
// over with a warning, and sends nothing.
func TestArguments(t *testing.T) {
	t.Parallel()
	for name, changed := range map[string]protocol.Action{"wrapped": protocol.Update, "form": protocol.Replace} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := NewHarness(t, declared.Services()[name])
			config := func(arguments any) protocol.Config {
				return protocol.Config{key: h.Block("ci", map[string]any{"arguments": arguments})}
			}
			h.MustApply(config(`{"role": "admin", "days": 3}`))
			h.MustBeEmpty(config(`{"days":3,"role":"admin"}`))
			if p := h.Plan(config(`["a"]`)); len(p.Diagnostics.Errors()) != 1 || !contains(p.Diagnostics.Errors(), "Invalid JSON", "jsonencode") {
				t.Errorf("an array: %s", p.Diagnostics)
			}
			if p := h.MustApply(config(`{"role":"reader","days":3}`)); p.Actions[key] != changed {
				t.Errorf("a change: %v, want %v", p.Actions, changed)
			}
			if p := h.MustApply(config(`{"role":"reader"}`)); p.Actions[key] != protocol.Replace {
				t.Errorf("one of them taken back: %v", p.Actions)
			}
			if p := h.MustApply(config(nil)); p.Actions[key] != protocol.Replace {
				t.Errorf("taken back: %v", p.Actions)
			}
			found := h.Store.Mint("found")
			if ds := h.Import("found", h.Type(), found.ID); len(ds.Errors()) > 0 {
				t.Fatal(ds)
			}
			both := config(nil)
			both["found"] = h.Block("found", map[string]any{"arguments": `{"role":"reader"}`})
			h.Store.Reset()
			p := h.MustApply(both)
			if p.Actions["found"] != protocol.Update || !contains(p.Diagnostics.Warnings(), "Arguments taken over", found.ID) || h.writes() > 0 {
				t.Errorf("an import: %v, %s, sent %v", p.Actions, p.Diagnostics, h.Store.Requests())
			}
			if live := h.Live(); len(live) != 2 {
				t.Errorf("live %v", live)
			}
			p = h.MustApply(protocol.Config{key: both[key], "found": h.Block("found", map[string]any{"arguments": `{"role":"admin"}`})})
			if p.Actions["found"] != changed {
				t.Errorf("a change after the import: %v, want %v", p.Actions, changed)
			}
		})
	}
}

// TestNoSuchService: a service that nobody has declared is an error that lists those that
// there are.
func TestNoSuchService(t *testing.T) {
	t.Parallel()
	h := NewHarness(t, declared.Services()["bare"])
	p := h.Plan(protocol.Config{key: h.Block("ci", map[string]any{"service": "elsewhere"})})
	if !contains(p.Diagnostics.Errors(), "No such service", `"elsewhere"`, "bare", "resend") {
		t.Errorf("%s", p.Diagnostics)
	}
	h.MustApply(protocol.Config{key: h.Block("ci")})
	if ds := h.Terraform.Import("found", h.Type(), h.State[key].ID()); !contains(ds.Errors(), "No such service", "resend/name:<name>") {
		t.Errorf("an import without the service: %s", ds)
	}
	h.Provider = nil // the block is removed while a key needs it
	if p := h.Plan(protocol.Config{key: h.Block("ci")}); !contains(p.Diagnostics.Errors(), "No such service", `"bare"`) {
		t.Errorf("%s", p.Diagnostics)
	}
}

// TestPartialUpdate: an update that takes some fields changes those in place. A change of
// others, or of the name where it does not take that, replaces the key.
func TestPartialUpdate(t *testing.T) {
	t.Parallel()
	s := declared.Services()["wrapped"]
	s.Declared = strings.Replace(s.Declared, `"update": {`, `"update": {"rename": false, "arguments": ["role"], `, 1)
	d, err := custom.Decode([]byte(s.Declared))
	if err != nil {
		t.Fatal(err)
	}
	s.Declaration, s.Key = &d, d.Definition()
	h := NewHarness(t, s)
	apply := func(name, arguments string, want protocol.Action) {
		t.Helper()
		if p := h.MustApply(protocol.Config{key: h.Block(name, map[string]any{"arguments": arguments})}); p.Actions[key] != want {
			t.Errorf("%s %s: %s, want %s", name, arguments, p.Actions[key], want)
		}
	}
	apply("ci", `{"days": 3}`, protocol.Create)
	apply("ci", `{"days": 3, "role": "admin"}`, protocol.Update)
	apply("ci", `{"days": 3, "role": "reader"}`, protocol.Update)
	apply("ci", `{"days": 4, "role": "reader"}`, protocol.Replace)
	apply("ci", `{"days": 4, "role": "reader", "tier": 1}`, protocol.Replace)
	apply("ci", `{"days": 4, "tier": 1}`, protocol.Replace)
	apply("other", `{"days": 4, "tier": 1}`, protocol.Replace)
	h.destroyAll(t)
}

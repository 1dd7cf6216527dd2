package conformance

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// TestGivenValueForNewKey: a key that is to be created cannot have a given value.
func (h *Suite) TestGivenValueForNewKey(t *testing.T) {
	words := []string{"A new key cannot have a given value", "Import that key first"}
	for name, settings := range map[string]map[string]any{"known": given(wrongValue, 1), "unknown": given(protocol.Unknown{}, protocol.Unknown{})} {
		if p := h.Plan(protocol.Config{key: h.Block("ci", settings)}); !contains(p.Diagnostics.Errors(), words...) {
			t.Errorf("%s: %s", name, p.Diagnostics)
		}
	}
	p := h.Plan(protocol.Config{key: h.Block("ci")})
	p.Resolve(key, h.Block("ci", given(wrongValue, 1)).Attributes)
	if ds := h.ApplyPlan(p); !contains(ds.Errors(), words...) {
		t.Errorf("apply: %s", ds)
	}
	if n := h.Store.Requests()[simulator.OpCreate]; n > 0 || len(h.State) > 0 {
		t.Errorf("%d creates were sent, the state is %v", n, h.State)
	}
}

// TestGivenValueForRotation: a key whose value is given is neither rotated nor replaced, and
// nothing is lost by trying.
func (h *Suite) TestGivenValueForRotation(t *testing.T) {
	for how, rotate := range h.rotations() {
		t.Run(how, func(t *testing.T) {
			h := NewHarness(t, h.Service)
			found := h.imported(t, "ci")
			h.MustApply(protocol.Config{key: h.Block("ci", given(found.Value, 1), rotate("1"))})
			refused := func(b protocol.Block) {
				t.Helper()
				b.CreateBeforeDestroy = false
				p := h.Apply(protocol.Config{key: b})
				if !contains(p.Diagnostics.Errors(), "A new key cannot have a given value", found.ID) {
					t.Errorf("%s", p.Diagnostics)
				}
				if n := h.writes(); n > 0 || len(h.Live()) != 1 {
					t.Errorf("sent %v", h.Store.Requests())
				}
				h.holdsIn(t, plaintext, reader{})
			}
			refused(h.Block("ci", given(found.Value, 1), rotate("2")))
			refused(h.Block("ci", given(found.Value, 2), rotate("2")))
			refused(h.Block("ci", given(found.Value, 1, map[string]any{"store_key": false}), rotate("1")))
			if !h.Service.Key.CanRename {
				refused(h.Block("other", given(found.Value, 1), rotate("1")))
			}
			h.State[key].Tainted = true
			if p := h.Plan(protocol.Config{key: h.Block("ci", given(found.Value, 1), rotate("1"))}); !contains(p.Diagnostics.Errors(), "Import that key first") {
				t.Errorf("tainted: %s", p.Diagnostics)
			}
			h.State[key].Tainted = false

			aged := map[string]any{"rotate_after": "90d"}
			h.MustApply(protocol.Config{key: h.Block("ci", given(found.Value, 1), aged)})
			h.Clock.Advance(91 * 24 * time.Hour)
			refused(h.Block("ci", given(found.Value, 1), aged))

			// The apply refuses by itself what the plan would have.
			h.MustApply(protocol.Config{key: h.Block("ci", given(found.Value, 1), rotate("1"))})
			p := h.Plan(protocol.Config{key: h.Block("ci", rotate("2"))})
			p.Resolve(key, h.Block("ci", given(found.Value, 1), rotate("2")).Attributes)
			if ds := h.ApplyPlan(p); !contains(ds.Errors(), "A new key cannot have a given value") || h.writes() > 0 {
				t.Errorf("apply: %s, sent %v", ds, h.Store.Requests())
			}
			h.MustApply(protocol.Config{key: h.Block("ci", rotate("1"))}) // and not given any more, it rotates
			h.MustApply(protocol.Config{key: h.Block("ci", rotate("2"))})
			if h.State[key].ID() == found.ID {
				t.Error("not rotated")
			}
			h.destroyAll(t)
		})
	}
}

// TestGivenValueStorageChanges: a value that is given can be stored in another way without a new one.
func (h *Suite) TestGivenValueStorageChanges(t *testing.T) {
	to, other := newReader(t), newReader(t)
	found := h.imported(t, "ci")
	number := 0
	for _, m := range []mode{plaintext, nowhere, encrypted, plaintext, encrypted, nowhere, plaintext} {
		number++
		p := h.MustApply(protocol.Config{key: h.Block("ci", given(found.Value, number, modes(to)[m]))})
		h.quietPlan(t, m, p)
		if len(p.Diagnostics) > 0 || p.Actions[key] != protocol.Update {
			t.Fatalf("to %s: %v, %s", m, p.Actions, p.Diagnostics)
		}
		h.holdsIn(t, m, to)
	}
	// Encrypted later, with the same version: what the state has is encrypted.
	p := h.MustApply(protocol.Config{key: h.Block("ci", given(wrongValue, number, modes(to)[encrypted]))})
	if p.Actions[key] != protocol.Update {
		t.Errorf("encrypted later: %v", p.Actions)
	}
	h.holdsIn(t, encrypted, to)
	h.MustApply(protocol.Config{key: h.Block("ci", given(found.Value, number+1, modes(other)[encrypted]))})
	h.holdsIn(t, encrypted, other)
	if n := h.writes(); n > 0 {
		t.Errorf("sent %v", h.Store.Requests())
	}
	h.destroyAll(t)
}

// TestGivenValueUnknown: what is known in the apply only is taken and checked there.
func (h *Suite) TestGivenValueUnknown(t *testing.T) {
	for name, c := range map[string]struct{ planned, applied map[string]any }{
		"value":            {given(protocol.Unknown{}, 1), given("the value", 1)},
		"value and number": {given(protocol.Unknown{}, protocol.Unknown{}), given("the value", 1)},
		"nothing, at last": {given(protocol.Unknown{}, protocol.Unknown{}), given(nil, nil)},
	} {
		h := NewHarness(t, h.Service)
		found := h.imported(t, "ci")
		p := h.Plan(protocol.Config{key: h.Block("ci", c.planned)})
		if len(p.Diagnostics) > 0 || p.Actions[key] != protocol.Update {
			t.Fatalf("%s: plan: %v, %s", name, p.Actions, p.Diagnostics)
		}
		if c.applied["key_wo"] != nil {
			c.applied["key_wo"] = found.Value
		}
		p.Resolve(key, h.Block("ci", c.applied).Attributes)
		if ds := h.ApplyPlan(p); len(ds) > 0 {
			t.Fatalf("%s: apply: %s", name, ds)
		}
		h.MustBeEmpty(protocol.Config{key: h.Block("ci", c.applied)})
		if got, want := h.State[key].Attribute("key") != nil, c.applied["key_wo"] != nil; got != want {
			t.Errorf("%s: the state holds a value: %v", name, got)
		}
	}
}

// TestGivenValueApplyFails: an apply that fails takes no value, and the next one does.
func (h *Suite) TestGivenValueApplyFails(t *testing.T) {
	found := h.imported(t, "ci")
	config := protocol.Config{key: h.Block("ci", given(found.Value, 1, map[string]any{"store_key": false}))}
	p := h.Plan(config)
	for _, op := range []string{simulator.OpList, simulator.OpGet} {
		h.Store.Fault(simulator.Fault{Operation: op, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: -1})
	}
	if ds := h.ApplyPlan(p); len(ds.Errors()) != 1 {
		t.Fatalf("%s", ds)
	}
	h.Store.ClearFaults()
	h.unchanged(t, found)
	p = h.Plan(config)
	if err := h.Store.Revoke(found.ID); err != nil {
		t.Fatal(err)
	}
	if ds := h.ApplyPlan(p); !contains(ds.Errors(), "Key revoked outside of Terraform", found.ID) {
		t.Errorf("revoked: %s", ds)
	}
	h.unchanged(t, found)
}

// TestGivenValueInErrors: a given value that the service repeats is shown nowhere, however it
// looks.
func (h *Suite) TestGivenValueInErrors(t *testing.T) {
	const value = "0123456789abcdefghij" // does not begin like the service's values
	found := h.imported(t, "ci")
	if err := h.Store.Update(found.ID, func(k *simulator.Record) { k.Value = value }); err != nil {
		t.Fatal(err)
	}
	config := protocol.Config{key: h.Block("ci", given(value, 1, map[string]any{"store_key": false}))}
	p := h.Plan(config)
	for _, op := range []string{simulator.OpList, simulator.OpGet} {
		h.Store.Fault(simulator.Fault{Operation: op, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Body: `{"detail": "refused ` + value + `"}`, Times: -1})
	}
	if ds := h.ApplyPlan(p); !contains(ds.Errors(), "refused (redacted)") || strings.Contains(ds.String(), value) {
		t.Errorf("apply: %s", ds)
	}
	h.Store.ClearFaults()
	h.MustApply(config)
	h.isSilent(t, nowhere)
}

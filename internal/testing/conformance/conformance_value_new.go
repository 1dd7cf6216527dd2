package conformance

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// testGivenToNew: a key that is to be created cannot have a given value.
func testGivenToNew(t *testing.T, r *Rig) {
	words := []string{"A new key cannot have a given value", "Import that key first"}
	for name, settings := range map[string]map[string]any{"known": given(wrongValue, 1), "unknown": given(protocol.Unknown{}, protocol.Unknown{})} {
		if p := r.Plan(protocol.Config{key: r.Block("ci", settings)}); !contains(p.Diagnostics.Errors(), words...) {
			t.Errorf("%s: %s", name, p.Diagnostics)
		}
	}
	p := r.Plan(protocol.Config{key: r.Block("ci")})
	p.Resolve(key, r.Block("ci", given(wrongValue, 1)).Attributes)
	if ds := r.ApplyPlan(p); !contains(ds.Errors(), words...) {
		t.Errorf("apply: %s", ds)
	}
	if n := r.Store.Requests()[simulator.OpCreate]; n > 0 || len(r.State) > 0 {
		t.Errorf("%d creates were sent, the state is %v", n, r.State)
	}
}

// testGivenToRotation: a key whose value is given is neither rotated nor replaced, and
// nothing is lost by trying.
func testGivenToRotation(t *testing.T, r *Rig) {
	for how, rotate := range r.rotations() {
		t.Run(how, func(t *testing.T) {
			r := NewRig(t, r.Service)
			found := r.imported(t, "ci")
			r.MustApply(protocol.Config{key: r.Block("ci", given(found.Value, 1), rotate("1"))})
			refused := func(b protocol.Block) {
				t.Helper()
				b.CreateBeforeDestroy = false
				p := r.Apply(protocol.Config{key: b})
				if !contains(p.Diagnostics.Errors(), "A new key cannot have a given value", found.ID) {
					t.Errorf("%s", p.Diagnostics)
				}
				if n := r.writes(); n > 0 || len(r.Live()) != 1 {
					t.Errorf("sent %v", r.Store.Requests())
				}
				r.holdsIn(t, plaintext, reader{})
			}
			refused(r.Block("ci", given(found.Value, 1), rotate("2")))
			refused(r.Block("ci", given(found.Value, 2), rotate("2")))
			refused(r.Block("ci", given(found.Value, 1, map[string]any{"store_key": false}), rotate("1")))
			if !r.Service.Key.CanRename {
				refused(r.Block("other", given(found.Value, 1), rotate("1")))
			}
			r.State[key].Tainted = true
			if p := r.Plan(protocol.Config{key: r.Block("ci", given(found.Value, 1), rotate("1"))}); !contains(p.Diagnostics.Errors(), "Import that key first") {
				t.Errorf("tainted: %s", p.Diagnostics)
			}
			r.State[key].Tainted = false

			aged := map[string]any{"rotate_after": "90d"}
			r.MustApply(protocol.Config{key: r.Block("ci", given(found.Value, 1), aged)})
			r.Clock.Advance(91 * 24 * time.Hour)
			refused(r.Block("ci", given(found.Value, 1), aged))

			// The apply refuses by itself what the plan would have.
			r.MustApply(protocol.Config{key: r.Block("ci", given(found.Value, 1), rotate("1"))})
			p := r.Plan(protocol.Config{key: r.Block("ci", rotate("2"))})
			p.Resolve(key, r.Block("ci", given(found.Value, 1), rotate("2")).Attributes)
			if ds := r.ApplyPlan(p); !contains(ds.Errors(), "A new key cannot have a given value") || r.writes() > 0 {
				t.Errorf("apply: %s, sent %v", ds, r.Store.Requests())
			}
			r.MustApply(protocol.Config{key: r.Block("ci", rotate("1"))}) // and not given any more, it rotates
			r.MustApply(protocol.Config{key: r.Block("ci", rotate("2"))})
			if r.State[key].ID() == found.ID {
				t.Error("not rotated")
			}
			r.destroyAll(t)
		})
	}
}

// testGivenMoves: a value that is given can be stored in another way without a new one.
func testGivenMoves(t *testing.T, r *Rig) {
	to, other := newReader(t), newReader(t)
	found := r.imported(t, "ci")
	number := 0
	for _, m := range []mode{plaintext, nowhere, encrypted, plaintext, encrypted, nowhere, plaintext} {
		number++
		p := r.MustApply(protocol.Config{key: r.Block("ci", given(found.Value, number, modes(to)[m]))})
		r.quietPlan(t, m, p)
		if len(p.Diagnostics) > 0 || p.Actions[key] != protocol.Update {
			t.Fatalf("to %s: %v, %s", m, p.Actions, p.Diagnostics)
		}
		r.holdsIn(t, m, to)
	}
	// Encrypted later, with the same version: what the state has is encrypted.
	p := r.MustApply(protocol.Config{key: r.Block("ci", given(wrongValue, number, modes(to)[encrypted]))})
	if p.Actions[key] != protocol.Update {
		t.Errorf("encrypted later: %v", p.Actions)
	}
	r.holdsIn(t, encrypted, to)
	r.MustApply(protocol.Config{key: r.Block("ci", given(found.Value, number+1, modes(other)[encrypted]))})
	r.holdsIn(t, encrypted, other)
	if n := r.writes(); n > 0 {
		t.Errorf("sent %v", r.Store.Requests())
	}
	r.destroyAll(t)
}

// testGivenUnknown: what is known in the apply only is taken and checked there.
func testGivenUnknown(t *testing.T, r *Rig) {
	for name, c := range map[string]struct{ planned, applied map[string]any }{
		"value":            {given(protocol.Unknown{}, 1), given("the value", 1)},
		"value and number": {given(protocol.Unknown{}, protocol.Unknown{}), given("the value", 1)},
		"nothing, at last": {given(protocol.Unknown{}, protocol.Unknown{}), given(nil, nil)},
	} {
		r := NewRig(t, r.Service)
		found := r.imported(t, "ci")
		p := r.Plan(protocol.Config{key: r.Block("ci", c.planned)})
		if len(p.Diagnostics) > 0 || p.Actions[key] != protocol.Update {
			t.Fatalf("%s: plan: %v, %s", name, p.Actions, p.Diagnostics)
		}
		if c.applied["key_wo"] != nil {
			c.applied["key_wo"] = found.Value
		}
		p.Resolve(key, r.Block("ci", c.applied).Attributes)
		if ds := r.ApplyPlan(p); len(ds) > 0 {
			t.Fatalf("%s: apply: %s", name, ds)
		}
		r.MustBeEmpty(protocol.Config{key: r.Block("ci", c.applied)})
		if got, want := r.State[key].Attribute("key") != nil, c.applied["key_wo"] != nil; got != want {
			t.Errorf("%s: the state holds a value: %v", name, got)
		}
	}
}

// testGivenNotApplied: an apply that fails takes no value, and the next one does.
func testGivenNotApplied(t *testing.T, r *Rig) {
	found := r.imported(t, "ci")
	config := protocol.Config{key: r.Block("ci", given(found.Value, 1, map[string]any{"store_key": false}))}
	p := r.Plan(config)
	for _, op := range []string{simulator.OpList, simulator.OpGet} {
		r.Store.Fault(simulator.Fault{Operation: op, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: -1})
	}
	if ds := r.ApplyPlan(p); len(ds.Errors()) != 1 {
		t.Fatalf("%s", ds)
	}
	r.Store.ClearFaults()
	r.unchanged(t, found)
	p = r.Plan(config)
	if err := r.Store.Revoke(found.ID); err != nil {
		t.Fatal(err)
	}
	if ds := r.ApplyPlan(p); !contains(ds.Errors(), "Key revoked outside of Terraform", found.ID) {
		t.Errorf("revoked: %s", ds)
	}
	r.unchanged(t, found)
}

// testGivenEcho: a given value that the service repeats is shown nowhere, however it
// looks.
func testGivenEcho(t *testing.T, r *Rig) {
	const value = "0123456789abcdefghij" // does not begin like the service's values
	found := r.imported(t, "ci")
	if err := r.Store.Update(found.ID, func(k *simulator.Record) { k.Value = value }); err != nil {
		t.Fatal(err)
	}
	config := protocol.Config{key: r.Block("ci", given(value, 1, map[string]any{"store_key": false}))}
	p := r.Plan(config)
	for _, op := range []string{simulator.OpList, simulator.OpGet} {
		r.Store.Fault(simulator.Fault{Operation: op, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Body: `{"detail": "refused ` + value + `"}`, Times: -1})
	}
	if ds := r.ApplyPlan(p); !contains(ds.Errors(), "refused (redacted)") || strings.Contains(ds.String(), value) {
		t.Errorf("apply: %s", ds)
	}
	r.Store.ClearFaults()
	r.MustApply(config)
	r.isSilent(t, nowhere)
}

package onepin_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/conformance"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

const key = "key"

// native is a key that OnePin's own call rotates.
func native(r *conformance.Harness, v string) protocol.Config {
	return protocol.Config{key: r.Block("ci", conformance.Trigger(v, map[string]any{"native_rotation": true}),
		map[string]any{"scopes": []string{"voices:read"}, "rate_limit_per_min": 7})}
}

// Native rotation is in place, kills the old key at once, keeps the settings and
// has a new id.
func TestNative(t *testing.T) {
	r := conformance.NewHarness(t, simulators.Named("onepin"))
	r.MustApply(native(r, "1"))
	was := r.State[key].ID()
	r.Clock.Advance(time.Hour)
	r.Store.Reset()
	if p := r.MustApply(native(r, "2")); p.Actions[key] != protocol.Update {
		t.Fatalf("planned %v", p.Actions)
	}
	if n := r.Store.Requests(); n[simulator.OpRotate] != 1 || n[simulator.OpCreate] != 0 || n[simulator.OpRevoke] != 0 {
		t.Errorf("requests %v", n)
	}
	live := r.Store.Live()
	if len(live) != 1 || live[0].ID == was || live[0].ID != r.State[key].ID() || live[0].Value != r.State[key].Attribute("key") {
		t.Errorf("live %v", live)
	}
	if len(r.Held()) != 1 {
		t.Errorf("held %v", r.Held())
	}
}

// Whatever becomes of the answer to a rotation, at most one clean apply later the
// state holds the one live key and its value, and rotate is never called again
// for a key that may have been rotated.
func TestNative_ambiguous(t *testing.T) {
	for _, after := range []bool{false, true} {
		for _, kind := range []simulator.Kind{simulator.FaultCut, simulator.FaultStatus, simulator.FaultHTML, simulator.FaultHalfBody, simulator.FaultNoValue} {
			for _, times := range []int{1, 2} {
				r := conformance.NewHarness(t, simulators.Named("onepin"))
				r.MustApply(native(r, "1"))
				r.Clock.Advance(time.Hour)
				r.Store.Reset()
				r.Store.Fault(simulator.Fault{Operation: simulator.OpRotate, Kind: kind, After: after, Times: times})
				p := r.Apply(native(r, "2"))
				n := r.Store.Requests()[simulator.OpRotate]
				made := after || kind == simulator.FaultNoValue
				if want := map[bool]int{true: 2, false: 1}[made]; n != want {
					t.Errorf("%s after=%v times=%d: %d rotations, want %d", kind, after, times, n, want)
				}
				if failed := len(p.Diagnostics.Errors()) > 0; failed != (!made || times == 2) {
					t.Errorf("%s after=%v times=%d: %s", kind, after, times, p.Diagnostics)
				}
				r.Store.ClearFaults()
				r.Clock.Advance(time.Minute)
				r.MustApply(native(r, "2"))
				live := r.Store.Live()
				if len(live) != 1 || live[0].ID != r.State[key].ID() || live[0].Value != r.State[key].Attribute("key") {
					t.Errorf("%s after=%v times=%d: live %+v, state %s", kind, after, times, live, r.State[key].ID())
				}
			}
		}
	}
}

// A rotation whose answer shows the old key alive has not revoked it: it retires, due,
// until it is seen to be revoked.
func TestNative_oldKeyLives(t *testing.T) {
	for name, old := range map[string]string{
		"alive": `{"id": %q, "name": "ci", "active": true, "revoked_at": null}`, "another key": `{"id": "other", "active": false, "revoked_at": "2030-01-02T03:04:05Z"}`, "missing": `null`,
	} {
		r := conformance.NewHarness(t, simulators.Named("onepin"))
		r.MustApply(native(r, "1"))
		was := r.State[key].ID()
		r.Clock.Advance(time.Hour)
		// The service makes a successor, which is not listed yet, and leaves the old key.
		r.Store.Quirk(simulator.Quirks{ListingLag: time.Minute})
		p := r.Plan(native(r, "2"))
		next := r.Store.MintDraft(simulator.Draft{Name: "ci", Attributes: map[string]any{"scopes": []string{"voices:read"}, "rate_limit_per_min": int64(7)}})
		if strings.Contains(old, "%") {
			old = fmt.Sprintf(old, was)
		}
		r.Store.Fault(simulator.Fault{
			Operation: simulator.OpRotate, Kind: simulator.FaultStatus, Status: 200,
			Body: fmt.Sprintf(`{"data": {"old_key": %s, "new_key": {"id": %q, "name": "ci", "api_key": %q, "created_at": %q, "active": true}}}`, old, next.ID, next.Value, next.CreatedAt.Format(time.RFC3339Nano)),
		})
		r.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: 403})
		ds := r.ApplyPlan(p)
		if len(ds.Errors()) > 0 || len(r.Live()) != 2 || !r.Held()[was] || r.State[key].ID() != next.ID {
			t.Fatalf("%s: %s, live %v, held %v", name, ds, r.Live(), r.Held())
		}
		r.Store.Quirk(simulator.Quirks{})
		r.Apply(native(r, "2"))
		r.MustBeEmpty(native(r, "2"))
		if live := r.Live(); len(live) != 1 || live[0] != next.ID || len(r.Held()) != 1 {
			t.Errorf("%s: live %v, held %v", name, live, r.Held())
		}
	}
}

// Switching a key off outside is mended in place; so are a new name, other scopes
// and another limit. Use never shows.
func TestDrift(t *testing.T) {
	r := conformance.NewHarness(t, simulators.Named("onepin"))
	config := protocol.Config{key: r.Block("ci", map[string]any{"scopes": []string{"voices:read", "workflows:run"}, "rate_limit_per_min": 7})}
	r.MustApply(config)
	id := r.State[key].ID()
	for what, drift := range map[string]func(*simulator.Record){
		"active":             func(k *simulator.Record) { k.Active = false },
		"name":               func(k *simulator.Record) { k.Name = "other" },
		"scopes":             func(k *simulator.Record) { k.Attributes["scopes"] = []string{"voices:read"} },
		"rate_limit_per_min": func(k *simulator.Record) { k.Attributes["rate_limit_per_min"] = int64(9) },
	} {
		if err := r.Store.Update(id, drift); err != nil {
			t.Fatal(err)
		}
		if p := r.MustApply(config); p.Actions[key] != protocol.Update || r.State[key].ID() != id {
			t.Errorf("%s: %v", what, p.Actions)
		}
	}
	if err := r.Store.Use(id); err != nil {
		t.Fatal(err)
	}
	if err := r.Store.Update(id, func(k *simulator.Record) { k.Attributes["scopes"] = []string{"workflows:run", "voices:read"} }); err != nil {
		t.Fatal(err)
	}
	r.MustBeEmpty(config)
	// The warning of a revocation says when.
	r.Clock.Advance(time.Hour)
	if err := r.Store.Revoke(id); err != nil {
		t.Fatal(err)
	}
	when := r.Clock.Now().UTC().Format(time.RFC3339)
	if ws := r.Plan(config).Diagnostics.Warnings(); len(ws) != 1 || !strings.Contains(ws[0], when) {
		t.Errorf("warnings %v, want the time %s", ws, when)
	}
}

// A key can be made switched off, and a rotation keeps it so.
func TestInactive(t *testing.T) {
	r := conformance.NewHarness(t, simulators.Named("onepin"))
	config := func(v string) protocol.Config {
		return protocol.Config{key: r.Block("ci", conformance.Trigger(v, map[string]any{"rotation_overlap": "1h"}), map[string]any{"active": false})}
	}
	r.MustApply(config("1"))
	r.MustApply(config("2"))
	for _, k := range r.Store.Live() {
		if k.Active {
			t.Errorf("key %s is switched on", k.ID)
		}
	}
	if len(r.Live()) != 2 {
		t.Errorf("live %v", r.Live())
	}
}

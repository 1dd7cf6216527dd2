package conformance

import (
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// testGoneMidway: when Terraform goes away in the middle of a rotation in place,
// the new key goes too, whatever the update was at: the state that Terraform has
// left names the old one. What was not sent by then is not sent.
func testGoneMidway(t *testing.T, r *Rig) {
	for _, at := range []string{simulator.OpCreate, simulator.OpRevoke} {
		delivery := &tfkey.Delivery{}
		r.Options.Delivery = delivery
		overlap := map[string]any{"rotation_overlap": "24h"}
		config := protocol.Config{key: r.Block("ci "+at, Trigger("1"), overlap)}
		r.MustApply(config)
		if at == simulator.OpRevoke { // of a key that is due by then
			config = protocol.Config{key: r.Block("ci "+at, Trigger("2"), overlap)}
			r.MustApply(config)
			r.Clock.Advance(48 * time.Hour)
		}
		old := r.State[key].ID()
		p := r.Plan(protocol.Config{key: r.Block("ci "+at, Trigger("3"), overlap)})
		held := r.Held()
		if p.Actions[key] != protocol.Update {
			t.Fatalf("the plan is %v\n%s", p.Actions, p.Diagnostics)
		}
		r.Store.Watch(func(e simulator.Exchange, m simulator.Moment) {
			if e.Operation == at && m == simulator.Arrived {
				delivery.Disconnect()
			}
		})
		ledger := len(r.Store.Ledger())
		r.ApplyPlan(p)
		r.Store.Watch(nil)
		if made := len(r.Store.Ledger()) - ledger; made != 1 {
			t.Fatalf("gone at the %s: %d keys were made", at, made)
		}
		for _, id := range r.Live() {
			if !held[id] {
				t.Errorf("gone at the %s: key %s lives, and nobody holds it", at, id)
			}
		}
		if record, _ := r.Store.Get(old); !record.Live() {
			t.Errorf("gone at the %s: the old key was revoked for a new one that nobody took", at)
		}
		r.Options.Delivery = nil
		r.destroyAll(t)
	}
}

// testUnclosed: ephemeral keys that nobody has closed are revoked when the provider
// is shut down, in whichever scope they are; a key that the state holds is not.
func testUnclosed(t *testing.T, r *Rig) {
	delivery := &tfkey.Delivery{}
	r.Options.Delivery = delivery
	r.MustApply(protocol.Config{key: r.Block("ci")})
	run := r.Run()
	closed := r.mustOpen(t, run, map[string]any{"name": "closed"})
	for _, name := range []string{"a", "b"} {
		r.mustOpen(t, run, map[string]any{"name": name})
	}
	if r.Service.Key.Scope != "" {
		r.mustOpen(t, run, map[string]any{"name": "elsewhere", r.Service.Key.Scope: simulator.UUID()})
	}
	if ds := run.Close(closed); len(ds) > 0 {
		t.Errorf("close: %s", ds)
	}
	r.Store.Reset()
	delivery.Shutdown(time.Minute)
	if live := r.Live(); len(live) != 1 || live[0] != r.State[key].ID() {
		t.Errorf("live %v", live)
	}
	if want, n := len(r.Store.Ledger())-2, r.Store.Requests()[simulator.OpRevoke]; n != want {
		t.Errorf("%d revocations, want %d", n, want)
	}
	if e := run.Open(r.Type(), map[string]any{"name": "late"}); !contains(e.Diagnostics.Errors(), "gone away") || len(r.Live()) != 1 {
		t.Errorf("opened after the shutdown: %s", e.Diagnostics)
	}
	r.Options.Delivery = nil
	r.destroyAll(t)
}

package tfkeytest

import (
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"
)

// testGoneMidway: when Terraform goes away in the middle of a rotation in place,
// the new key goes too, whatever the update was at: the state that Terraform has
// left names the old one. What was not sent by then is not sent.
func testGoneMidway(t *testing.T, r *Rig) {
	for _, at := range []string{simulator.OpCreate, simulator.OpRevoke} {
		delivery := &tfkey.Delivery{}
		r.Options.Delivery = delivery
		fail := map[string]any{"on_duplicate_name": "fail"}
		config := Config{key: r.Block("ci "+at, Trigger("1"), fail)}
		r.MustApply(config)
		old := r.State[key].ID()
		p := r.Plan(Config{key: r.Block("ci "+at, Trigger("2"), fail)})
		if p.Actions[key] != Update {
			t.Fatalf("the plan is %v\n%s", p.Actions, p.Diagnostics)
		}
		r.Store.Watch(func(e simulator.Exchange, m simulator.Moment) {
			if e.Operation == at && m == simulator.Arrived {
				delivery.Lost()
			}
		})
		ledger := len(r.Store.Ledger())
		r.ApplyPlan(p)
		r.Store.Watch(nil)
		if made := len(r.Store.Ledger()) - ledger; made != 1 {
			t.Fatalf("gone at the %s: %d keys were made", at, made)
		}
		for _, id := range r.Live() {
			if id != old {
				t.Errorf("gone at the %s: key %s lives, and nobody holds it", at, id)
			}
		}
		if record, _ := r.Store.Get(old); at == simulator.OpCreate && !record.Live() {
			t.Errorf("gone at the %s: the old key was revoked for a new one that nobody took", at)
		}
		r.Options.Delivery = nil
		r.destroyAll(t)
	}
}

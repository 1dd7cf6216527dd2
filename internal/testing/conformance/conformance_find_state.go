package conformance

import (
	"slices"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// states makes one key of each state that a service remembers.
func (r *Rig) states(t *testing.T) (works, off, dead simulator.Record) {
	t.Helper()
	works, off, dead = r.Store.Mint("works"), r.Store.Mint("off"), r.Store.Mint("dead")
	if err := r.Store.Revoke(dead.ID); err != nil {
		t.Fatal(err)
	}
	if err := r.Store.Update(off.ID, func(k *simulator.Record) { k.Active = false }); err != nil {
		t.Fatal(err)
	}
	dead, _ = r.Store.Get(dead.ID)
	return works, off, dead
}

// testListStatus: by state, as far as there is something to manage.
func testListStatus(t *testing.T, r *Rig) {
	if !r.Service.Key.KeepsRevoked {
		return
	}
	works, off, _ := r.states(t)
	for status, want := range map[any][]simulator.Record{nil: {works}, "active": {works}, "revoked": {off}, "all": {works, off}} {
		found := r.list(t, protocol.Query{Arguments: map[string]any{"status": status}, IncludeResource: true})
		wantFound(t, status, found, want...)
		for _, f := range found {
			r.State = nil
			if ds := r.ImportIdentity(key, r.Type(), f.Identity); len(ds.Errors()) > 0 {
				t.Fatal(ds)
			}
			r.MustBeEmpty(protocol.Config{key: r.Block(f.Name, map[string]any{"active": f.Resource["active"]})})
		}
	}
}

// testKeysStatus: by state, each from one listing of its own, which own writes make
// stale.
func testKeysStatus(t *testing.T, r *Rig) {
	if !r.Service.Key.KeepsRevoked {
		return
	}
	works, off, dead := r.states(t)
	r.Clock.Advance(100 * 24 * time.Hour)
	wanted := map[any][]simulator.Record{nil: {works}, "active": {works}, "revoked": {off, dead}, "all": {works, off, dead}}
	run := r.Run()
	r.Store.Reset()
	for range 3 {
		for status, want := range wanted {
			found, ds := run.Data(r.keysType(), map[string]any{"status": status})
			if len(ds) > 0 {
				t.Fatal(ds)
			}
			wantKeys(t, status, found, want...)
			for i, e := range found["keys"].([]any) {
				var revoked any
				if !want[i].RevokedAt.IsZero() {
					revoked = simulator.Timestamp(want[i].RevokedAt)
				}
				if k, _ := e.(map[string]any); k["revoked_at"] != revoked || k["active"] != (want[i].ID == works.ID) {
					t.Errorf("%v: %v is active=%v, revoked_at %v, want %v", status, k["name"], k["active"], k["revoked_at"], revoked)
				}
			}
			if found["total"] != int64(len(want)) {
				t.Errorf("%v: total %v", status, found["total"])
			}
		}
	}
	if n := r.Store.Total(); n != 3 { // active, revoked, all
		t.Errorf("%d requests, want one for each state", n)
	}
	wantKeys(t, "unused", r.keys(t, map[string]any{"status": "all", "unused_for": "90d"}), works, off)
	config := func(on bool) protocol.Config {
		return protocol.Config{key: r.Block("managed", map[string]any{"active": on})}
	}
	r.MustApply(config(true))
	ds := r.ApplyPlan(r.Plan(config(false)), func(run *protocol.Run) {
		for status, want := range map[any]int{nil: 1, "active": 1, "revoked": 3, "all": 4} {
			found, ds := run.Data(r.keysType(), map[string]any{"status": status})
			if ids, _ := found["ids"].([]any); len(ds) > 0 || len(ids) != want || slices.Contains(ids, any(r.State[key].ID())) != (want > 1) {
				t.Errorf("%v, after a key was switched off: %v; %s", status, ids, ds)
			}
		}
	})
	if len(ds) > 0 {
		t.Error(ds)
	}
	r.MustApply(config(true))
}

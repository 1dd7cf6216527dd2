package conformance

import (
	"slices"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// states makes one key of each state that a service remembers.
func (h *Harness) states(t *testing.T) (works, off, dead simulator.Record) {
	t.Helper()
	works, off, dead = h.Store.Mint("works"), h.Store.Mint("off"), h.Store.Mint("dead")
	if err := h.Store.Revoke(dead.ID); err != nil {
		t.Fatal(err)
	}
	if err := h.Store.Update(off.ID, func(k *simulator.Record) { k.Active = false }); err != nil {
		t.Fatal(err)
	}
	dead, _ = h.Store.Get(dead.ID)
	return works, off, dead
}

// TestListStatus: by state, as far as there is something to manage.
func (h *Suite) TestListStatus(t *testing.T) {
	if !h.Service.Key.KeepsRevoked {
		return
	}
	works, off, _ := h.states(t)
	for status, want := range map[any][]simulator.Record{nil: {works}, "active": {works}, "revoked": {off}, "all": {works, off}} {
		found := h.list(t, protocol.Query{Arguments: map[string]any{"status": status}, IncludeResource: true})
		wantFound(t, status, found, want...)
		for _, f := range found {
			h.State = nil
			if ds := h.ImportIdentity(key, h.Type(), f.Identity); len(ds.Errors()) > 0 {
				t.Fatal(ds)
			}
			h.MustBeEmpty(protocol.Config{key: h.Block(f.Name, map[string]any{"active": f.Resource["active"]})})
		}
	}
}

// TestKeysStatus: by state, each from one listing of its own, which own writes make
// stale.
func (h *Suite) TestKeysStatus(t *testing.T) {
	if !h.Service.Key.KeepsRevoked {
		return
	}
	works, off, dead := h.states(t)
	h.Clock.Advance(100 * 24 * time.Hour)
	wanted := map[any][]simulator.Record{nil: {works}, "active": {works}, "revoked": {off, dead}, "all": {works, off, dead}}
	run := h.Run()
	h.Store.Reset()
	for range 3 {
		for status, want := range wanted {
			found, ds := run.Data(h.keysType(), map[string]any{"status": status})
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
	if n := h.Store.Total(); n != 3 { // active, revoked, all
		t.Errorf("%d requests, want one for each state", n)
	}
	wantKeys(t, "unused", h.keys(t, map[string]any{"status": "all", "unused_for": "90d"}), works, off)
	config := func(on bool) protocol.Config {
		return protocol.Config{key: h.Block("managed", map[string]any{"active": on})}
	}
	h.MustApply(config(true))
	ds := h.ApplyPlan(h.Plan(config(false)), func(run *protocol.Run) {
		for status, want := range map[any]int{nil: 1, "active": 1, "revoked": 3, "all": 4} {
			found, ds := run.Data(h.keysType(), map[string]any{"status": status})
			if ids, _ := found["ids"].([]any); len(ds) > 0 || len(ids) != want || slices.Contains(ids, any(h.State[key].ID())) != (want > 1) {
				t.Errorf("%v, after a key was switched off: %v; %s", status, ids, ds)
			}
		}
	})
	if len(ds) > 0 {
		t.Error(ds)
	}
	h.MustApply(config(true))
}

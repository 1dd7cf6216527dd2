package conformance

import (
	"net/http"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// testOverlapRenamed: a rotation that is left open is settled under the name that it
// asked for, whatever the key is called before or after.
func testOverlapRenamed(t *testing.T, r *Rig) {
	config := func(name, v string) protocol.Config {
		return protocol.Config{key: r.Block(name, Trigger(v, map[string]any{"rotation_overlap": "24h"}))}
	}
	newName := r.newName()
	for what, finish := range map[string]func(){
		"by an apply":  func() { r.MustApply(config(newName, "2")) },
		"by a destroy": func() { r.destroyAll(t) },
		"once renamed outside": func() {
			if err := r.Store.Update(r.State[key].ID(), func(k *simulator.Record) { k.Name = "other" }); err != nil {
				t.Fatal(err)
			}
			r.MustApply(config(newName, "2"))
		},
	} {
		r.MustApply(config("ci", "1"))
		r.Clock.Advance(time.Hour)
		seen := r.loseCreate()
		if p := r.Apply(config(newName, "2")); !contains(p.Diagnostics.Errors(), "may or may not") || len(r.Live()) != 2 {
			t.Fatalf("%s: live %v, %s", what, r.Live(), p.Diagnostics)
		}
		seen()
		r.Clock.Advance(time.Minute)
		finish()
		held := r.Held()
		for _, id := range r.Live() {
			if !held[id] {
				t.Errorf("settled %s: key %s lives, and nobody holds it", what, id)
			}
		}
		r.destroyAll(t)
	}
}

// testOverlapGivenUp: a rotation that is left open, and then not asked for any more
// while a rename is where the service can, is settled once its time is over.
func testOverlapGivenUp(t *testing.T, r *Rig) {
	config := func(name, v string) protocol.Config {
		return protocol.Config{key: r.Block(name, Trigger(v, map[string]any{"rotation_overlap": "24h"}))}
	}
	newName := r.newName()
	r.MustApply(config("ci", "1"))
	r.Clock.Advance(time.Hour)
	seen := r.loseCreate()
	if p := r.Apply(config("ci", "2")); len(p.Diagnostics.Errors()) == 0 || len(r.Live()) != 2 {
		t.Fatalf("live %v, %s", r.Live(), p.Diagnostics)
	}
	seen()
	if p := r.Apply(config(newName, "1")); len(p.Diagnostics.Errors()) > 0 {
		t.Errorf("%s", p.Diagnostics)
	}
	r.Clock.Advance(time.Minute)
	r.MustApply(config(newName, "1"))
	if live := r.Live(); len(live) != 1 || live[0] != r.State[key].ID() {
		t.Errorf("live %v", live)
	}
}

// newName is what a key named "ci" can be called without being replaced.
func (r *Rig) newName() string {
	if r.Service.Key.CanRename {
		return "renamed"
	}
	return "ci"
}

// loseCreate loses the answer to the next create, and hides what it did: from then
// on until seen is called, listings fail.
func (r *Rig) loseCreate() (seen func()) {
	r.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultCut, After: true})
	r.Store.Watch(func(e simulator.Exchange, m simulator.Moment) {
		if e.Operation == simulator.OpCreate && m == simulator.Changed {
			r.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: http.StatusServiceUnavailable, Times: -1})
		}
	})
	return func() {
		r.Store.Watch(nil)
		r.Store.ClearFaults()
	}
}

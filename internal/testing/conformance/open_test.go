package conformance

import (
	"net/http"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// TestOverlapRenamed: a rotation whose outcome is unknown is reconciled under the name that it
// asked for, whatever the key is called before or after.
func (h *Suite) TestOverlapRenamed(t *testing.T) {
	config := func(name, v string) protocol.Config {
		return protocol.Config{key: h.Block(name, Trigger(v, withOverlap("24h")))}
	}
	newName := h.newName()
	for what, finish := range map[string]func(){
		"by an apply":  func() { h.MustApply(config(newName, "2")) },
		"by a destroy": func() { h.destroyAll(t) },
		"once renamed outside": func() {
			if err := h.Store.Update(h.State[key].ID(), func(k *simulator.Record) { k.Name = "other" }); err != nil {
				t.Fatal(err)
			}
			h.MustApply(config(newName, "2"))
		},
	} {
		h.MustApply(config("ci", "1"))
		h.Clock.Advance(time.Hour)
		seen := h.loseCreate()
		if p := h.Apply(config(newName, "2")); !contains(p.Diagnostics.Errors(), "may or may not") || len(h.Live()) != 2 {
			t.Fatalf("%s: live %v, %s", what, h.Live(), p.Diagnostics)
		}
		seen()
		h.Clock.Advance(time.Minute)
		finish()
		h.wantAllHeld(t, what)
		h.destroyAll(t)
	}
}

// TestOverlapGivenUp: a rotation that is left open, and then not asked for any more
// while a rename is where the service can, is reconciled once its time is over.
func (h *Suite) TestOverlapGivenUp(t *testing.T) {
	config := func(name, v string) protocol.Config {
		return protocol.Config{key: h.Block(name, Trigger(v, withOverlap("24h")))}
	}
	newName := h.newName()
	h.MustApply(config("ci", "1"))
	h.Clock.Advance(time.Hour)
	seen := h.loseCreate()
	if p := h.Apply(config("ci", "2")); len(p.Diagnostics.Errors()) == 0 || len(h.Live()) != 2 {
		t.Fatalf("live %v, %s", h.Live(), p.Diagnostics)
	}
	seen()
	if p := h.Apply(config(newName, "1")); len(p.Diagnostics.Errors()) > 0 {
		t.Errorf("%s", p.Diagnostics)
	}
	h.Clock.Advance(time.Minute)
	h.MustApply(config(newName, "1"))
	h.wantLive(t, h.State[key].ID())
}

// newName is what a key named "ci" can be called without being replaced.
func (h *Harness) newName() string {
	if h.Service.Key.CanRename {
		return "renamed"
	}
	return "ci"
}

// loseCreate loses the answer to the next create, and hides what it did: from then
// on until seen is called, listings fail.
func (h *Harness) loseCreate() (seen func()) {
	h.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultCut, After: true})
	h.Store.Watch(func(e simulator.Exchange, m simulator.Moment) {
		if e.Operation == simulator.OpCreate && m == simulator.Changed {
			h.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: http.StatusServiceUnavailable, Times: -1})
		}
	})
	return func() {
		h.Store.Watch(nil)
		h.Store.ClearFaults()
	}
}

package conformance

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// TestKeyInTwoResources: two resources that hold one key are an error that names it and
// says what each does with it, whichever is planned first, and nothing is revoked.
func (h *Suite) TestKeyInTwoResources(t *testing.T) {
	overlap := withOverlap("1h")
	both := func(one, two string) []string { return []string{"a", "b", one, two} }
	for name, c := range map[string]struct {
		prepare func(*Harness) (shared string)
		config  func(*Harness) protocol.Config
		words   []string
	}{
		"destroyed here, kept there": {
			func(h *Harness) string { return h.held("a", "b") },
			func(h *Harness) protocol.Config { return protocol.Config{"b": h.Block("ci")} },
			both("one that this plan destroys", "one that keeps it"),
		},
		"kept here, destroyed there": {
			func(h *Harness) string { return h.held("a", "b") },
			func(h *Harness) protocol.Config { return protocol.Config{"a": h.Block("ci")} },
			both("one that this plan destroys", "one that keeps it"),
		},
		"kept twice": {
			func(h *Harness) string { return h.held("a", "b") },
			func(h *Harness) protocol.Config { return protocol.Config{"a": h.Block("ci"), "b": h.Block("ci")} },
			both("one that keeps it", "one that keeps it"),
		},
		"kept, and replaced": {
			func(h *Harness) string { return h.held("a", "b") },
			func(h *Harness) protocol.Config { return protocol.Config{"a": h.Block("ci"), "b": h.Block("other")} },
			both("one that keeps it", "one that keeps it"),
		},
		"imported twice": {
			func(h *Harness) string {
				id := h.Store.Mint("ci").ID
				h.adopt("a", id)
				h.adopt("b", id)
				return id
			},
			func(h *Harness) protocol.Config { return protocol.Config{"a": h.Block("ci"), "b": h.Block("ci")} },
			both("one that keeps it", "one that keeps it"),
		},
		"retiring here, kept there": {
			func(h *Harness) string {
				h.MustApply(protocol.Config{"a": h.Block("ci", Trigger("1", overlap))})
				old := h.State["a"].ID()
				h.MustApply(protocol.Config{"a": h.Block("ci", Trigger("2", overlap))})
				h.adopt("b", old)
				return old
			},
			func(h *Harness) protocol.Config {
				return protocol.Config{"a": h.Block("ci", Trigger("2", overlap)), "b": h.Block("ci")}
			},
			both("kept for an overlap", "one that keeps it"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := NewHarness(t, h.Service)
			shared := c.prepare(h)
			h.Clock.Advance(2 * time.Hour) // an overlap is over by then
			live := h.Live()
			p := h.Apply(c.config(h))
			errs := p.Diagnostics.Errors()
			if len(errs) != 1 || !contains(errs, append(c.words[2:], "Two resources manage one key", shared, `"ci"`, "moved", "removed")...) {
				t.Errorf("%s", p.Diagnostics)
			}
			if now := h.Live(); !slices.Equal(now, live) {
				t.Errorf("live %v, want %v", now, live)
			}
		})
	}
}

// held creates a key that two resources hold.
func (h *Harness) held(a, b string) string {
	h.TB.Helper()
	h.MustApply(protocol.Config{a: h.Block("ci")})
	id := h.State[a].ID()
	h.adopt(b, id)
	return id
}

// TestKeyTakenOver: a key that one resource forgets and another one takes over is no
// collision: what is forgotten is refreshed, and not planned.
func (h *Suite) TestKeyTakenOver(t *testing.T) {
	id := h.held("a", "b")
	run := h.Run()
	_, a := run.Refresh("a")
	_, b := run.Refresh("b")
	action, ds := run.PlanOne("b", h.Block("ci"))
	if ds = slices.Concat(a, b, ds); len(ds) > 0 || action != protocol.NoOp {
		t.Errorf("%s: %s", action, ds)
	}
	delete(h.State, "a")
	if h.MustApply(protocol.Config{"b": h.Block("ci")}); h.State["b"].ID() != id {
		t.Errorf("holds %s, want %s", h.State["b"].ID(), id)
	}
	h.destroyAll(t)
}

// TestKeyOfAnotherResource: even where no plan has seen both, no resource revokes what
// another one of the same apply is seen to hold.
func (h *Suite) TestKeyOfAnotherResource(t *testing.T) {
	overlap := withOverlap("1h")
	for _, retires := range []bool{false, true} {
		h := NewHarness(t, h.Service)
		first, goes, stays := protocol.Config{"b": h.Block("ci", Trigger("1", overlap))}, protocol.Config{}, h.Block("ci", Trigger("2", overlap))
		if retires {
			goes["b"] = h.Block("ci", Trigger("2", overlap))
		}
		h.MustApply(first)
		shared := h.State["b"].ID()
		if retires {
			h.MustApply(goes)
			h.Clock.Advance(2 * time.Hour)
		}
		theirs := maps.Clone(h.State)
		p := h.Plan(goes) // "b" revokes the key
		h.State = nil
		h.adopt("a", shared)
		h.MustApply(protocol.Config{"a": h.Block("ci", Trigger("1", overlap))})
		q := h.Plan(protocol.Config{"a": stays}) // "a" keeps it, for an overlap
		h.State = theirs
		p.Join(q)
		if len(p.Diagnostics.Errors()) > 0 || p.Actions["b"] == protocol.NoOp || q.Actions["a"] != protocol.Update {
			t.Fatalf("%v %v: %s", p.Actions, q.Actions, p.Diagnostics)
		}
		ds := h.ApplyPlan(p)
		if !contains(ds.Errors(), "managed by another resource", shared) || !slices.Contains(h.Live(), shared) {
			t.Errorf("retires %v: live %v, %s", retires, h.Live(), ds)
		}
	}
}

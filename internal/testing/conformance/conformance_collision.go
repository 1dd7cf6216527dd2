package conformance

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// testCollision: two resources that hold one key are an error that names it and
// says what each does with it, whichever is planned first, and nothing is revoked.
func testCollision(t *testing.T, r *Rig) {
	overlap := map[string]any{"rotation_overlap": "1h"}
	both := func(one, two string) []string { return []string{"a", "b", one, two} }
	for name, c := range map[string]struct {
		prepare func(*Rig) (shared string)
		config  func(*Rig) protocol.Config
		words   []string
	}{
		"destroyed here, kept there": {
			func(r *Rig) string { return r.held("a", "b") },
			func(r *Rig) protocol.Config { return protocol.Config{"b": r.Block("ci")} },
			both("one that this plan destroys", "one that keeps it"),
		},
		"kept here, destroyed there": {
			func(r *Rig) string { return r.held("a", "b") },
			func(r *Rig) protocol.Config { return protocol.Config{"a": r.Block("ci")} },
			both("one that this plan destroys", "one that keeps it"),
		},
		"kept twice": {
			func(r *Rig) string { return r.held("a", "b") },
			func(r *Rig) protocol.Config { return protocol.Config{"a": r.Block("ci"), "b": r.Block("ci")} },
			both("one that keeps it", "one that keeps it"),
		},
		"kept, and replaced": {
			func(r *Rig) string { return r.held("a", "b") },
			func(r *Rig) protocol.Config { return protocol.Config{"a": r.Block("ci"), "b": r.Block("other")} },
			both("one that keeps it", "one that keeps it"),
		},
		"imported twice": {
			func(r *Rig) string {
				id := r.Store.Mint("ci").ID
				r.adopt("a", id)
				r.adopt("b", id)
				return id
			},
			func(r *Rig) protocol.Config { return protocol.Config{"a": r.Block("ci"), "b": r.Block("ci")} },
			both("one that keeps it", "one that keeps it"),
		},
		"retiring here, kept there": {
			func(r *Rig) string {
				r.MustApply(protocol.Config{"a": r.Block("ci", Trigger("1", overlap))})
				old := r.State["a"].ID()
				r.MustApply(protocol.Config{"a": r.Block("ci", Trigger("2", overlap))})
				r.adopt("b", old)
				return old
			},
			func(r *Rig) protocol.Config {
				return protocol.Config{"a": r.Block("ci", Trigger("2", overlap)), "b": r.Block("ci")}
			},
			both("kept for an overlap", "one that keeps it"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewRig(t, r.Service)
			shared := c.prepare(r)
			r.Clock.Advance(2 * time.Hour) // an overlap is over by then
			live := r.Live()
			p := r.Apply(c.config(r))
			errs := p.Diagnostics.Errors()
			if len(errs) != 1 || !contains(errs, append(c.words[2:], "Two resources hold one key", shared, `"ci"`, "moved", "removed")...) {
				t.Errorf("%s", p.Diagnostics)
			}
			if now := r.Live(); !slices.Equal(now, live) {
				t.Errorf("live %v, want %v", now, live)
			}
		})
	}
}

// held makes a key that two resources hold.
func (r *Rig) held(a, b string) string {
	r.TB.Helper()
	r.MustApply(protocol.Config{a: r.Block("ci")})
	id := r.State[a].ID()
	r.adopt(b, id)
	return id
}

// adopt imports a key, and fails the test if that fails.
func (r *Rig) adopt(address, id string) {
	r.TB.Helper()
	if ds := r.Import(address, r.Type(), id); len(ds.Errors()) > 0 {
		r.TB.Fatalf("import: %s", ds)
	}
}

// testForgotten: a key that one resource forgets and another one takes over is no
// collision: what is forgotten is refreshed, and not planned.
func testForgotten(t *testing.T, r *Rig) {
	id := r.held("a", "b")
	run := r.Run()
	_, a := run.Refresh("a")
	_, b := run.Refresh("b")
	action, ds := run.PlanOne("b", r.Block("ci"))
	if ds = slices.Concat(a, b, ds); len(ds) > 0 || action != protocol.NoOp {
		t.Errorf("%s: %s", action, ds)
	}
	delete(r.State, "a")
	if r.MustApply(protocol.Config{"b": r.Block("ci")}); r.State["b"].ID() != id {
		t.Errorf("holds %s, want %s", r.State["b"].ID(), id)
	}
	r.destroyAll(t)
}

// testHeldElsewhere: even where no plan has seen both, no resource revokes what
// another one of the same apply is seen to hold.
func testHeldElsewhere(t *testing.T, r *Rig) {
	overlap := map[string]any{"rotation_overlap": "1h"}
	for _, retires := range []bool{false, true} {
		r := NewRig(t, r.Service)
		first, goes, stays := protocol.Config{"b": r.Block("ci", Trigger("1", overlap))}, protocol.Config{}, r.Block("ci", Trigger("2", overlap))
		if retires {
			goes["b"] = r.Block("ci", Trigger("2", overlap))
		}
		r.MustApply(first)
		shared := r.State["b"].ID()
		if retires {
			r.MustApply(goes)
			r.Clock.Advance(2 * time.Hour)
		}
		theirs := maps.Clone(r.State)
		p := r.Plan(goes) // "b" revokes the key
		r.State = nil
		r.adopt("a", shared)
		r.MustApply(protocol.Config{"a": r.Block("ci", Trigger("1", overlap))})
		q := r.Plan(protocol.Config{"a": stays}) // "a" keeps it, for an overlap
		r.State = theirs
		p.Join(q)
		if len(p.Diagnostics.Errors()) > 0 || p.Actions["b"] == protocol.NoOp || q.Actions["a"] != protocol.Update {
			t.Fatalf("%v %v: %s", p.Actions, q.Actions, p.Diagnostics)
		}
		ds := r.ApplyPlan(p)
		if !contains(ds.Errors(), "held by another resource", shared) || !slices.Contains(r.Live(), shared) {
			t.Errorf("retires %v: live %v, %s", retires, r.Live(), ds)
		}
	}
}

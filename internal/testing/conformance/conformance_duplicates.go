package conformance

import (
	"slices"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// testDuplicates: the four policies.
func testDuplicates(t *testing.T, r *Rig) {
	config := func(policy string) protocol.Config {
		return protocol.Config{key: r.Block("ci", map[string]any{"on_duplicate_name": policy})}
	}
	r.MustApply(config("warn"))
	r.Clock.Advance(time.Hour)
	twin := r.Store.Mint("ci")
	p := r.Apply(config("warn"))
	if !p.Empty() || !contains(p.Diagnostics.Warnings(), twin.ID, "same name") {
		t.Errorf("warn: %v, %s", p.Actions, p.Diagnostics)
	}
	if p := r.Apply(config("ignore")); len(p.Diagnostics) != 0 {
		t.Errorf("ignore: %s", p.Diagnostics)
	}
	if r.Service.Key.ReportsLastUsed {
		if err := r.Store.Use(twin.ID); err != nil {
			t.Fatal(err)
		}
		p := r.Apply(config("revoke"))
		if !contains(p.Diagnostics.Warnings(), twin.ID, "used since") || len(r.Live()) != 2 {
			t.Errorf("a used duplicate: %s, live %v", p.Diagnostics, r.Live())
		}
		r.MustBeEmpty(config("revoke"))
		if err := r.Store.Revoke(twin.ID); err != nil {
			t.Fatal(err)
		}
		r.Store.Mint("ci")
	}
	if p := r.MustApply(config("revoke")); p.Actions[key] != protocol.Update {
		t.Errorf("revoke: %v", p.Actions)
	}
	if live := r.Live(); len(live) != 1 || live[0] != r.State[key].ID() {
		t.Errorf("live %v", live)
	}
	r.MustApply(config("warn"))
	r.destroyAll(t)
}

// testDuplicatesRenamed: with a new name, in place or as a new key, the other keys of
// the old one are none of the resource's business.
func testDuplicatesRenamed(t *testing.T, r *Rig) {
	config := func(name, policy string) protocol.Config {
		return protocol.Config{key: r.Block(name, map[string]any{"on_duplicate_name": policy})}
	}
	for _, policy := range []string{"revoke", "warn"} {
		r.MustApply(config("ci", "ignore"))
		twin := r.Store.Mint("ci")
		r.MustApply(config("ci", "ignore"))
		if p := r.MustApply(config("renamed", policy)); contains(p.Diagnostics.Warnings(), sameName) || !slices.Contains(r.Live(), twin.ID) {
			t.Errorf("%s: live %v, %s", policy, r.Live(), p.Diagnostics)
		}
		if err := r.Store.Revoke(twin.ID); err != nil {
			t.Fatal(err)
		}
		r.destroyAll(t)
	}
}

// testSharedName: two resources may share a name; with "ignore" nobody minds.
func testSharedName(t *testing.T, r *Rig) {
	ignore := map[string]any{"on_duplicate_name": "ignore"}
	config := protocol.Config{"a": r.Block("ci", ignore), "b": r.Block("ci", ignore)}
	p := r.MustApply(config)
	if len(r.Live()) != 2 || len(p.Diagnostics.Warnings()) > 0 {
		t.Errorf("live %v, %s", r.Live(), p.Diagnostics)
	}
	// With "revoke" they would revoke each other: refused, or spared, by whichever
	// is planned first.
	revoke := map[string]any{"on_duplicate_name": "revoke"}
	for _, feud := range []protocol.Config{{"a": r.Block("ci", revoke), "b": r.Block("ci", revoke)}, {"a": r.Block("ci", ignore), "b": r.Block("ci", revoke)}, {"a": r.Block("ci", revoke), "b": r.Block("ci", ignore)}} {
		p := r.Apply(feud)
		if len(r.Live()) != 2 || !contains(append(p.Diagnostics.Errors(), p.Diagnostics.Warnings()...), "ignore") {
			t.Errorf("live %v, %s", r.Live(), p.Diagnostics)
		}
	}
	r.MustApply(config)
	r.MustApply(protocol.Config{"a": r.Block("ci", ignore)})
	if live := r.Live(); len(live) != 1 || live[0] != r.State["a"].ID() {
		t.Errorf("live %v", live)
	}
}

// testSharedNameLate: what another resource turns out to hold between the refresh and
// the plan of one with "revoke" fails that plan. The apply is another process, and
// would know nothing of it.
func testSharedNameLate(t *testing.T, r *Rig) {
	config := protocol.Config{"a": r.Block("ci", map[string]any{"on_duplicate_name": "ignore"}), "b": r.Block("ci", map[string]any{"on_duplicate_name": "ignore"})}
	r.MustApply(config)
	config["a"] = r.Block("ci", map[string]any{"on_duplicate_name": "revoke"})
	run := r.Run()
	for _, address := range []string{"a", "b"} {
		if _, ds := run.Refresh(address); len(ds.Errors()) > 0 {
			t.Fatal(ds)
		}
	}
	_, ds := run.PlanOne("a", config["a"])
	if !contains(ds.Errors(), "Two resources share a key name", r.State["b"].ID()) {
		t.Errorf("%s", ds)
	}
}

package tfkeytest

import (
	"net/http"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/simulator"
)

// testOverlap: in place; the old key lives until the first apply after its time.
func testOverlap(t *testing.T, r *Rig) {
	config := func(v string) Config { return Config{key: r.Block("ci", Trigger(v, map[string]any{"overlap": "24h"}))} }
	r.MustApply(config("1"))
	first := r.State[key].ID()
	version := r.State[key].Attribute("key_version").(int64)
	r.Clock.Advance(time.Hour)
	if p := r.MustApply(config("2")); p.Actions[key] != Update {
		t.Fatalf("rotation with overlap is %s", p.Actions[key])
	}
	second := r.State[key].ID()
	if live := r.Live(); len(live) != 2 || second == first {
		t.Fatalf("live %v", live)
	}
	if now := r.State[key].Attribute("key_version").(int64); now <= version {
		t.Errorf("key_version went from %d to %d", version, now)
	}
	// A second generation retires beside the first.
	r.Clock.Advance(time.Hour)
	r.MustApply(config("3"))
	if held := r.Held(); len(held) != 3 || len(r.Live()) != 3 {
		t.Fatalf("held %v, live %v", held, r.Live())
	}
	r.Clock.Advance(23*time.Hour + time.Minute) // past the first's time, before the second's
	if p := r.MustApply(config("3")); p.Actions[key] != Update {
		t.Errorf("after the overlap: %v", p.Actions)
	}
	if live := r.Live(); len(live) != 2 || !r.Held()[live[0]] || r.Held()[first] {
		t.Errorf("live %v, held %v", live, r.Held())
	}
	// One that is gone already just leaves the list.
	if err := r.Store.Revoke(second); err != nil {
		t.Fatal(err)
	}
	r.MustBeEmpty(config("3"))
	r.Clock.Advance(48 * time.Hour)
	r.MustApply(config("3"))
	// Destroying revokes what retires, too.
	r.MustApply(config("4"))
	r.destroyAll(t)
}

// testOverlapLost: the current key is revoked outside while another retires; the
// resource keeps it until a new value is there, and nothing is orphaned. An
// interrupted rotation is finished by the next apply.
func testOverlapLost(t *testing.T, r *Rig) {
	config := func(v string) Config { return Config{key: r.Block("ci", Trigger(v, map[string]any{"overlap": "24h"}))} }
	r.MustApply(config("1"))
	r.MustApply(config("2"))
	lost := r.State[key].ID()
	if err := r.Store.Revoke(lost); err != nil {
		t.Fatal(err)
	}
	p := r.MustApply(config("2"))
	if p.Actions[key] != Update || !contains(p.Diagnostics.Warnings(), "revoked outside", lost) {
		t.Errorf("%v, %s", p.Actions, p.Diagnostics)
	}
	if live := r.Live(); len(live) != 2 || len(r.Held()) != 2 || !r.Held()[live[0]] || !r.Held()[live[1]] {
		t.Errorf("live %v, held %v", live, r.Held())
	}
	// The answer to the next rotation is lost for good: the old key stays.
	current := r.State[key].ID()
	r.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultCut})
	if p := r.Apply(config("3")); !contains(p.Diagnostics.Errors(), "may or may not") || r.State[key].ID() != current {
		t.Errorf("%s", p.Diagnostics)
	}
	r.Clock.Advance(time.Minute)
	r.MustApply(config("3"))
	// Revoking what is due fails halfway: the next apply finishes.
	r.Clock.Advance(48 * time.Hour)
	r.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Skip: 1})
	if p := r.Apply(config("3")); len(p.Diagnostics.Errors()) == 0 {
		t.Error("a failed revocation is not reported")
	}
	r.MustApply(config("3"))
	if live := r.Live(); len(live) != 1 || live[0] != r.State[key].ID() {
		t.Errorf("live %v", live)
	}
	r.destroyAll(t)
}

// testDuplicates: the four policies.
func testDuplicates(t *testing.T, r *Rig) {
	config := func(policy string) Config {
		return Config{key: r.Block("ci", map[string]any{"on_duplicate_name": policy})}
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
	if p := r.Plan(config("fail")); !contains(p.Diagnostics.Errors(), twin.ID) {
		t.Errorf("fail: %s", p.Diagnostics)
	}
	if p := r.Plan(Config{key: r.Block("ci", map[string]any{"on_duplicate_name": "fail"}), "other": r.Block("ci", map[string]any{"on_duplicate_name": "fail"})}); len(p.Diagnostics.Errors()) != 2 {
		t.Errorf("fail, new key: %s", p.Diagnostics)
	}
	if r.Service.Key.LastUse {
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
	if p := r.MustApply(config("revoke")); p.Actions[key] != Update {
		t.Errorf("revoke: %v", p.Actions)
	}
	if live := r.Live(); len(live) != 1 || live[0] != r.State[key].ID() {
		t.Errorf("live %v", live)
	}
	// A replacement's predecessor is no duplicate, even while both live.
	rotate := func(v string) Config {
		return Config{key: r.Block("ci", Trigger(v), map[string]any{"on_duplicate_name": "fail"})}
	}
	r.MustApply(rotate("1"))
	was := r.State[key].ID()
	if p := r.MustApply(rotate("2")); p.Actions[key] != Update || r.State[key].ID() == was || len(r.Live()) != 1 {
		t.Errorf("rotation with fail: %v, live %v", p.Actions, r.Live())
	}
	r.destroyAll(t)
}

// testOwnCredential: the key that the provider signs in with is never revoked,
// and the refusal comes before anything is sent.
func testOwnCredential(t *testing.T, r *Rig) {
	r.MustApply(Config{key: r.Block("ci", Trigger("1"))})
	own := r.Store.Live()[0]
	r.Env = r.Credentials(own.Value)
	for name, config := range map[string]Config{
		"destroy": {}, "rotate": {key: r.Block("ci", Trigger("2"))},
		"overlap": {key: r.Block("ci", Trigger("2", map[string]any{"overlap": "1h"}))},
	} {
		p := r.Apply(config)
		if !contains(p.Diagnostics.Errors(), "signs in with", own.ID) {
			t.Errorf("%s: %s", name, p.Diagnostics)
		}
	}
	if len(r.Store.Ledger()) != 1 || len(r.Live()) != 1 {
		t.Fatalf("ledger %v", r.Store.Ledger())
	}
	// With another credential it goes.
	r.Env = r.Credentials(r.Store.Admin())
	r.MustApply(Config{key: r.Block("ci", Trigger("2"))})
	r.destroyAll(t)
	if r.Service.Key.LastUse { // the others' records show nothing of a value
		r.testOwnImported(t)
	}
}

// testOwnImported: it is recognised without its value, too: imported, and as a
// duplicate.
func (r *Rig) testOwnImported(t *testing.T) {
	own := r.Store.Mint("admin")
	r.Env = r.Credentials(own.Value)
	if ds := r.Import(key, r.Type(), own.ID); len(ds.Errors()) > 0 {
		t.Fatal(ds)
	}
	if p := r.Destroy(); !contains(p.Diagnostics.Errors(), "signs in with", own.ID) {
		t.Errorf("destroy after import: %s", p.Diagnostics)
	}
	r.State = nil
	config := Config{key: r.Block("admin", map[string]any{"on_duplicate_name": "ignore"})}
	r.MustApply(config)
	r.Clock.Advance(-24 * time.Hour) // so that it counts as unused since
	if p := r.Apply(Config{key: r.Block("admin", map[string]any{"on_duplicate_name": "revoke"})}); len(r.Live()) != 2 {
		t.Errorf("own credential revoked as a duplicate: %s", p.Diagnostics)
	}
}

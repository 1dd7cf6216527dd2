package conformance

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// testTrigger: a changed trigger replaces the key; the new one lives before the
// old one dies.
func testTrigger(t *testing.T, r *Rig) {
	r.MustApply(protocol.Config{key: r.Block("ci", Trigger("1"))})
	version := r.State[key].Attribute("key_version").(int64)
	r.Clock.Advance(time.Hour)
	p := r.MustApply(protocol.Config{key: r.Block("ci", Trigger("2"))})
	if p.Actions[key] != protocol.Replace {
		t.Errorf("a changed trigger is %s", p.Actions[key])
	}
	ledger := r.Store.Ledger()
	if len(ledger) != 2 || ledger[0].Live() || !ledger[1].Live() || ledger[0].RevokedAt.Before(ledger[1].CreatedAt) {
		t.Errorf("ledger: %+v", ledger)
	}
	if now := r.State[key].Attribute("key_version").(int64); now <= version {
		t.Errorf("key_version went from %d to %d", version, now)
	}
}

// testAdoptTrigger: null → map and map → null send nothing and keep the key.
func testAdoptTrigger(t *testing.T, r *Rig) {
	r.MustApply(protocol.Config{key: r.Block("ci")})
	was := r.State[key].ID()
	for _, rotation := range []map[string]any{Trigger("1"), {}, Trigger("2"), {}} {
		config := protocol.Config{key: r.Block("ci", rotation)}
		plan := r.Plan(config)
		r.Store.Reset()
		if ds := r.ApplyPlan(plan); len(ds.Errors()) > 0 || plan.Actions[key] != protocol.Update {
			t.Fatalf("%v: %s, %s", rotation, plan.Actions[key], ds)
		}
		if n := r.Store.Total(); n != 0 {
			t.Errorf("%v sent %d requests", rotation, n)
		}
		r.MustBeEmpty(config)
	}
	if r.State[key].ID() != was {
		t.Error("the key was replaced")
	}
}

// testSchedule: due only by the clock of a refresh; the plan then rotates it and
// says so. A changed interval is an update.
func testSchedule(t *testing.T, r *Rig) {
	after := func(d string) protocol.Config {
		return protocol.Config{key: r.Block("ci", map[string]any{"rotate_after": d})}
	}
	r.MustApply(after("90d"))
	was := r.State[key].ID()
	if at := r.State[key].Attribute("rotate_at"); at != r.Store.Live()[0].CreatedAt.Add(90*24*time.Hour).UTC().Format(time.RFC3339) {
		t.Errorf("rotate_at %v", at)
	}
	if p := r.MustApply(after("1d12h")); p.Actions[key] != protocol.Update || r.State[key].ID() != was {
		t.Errorf("a shorter interval: %v", p.Actions)
	}
	r.Clock.Advance(36*time.Hour + time.Minute)
	p := r.Plan(after("1d12h"))
	if p.Actions[key] != protocol.Replace || !contains(p.Diagnostics.Warnings(), "due", was) {
		t.Errorf("when due: %v, %s", p.Actions, p.Diagnostics)
	}
	if p := r.Plan(after("90d")); p.Actions[key] != protocol.Update {
		t.Errorf("due, but the interval grows: %v", p.Actions)
	}
	r.MustApply(after("1d12h"))
	if live := r.Live(); len(live) != 1 || live[0] == was {
		t.Errorf("live keys %v", live)
	}
}

// testSavedPlan: a plan made before the due time applies after it, with and
// without another change in it.
func testSavedPlan(t *testing.T, r *Rig) {
	config := func(policy string) protocol.Config {
		return protocol.Config{key: r.Block("ci", map[string]any{"rotate_after": "1h"}, map[string]any{"on_duplicate_name": policy})}
	}
	r.MustApply(config("warn"))
	for _, policy := range []string{"warn", "ignore"} {
		saved := r.Plan(config(policy))
		r.Clock.Advance(2 * time.Hour)
		if ds := r.ApplyPlan(saved); len(ds.Errors()) > 0 {
			t.Fatalf("saved plan (%s): %s", policy, ds)
		}
		if p := r.Plan(config(policy)); p.Actions[key] != protocol.Replace {
			t.Errorf("after the saved plan (%s): %v", policy, p.Actions)
		}
		r.MustApply(config(policy))
	}
}

// testOverlap: in place; the old key lives until the first apply after its time.
func testOverlap(t *testing.T, r *Rig) {
	config := func(v string) protocol.Config {
		return protocol.Config{key: r.Block("ci", Trigger(v, map[string]any{"rotation_overlap": "24h"}))}
	}
	r.MustApply(config("1"))
	first := r.State[key].ID()
	version := r.State[key].Attribute("key_version").(int64)
	r.Clock.Advance(time.Hour)
	if p := r.MustApply(config("2")); p.Actions[key] != protocol.Update {
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
	if p := r.MustApply(config("3")); p.Actions[key] != protocol.Update {
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
	config := func(v string) protocol.Config {
		return protocol.Config{key: r.Block("ci", Trigger(v, map[string]any{"rotation_overlap": "24h"}))}
	}
	r.MustApply(config("1"))
	r.MustApply(config("2"))
	lost := r.State[key].ID()
	if err := r.Store.Revoke(lost); err != nil {
		t.Fatal(err)
	}
	p := r.MustApply(config("2"))
	if p.Actions[key] != protocol.Update || !contains(p.Diagnostics.Warnings(), "revoked outside", lost) {
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

// testOverlapNotRevoked: what cannot be revoked does not keep a new value from those
// who are to get it; the next apply revokes it.
func testOverlapNotRevoked(t *testing.T, r *Rig) {
	config := func(v string) protocol.Config {
		return protocol.Config{key: r.Block("ci", Trigger(v, map[string]any{"rotation_overlap": "24h"}))}
	}
	r.MustApply(config("1"))
	first := r.State[key].ID()
	r.MustApply(config("2"))
	r.Clock.Advance(48 * time.Hour)
	r.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: http.StatusForbidden})
	p := r.Apply(config("3"))
	if len(p.Diagnostics.Errors()) > 0 || !contains(p.Diagnostics.Warnings(), "Could not revoke", "the next plan revokes") || !slices.Contains(r.Live(), first) || !r.Held()[first] {
		t.Errorf("live %v, %s", r.Live(), p.Diagnostics)
	}
	r.MustApply(config("3"))
	if slices.Contains(r.Live(), first) {
		t.Errorf("%s was not revoked later", first)
	}
	r.destroyAll(t)
}

// testOverlapChanged: a changed overlap counts for keys that retire already, without a
// request; it can end an overlap early, and prolong one that is over. A removed one leaves
// them their time.
func testOverlapChanged(t *testing.T, r *Rig) {
	config := func(v, overlap string) protocol.Config {
		if overlap == "" {
			return protocol.Config{key: r.Block("ci", Trigger(v))}
		}
		return protocol.Config{key: r.Block("ci", Trigger(v, map[string]any{"rotation_overlap": overlap}))}
	}
	r.MustApply(config("1", "24h"))
	first := r.State[key].ID()
	r.Clock.Advance(time.Hour)
	r.MustApply(config("2", "24h"))
	second := r.State[key]
	retired, _ := time.Parse(time.RFC3339, second.Attribute("created_at").(string))
	retires := func() map[string]any {
		t.Helper()
		all, _ := r.State[key].Attribute("retiring").([]any)
		if len(all) != 1 {
			t.Fatalf("retiring: %v", all)
		}
		one, _ := all[0].(map[string]any)
		return one
	}
	changed := func(overlap string, want time.Duration, due bool) {
		t.Helper()
		p := r.Plan(config("2", overlap))
		r.Store.Reset()
		if ds := r.ApplyPlan(p); len(ds.Errors()) > 0 || p.Actions[key] != protocol.Update || r.Store.Total() != 0 {
			t.Fatalf("overlap %q: %v, %d requests, %s", overlap, p.Actions, r.Store.Total(), ds)
		}
		at := retired.Truncate(time.Second).Add(want).UTC().Format(time.RFC3339)
		if one := retires(); one["id"] != first || one["retired_at"] != retired.Truncate(time.Second).UTC().Format(time.RFC3339) || one["revoke_at"] != at || one["due"] != due {
			t.Errorf("overlap %q: %v, want it to be revoked at %s", overlap, one, at)
		}
	}
	changed("48h", 48*time.Hour, false)
	changed("", 48*time.Hour, false) // keeps its time
	changed("1h", time.Hour, false)
	r.Clock.Advance(30 * time.Minute)
	changed("10m", 10*time.Minute, false) // which has passed: for the next refresh to find
	if p := r.Plan(config("2", "10m")); p.Actions[key] != protocol.Update || !contains(p.Diagnostics.Warnings(), revoking, first) {
		t.Errorf("an overlap ended early: %v, %s", p.Actions, p.Diagnostics)
	}
	// Found due, and prolonged in the same plan: it lives on.
	p := r.Apply(config("2", "72h"))
	if len(p.Diagnostics.Errors()) > 0 || contains(p.Diagnostics.Warnings(), revoking) || len(r.Live()) != 2 {
		t.Errorf("a prolonged overlap: live %v, %s", r.Live(), p.Diagnostics)
	}
	r.MustBeEmpty(config("2", "72h"))
	r.Apply(config("2", "1m"))
	if live := r.Live(); len(live) != 2 {
		t.Errorf("live %v", live)
	}
	r.MustApply(config("2", "1m"))
	if live := r.Live(); len(live) != 1 || live[0] != r.State[key].ID() {
		t.Errorf("live %v", live)
	}
	r.destroyAll(t)
}

// testOwnCredential: the key that the provider signs in with is never revoked,
// and the refusal comes before anything is sent.
func testOwnCredential(t *testing.T, r *Rig) {
	r.MustApply(protocol.Config{key: r.Block("ci", Trigger("1"))})
	own := r.Store.Live()[0]
	r.Env = r.Credentials(own.Value)
	for name, config := range map[string]protocol.Config{
		"destroy": {}, "rotate": {key: r.Block("ci", Trigger("2"))},
		"overlap": {key: r.Block("ci", Trigger("2", map[string]any{"rotation_overlap": "1h"}))},
	} {
		p := r.Apply(config)
		if !contains(p.Diagnostics.Errors(), "signs in with", own.ID) {
			t.Errorf("%s: %s", name, p.Diagnostics)
		}
	}
	for _, a := range r.Service.Key.Attributes {
		if a.Mode != definition.InPlace || a.Default != true {
			continue
		}
		off := protocol.Config{key: r.Block("ci", Trigger("1"), map[string]any{a.Name: false})}
		if p := r.Apply(off); !contains(p.Diagnostics.Errors(), "signs in with", own.ID) || r.Store.Requests()[simulator.OpUpdate] > 0 {
			t.Errorf("%s = false: %s", a.Name, p.Diagnostics)
		}
	}
	if len(r.Store.Ledger()) != 1 || len(r.Live()) != 1 {
		t.Fatalf("ledger %v", r.Store.Ledger())
	}
	// With another credential it goes.
	r.Env = r.Credentials(r.Store.Admin())
	r.MustApply(protocol.Config{key: r.Block("ci", Trigger("2"))})
	r.destroyAll(t)
	if r.Service.Key.ReportsLastUsed { // the others' records show nothing of a value
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
	config := protocol.Config{key: r.Block("admin", map[string]any{"on_duplicate_name": "ignore"})}
	r.MustApply(config)
	r.Clock.Advance(-24 * time.Hour) // so that it counts as unused since
	if p := r.Apply(protocol.Config{key: r.Block("admin", map[string]any{"on_duplicate_name": "revoke"})}); len(r.Live()) != 2 {
		t.Errorf("own credential revoked as a duplicate: %s", p.Diagnostics)
	}
}

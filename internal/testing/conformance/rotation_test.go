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

// TestTrigger: a changed trigger replaces the key; the new one lives before the
// old one dies.
func (h *Suite) TestTrigger(t *testing.T) {
	h.MustApply(protocol.Config{key: h.Block("ci", Trigger("1"))})
	version := h.State[key].Attribute("key_version").(int64)
	h.Clock.Advance(time.Hour)
	p := h.MustApply(protocol.Config{key: h.Block("ci", Trigger("2"))})
	if p.Actions[key] != protocol.Replace {
		t.Errorf("a changed trigger is %s", p.Actions[key])
	}
	ledger := h.Store.Ledger()
	if len(ledger) != 2 || ledger[0].Live() || !ledger[1].Live() || ledger[0].RevokedAt.Before(ledger[1].CreatedAt) {
		t.Errorf("ledger: %+v", ledger)
	}
	if now := h.State[key].Attribute("key_version").(int64); now <= version {
		t.Errorf("key_version went from %d to %d", version, now)
	}
}

// TestAdoptedTrigger: null → map and map → null send nothing and keep the key.
func (h *Suite) TestAdoptedTrigger(t *testing.T) {
	h.MustApply(protocol.Config{key: h.Block("ci")})
	was := h.State[key].ID()
	for _, rotation := range []map[string]any{Trigger("1"), {}, Trigger("2"), {}} {
		config := protocol.Config{key: h.Block("ci", rotation)}
		plan := h.Plan(config)
		h.Store.Reset()
		if ds := h.ApplyPlan(plan); len(ds.Errors()) > 0 || plan.Actions[key] != protocol.Update {
			t.Fatalf("%v: %s, %s", rotation, plan.Actions[key], ds)
		}
		if n := h.Store.Total(); n != 0 {
			t.Errorf("%v sent %d requests", rotation, n)
		}
		h.MustBeEmpty(config)
	}
	if h.State[key].ID() != was {
		t.Error("the key was replaced")
	}
}

// TestSchedule: due only by the clock of a refresh; the plan then rotates it and
// says so. A changed interval is an update.
func (h *Suite) TestSchedule(t *testing.T) {
	after := func(d string) protocol.Config {
		return protocol.Config{key: h.Block("ci", map[string]any{"rotate_after": d})}
	}
	h.MustApply(after("90d"))
	was := h.State[key].ID()
	if at := h.State[key].Attribute("rotate_at"); at != h.Store.Live()[0].CreatedAt.Add(90*24*time.Hour).UTC().Format(time.RFC3339) {
		t.Errorf("rotate_at %v", at)
	}
	if p := h.MustApply(after("1d12h")); p.Actions[key] != protocol.Update || h.State[key].ID() != was {
		t.Errorf("a shorter interval: %v", p.Actions)
	}
	h.Clock.Advance(36*time.Hour + time.Minute)
	p := h.Plan(after("1d12h"))
	if p.Actions[key] != protocol.Replace || !contains(p.Diagnostics.Warnings(), "due", was) {
		t.Errorf("when due: %v, %s", p.Actions, p.Diagnostics)
	}
	if p := h.Plan(after("90d")); p.Actions[key] != protocol.Update {
		t.Errorf("due, but the interval grows: %v", p.Actions)
	}
	h.MustApply(after("1d12h"))
	if live := h.Live(); len(live) != 1 || live[0] == was {
		t.Errorf("live keys %v", live)
	}
}

// TestSavedPlan: a plan made before the due time applies after it, with and
// without another change in it.
func (h *Suite) TestSavedPlan(t *testing.T) {
	config := func(policy string) protocol.Config {
		return protocol.Config{key: h.Block("ci", map[string]any{"rotate_after": "1h"}, withPolicy(policy))}
	}
	h.MustApply(config("warn"))
	for _, policy := range []string{"warn", "ignore"} {
		saved := h.Plan(config(policy))
		h.Clock.Advance(2 * time.Hour)
		if ds := h.ApplyPlan(saved); len(ds.Errors()) > 0 {
			t.Fatalf("saved plan (%s): %s", policy, ds)
		}
		if p := h.Plan(config(policy)); p.Actions[key] != protocol.Replace {
			t.Errorf("after the saved plan (%s): %v", policy, p.Actions)
		}
		h.MustApply(config(policy))
	}
}

// TestOverlap: in place; the old key lives until the first apply after its time.
func (h *Suite) TestOverlap(t *testing.T) {
	config := h.overlapping("24h")
	h.MustApply(config("1"))
	first := h.State[key].ID()
	version := h.State[key].Attribute("key_version").(int64)
	h.Clock.Advance(time.Hour)
	if p := h.MustApply(config("2")); p.Actions[key] != protocol.Update {
		t.Fatalf("rotation with overlap is %s", p.Actions[key])
	}
	second := h.State[key].ID()
	if live := h.Live(); len(live) != 2 || second == first {
		t.Fatalf("live %v", live)
	}
	if now := h.State[key].Attribute("key_version").(int64); now <= version {
		t.Errorf("key_version went from %d to %d", version, now)
	}
	// A second generation retires beside the first.
	h.Clock.Advance(time.Hour)
	h.MustApply(config("3"))
	if held := h.Held(); len(held) != 3 || len(h.Live()) != 3 {
		t.Fatalf("held %v, live %v", held, h.Live())
	}
	h.Clock.Advance(23*time.Hour + time.Minute) // past the first's time, before the second's
	if p := h.MustApply(config("3")); p.Actions[key] != protocol.Update {
		t.Errorf("after the overlap: %v", p.Actions)
	}
	if live := h.Live(); len(live) != 2 || !h.Held()[live[0]] || h.Held()[first] {
		t.Errorf("live %v, held %v", live, h.Held())
	}
	// One that is gone already just leaves the list.
	if err := h.Store.Revoke(second); err != nil {
		t.Fatal(err)
	}
	h.MustBeEmpty(config("3"))
	h.Clock.Advance(48 * time.Hour)
	h.MustApply(config("3"))
	// Destroying revokes what retires, too.
	h.MustApply(config("4"))
	h.destroyAll(t)
}

// TestOverlapLost: the current key is revoked outside while another retires; the
// resource keeps it until a new value is there, and nothing is orphaned. An
// interrupted rotation is finished by the next apply.
func (h *Suite) TestOverlapLost(t *testing.T) {
	config := h.overlapping("24h")
	h.MustApply(config("1"))
	h.MustApply(config("2"))
	lost := h.State[key].ID()
	if err := h.Store.Revoke(lost); err != nil {
		t.Fatal(err)
	}
	p := h.MustApply(config("2"))
	if p.Actions[key] != protocol.Update || !contains(p.Diagnostics.Warnings(), "revoked outside", lost) {
		t.Errorf("%v, %s", p.Actions, p.Diagnostics)
	}
	if live := h.Live(); len(live) != 2 || len(h.Held()) != 2 || !h.Held()[live[0]] || !h.Held()[live[1]] {
		t.Errorf("live %v, held %v", live, h.Held())
	}
	// The answer to the next rotation is lost for good: the old key stays.
	current := h.State[key].ID()
	h.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultCut})
	if p := h.Apply(config("3")); !contains(p.Diagnostics.Errors(), "may or may not") || h.State[key].ID() != current {
		t.Errorf("%s", p.Diagnostics)
	}
	h.Clock.Advance(time.Minute)
	h.MustApply(config("3"))
	// Revoking what is due fails halfway: the next apply finishes.
	h.Clock.Advance(48 * time.Hour)
	h.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Skip: 1})
	if p := h.Apply(config("3")); len(p.Diagnostics.Errors()) == 0 {
		t.Error("a failed revocation is not reported")
	}
	h.MustApply(config("3"))
	h.wantLive(t, h.State[key].ID())
	h.destroyAll(t)
}

// TestOverlapNotRevoked: what cannot be revoked does not keep a new value from those
// who are to get it; the next apply revokes it.
func (h *Suite) TestOverlapNotRevoked(t *testing.T) {
	config := h.overlapping("24h")
	h.MustApply(config("1"))
	first := h.State[key].ID()
	h.MustApply(config("2"))
	h.Clock.Advance(48 * time.Hour)
	h.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: http.StatusForbidden})
	p := h.Apply(config("3"))
	if len(p.Diagnostics.Errors()) > 0 || !contains(p.Diagnostics.Warnings(), "Could not revoke", "tries again to revoke") || !slices.Contains(h.Live(), first) || !h.Held()[first] {
		t.Errorf("live %v, %s", h.Live(), p.Diagnostics)
	}
	h.MustApply(config("3"))
	if slices.Contains(h.Live(), first) {
		t.Errorf("%s was not revoked later", first)
	}
	h.destroyAll(t)
}

// TestOverlapChanged: a changed overlap counts for keys that retire already, without a
// request; it can end an overlap early, and prolong one that is over. A removed one leaves
// them their time.
func (h *Suite) TestOverlapChanged(t *testing.T) {
	config := func(v, overlap string) protocol.Config {
		if overlap == "" {
			return protocol.Config{key: h.Block("ci", Trigger(v))}
		}
		return protocol.Config{key: h.Block("ci", Trigger(v, map[string]any{"rotation_overlap": overlap}))}
	}
	h.MustApply(config("1", "24h"))
	first := h.State[key].ID()
	h.Clock.Advance(time.Hour)
	h.MustApply(config("2", "24h"))
	second := h.State[key]
	retired, _ := time.Parse(time.RFC3339, second.Attribute("created_at").(string))
	retires := func() map[string]any {
		t.Helper()
		all, _ := h.State[key].Attribute("retiring").([]any)
		if len(all) != 1 {
			t.Fatalf("retiring: %v", all)
		}
		one, _ := all[0].(map[string]any)
		return one
	}
	changed := func(overlap string, want time.Duration, due bool) {
		t.Helper()
		p := h.Plan(config("2", overlap))
		h.Store.Reset()
		if ds := h.ApplyPlan(p); len(ds.Errors()) > 0 || p.Actions[key] != protocol.Update || h.Store.Total() != 0 {
			t.Fatalf("overlap %q: %v, %d requests, %s", overlap, p.Actions, h.Store.Total(), ds)
		}
		at := retired.Truncate(time.Second).Add(want).UTC().Format(time.RFC3339)
		if one := retires(); one["id"] != first || one["retired_at"] != retired.Truncate(time.Second).UTC().Format(time.RFC3339) || one["revoke_at"] != at || one["due"] != due {
			t.Errorf("overlap %q: %v, want it to be revoked at %s", overlap, one, at)
		}
	}
	changed("48h", 48*time.Hour, false)
	changed("", 48*time.Hour, false) // keeps its time
	changed("1h", time.Hour, false)
	h.Clock.Advance(30 * time.Minute)
	changed("10m", 10*time.Minute, false) // which has passed: for the next refresh to find
	if p := h.Plan(config("2", "10m")); p.Actions[key] != protocol.Update || !contains(p.Diagnostics.Warnings(), revoking, first) {
		t.Errorf("an overlap ended early: %v, %s", p.Actions, p.Diagnostics)
	}
	// Found due, and prolonged in the same plan: it lives on.
	p := h.Apply(config("2", "72h"))
	if len(p.Diagnostics.Errors()) > 0 || contains(p.Diagnostics.Warnings(), revoking) || len(h.Live()) != 2 {
		t.Errorf("a prolonged overlap: live %v, %s", h.Live(), p.Diagnostics)
	}
	h.MustBeEmpty(config("2", "72h"))
	h.Apply(config("2", "1m"))
	if live := h.Live(); len(live) != 2 {
		t.Errorf("live %v", live)
	}
	h.MustApply(config("2", "1m"))
	h.wantLive(t, h.State[key].ID())
	h.destroyAll(t)
}

// TestOwnCredential: the key that the provider signs in with is never revoked,
// and the refusal comes before anything is sent.
func (h *Suite) TestOwnCredential(t *testing.T) {
	h.MustApply(protocol.Config{key: h.Block("ci", Trigger("1"))})
	own := h.Store.Live()[0]
	h.Env = h.Credentials(own.Value)
	for name, config := range map[string]protocol.Config{
		"destroy": {}, "rotate": {key: h.Block("ci", Trigger("2"))},
		"overlap": {key: h.Block("ci", Trigger("2", withOverlap("1h")))},
	} {
		p := h.Apply(config)
		if !contains(p.Diagnostics.Errors(), "signs in with", own.ID) {
			t.Errorf("%s: %s", name, p.Diagnostics)
		}
	}
	for _, a := range h.Service.Key.Attributes {
		if a.Mode != definition.InPlace || a.Default != true {
			continue
		}
		off := protocol.Config{key: h.Block("ci", Trigger("1"), map[string]any{a.Name: false})}
		if p := h.Apply(off); !contains(p.Diagnostics.Errors(), "signs in with", own.ID) || h.Store.Requests()[simulator.OpUpdate] > 0 {
			t.Errorf("%s = false: %s", a.Name, p.Diagnostics)
		}
	}
	if len(h.Store.Ledger()) != 1 || len(h.Live()) != 1 {
		t.Fatalf("ledger %v", h.Store.Ledger())
	}
	// With another credential it goes.
	h.Env = h.Credentials(h.Store.Admin())
	h.MustApply(protocol.Config{key: h.Block("ci", Trigger("2"))})
	h.destroyAll(t)
	if h.Service.Key.ReportsLastUsed { // the others' records show nothing of a value
		h.testOwnImported(t)
	}
}

// testOwnImported: it is recognised without its value, too: imported, and as a
// duplicate.
func (h *Harness) testOwnImported(t *testing.T) {
	own := h.Store.Mint("admin")
	h.Env = h.Credentials(own.Value)
	h.adopt(key, own.ID)
	if p := h.Destroy(); !contains(p.Diagnostics.Errors(), "signs in with", own.ID) {
		t.Errorf("destroy after import: %s", p.Diagnostics)
	}
	h.State = nil
	config := protocol.Config{key: h.Block("admin", withPolicy("ignore"))}
	h.MustApply(config)
	h.Clock.Advance(-24 * time.Hour) // so that it counts as unused since
	if p := h.Apply(protocol.Config{key: h.Block("admin", withPolicy("revoke"))}); len(h.Live()) != 2 {
		t.Errorf("own credential revoked as a duplicate: %s", p.Diagnostics)
	}
}

package acceptance_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// Plans in one quarter are empty, the first apply of the next one rotates every
// key. Where there is an overlap, the old key stays for that long.
func quarterlyRotation(k *recipeHarness) {
	at := func(day string) string { return "-var=now=" + day }
	k.apply(at("2026-01-15T08:00:00Z"))
	first := map[string]simulator.Record{}
	for _, s := range k.bench.subjects() {
		first[s.name()] = s.only()
	}
	for _, day := range []string{"2026-01-15T08:00:01Z", "2026-02-28T12:00:00Z", "2026-03-31T23:59:59Z"} {
		k.planEmpty(at(day))
	}
	k.apply(at("2026-04-01T00:00:00Z"))
	for _, s := range k.bench.subjects() {
		old, _ := s.store.Get(first[s.name()].ID)
		live := s.live()
		kept := 0 // old keys that live
		if s.name() == "expunct" {
			kept = 1 // the overlap
		}
		if len(live) != 1+kept || live[kept].ID == old.ID || old.Live() != (kept == 1) {
			k.t.Errorf("%s after the quarter has changed: %s", s.Key.Title, describe(s.own()))
		}
	}
	for _, day := range []string{"2026-04-01T00:00:01Z", "2026-06-30T23:59:59Z"} {
		k.planEmpty(at(day))
	}

	// The real clock: plans one after the other are empty, though each has a time
	// of its own.
	quarter := func() string {
		now := time.Now().UTC()
		return fmt.Sprintf("%d-Q%d", now.Year(), (int(now.Month())+2)/3)
	}
	before := quarter()
	k.apply()
	var shown string
	k.output("quarter", &shown)
	k.planEmpty()
	k.planEmpty()
	if after := quarter(); shown != before && shown != after {
		k.t.Errorf("the quarter is %q, want %q", shown, after)
	}
}

// OnePin's own call ends the old key as it makes the new one; elsewhere the old
// key dies in the same apply.
func leakedKey(k *recipeHarness) {
	onepin, pioneer := k.bench.subject("onepin"), k.bench.subject("pioneer")
	k.apply()
	leaked, other := onepin.only(), pioneer.only()
	var suspects []struct {
		ID   string
		Live bool
	}
	k.output("suspects", &suspects)
	if len(suspects) != 0 {
		k.t.Errorf("before anything leaked, suspects are %v", suspects)
	}
	onepin.store.Reset()
	pioneer.store.Reset()
	k.apply("-var=ending=" + leaked.Value[len(leaked.Value)-6:])
	k.output("suspects", &suspects)
	if len(suspects) != 1 || suspects[0].ID != leaked.ID || !suspects[0].Live {
		k.t.Errorf("suspects are %v, want key %s", suspects, leaked.ID)
	}
	k.quiet()

	k.vars(map[string]any{"incident": "2026-02-13"})
	k.apply()
	k.planEmpty()
	was, _ := onepin.store.Get(leaked.ID)
	if n := onepin.store.Requests(); was.Live() || was.RotatedTo != onepin.only().ID || n[simulator.OpRotate] != 1 || n[simulator.OpCreate] != 0 {
		k.t.Errorf("OnePin: %s; requests %v, want one rotate call", describe(onepin.own()), n)
	}
	replaced := func() {
		k.t.Helper()
		next := pioneer.only()
		if old, _ := pioneer.store.Get(other.ID); next.ID == other.ID || !next.CreatedAt.Before(old.RevokedAt) {
			k.t.Errorf("Pioneer: %s; want a new key before the old one dies", describe(pioneer.own()))
		}
		other = next
	}
	replaced()
	k.apply("-replace=apikeys_pioneer_key.inference")
	replaced()
}

// The action revokes the keys in its list, managed or not, and nothing else happens;
// the next apply makes a new key for the one that is managed.
func leakedKeyAction(k *recipeHarness) {
	s := k.bench.subject("onepin")
	k.apply()
	managed, unmanaged := s.only(), s.store.Mint("made by hand")
	s.store.Reset()
	k.apply("-invoke=action.apikeys_onepin_revoke.leaked[0]", fmt.Sprintf("-var=leaked=[%q, %q]", managed.ID, unmanaged.ID))
	if live := s.live(); len(live) > 0 || s.store.Requests()[simulator.OpCreate] > 0 {
		k.t.Errorf("after the action: %s; requests %v", describe(s.own()), s.store.Requests())
	}
	out := k.apply()
	if !strings.Contains(out, "Key revoked outside of Terraform") || !strings.Contains(out, managed.ID) {
		k.t.Errorf("the apply does not say which key is gone:\n%s", out)
	}
	var id string
	k.output("webhook", &id)
	if id != s.only().ID {
		k.t.Errorf("the new key is %s, and not %s", s.only().ID, id)
	}
	k.planEmpty()
}

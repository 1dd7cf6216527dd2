package acceptance_test

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

const days = 24 * time.Hour

// Each change of the map touches one key.
func fleet(k *recipeHarness) {
	s := k.bench.subject("onepin")
	k.vars(map[string]any{"keys": map[string]any{
		"updated": map[string]any{"scopes": []string{"workflows:read"}, "rate_limit_per_min": 600},
		"rotated": map[string]any{}, "removed": map[string]any{}, "left alone": map[string]any{},
	}})
	k.apply()
	before := k.found("onepin")
	if names := slices.Sorted(maps.Keys(before)); !slices.Equal(names, []string{"left alone", "removed", "rotated", "updated"}) {
		k.t.Fatalf("made %v", names)
	}
	s.store.Reset()
	k.vars(map[string]any{"keys": map[string]any{
		"updated": map[string]any{"scopes": []string{"workflows:read"}, "rate_limit_per_min": 60},
		"rotated": map[string]any{"generation": 2}, "left alone": map[string]any{}, "new": map[string]any{},
	}})
	k.apply()
	after := k.found("onepin")
	if names := slices.Sorted(maps.Keys(after)); !slices.Equal(names, []string{"left alone", "new", "rotated", "updated"}) {
		k.t.Errorf("alive are %v", names)
	}
	if after["updated"].ID != before["updated"].ID || after["left alone"].ID != before["left alone"].ID || after["rotated"].ID == before["rotated"].ID {
		k.t.Errorf("before: %v\nafter: %v", describe(slices.Collect(maps.Values(before))), describe(slices.Collect(maps.Values(after))))
	}
	if n := s.store.Requests(); n[simulator.OpCreate] != 2 || n[simulator.OpUpdate] != 1 || n[simulator.OpRevoke] != 2 {
		k.t.Errorf("requests: %v, want 2 creates (new, rotated), 1 update, 2 revokes (removed, rotated)", n)
	}
	k.planEmpty()
	var shown map[string]struct{ ID string }
	var values map[string]string
	k.output("fleet", &shown)
	k.output("values", &values)
	for name, r := range after {
		if shown[name].ID != r.ID || values[name] != r.Value {
			k.t.Errorf("the outputs do not show key %s (%s) as it is", r.ID, name)
		}
	}
}

// Keys go to the workspace or tenant of the provider that their module is given.
func aliasPerWorkspace(k *recipeHarness) {
	scopes := map[string]map[string]string{}
	for _, environment := range []string{"production", "staging"} {
		scopes[environment] = map[string]string{"workspace_id": simulator.UUID(), "tenant_id": simulator.UUID()}
	}
	k.vars(map[string]any{"production": scopes["production"], "staging": scopes["staging"]})
	k.apply()
	k.planEmpty()
	var ids map[string]map[string]string
	k.output("keys", &ids)
	for environment, scope := range scopes {
		for service, attribute := range map[string]string{"onepin": "workspace_id", "expunct": "tenant_id"} {
			r, found := k.bench.subject(service).store.Get(ids[environment][service])
			if !found || !r.Live() || r.Scope != scope[attribute] {
				k.t.Errorf("%s, %s: key %q is in %q, want %q", environment, service, ids[environment][service], r.Scope, scope[attribute])
			}
		}
	}
	for _, service := range []string{"onepin", "expunct"} {
		if n := len(k.bench.subject(service).live()); n != 2 {
			k.t.Errorf("%s has %d keys, want one for each environment", service, n)
		}
	}
}

// All keys are taken over as they are. Once the names are written down, they say
// which keys there are.
func adoptWorkspace(k *recipeHarness) {
	s := k.bench.subject("onepin")
	left := s.store.MintDraft(simulator.Draft{Name: "left", Attributes: map[string]any{"scopes": []string{"voices:read"}}})
	right := s.store.Mint("right")
	off := s.store.Mint("switched off")
	if err := s.store.Update(off.ID, func(r *simulator.Record) { r.Active = false }); err != nil {
		k.t.Fatal(err)
	}
	k.bench.spare(off)
	k.vars(map[string]any{"except": []string{"somebody else's 0", "somebody else's 1"}})
	if out := k.run(true, "plan"); !strings.Contains(out, "2 to import, 0 to add, 0 to change, 0 to destroy") {
		k.t.Errorf("the plan says:\n%s", out)
	}
	s.store.Reset()
	k.apply()
	k.planEmpty()
	k.quiet()
	var names []string
	k.output("names", &names)
	if !slices.Equal(names, []string{"left", "right"}) {
		k.t.Fatalf("taken over: %v", names)
	}

	late := s.store.Mint("late")
	k.bench.spare(late)
	if out := k.run(true, "plan"); !strings.Contains(out, "1 to import") {
		k.t.Errorf("without written names a new key is not taken over:\n%s", out)
	}
	k.vars(map[string]any{"names": names})
	k.planEmpty()
	k.apply(`-replace=apikeys_onepin_key.adopted["left"]`)
	k.planEmpty()
	if err := s.store.Revoke(right.ID); err != nil {
		k.t.Fatal(err)
	}
	k.apply()
	after := k.found("onepin")
	for name, old := range map[string]simulator.Record{"left": left, "right": right} {
		was, _ := s.store.Get(old.ID)
		if now, ok := after[name]; !ok || now.ID == old.ID || was.Live() {
			k.t.Errorf("%s was not made anew: %s", name, describe(s.own()))
		}
	}
	if now, _ := s.store.Get(late.ID); !now.Live() {
		k.t.Error("the key that nobody manages was revoked")
	}
}

// What Terraform writes for the keys that a query finds imports them as they are.
func adoptByQuery(k *recipeHarness) {
	s := k.bench.subject("onepin")
	for _, name := range []string{"one", "two", "three"} {
		aged(k.t, s, name, 100*days, 0)
	}
	k.bench.spare(s.store.Mint("made since"))
	since := "-var=since=" + simulator.Timestamp(time.Now().Add(-90*days))
	s.store.Reset()
	out := k.run(true, "query", since)
	for _, name := range []string{"one", "two", "three"} {
		if !strings.Contains(out, name) {
			k.t.Errorf("the query does not show key %q:\n%s", name, out)
		}
	}
	if strings.Contains(out, "made since") {
		k.t.Errorf("the query shows a key that is too young:\n%s", out)
	}
	k.run(true, "query", since, "-generate-config-out=adopted.tf")
	if out := k.run(true, "plan"); !strings.Contains(out, "3 to import, 0 to add, 0 to change, 0 to destroy") {
		k.t.Errorf("the plan says:\n%s", out)
	}
	k.apply()
	k.planEmpty()
	k.quiet()
	if managed := len(k.state()); managed != 3 {
		k.t.Errorf("%d keys are managed", managed)
	}
}

// A data source that takes no last use into account judges by age; the others by use.
func staleKeys(k *recipeHarness) {
	want := []string{}
	for _, s := range k.bench.subjects() {
		forgotten := aged(k.t, s, "forgotten", 200*days, 100*days)
		never := aged(k.t, s, "never used", 95*days, 0)
		busy := aged(k.t, s, "busy", 150*days, time.Hour)
		young := aged(k.t, s, "young", 10*days, 0)
		k.bench.spare(forgotten, never, busy, young)
		want = append(want, s.name()+" forgotten")
		if !s.Key.ReportsLastUsed {
			want = append(want, s.name()+" busy")
		}
		want = append(want, s.name()+" never used")
	}
	stale := func(args ...string) []string {
		k.t.Helper()
		out := k.apply(args...)
		var report []struct{ Service, ID, Name string }
		k.output("report", &report)
		all := []string{}
		for _, r := range report {
			all = append(all, r.Service+" "+r.Name)
			if !strings.Contains(unwrapped(out), r.ID) {
				k.t.Errorf("the check does not name %s:\n%s", r.ID, out)
			}
		}
		return all
	}
	slices.Sort(want)
	got := stale()
	slices.Sort(got)
	if !slices.Equal(got, want) {
		k.t.Errorf("stale: %q\nwant:  %q", got, want)
	}
	// A service that is not asked for needs no credential.
	k.Env = append(k.Env, "PIONEER_API_KEY=", "EXPUNCT_API_KEY=")
	k.vars(map[string]any{"days": 97, "services": []string{"onepin"}})
	if got := stale(); !slices.Equal(got, []string{"onepin forgotten"}) {
		k.t.Errorf("of OnePin's keys, not used for 97 days: %q", got)
	}
	k.quiet()
}

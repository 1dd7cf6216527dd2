package conformance

import (
	"slices"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// testTwoScopes: two resources whose scopes are one, because one names what the other
// leaves to the credential, know of each other's keys as those of one scope do.
func testTwoScopes(t *testing.T, r *Rig) {
	scope := r.Service.Key.Scope
	if scope == "" {
		t.Skip("no scopes")
	}
	named := map[string]any{scope: r.Store.Home()}
	config := func(open, explicit string) protocol.Config {
		return protocol.Config{"explicit": r.Block("ci", named, withPolicy(explicit)), "open": r.Block("ci", withPolicy(open))}
	}
	r.MustApply(config("ignore", "ignore"))
	if live := r.Live(); len(live) != 2 {
		t.Fatalf("live %v", live)
	}
	explicit := r.State["explicit"].ID()
	if p := r.Plan(config("warn", "ignore")); !contains(p.Diagnostics.Warnings(), sameName, explicit+", which a resource of this configuration holds") || contains(p.Diagnostics.Warnings(), "interrupted") {
		t.Errorf("warn: %s", p.Diagnostics)
	}
	for _, p := range []*protocol.Plan{r.Apply(config("revoke", "ignore")), r.Apply(config("ignore", "revoke")), r.Apply(config("revoke", "revoke"))} {
		if live := r.Live(); len(live) != 2 || !contains(slices.Concat(p.Diagnostics.Errors(), p.Diagnostics.Warnings()), "ignore") {
			t.Fatalf("revoke: live %v, %s", live, p.Diagnostics)
		}
	}
	// Nor is a further key of that name warned of what they hold.
	third := config("ignore", "ignore")
	third["third"] = r.Block("ci", named)
	if p := r.Plan(third); contains(p.Diagnostics.Warnings(), sameName) {
		t.Errorf("a third key: %s", p.Diagnostics)
	}
	r.MustApply(config("ignore", "ignore"))
	r.destroyAll(t)
}

package conformance

import (
	"slices"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// TestTwoScopes: two resources whose scopes are one, because one names what the other
// leaves to the credential, know of each other's keys as those of one scope do.
func (h *Suite) TestTwoScopes(t *testing.T) {
	scope := h.Scope()
	if scope == "" {
		t.Skip("the service has no scopes")
	}
	named := map[string]any{scope: h.Store.Home()}
	config := func(open, explicit string) protocol.Config {
		return protocol.Config{"explicit": h.Block("ci", named, withPolicy(explicit)), "open": h.Block("ci", withPolicy(open))}
	}
	h.MustApply(config("ignore", "ignore"))
	if live := h.Live(); len(live) != 2 {
		t.Fatalf("live %v", live)
	}
	explicit := h.State["explicit"].ID()
	if p := h.Plan(config("warn", "ignore")); !contains(p.Diagnostics.Warnings(), sameName, explicit+", which a resource of this configuration manages") || contains(p.Diagnostics.Warnings(), "interrupted") {
		t.Errorf("warn: %s", p.Diagnostics)
	}
	for _, p := range []*protocol.Plan{h.Apply(config("revoke", "ignore")), h.Apply(config("ignore", "revoke")), h.Apply(config("revoke", "revoke"))} {
		if live := h.Live(); len(live) != 2 || !contains(slices.Concat(p.Diagnostics.Errors(), p.Diagnostics.Warnings()), "ignore") {
			t.Fatalf("revoke: live %v, %s", live, p.Diagnostics)
		}
	}
	// Nor is a further key of that name warned of what they hold.
	third := config("ignore", "ignore")
	third["third"] = h.Block("ci", named)
	if p := h.Plan(third); contains(p.Diagnostics.Warnings(), sameName) {
		t.Errorf("a third key: %s", p.Diagnostics)
	}
	h.MustApply(config("ignore", "ignore"))
	h.destroyAll(t)
}

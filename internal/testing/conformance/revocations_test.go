package conformance

import (
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// revoking is the summary of the warning that names the keys that a plan revokes.
const revoking = "Plan revokes keys"

// TestRevocationsWarning: a plan names each key that it revokes, but for those of which
// Terraform itself says that they are destroyed.
func (h *Suite) TestRevocationsWarning(t *testing.T) {
	overlap := h.overlapping("24h")
	mustWarn := func(what string, p *protocol.Plan, words ...string) {
		t.Helper()
		if len(p.Diagnostics.Errors()) > 0 || !contains(p.Diagnostics.Warnings(), append(words, revoking, `"ci"`)...) {
			t.Errorf("%s does not say %v: %s", what, words, p.Diagnostics)
		}
	}
	silent := func(what string, p *protocol.Plan) {
		t.Helper()
		if contains(p.Diagnostics.Warnings(), revoking) {
			t.Errorf("%s: %s", what, p.Diagnostics)
		}
	}
	silent("a create", h.MustApply(overlap("1")))
	first := h.State[key].ID()
	silent("a rotation with overlap", h.MustApply(overlap("2")))
	mustWarn("a destroy", h.Plan(protocol.Config{}), first, "retires")
	mustWarn("a replacement", h.Plan(protocol.Config{key: h.Block("ci", Trigger("3"))}), first, "retires")
	h.Clock.Advance(25 * time.Hour)
	mustWarn("an overlap that is over", h.Plan(overlap("2")), first, "overlap ended")
	mustWarn("a rotation after an overlap", h.Plan(overlap("3")), first, "overlap ended")
	h.MustApply(overlap("2"))
	second := h.State[key].ID()
	silent("a destroy of one key", h.Plan(protocol.Config{}))
	silent("a replacement of one key", h.Plan(protocol.Config{key: h.Block("ci", Trigger("3"))}))
	if h.Service.Key.HasRotate {
		mustWarn("a rotation by the service", h.Plan(protocol.Config{key: h.Block("ci", Trigger("3", map[string]any{"native_rotation": true}))}), second, "rotates it")
	}
	twin := h.Store.Mint("ci")
	h.Plan(overlap("2"))
	revoke := protocol.Config{key: h.Block("ci", Trigger("2"), withPolicy("revoke"))}
	mustWarn("a duplicate", h.Plan(revoke), twin.ID, "duplicate")
	mustWarn("a duplicate, perhaps", h.Plan(protocol.Config{key: h.Block("ci", Trigger("2"), map[string]any{"on_duplicate_name": protocol.Unknown{}})}), twin.ID, "turns out")
	silent("a duplicate that is let be", h.Plan(overlap("2")))
	h.MustApply(revoke)
	h.destroyAll(t)
}

// TestRevocationsAfterLostAnswer: where the answer to a create was lost, plans say what is looked
// for and revoked, whether the resource or a retiring key stands for it.
func (h *Suite) TestRevocationsAfterLostAnswer(t *testing.T) {
	config := h.overlapping("24h")
	lose := func(config protocol.Config) {
		t.Helper()
		h.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultCut})
		if p := h.Apply(config); len(p.Diagnostics.Errors()) == 0 {
			t.Fatal("the create was not lost")
		}
		h.Clock.Advance(time.Minute)
	}
	lose(config("1"))
	for name, config := range map[string]protocol.Config{"replacement": config("1"), "destroy": {}} {
		if p := h.Plan(config); !contains(p.Diagnostics.Warnings(), "Outcome of a create is not known", `"ci"`, "revokes it") {
			t.Errorf("%s: %s", name, p.Diagnostics)
		}
	}
	h.MustApply(config("1"))
	lose(config("2"))
	for name, config := range map[string]protocol.Config{"rotation": config("2"), "unchanged": config("1"), "destroy": {}} {
		if p := h.Plan(config); !contains(p.Diagnostics.Warnings(), revoking, `named "ci"`, "answer to its create was lost") {
			t.Errorf("%s: %s", name, p.Diagnostics)
		}
	}
	h.MustApply(config("2"))
	h.destroyAll(t)
}

// TestRenameInPlaceWarning: a rename in place is announced with both names.
func (h *Suite) TestRenameInPlaceWarning(t *testing.T) {
	names := func(names ...string) protocol.Config { // as count over a list
		config := protocol.Config{}
		for i, name := range names {
			config[string(rune('0'+i))] = h.Block(name)
		}
		return config
	}
	h.MustApply(names("a", "b", "c"))
	second := h.State["1"].ID()
	p := h.Plan(names("a", "c"))
	if warned := contains(p.Diagnostics.Warnings(), "renamed in place", second, `"b"`, `"c"`, "for_each"); warned != h.Service.Key.CanRename {
		t.Errorf("%s", p.Diagnostics)
	}
	if p := h.Plan(names("a", "b", "c")); len(p.Diagnostics) > 0 {
		t.Errorf("without a change: %s", p.Diagnostics)
	}
}

// TestDuplicateHeld: a duplicate that a resource holds is not said to be left over
// from a run.
func (h *Suite) TestDuplicateHeld(t *testing.T) {
	config := protocol.Config{"a": h.Block("ci"), "b": h.Block("ci")}
	if p := h.Apply(config); len(p.Diagnostics.Errors()) > 0 {
		t.Fatal(p.Diagnostics)
	}
	warning := func(p *protocol.Plan, id string) string {
		for _, w := range p.Diagnostics.Warnings() {
			if contains([]string{w}, sameName, id) {
				return w
			}
		}
		t.Errorf("no warning of %s: %s", id, p.Diagnostics)
		return ""
	}
	a := h.State["a"].ID() // read before b is planned
	if w := warning(h.Plan(config), a); !strings.Contains(w, a+", which a resource of this configuration manages") || strings.Contains(w, "interrupted") {
		t.Errorf("%s", w)
	}
	foreign := h.Store.Mint("ci")
	if w := warning(h.Plan(config), foreign.ID); !strings.Contains(w, "interrupted") || strings.Contains(w, foreign.ID+", which") {
		t.Errorf("%s", w)
	}
}

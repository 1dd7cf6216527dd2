package conformance

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// sameName is the summary of warnings about other keys of a name.
const sameName = "Other keys have the same name"

// TestExistingName: the plan that first creates a key names those that bear its name
// already.
func (h *Suite) TestExistingName(t *testing.T) {
	twin := h.Store.Mint("ci")
	for policy, warned := range map[string]bool{"warn": true, "revoke": true, "ignore": false} {
		p := h.Plan(protocol.Config{key: h.Block("ci", withPolicy(policy))})
		if contains(p.Diagnostics.Warnings(), sameName, twin.ID, "already") != warned || len(p.Diagnostics.Errors()) > 0 {
			t.Errorf("%s: %s", policy, p.Diagnostics)
		}
	}
	if p := h.Plan(protocol.Config{key: h.Block("other")}); len(p.Diagnostics) > 0 {
		t.Errorf("another name: %s", p.Diagnostics)
	}
	// A listing that fails is no reason to fail this plan.
	h.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: -1})
	if p := h.Plan(protocol.Config{key: h.Block("ci")}); len(p.Diagnostics) > 0 {
		t.Errorf("no listing: %s", p.Diagnostics)
	}
	h.Store.ClearFaults()
	// Nor is a name, or a scope, that is not known yet.
	unknown := []map[string]any{{"name": protocol.Unknown{}}}
	if scope := h.Scope(); scope != "" {
		unknown = append(unknown, map[string]any{scope: protocol.Unknown{}})
	}
	for _, attribute := range unknown {
		if p := h.Plan(protocol.Config{key: h.Block("ci", attribute)}); len(p.Diagnostics) > 0 {
			t.Errorf("%v: %s", attribute, p.Diagnostics)
		}
	}
	// What another resource holds is none of it.
	h.adopt(key, twin.ID)
	config := protocol.Config{key: h.Block("ci", withPolicy("ignore")), "other": h.Block("ci")}
	if p := h.Plan(config); contains(p.Diagnostics.Warnings(), sameName) {
		t.Errorf("held by another resource: %s", p.Diagnostics)
	}
}

// TestExistingNameRotation: a key is not warned of that the plan replaces, neither
// while planning nor in the plan that Terraform makes once more while applying.
func (h *Suite) TestExistingNameRotation(t *testing.T) {
	config := func(v string) protocol.Config { return protocol.Config{key: h.Block("ci", Trigger(v))} }
	silent := func(what string, p *protocol.Plan) {
		t.Helper()
		if contains(p.Diagnostics.Warnings(), sameName) {
			t.Errorf("%s: %s", what, p.Diagnostics)
		}
	}
	h.MustApply(config("1"))
	for _, before := range []bool{true, false} {
		block := h.Block("ci", Trigger(map[bool]string{true: "2", false: "3"}[before]))
		block.CreateBeforeDestroy = before
		silent("rotation", h.MustApply(protocol.Config{key: block}))
	}
	h.Taint(key)
	silent("tainted", h.MustApply(config("3")))
	due := protocol.Config{key: h.Block("ci", map[string]any{"rotate_after": "1h"})}
	h.MustApply(due)
	h.Clock.Advance(2 * time.Hour)
	silent("due", h.MustApply(due))
	overlap := h.overlapping("1h")
	h.MustApply(overlap("1"))
	silent("overlap", h.MustApply(overlap("2")))
	silent("overlap, again", h.MustApply(overlap("3")))

	// But of any other, also where the configuration rotates by replacement.
	twin := h.Store.Mint("ci")
	h.Plan(overlap("3"))
	if p := h.Plan(overlap("4")); !contains(p.Diagnostics.Warnings(), sameName, twin.ID) {
		t.Errorf("rotation with a duplicate: %s", p.Diagnostics)
	}
	other := h.Store.Mint("new")
	if p := h.Plan(protocol.Config{key: h.Block("ci", Trigger("3", withOverlap("1h"))), "new": h.Block("new", Trigger("1"))}); !contains(p.Diagnostics.Warnings(), sameName, other.ID) {
		t.Errorf("a further key: %s", p.Diagnostics)
	}
}

// TestExistingNameSuccessor: where a key was rotated outside, the plan that makes
// another names its live successor.
func (h *Suite) TestExistingNameSuccessor(t *testing.T) {
	for name, rotation := range map[string]map[string]any{"replaced": Trigger("1"), "in place": Trigger("1", withOverlap("24h"))} {
		config := protocol.Config{key: h.Block("ci", rotation)}
		h.MustApply(config)
		if name == "in place" {
			config = protocol.Config{key: h.Block("ci", Trigger("2", withOverlap("24h")))}
			h.MustApply(config)
		}
		successor := h.Store.Mint("ci")
		if err := h.Store.Revoke(h.State[key].ID()); err != nil {
			t.Fatal(err)
		}
		p := h.Plan(config)
		if !slices.ContainsFunc(p.Diagnostics.Warnings(), func(w string) bool { return contains([]string{w}, sameName, successor.ID) }) {
			t.Errorf("%s: %s", name, p.Diagnostics)
		}
		if err := h.Store.Revoke(successor.ID); err != nil {
			t.Fatal(err)
		}
		h.MustApply(config)
		h.destroyAll(t)
	}
}

// TestExistingNameRenamed: a new name that other keys bear already is warned of,
// whether the key is renamed or replaced.
func (h *Suite) TestExistingNameRenamed(t *testing.T) {
	h.MustApply(protocol.Config{key: h.Block("ci")})
	twin := h.Store.Mint("taken")
	for policy, warned := range map[string]bool{"warn": true, "ignore": false} {
		p := h.Plan(protocol.Config{key: h.Block("taken", withPolicy(policy))})
		if contains(p.Diagnostics.Warnings(), sameName, twin.ID) != warned || len(p.Diagnostics.Errors()) > 0 {
			t.Errorf("%s: %s", policy, p.Diagnostics)
		}
	}
}

// TestExistingNameRequests: a plan of many new keys costs one listing, or one
// that fails.
func (h *Suite) TestExistingNameRequests(t *testing.T) {
	for range 3 {
		h.Store.Mint("neighbour")
	}
	config := h.Many(50)
	h.Store.Reset()
	h.SkipComparison = true
	if p := h.Plan(config); len(p.Diagnostics) > 0 {
		t.Fatal(p.Diagnostics)
	}
	if total := h.Store.Total(); total > h.listedPages(t) {
		t.Errorf("requests of a plan: %v", h.Store.Requests())
	}
	// One that fails is not tried again for each key.
	h.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: -1})
	h.Store.Reset()
	if p := h.Plan(config); len(p.Diagnostics) > 0 || h.Store.Total() != 1 {
		t.Errorf("a listing that fails: requests %v, %s", h.Store.Requests(), p.Diagnostics)
	}
}

// TestDuplicateInUse: a duplicate that "revoke" leaves alone is named, and the way out
// is not the setting that is there already.
func (h *Suite) TestDuplicateInUse(t *testing.T) {
	config := protocol.Config{key: h.Block("ci", withPolicy("revoke"))}
	h.MustApply(config)
	twin := h.Store.Mint("ci")
	if err := h.Store.Use(twin.ID); err != nil {
		t.Fatal(err)
	}
	if !h.Service.Key.ReportsLastUsed { // nothing shows that it is in use
		return
	}
	ws := h.Plan(config).Diagnostics.Warnings()
	if !contains(ws, sameName, twin.ID, "spares them", "\"ignore\"") || contains(ws, "or to \"revoke\"") {
		t.Errorf("%s", ws)
	}
}

// TestDefaultsReturn: an attribute that the configuration no longer sets gets its default
// again, by an update of the same key.
func (h *Suite) TestDefaultsReturn(t *testing.T) {
	set := map[string]any{"on_duplicate_name": "ignore", "store_key": false}
	want := map[string]any{"on_duplicate_name": "warn"}
	for _, a := range h.Service.Key.Attributes {
		if a.Default == true {
			set[a.Name], want[a.Name] = false, true
		}
	}
	h.MustApply(protocol.Config{key: h.Block("ci", set)})
	id := h.State[key].ID()
	h.MustApply(protocol.Config{key: h.Block("ci", map[string]any{"store_key": false})}) // its default needs a new key
	if h.State[key].ID() != id {
		t.Error("the key was replaced")
	}
	for name, value := range want {
		if got := h.State[key].Attribute(name); got != value {
			t.Errorf("%s is %v, want %v", name, got, value)
		}
	}
	p := h.Apply(protocol.Config{key: h.Block("ci")})
	if got := h.State[key].Attribute("store_key"); got != true || h.State[key].ID() == id {
		t.Errorf("store_key is %v: %s", got, p.Diagnostics)
	}
}

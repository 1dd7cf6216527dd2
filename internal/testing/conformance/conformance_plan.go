package conformance

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// planTests are the tests of what plans announce.
func planTests() map[string]func(*testing.T, *Rig) {
	return map[string]func(*testing.T, *Rig){
		"existing name":            testExistingName,
		"existing name, rotation":  testExistingNameRotation,
		"existing name, successor": testExistingNameSuccessor,
		"existing name, renamed":   testExistingNameRenamed,
		"existing name, requests":  testExistingNameRequests,
		"name changed by service":  testNameChanged,
		"name changed, then":       testNameChangedThen,
		"name that looks alike":    testNameLike,
		"name, control characters": testNameControl,
		"two scopes that are one":  testTwoScopes,
		"duplicate in use":         testDuplicateInUse,
		"revocations":              testRevocationsTold,
		"revocations, lost answer": testRevocationsOpen,
		"rename in place":          testRenameTold,
		"duplicate of a resource":  testDuplicateHeld,
	}
}

// sameName is the summary of warnings about other keys of a name.
const sameName = "Other keys have the same name"

func withPolicy(policy string) map[string]any { return map[string]any{"on_duplicate_name": policy} }

// testExistingName: the plan that first creates a key names those that bear its name
// already.
func testExistingName(t *testing.T, r *Rig) {
	twin := r.Store.Mint("ci")
	for policy, warned := range map[string]bool{"warn": true, "revoke": true, "ignore": false} {
		p := r.Plan(protocol.Config{key: r.Block("ci", withPolicy(policy))})
		if contains(p.Diagnostics.Warnings(), sameName, twin.ID, "already") != warned || len(p.Diagnostics.Errors()) > 0 {
			t.Errorf("%s: %s", policy, p.Diagnostics)
		}
	}
	if p := r.Plan(protocol.Config{key: r.Block("other")}); len(p.Diagnostics) > 0 {
		t.Errorf("another name: %s", p.Diagnostics)
	}
	// A listing that fails is no reason to fail this plan.
	r.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: -1})
	if p := r.Plan(protocol.Config{key: r.Block("ci")}); len(p.Diagnostics) > 0 {
		t.Errorf("no listing: %s", p.Diagnostics)
	}
	r.Store.ClearFaults()
	// Nor is a name, or a scope, that is not known yet.
	unknown := []map[string]any{{"name": protocol.Unknown{}}}
	if scope := r.Service.Key.Scope; scope != "" {
		unknown = append(unknown, map[string]any{scope: protocol.Unknown{}})
	}
	for _, attribute := range unknown {
		if p := r.Plan(protocol.Config{key: r.Block("ci", attribute)}); len(p.Diagnostics) > 0 {
			t.Errorf("%v: %s", attribute, p.Diagnostics)
		}
	}
	// What another resource holds is none of it.
	if ds := r.Import(key, r.Type(), twin.ID); len(ds.Errors()) > 0 {
		t.Fatal(ds)
	}
	config := protocol.Config{key: r.Block("ci", withPolicy("ignore")), "other": r.Block("ci")}
	if p := r.Plan(config); contains(p.Diagnostics.Warnings(), sameName) {
		t.Errorf("held by another resource: %s", p.Diagnostics)
	}
}

// testExistingNameRotation: a key is not warned of that the plan replaces, neither
// while planning nor in the plan that Terraform makes once more while applying.
func testExistingNameRotation(t *testing.T, r *Rig) {
	config := func(v string) protocol.Config { return protocol.Config{key: r.Block("ci", Trigger(v))} }
	silent := func(what string, p *protocol.Plan) {
		t.Helper()
		if contains(p.Diagnostics.Warnings(), sameName) {
			t.Errorf("%s: %s", what, p.Diagnostics)
		}
	}
	r.MustApply(config("1"))
	for _, before := range []bool{true, false} {
		block := r.Block("ci", Trigger(map[bool]string{true: "2", false: "3"}[before]))
		block.CreateBeforeDestroy = before
		silent("rotation", r.MustApply(protocol.Config{key: block}))
	}
	r.Taint(key)
	silent("tainted", r.MustApply(config("3")))
	due := protocol.Config{key: r.Block("ci", map[string]any{"rotate_after": "1h"})}
	r.MustApply(due)
	r.Clock.Advance(2 * time.Hour)
	silent("due", r.MustApply(due))
	overlap := func(v string) protocol.Config {
		return protocol.Config{key: r.Block("ci", Trigger(v, map[string]any{"rotation_overlap": "1h"}))}
	}
	r.MustApply(overlap("1"))
	silent("overlap", r.MustApply(overlap("2")))
	silent("overlap, again", r.MustApply(overlap("3")))

	// But of any other, also where the configuration rotates by replacement.
	twin := r.Store.Mint("ci")
	r.Plan(overlap("3"))
	if p := r.Plan(overlap("4")); !contains(p.Diagnostics.Warnings(), sameName, twin.ID) {
		t.Errorf("rotation with a duplicate: %s", p.Diagnostics)
	}
	other := r.Store.Mint("new")
	if p := r.Plan(protocol.Config{key: r.Block("ci", Trigger("3", map[string]any{"rotation_overlap": "1h"})), "new": r.Block("new", Trigger("1"))}); !contains(p.Diagnostics.Warnings(), sameName, other.ID) {
		t.Errorf("a further key: %s", p.Diagnostics)
	}
}

// testExistingNameSuccessor: where a key was rotated outside, the plan that makes
// another names its live successor.
func testExistingNameSuccessor(t *testing.T, r *Rig) {
	for name, rotation := range map[string]map[string]any{"replaced": Trigger("1"), "in place": Trigger("1", map[string]any{"rotation_overlap": "24h"})} {
		config := protocol.Config{key: r.Block("ci", rotation)}
		r.MustApply(config)
		if name == "in place" {
			config = protocol.Config{key: r.Block("ci", Trigger("2", map[string]any{"rotation_overlap": "24h"}))}
			r.MustApply(config)
		}
		successor := r.Store.Mint("ci")
		if err := r.Store.Revoke(r.State[key].ID()); err != nil {
			t.Fatal(err)
		}
		p := r.Plan(config)
		if !slices.ContainsFunc(p.Diagnostics.Warnings(), func(w string) bool { return contains([]string{w}, sameName, successor.ID) }) {
			t.Errorf("%s: %s", name, p.Diagnostics)
		}
		if err := r.Store.Revoke(successor.ID); err != nil {
			t.Fatal(err)
		}
		r.MustApply(config)
		r.destroyAll(t)
	}
}

// testExistingNameRenamed: a new name that other keys bear already is warned of,
// whether the key is renamed or replaced.
func testExistingNameRenamed(t *testing.T, r *Rig) {
	r.MustApply(protocol.Config{key: r.Block("ci")})
	twin := r.Store.Mint("taken")
	for policy, warned := range map[string]bool{"warn": true, "ignore": false} {
		p := r.Plan(protocol.Config{key: r.Block("taken", withPolicy(policy))})
		if contains(p.Diagnostics.Warnings(), sameName, twin.ID) != warned || len(p.Diagnostics.Errors()) > 0 {
			t.Errorf("%s: %s", policy, p.Diagnostics)
		}
	}
}

// testExistingNameRequests: a plan of many new keys costs one listing, or one
// that fails.
func testExistingNameRequests(t *testing.T, r *Rig) {
	for range 3 {
		r.Store.Mint("neighbour")
	}
	config := r.Many(50)
	r.Store.Reset()
	r.Abridged = true
	if p := r.Plan(config); len(p.Diagnostics) > 0 {
		t.Fatal(p.Diagnostics)
	}
	if total := r.Store.Total(); total > r.listedPages(t) {
		t.Errorf("requests of a plan: %v", r.Store.Requests())
	}
	// One that fails is not tried again for each key.
	r.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: -1})
	r.Store.Reset()
	if p := r.Plan(config); len(p.Diagnostics) > 0 || r.Store.Total() != 1 {
		t.Errorf("a listing that fails: requests %v, %s", r.Store.Requests(), p.Diagnostics)
	}
}

// testDuplicateInUse: a duplicate that "revoke" leaves alone is named, and the way out
// is not the setting that is there already.
func testDuplicateInUse(t *testing.T, r *Rig) {
	config := protocol.Config{key: r.Block("ci", withPolicy("revoke"))}
	r.MustApply(config)
	twin := r.Store.Mint("ci")
	if err := r.Store.Use(twin.ID); err != nil {
		t.Fatal(err)
	}
	if !r.Service.Key.ReportsLastUsed { // nothing shows that it is in use
		return
	}
	ws := r.Plan(config).Diagnostics.Warnings()
	if !contains(ws, sameName, twin.ID, "spares them", "\"ignore\"") || contains(ws, "or to \"revoke\"") {
		t.Errorf("%s", ws)
	}
}

package conformance

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// RunConformance runs the suite that every service has to pass. A service's own
// tests need to cover only what sets it apart.
func RunConformance(t *testing.T, s simulators.Service) {
	all := map[string]func(*testing.T, *Rig){
		"create and destroy":   testLife,
		"value and version":    testValue,
		"rename":               testRename,
		"gone midway":          testGone,
		"gone while rotating":  testGoneMidway,
		"trigger":              testTrigger,
		"adopting a trigger":   testAdoptTrigger,
		"schedule":             testSchedule,
		"saved plan":           testSavedPlan,
		"overlap":              testOverlap,
		"overlap, key lost":    testOverlapLost,
		"overlap, renamed":     testOverlapRenamed,
		"overlap, given up":    testOverlapGivenUp,
		"overlap, not revoked": testOverlapNotRevoked,
		"duplicates, renamed":  testDuplicatesRenamed,
		"import":               testImport,
		"import of nothing":    testImportNothing,
		"duplicates":           testDuplicates,
		"own credential":       testOwnCredential,
		"refusals":             testRefusals,
		"rejected field":       testRejectedField,
		"rate limit":           testRateLimit,
		"unusable answers":     testUnusable,
		"ambiguous create":     testAmbiguousCreate,
		"unsettled create":     testUnsettledCreate,
		"ambiguous revoke":     testAmbiguousRevoke,
		"stopped server":       testStopped,
		"missing credential":   testMissingCredential,
		"unknown credential":   testUnknownCredential,
		"two on one name":      testSharedName,
		"shared name, late":    testSharedNameLate,
		"one key, two holders": testCollision,
		"forgotten and taken":  testForgotten,
		"held by another":      testHeldElsewhere,
		"invalid settings":     testInvalid,
		"listing fails":        testListingFails,
		"deposed and tainted":  testTaint,
		"own data lost (hand)": testHandEdited,
		"identity":             testIdentity,
		"old state":            testOldState,
		"listing lags":         testLag,
		"imported and due":     testImportedDue,
		"unknown settings":     testUnknownSettings,
		"many":                 testRequests,
	}
	t.Run("panics", func(t *testing.T) { t.Parallel(); testPanics(t, s) })
	t.Run("state not written", func(t *testing.T) { t.Parallel(); testUnsaved(t, s) })
	maps.Copy(all, createTests(s))
	maps.Copy(all, storageTests())
	maps.Copy(all, valueTests())
	maps.Copy(all, ephemeralTests())
	maps.Copy(all, readTests())
	maps.Copy(all, findTests())
	maps.Copy(all, planTests())
	maps.Copy(all, refusalTests())
	maps.Copy(all, settingTests())
	maps.Copy(all, echoTests())
	// Before the others, because it measures what the whole process needs.
	t.Run("list, memory", func(t *testing.T) { testListMemory(t, s) })
	for name, test := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, NewRig(t, s))
		})
	}
}

const key = "key"

// testLife: a key is made, the next plan is empty, and destroying it leaves none.
func testLife(t *testing.T, r *Rig) {
	config := Config{key: r.Block("ci")}
	r.MustApply(config)
	if live := r.Live(); len(live) != 1 || live[0] != r.State[key].ID() {
		t.Fatalf("live keys %v, state holds %s", live, r.State[key].ID())
	}
	r.destroyAll(t)
}

// destroyAll destroys and expects nothing to be left.
func (r *Rig) destroyAll(t *testing.T) {
	t.Helper()
	if p := r.Destroy(); len(p.Diagnostics.Errors()) > 0 {
		t.Fatalf("destroy: %s", p.Diagnostics)
	}
	if live := r.Live(); len(live) != 0 || len(r.State) != 0 {
		t.Fatalf("after destroy: live keys %v, state %v", live, r.State)
	}
}

// testValue: the state holds the value that the service handed out, and the
// version is the time of creation.
func testValue(t *testing.T, r *Rig) {
	r.MustApply(Config{key: r.Block("ci")})
	made := r.Store.Ledger()[0]
	if got := r.State[key].Attribute("key"); got != made.Value {
		t.Error("the state's key is not the value that was handed out")
	}
	if got, want := r.State[key].Attribute("key_version"), made.CreatedAt.UnixMilli(); got != want {
		t.Errorf("key_version %v, want %v", got, want)
	}
}

// testRename: in place where the service can, else a new key.
func testRename(t *testing.T, r *Rig) {
	r.MustApply(Config{key: r.Block("old")})
	was := r.State[key].ID()
	p := r.MustApply(Config{key: r.Block("new")})
	if want := map[bool]Action{true: Update, false: Replace}[r.Service.Key.CanRename]; p.Actions[key] != want {
		t.Errorf("rename is %s, want %s", p.Actions[key], want)
	}
	if same := r.State[key].ID() == was; same != r.Service.Key.CanRename {
		t.Errorf("same key after the rename: %v", same)
	}
	if live := r.Store.Live(); len(live) != 1 || live[0].Name != "new" {
		t.Errorf("live keys: %+v", live)
	}
}

// testGone: revoked outside, it is planned anew, with a warning.
func testGone(t *testing.T, r *Rig) {
	config := Config{key: r.Block("ci")}
	r.MustApply(config)
	was := r.State[key].ID()
	if err := r.Store.Revoke(was); err != nil {
		t.Fatal(err)
	}
	p := r.MustApply(config)
	if p.Actions[key] != Create || r.State[key].ID() == was {
		t.Errorf("a revoked key is planned as %s", p.Actions[key])
	}
	if ws := p.Diagnostics.Warnings(); !contains(ws, "revoked outside", was) {
		t.Errorf("warnings: %v", ws)
	}
}

// testImport: in every form; the first plan is empty; the first rotation gives a
// value.
func testImport(t *testing.T, r *Rig) {
	foreign := r.Store.Mint("found")
	forms := []string{foreign.ID, "name:found"}
	if r.Service.Key.Scope != "" {
		scope := foreign.Scope
		forms = append(forms, scope+"/"+foreign.ID, scope+"/name:found")
	}
	for _, form := range forms {
		r.State = nil
		if ds := r.Import(key, r.Type(), form); len(ds.Errors()) > 0 {
			t.Fatalf("import %s: %s", form, ds)
		}
		if r.State[key].ID() != foreign.ID || r.State[key].Attribute("key") != nil {
			t.Errorf("import %s: id %s", form, r.State[key].ID())
		}
		r.MustBeEmpty(Config{key: r.Block("found")})
	}
	if p := r.MustApply(Config{key: r.Block("found", Trigger("1"))}); p.Actions[key] != Update {
		t.Errorf("adopting a rotation: %v", p.Actions)
	}
	r.MustApply(Config{key: r.Block("found", Trigger("2"))})
	if r.State[key].Attribute("key") == nil {
		t.Error("no value after the first rotation")
	}
	r.destroyAll(t)
}

// testImportNothing: what is not exactly one live key is an error that lists what
// there is.
func testImportNothing(t *testing.T, r *Rig) {
	a, b, dead := r.Store.Mint("twin"), r.Store.Mint("twin"), r.Store.Mint("dead")
	if err := r.Store.Revoke(dead.ID); err != nil {
		t.Fatal(err)
	}
	for form, words := range map[string][]string{
		"no-such-id":         {"no-such-id", a.ID, "twin"},
		"name:nobody":        {"nobody", a.ID, b.ID},
		"name:twin":          {"2 live keys", a.ID, b.ID},
		dead.ID:              {dead.ID},
		"name:dead":          {"dead"},
		"name:":              {a.ID},
		"unknown-outcome-1-": {a.ID},
	} {
		if ds := r.Import(key, r.Type(), form); !contains(ds.Errors(), words...) {
			t.Errorf("import %s: %q does not say %v", form, ds, words)
		}
	}
}

// testInvalid: refused before anything is sent.
func testInvalid(t *testing.T, r *Rig) {
	for _, bad := range []Block{
		r.Block(""), r.Block("   "),
		r.Block("ci", map[string]any{"on_duplicate_name": "sometimes"}),
		r.Block("ci", Rotation(map[string]any{"after": "0s"})), r.Block("ci", Rotation(map[string]any{"after": "-1h"})),
		r.Block("ci", Rotation(map[string]any{"after": "59s"})), r.Block("ci", Rotation(map[string]any{"after": "soon"})),
		r.Block("ci", Rotation(map[string]any{"overlap": "1"})), r.Block("ci", Rotation(map[string]any{"overlap": ""})),
	} {
		if p := r.Apply(Config{key: bad}); len(p.Diagnostics.Errors()) != 1 {
			t.Errorf("%v: %s", bad.Attributes, p.Diagnostics)
		}
	}
	if n := r.Store.Total(); n != 0 {
		t.Errorf("%d requests", n)
	}
	// Terraform drops a misspelt name in an object: only what is missing shows it.
	for _, c := range []struct {
		rotation map[string]any
		warned   bool
	}{{map[string]any{}, true}, {map[string]any{"overlap": "1h"}, true}, {map[string]any{"after": "90d"}, false}, {map[string]any{"triggers": map[string]any{"v": Unknown{}}}, false}} {
		p := r.Plan(Config{key: r.Block("ci", Rotation(c.rotation))})
		if contains(p.Diagnostics.Warnings(), "Nothing rotates this key", "misspelt") != c.warned || len(p.Diagnostics.Errors()) > 0 {
			t.Errorf("%v: %s", c.rotation, p.Diagnostics)
		}
	}
}

// testHandEdited: a state whose attributes were lost by hand is completed, not
// replaced.
func testHandEdited(t *testing.T, r *Rig) {
	config := Config{key: r.Block("ci")}
	r.MustApply(config)
	was := r.State[key].ID()
	i := r.State[key]
	values := members(i.value)
	for _, name := range []string{"key_version", "duplicate_ids", "on_duplicate_name", "retiring"} {
		values[name] = encode(values[name].Type(), nil)
	}
	i.value = tftypes.NewValue(i.value.Type(), values)
	i.private = nil
	r.MustBeEmpty(config)
	if r.Apply(config); r.State[key].ID() != was || r.State[key].Attribute("key_version") == nil {
		t.Error("not completed")
	}
}

func contains(texts []string, words ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool {
		for _, w := range words {
			if !strings.Contains(text, w) {
				return false
			}
		}
		return true
	})
}

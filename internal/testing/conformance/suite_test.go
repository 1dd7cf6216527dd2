package conformance

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/acme"
	acmesimulator "github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/acme/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/basic"
	basicsimulator "github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/basic/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/declared"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// subjects are the services that the suite runs for, by the name of their subtest: the
// provider's, each also with the simulators of other server generations, and the examples.
func subjects() map[string]simulators.Service {
	all := map[string]simulators.Service{
		"acme":  {Service: acme.Service, Simulator: acmesimulator.New},
		"basic": {Service: basic.Service, Simulator: basicsimulator.New},
	}
	for name, s := range declared.Services() {
		all["declared-"+name] = s
	}
	for _, s := range simulators.Services() {
		all[s.Key.Name] = s
		for name, generation := range s.Generations {
			s.Simulator = generation
			all[s.Key.Name+"-"+name] = s
		}
	}
	return all
}

// eachSubject runs a test for each service, under its name; with -short, only for some.
func eachSubject(t *testing.T, short []string, test func(t *testing.T, s simulators.Service)) {
	t.Helper()
	all := subjects()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if testing.Short() && !slices.Contains(short, name) {
			continue
		}
		t.Run(name, func(t *testing.T) { test(t, all[name]) })
	}
}

// richest is the service that has every ability, and so runs every scenario.
const richest = "onepin"

// Suite has a method for each scenario that every service has to pass. A scenario has
// a harness of its own.
type Suite struct{ *Harness }

// TestConformance runs all scenarios of [Suite] for each service. A service's own tests
// need to cover only what is special about it.
func TestConformance(t *testing.T) {
	eachSubject(t, []string{richest}, func(t *testing.T, s simulators.Service) {
		t.Parallel()
		suite := reflect.TypeFor[*Suite]()
		for i := range suite.NumMethod() {
			name, ok := strings.CutPrefix(suite.Method(i).Name, "Test")
			if !ok {
				continue
			}
			if because := lacks(s)[name]; because != "" {
				t.Run(name, func(t *testing.T) { t.Skip(because) })
				continue
			}
			scenario := suite.Method(i).Func.Interface().(func(*Suite, *testing.T))
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				scenario(&Suite{NewHarness(t, s)}, t)
			})
		}
	})
}

// lacks are the scenarios that a service cannot pass, because it shows too little of its
// keys, with the reason. Only declared services may be like that, see
// [custom.Declaration.Guarantees].
func lacks(s simulators.Service) map[string]string {
	reasons := map[string]string{}
	if s.Declaration == nil {
		return reasons
	}
	if s.Declaration.List.CreatedAt == "" {
		for _, scenario := range []string{
			"AmbiguousCreate", "CreateBare4xx", "CreateOutcomeUnknown", "CreateSentAgain", "EphemeralAmbiguous", "ImportedDue", "KeysDataSource", "List",
			"OddTimes", "OverlapGivenUp", "OverlapRenamed", "RefusedButCreated", "SharedNameLate",
		} {
			reasons[scenario] = "the service does not say when a key was created; see TestWithoutTimes"
		}
	}
	if s.Declaration.List.Hint == "" {
		for _, scenario := range []string{
			"Duplicates", "GivenValueImport", "GivenValueStorageChanges", "GivenValueUnknown", "NameChangedThen", "RevocationsWarning", "RevokeActionOwnCredential", "WrongValue",
		} {
			reasons[scenario] = "the service shows nothing of a value"
		}
	}
	return reasons
}

const key = "key"

// TestLifecycle: a key is made, the next plan is empty, and destroying it leaves none.
func (h *Suite) TestLifecycle(t *testing.T) {
	config := protocol.Config{key: h.Block("ci")}
	h.MustApply(config)
	if live := h.Live(); len(live) != 1 || live[0] != h.State[key].ID() {
		t.Fatalf("live keys %v, state holds %s", live, h.State[key].ID())
	}
	h.destroyAll(t)
}

// destroyAll destroys and expects nothing to be left.
func (h *Harness) destroyAll(t *testing.T) {
	t.Helper()
	if p := h.Destroy(); len(p.Diagnostics.Errors()) > 0 {
		t.Fatalf("destroy: %s", p.Diagnostics)
	}
	if live := h.Live(); len(live) != 0 || len(h.State) != 0 {
		t.Fatalf("after destroy: live keys %v, state %v", live, h.State)
	}
}

// TestValueAndVersion: the state holds the value that the service handed out, and the
// version is the time of creation.
func (h *Suite) TestValueAndVersion(t *testing.T) {
	h.MustApply(protocol.Config{key: h.Block("ci")})
	made := h.Store.Ledger()[0]
	if got := h.State[key].Attribute("key"); got != made.Value {
		t.Error("the state's key is not the value that was handed out")
	}
	if got, want := h.State[key].Attribute("key_version"), made.CreatedAt.UnixMilli(); got != want {
		t.Errorf("key_version %v, want %v", got, want)
	}
}

// TestRename: in place where the service can, else a new key.
func (h *Suite) TestRename(t *testing.T) {
	h.MustApply(protocol.Config{key: h.Block("old")})
	was := h.State[key].ID()
	p := h.MustApply(protocol.Config{key: h.Block("new")})
	if want := map[bool]protocol.Action{true: protocol.Update, false: protocol.Replace}[h.Service.Key.CanRename]; p.Actions[key] != want {
		t.Errorf("rename is %s, want %s", p.Actions[key], want)
	}
	if same := h.State[key].ID() == was; same != h.Service.Key.CanRename {
		t.Errorf("same key after the rename: %v", same)
	}
	if live := h.Store.Live(); len(live) != 1 || live[0].Name != "new" {
		t.Errorf("live keys: %+v", live)
	}
}

// TestRevokedOutside: revoked outside, it is planned anew, with a warning.
func (h *Suite) TestRevokedOutside(t *testing.T) {
	config := protocol.Config{key: h.Block("ci")}
	h.MustApply(config)
	was := h.State[key].ID()
	if err := h.Store.Revoke(was); err != nil {
		t.Fatal(err)
	}
	p := h.MustApply(config)
	if p.Actions[key] != protocol.Create || h.State[key].ID() == was {
		t.Errorf("a revoked key is planned as %s", p.Actions[key])
	}
	if ws := p.Diagnostics.Warnings(); !contains(ws, "revoked outside", was) {
		t.Errorf("warnings: %v", ws)
	}
}

// TestImport: in every form; the first plan is empty; the first rotation gives a
// value.
func (h *Suite) TestImport(t *testing.T) {
	foreign := h.Store.Mint("found")
	forms := []string{foreign.ID, "name:found"}
	if h.Scope() != "" {
		scope := foreign.Scope
		forms = append(forms, scope+"/"+foreign.ID, scope+"/name:found")
	}
	for _, form := range forms {
		h.State = nil
		if ds := h.Import(key, h.Type(), form); len(ds.Errors()) > 0 {
			t.Fatalf("import %s: %s", form, ds)
		}
		if h.State[key].ID() != foreign.ID || h.State[key].Attribute("key") != nil {
			t.Errorf("import %s: id %s", form, h.State[key].ID())
		}
		h.MustBeEmpty(protocol.Config{key: h.Block("found")})
	}
	if p := h.MustApply(protocol.Config{key: h.Block("found", Trigger("1"))}); p.Actions[key] != protocol.Update {
		t.Errorf("adopting a rotation: %v", p.Actions)
	}
	h.MustApply(protocol.Config{key: h.Block("found", Trigger("2"))})
	if h.State[key].Attribute("key") == nil {
		t.Error("no value after the first rotation")
	}
	h.destroyAll(t)
}

// TestImportNothing: what is not exactly one live key is an error that lists what
// there is.
func (h *Suite) TestImportNothing(t *testing.T) {
	a, b, dead := h.Store.Mint("twin"), h.Store.Mint("twin"), h.Store.Mint("dead")
	if err := h.Store.Revoke(dead.ID); err != nil {
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
		if ds := h.Import(key, h.Type(), form); !contains(ds.Errors(), words...) {
			t.Errorf("import %s: %q does not say %v", form, ds, words)
		}
	}
}

// TestInvalidSettings: refused before anything is sent.
func (h *Suite) TestInvalidSettings(t *testing.T) {
	for _, bad := range []protocol.Block{
		h.Block(""), h.Block("   "),
		h.Block("ci", withPolicy("sometimes")),
		h.Block("ci", map[string]any{"rotate_after": "0s"}), h.Block("ci", map[string]any{"rotate_after": "-1h"}),
		h.Block("ci", map[string]any{"rotate_after": "59s"}), h.Block("ci", map[string]any{"rotate_after": "soon"}),
		h.Block("ci", map[string]any{"rotate_after": "24h", "rotation_overlap": "1d"}), h.Block("ci", map[string]any{"rotate_after": "1h", "rotation_overlap": "90d"}),
		h.Block("ci", withPolicy("fail")),
		h.Block("ci", withOverlap("1")), h.Block("ci", map[string]any{"rotation_overlap": ""}),
	} {
		if p := h.Apply(protocol.Config{key: bad}); len(p.Diagnostics.Errors()) != 1 {
			t.Errorf("%v: %s", bad.Attributes, p.Diagnostics)
		}
	}
	if n := h.Store.Total(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestStateEditedByHand: a state whose attributes were lost by hand is completed, not
// replaced.
func (h *Suite) TestStateEditedByHand(t *testing.T) {
	config := protocol.Config{key: h.Block("ci")}
	h.MustApply(config)
	was := h.State[key].ID()
	h.State[key].Erase("key_version", "duplicate_ids", "on_duplicate_name", "retiring")
	h.MustBeEmpty(config)
	if h.Apply(config); h.State[key].ID() != was || h.State[key].Attribute("key_version") == nil {
		t.Error("not completed")
	}
}

// adopt imports a key, and fails the test if that fails.
func (h *Harness) adopt(address, id string) {
	h.TB.Helper()
	if ds := h.Import(address, h.Type(), id); len(ds.Errors()) > 0 {
		h.TB.Fatalf("import: %s", ds)
	}
}

// overlapping is a key that is rotated in place, by its trigger.
func (h *Harness) overlapping(overlap string) func(trigger string) protocol.Config {
	return func(trigger string) protocol.Config {
		return protocol.Config{key: h.Block("ci", Trigger(trigger, withOverlap(overlap)))}
	}
}

func withOverlap(overlap string) map[string]any { return map[string]any{"rotation_overlap": overlap} }

func withPolicy(policy string) map[string]any { return map[string]any{"on_duplicate_name": policy} }

// wantLive fails the test unless just these keys live.
func (h *Harness) wantLive(t *testing.T, ids ...string) {
	t.Helper()
	if live := h.Live(); !slices.Equal(live, ids) {
		t.Errorf("live %v, want %v", live, ids)
	}
}

// wantAllHeld fails the test unless the state has all live keys.
func (h *Harness) wantAllHeld(t *testing.T, what any) {
	t.Helper()
	held := h.Held()
	for _, id := range h.Live() {
		if !held[id] {
			t.Errorf("%v: key %s lives, and the state does not have it", what, id)
		}
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

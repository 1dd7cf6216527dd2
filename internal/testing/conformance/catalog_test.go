package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/custom"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/declared"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/documented"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// documentation is where the documented answers of the catalog's services are.
var documentation = filepath.Join("..", "..", "services", "custom", "testdata")

var pathVariable = regexp.MustCompile(`\{(\w+)\}`)

// catalogService is an entry of the catalog, as a user gets it who names it and sets its
// variables. change alters the entry.
func catalogService(t testing.TB, entry custom.Entry, simulated documented.Service, change func(declaration map[string]any)) simulators.Service {
	t.Helper()
	text, err := json.Marshal(entry.Declaration)
	if err != nil {
		t.Fatal(err)
	}
	var declaration map[string]any
	if err := json.Unmarshal(text, &declaration); err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{}
	for _, match := range pathVariable.FindAllStringSubmatch(string(text), -1) {
		if match[1] != "id" {
			vars[match[1]] = "a-value"
		}
	}
	declaration["vars"], declaration["credential_env"] = vars, declared.CredentialEnv
	if change != nil {
		change(declaration)
	}
	text, err = json.Marshal(declaration)
	if err != nil {
		t.Fatal(err)
	}
	d, err := custom.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	setting := services.Setting{Name: "credential", Env: []string{declared.CredentialEnv}, Sensitive: true}
	return simulators.Service{
		Service: services.Service{Key: d.Definition(), Settings: []services.Setting{setting}}, Simulator: simulated.Simulator, Declaration: &d, Declared: string(text),
	}
}

// catalogLife is a service of the catalog at which keys live.
type catalogLife struct {
	*Harness
	entry     custom.Entry
	simulated documented.Service
	t         testing.TB
}

// newLife starts a service of the catalog. t gets what goes wrong.
func newLife(t testing.TB, tb harnessTB, entry custom.Entry, simulated documented.Service, change func(map[string]any)) *catalogLife {
	t.Helper()
	h := NewHarness(tb, catalogService(t, entry, simulated, change))
	base, err := url.Parse(pathVariable.ReplaceAllString(entry.BaseURL, "a-value"))
	if err != nil {
		t.Fatal(err)
	}
	h.url += base.Path
	h.Provider = h.Configured(nil)
	h.SkipComparison = true
	return &catalogLife{Harness: h, entry: entry, simulated: simulated, t: t}
}

// harnessTB is what a harness needs of a test.
type harnessTB interface {
	protocol.TB
	simulator.TB
}

// key is a key with the example of the entry as its arguments.
func (l *catalogLife) key(name string, more ...map[string]any) protocol.Block {
	if l.entry.Arguments != "" {
		more = append(more, map[string]any{"arguments": l.entry.Arguments})
	}
	return l.Block(name, more...)
}

// must fails the life unless it is true.
func (l *catalogLife) must(holds bool, format string, args ...any) {
	l.TB.Helper()
	if !holds {
		l.TB.Fatalf(format, args...)
	}
}

// lifeSteps are the life of keys. Each leaves an account without live keys.
var lifeSteps = map[string]func(l *catalogLife){
	"create":   (*catalogLife).creates,
	"rotate":   (*catalogLife).rotates,
	"rename":   (*catalogLife).renames,
	"pages":    (*catalogLife).pages,
	"outside":  (*catalogLife).revokedOutside,
	"import":   (*catalogLife).imports,
	"faults":   (*catalogLife).survivesFaults,
	"lost":     (*catalogLife).losesAnswers,
	"late":     (*catalogLife).listsLate,
	"own key":  (*catalogLife).comparesValues,
	"last use": (*catalogLife).showsLastUse,
}

// TestCatalogLives: the keys of each service of the catalog live their lives, with faults,
// at a simulator that is written from the service's documentation.
func TestCatalogLives(t *testing.T) {
	t.Parallel()
	for _, entry := range custom.Catalog() {
		t.Run(entry.Name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && !slices.Contains([]string{"clerk", "databricks", "resend"}, entry.Name) {
				t.Skip("takes long, and -short is set")
			}
			simulated, err := documented.Read(documentation, entry.Name)
			if err != nil {
				t.Fatal(err)
			}
			for name, step := range lifeSteps {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					step(newLife(t, t, entry, simulated, nil))
				})
			}
		})
	}
}

// creates: the key, its value and its time are found where the entry says, in one request.
func (l *catalogLife) creates() {
	config := protocol.Config{key: l.key("ci")}
	p := l.Apply(config)
	l.must(len(p.Diagnostics) == 0, "create: %s", p.Diagnostics)
	n, made := l.Store.Requests(), l.Store.Live()
	l.must(n[simulator.OpCreate] == 1 && len(made) == 1, "%v requests, %d live keys", n, len(made))
	if l.simulated.Life.Create.Created != "" {
		l.must(n[simulator.OpList] == 2, "the answer has all of the key, and was not enough: %v", n)
	}
	i := l.State[key]
	l.must(i.ID() == made[0].ID && i.Attribute("key") == made[0].Value, "the state has key %s, or another value than %s", i.ID(), made[0].ID)
	l.MustBeEmpty(config)
	l.MustApply(config)
	if l.simulated.Life.List.Created != "" {
		at, err := time.Parse(time.RFC3339, fmt.Sprint(l.State[key].Attribute("created_at")))
		l.must(err == nil && made[0].CreatedAt.Sub(at).Abs() < time.Second, "created_at is %v, want %v", at, made[0].CreatedAt)
	}
	toPlan := l.reads(func() { l.MustBeEmpty(config) })
	confirmed := l.simulated.Life.Revoke.Status != http.StatusOK || len(l.simulated.Revoke) > 0
	toRevoke := l.reads(l.end)
	l.must(confirmed == (toRevoke == toPlan), "%d reads for a revocation whose answer confirms it: %v; a plan takes %d", toRevoke, confirmed, toPlan)
}

// reads is how many requests that read keys something takes.
func (l *catalogLife) reads(what func()) int {
	l.Store.Reset()
	what()
	n := l.Store.Requests()
	return n[simulator.OpList] + n[simulator.OpGet]
}

// end destroys everything and expects nothing to be left.
func (l *catalogLife) end() {
	l.TB.Helper()
	p := l.Destroy()
	l.must(len(p.Diagnostics.Errors()) == 0 && len(l.Live()) == 0 && len(l.State) == 0, "destroy: %s, live %v", p.Diagnostics, l.Live())
}

func (l *catalogLife) rotates() {
	l.MustApply(protocol.Config{key: l.key("ci", Trigger("1"))})
	before := l.State[key].ID()
	l.MustApply(protocol.Config{key: l.key("ci", Trigger("2"))})
	live := l.Live()
	l.must(len(live) == 1 && live[0] == l.State[key].ID() && live[0] != before, "live %v, the state has %s after %s", live, l.State[key].ID(), before)
	l.MustApply(protocol.Config{key: l.key("ci", Trigger("2", withOverlap("1h")))})
	l.MustApply(protocol.Config{key: l.key("ci", Trigger("3", withOverlap("1h")))})
	l.must(len(l.Live()) == 2, "during an overlap %v live", l.Live())
	l.Clock.Advance(2 * time.Hour)
	l.MustApply(protocol.Config{key: l.key("ci", Trigger("3", withOverlap("1h")))})
	l.must(len(l.Live()) == 1, "after an overlap %v live", l.Live())
	l.end()
}

func (l *catalogLife) renames() {
	l.MustApply(protocol.Config{key: l.key("old")})
	before := l.State[key].ID()
	l.MustApply(protocol.Config{key: l.key("new")})
	live := l.Store.Live()
	inPlace := l.simulated.Life.Update != nil && l.simulated.Life.Update.Name != ""
	l.must(len(live) == 1 && live[0].Name == "new" && (live[0].ID == before) == inPlace, "live %+v, in place: want %v", live, inPlace)
	l.end()
}

func (l *catalogLife) pages() {
	config := protocol.Config{}
	for i := range 5 {
		name := fmt.Sprintf("k%d", i)
		config[name] = l.key(name)
	}
	l.MustApply(config)
	found, ds := l.Run().Data("apikeys_keys", nil)
	ids, _ := found["ids"].([]any)
	l.must(len(l.Live()) == 5 && len(ids) == 5, "%d live, and the data source has %d: %s", len(l.Live()), len(ids), ds)
	l.end()
}

func (l *catalogLife) revokedOutside() {
	config := protocol.Config{key: l.key("ci"), "other": l.key("other")}
	l.MustApply(config)
	was := l.State[key].ID()
	if err := l.Store.Revoke(was); err != nil {
		l.TB.Fatalf("%v", err)
	}
	p := l.MustApply(config)
	l.must(p.Actions[key] == protocol.Create && p.Actions["other"] == protocol.NoOp && contains(p.Diagnostics.Warnings(), "revoked outside", was), "planned %v: %s", p.Actions, p.Diagnostics)
	l.end()
}

func (l *catalogLife) imports() {
	found := l.Store.Mint("found")
	for _, form := range []string{found.ID, "name:found"} {
		l.State = nil
		ds := l.Import(key, l.Type(), form)
		l.must(len(ds.Errors()) == 0 && l.State[key] != nil && l.State[key].ID() == found.ID, "import %s: %s", form, ds)
		l.Store.Reset()
		p := l.MustApply(protocol.Config{key: l.Block("found")})
		l.must(p.Actions[key] != protocol.Replace && l.writes() == 0, "after the import: %v, sent %v", p.Actions, l.Store.Requests())
	}
	l.end()
}

// survivesFaults: faults that leave no doubt, and such that the provider waits out.
func (l *catalogLife) survivesFaults() {
	for i, fault := range []simulator.Fault{
		{Operation: simulator.OpCreate, Kind: simulator.FaultRateLimit},
		{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: 503},
		{Operation: simulator.OpList, Kind: simulator.FaultRateLimit},
		{Operation: simulator.OpList, Kind: simulator.FaultCut},
		{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: 502},
		{Operation: simulator.OpRevoke, Kind: simulator.FaultCut, After: true},
		{Operation: simulator.OpRevoke, Kind: simulator.FaultRateLimit},
	} {
		l.Store.Fault(fault)
		l.MustApply(protocol.Config{key: l.key(fmt.Sprintf("fault %d", i))})
		l.must(len(l.Live()) == 1 && l.Live()[0] == l.State[key].ID(), "%+v: live %v", fault, l.Live())
		l.end()
	}
	l.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: 500, Times: -1})
	p := l.Apply(protocol.Config{key: l.key("ci")})
	l.must(contains(p.Diagnostics.Errors(), "500") && len(l.Store.Live()) == 0, "without a listing: %s", p.Diagnostics)
}

// losesAnswers: a create whose answer is lost leaves no key that nobody has.
func (l *catalogLife) losesAnswers() {
	for _, fault := range []simulator.Fault{
		{Operation: simulator.OpCreate, Kind: simulator.FaultCut, After: true},
		{Operation: simulator.OpCreate, Kind: simulator.FaultStatus, Status: 502, After: true},
		{Operation: simulator.OpCreate, Kind: simulator.FaultNoValue},
	} {
		config := protocol.Config{key: l.key("ci")}
		l.Store.Fault(fault)
		p := l.Apply(config)
		if l.simulated.Life.List.Created == "" { // then a person has to revoke it
			live := l.Live()
			l.must(len(live) == 1 && contains(p.Diagnostics.Errors(), "may or may not have been created", live[0]), "%+v: live %v: %s", fault, live, p.Diagnostics)
			if err := l.Store.Revoke(live[0]); err != nil {
				l.TB.Fatalf("%v", err)
			}
		}
		l.MustApply(config)
		live := l.Live()
		l.must(len(live) == 1 && live[0] == l.State[key].ID(), "%+v: live %v, the state has %s", fault, live, l.State[key].ID())
		l.end()
	}
}

// listsLate: a listing that shows new keys later does not lose them.
func (l *catalogLife) listsLate() {
	l.Store.Quirk(simulator.Quirks{ListingLag: 3 * time.Second})
	config := protocol.Config{key: l.key("ci")}
	l.MustApply(config)
	l.must(len(l.Live()) == 1 && l.Live()[0] == l.State[key].ID(), "live %v", l.Live())
	l.end()
}

// comparesValues: a value that the service's hint contradicts is refused.
func (l *catalogLife) comparesValues() {
	const enough = 3 // characters, to tell two values apart
	found, other := l.Store.Mint("found"), l.Store.Mint("other")
	ds := l.Import(key, l.Type(), found.ID)
	l.must(len(ds.Errors()) == 0, "import: %s", ds)
	give := func(value string) *protocol.Plan {
		return l.Apply(protocol.Config{key: l.Block("found", map[string]any{"key_wo": value, "key_wo_version": 1})})
	}
	if hint := l.simulated.ShownHint(); len(hint) >= enough && !strings.ContainsAny(hint, "*.…") {
		p := give(other.Value)
		l.must(contains(p.Diagnostics.Errors(), "Wrong key value"), "another key's value: %s", p.Diagnostics)
	}
	p := give(found.Value)
	l.must(len(p.Diagnostics.Errors()) == 0 && l.State[key].Attribute("key") == found.Value, "its own value: %s", p.Diagnostics)
}

// showsLastUse: the data source shows when a key was last used.
func (l *catalogLife) showsLastUse() {
	if l.simulated.Life.List.Used == "" {
		return
	}
	used := l.Store.Mint("used")
	l.Clock.Advance(time.Hour)
	if err := l.Store.Use(used.ID); err != nil {
		l.TB.Fatalf("%v", err)
	}
	used, _ = l.Store.Get(used.ID)
	found, ds := l.Run().Data("apikeys_keys", nil)
	l.must(len(ds.Errors()) == 0, "%s", ds)
	keys, _ := found["keys"].([]any)
	shown, _ := keys[0].(map[string]any)
	at, err := time.Parse(time.RFC3339, fmt.Sprint(shown["last_used_at"]))
	l.must(err == nil && used.LastUsedAt.Sub(at).Abs() < time.Second, "last used at %v, want %v", shown["last_used_at"], used.LastUsedAt)
}

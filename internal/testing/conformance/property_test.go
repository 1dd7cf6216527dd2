package conformance

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/seal"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// propertySteps is the length of a random life.
const propertySteps = 20

// defaultChecks is how many random lives there are unless the environment variable
// APIKEYS_PROPERTY_CHECKS says otherwise: a few, so that a test run stays short.
const defaultChecks = "20"

// TestProperty lives random lives: sequences of what users, clocks and other
// people do to two keys and their neighbours. After each apply the state is what
// the ledger says, no live key is without a holder, nobody else's key was
// revoked, and the next plan is empty.
func TestProperty(t *testing.T) {
	checks := cmp.Or(os.Getenv("APIKEYS_PROPERTY_CHECKS"), defaultChecks)
	if err := flag.Set("rapid.checks", checks); err != nil {
		t.Fatalf("APIKEYS_PROPERTY_CHECKS: %v", err)
	}
	eachSubject(t, []string{"declared-wrapped", "expunct", "onepin", "pioneer"}, func(t *testing.T, s simulators.Service) {
		t.Parallel()
		testProperty(t, s)
	})
}

func testProperty(t *testing.T, s simulators.Service) {
	readers := [2]reader{newReader(t), newReader(t)}
	rapid.Check(t, func(t *rapid.T) {
		clock := protocol.NewClock()
		server := simulator.NewServer(clock.Now)
		server.Mount(s.Key.Name, s.Simulator)
		if err := server.Start(); err != nil {
			t.Fatalf("start the simulator: %v", err)
		}
		defer server.Close()
		l := &life{T: t, Harness: NewHarnessAt(t, s, server, clock), config: protocol.Config{}, readers: readers, foreign: map[string]bool{}, dead: map[string]bool{}}
		l.add("a")
		l.apply()
		for range propertySteps {
			l.step()
		}
		l.config = protocol.Config{}
		l.apply()
	})
}

// life is one sequence.
type life struct {
	*rapid.T
	*Harness
	config  protocol.Config
	readers [2]reader       // those that values are encrypted to
	foreign map[string]bool // ids of other people's keys
	dead    map[string]bool // ids that were revoked outside
}

// add puts a key with random settings into the configuration.
func (l *life) add(address string) {
	l.config[address] = l.Block(l.name(), map[string]any{"on_duplicate_name": l.pick("policy", "ignore", "warn")})
	l.rotate(address)
}

func (l *life) name() string { return l.pick("name", "ci", "deploy", "CI") }

func (l *life) pick(label string, of ...string) string { return rapid.SampledFrom(of).Draw(l.T, label) }

// rotate gives a key another rotation.
func (l *life) rotate(address string) {
	block := l.config[address]
	block.Attributes = maps.Clone(block.Attributes)
	for name := range rotationOf(block) {
		delete(block.Attributes, name)
	}
	if v := l.pick("trigger", "", "1", "2", "3"); v != "" {
		block.Attributes["rotation_triggers"] = map[string]any{"v": v}
	}
	after := l.pick("after", "", "1h", "90d", "1d12h")
	if after != "" {
		block.Attributes["rotate_after"] = after
	}
	overlap := l.pick("overlap", "", "", "30m", "24h")
	if overlap != "" && (overlap != "24h" || after != "1h") {
		block.Attributes["rotation_overlap"] = overlap
	}
	if l.Service.Key.HasRotate && block.Attributes["rotation_overlap"] == nil && rapid.Bool().Draw(l.T, "native") {
		block.Attributes["native_rotation"] = true
	}
	block.CreateBeforeDestroy = rapid.Bool().Draw(l.T, "create before destroy")
	l.config[address] = block
}

// store gives a key's value another place.
func (l *life) store(address string) {
	block := l.config[address]
	block.Attributes = maps.Clone(block.Attributes)
	delete(block.Attributes, "encrypt_to")
	delete(block.Attributes, "store_key")
	switch l.pick("storage", "state", "a", "b", "nowhere") {
	case "a":
		block.Attributes["encrypt_to"] = []string{l.readers[0].recipient}
	case "b":
		block.Attributes["encrypt_to"] = []string{l.readers[0].recipient, l.readers[1].recipient}
	case "nowhere":
		block.Attributes["store_key"] = false
	}
	l.config[address] = block
}

// step does one thing, and mostly applies after it.
func (l *life) step() {
	address := l.pick("address", "a", "b")
	_, configured := l.config[address]
	held := l.State[address]
	switch what := l.pick("step", "apply", "clock", "rotate", "rename", "revoke outside", "taint", "remove or add", "import", "neighbour", "use", "revoke retiring", "store", "give value"); {
	case what == "clock":
		l.Clock.Advance(time.Duration(rapid.Int64Range(int64(time.Second), int64(72*time.Hour)).Draw(l.T, "forward")))
	case what == "rotate" && configured:
		l.rotate(address)
	case what == "store" && configured:
		l.store(address)
	case what == "give value" && configured && held != nil:
		l.give(address)
	case what == "rename" && configured:
		block := l.config[address]
		block.Attributes = maps.Clone(block.Attributes)
		block.Attributes["name"] = l.name()
		l.config[address] = block
	case what == "revoke outside" && held != nil:
		l.kill(held.ID())
	case what == "revoke retiring" && held != nil:
		if retiring, _ := held.Attribute("retiring").([]any); len(retiring) > 0 {
			l.kill(fmt.Sprint(retiring[0].(map[string]any)["id"]))
		}
	case what == "taint" && held != nil:
		held.Tainted = true
	case what == "remove or add":
		if configured {
			delete(l.config, address)
		} else {
			l.add(address)
		}
	case what == "import" && held == nil:
		name := fmt.Sprintf("found %d", len(l.Store.Ledger()))
		found := l.Store.Mint(name)
		if ds := l.Import(address, l.Type(), l.pick("by", found.ID, "name:"+name)); len(ds.Errors()) > 0 {
			l.Fatalf("import: %s", ds)
		}
		l.config[address] = l.Block(name)
		if p := l.Plan(l.config); p.Actions[address] != protocol.NoOp {
			l.Fatalf("the first plan after an import: %v\n%s", p.Actions, p.Diagnostics)
		}
	case what == "neighbour":
		l.foreign[l.Store.Mint(l.name()).ID] = true
	case what == "use":
		for _, k := range l.Store.Live() {
			if rapid.Bool().Draw(l.T, "use") {
				_ = l.Store.Use(k.ID)
			}
		}
	}
	if rapid.IntRange(0, 3).Draw(l.T, "apply") > 0 {
		l.apply()
	}
}

// give gives the key's value in key_wo, unless a new key is due or something is pending;
// the next apply does without it again.
func (l *life) give(address string) {
	if p := l.Plan(l.config); !p.Empty() {
		return
	}
	k, _ := l.Store.Get(l.State[address].ID())
	config := maps.Clone(l.config)
	block := config[address]
	block.Attributes = maps.Clone(block.Attributes)
	block.Attributes["key_wo"], block.Attributes["key_wo_version"] = k.Value, rapid.IntRange(1, 2).Draw(l.T, "version")
	config[address] = block
	made := len(l.Store.Ledger())
	p := l.Apply(config)
	if _, stored := l.config[address].Attributes["store_key"]; len(p.Diagnostics.Errors()) > 0 || len(l.Store.Ledger()) > made ||
		!stored && l.State[address].Attribute("key") == nil && l.State[address].Attribute("encrypted_key") == nil {
		l.Fatalf("the value of %s is not taken: %v\n%s", k.ID, p.Actions, p.Diagnostics)
	}
	l.check()
}

func (l *life) kill(id string) {
	if err := l.Store.Revoke(id); err == nil {
		l.dead[id] = true
	}
}

// apply applies, now or (a saved plan) a little later, and checks what must hold.
func (l *life) apply() {
	p := l.Plan(l.config)
	l.Clock.Advance(time.Duration(rapid.SampledFrom([]int{0, 1, 3600}).Draw(l.T, "wait")) * time.Second)
	if errs := p.Diagnostics.Errors(); len(errs) > 0 {
		l.Fatalf("plan: %v", errs)
	}
	if ds := l.ApplyPlan(p); len(ds.Errors()) > 0 {
		l.Fatalf("apply: %v", ds.Errors())
	}
	l.check()
	l.mustBeEmptyButDue()
}

// mustBeEmptyButDue fails unless the next plan is empty, or only does what has
// fallen due by the clock, after which the one after it has to be.
func (l *life) mustBeEmptyButDue() {
	p := l.Plan(l.config)
	if p.Empty() {
		return
	}
	if !contains(p.Diagnostics.Warnings(), "due") && !l.retiringDue(p) {
		l.Fatalf("the plan after an apply is not empty: %v\n%s", p.Actions, p.Diagnostics)
	}
	if ds := l.ApplyPlan(p); len(ds.Errors()) > 0 {
		l.Fatalf("apply of what is due: %v", ds.Errors())
	}
	l.check()
	if p := l.Plan(l.config); !p.Empty() && !l.retiringDue(p) && !contains(p.Diagnostics.Warnings(), "due") {
		l.Fatalf("the second plan after an apply is not empty: %v\n%s", p.Actions, p.Diagnostics)
	}
}

func (l *life) retiringDue(p *protocol.Plan) bool {
	for _, i := range p.Refreshed() {
		retiring, _ := i.Attribute("retiring").([]any)
		if slices.ContainsFunc(retiring, func(e any) bool { return e.(map[string]any)["due"] == true }) {
			return true
		}
	}
	return false
}

// check holds state and ledger against each other.
func (l *life) check() {
	held := l.Held()
	for _, k := range l.Store.Ledger() {
		switch {
		case l.foreign[k.ID] && !k.Live():
			l.Fatalf("somebody else's key %s (%q) was revoked", k.ID, k.Name)
		case l.foreign[k.ID]:
		case k.Live() && !held[k.ID]:
			l.Fatalf("key %s (%q) lives and the state does not have it", k.ID, k.Name)
		case !k.Live() && held[k.ID] && !l.dead[k.ID]:
			l.Fatalf("the state holds key %s (%q), which is revoked", k.ID, k.Name)
		}
	}
	for address, i := range l.State {
		k, ok := l.Store.Get(i.ID())
		if !ok || !k.Live() {
			l.Fatalf("%s holds %s, which does not live", address, i.ID())
		}
		if v := i.Attribute("key"); v != nil && v != k.Value {
			l.Fatalf("%s holds another value than the ledger", address)
		}
		if v, _ := i.Attribute("encrypted_key").(string); v != "" {
			if got, err := seal.Decrypt(v, []string{l.readers[0].identity}); err != nil || got != k.Value || i.Attribute("key") != nil {
				l.Fatalf("%s holds another value than the ledger, encrypted, or holds it twice: %v", address, err)
			}
		}
		if i.Attribute("store_key") == false && (i.Attribute("key") != nil || i.Attribute("encrypted_key") != nil) {
			l.Fatalf("%s holds a value that it should not store", address)
		}
		if i.Attribute("name") != k.Name {
			l.Fatalf("%s is named %v, the ledger says %q", address, i.Attribute("name"), k.Name)
		}
	}
	for address := range l.config {
		if l.State[address] == nil {
			l.Fatalf("%s is configured, and not in the state", address)
		}
	}
}

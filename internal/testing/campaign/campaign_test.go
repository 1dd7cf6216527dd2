package main

import (
	"io"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"go.uber.org/goleak"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/process"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func reader(t *testing.T) *age.X25519Identity {
	t.Helper()
	r, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// pickPlot is the plot of that description, at an exchange.
func pickPlot(t *testing.T, r *age.X25519Identity, operation, disturbance string, exchange int) scenario {
	t.Helper()
	for _, s := range plan(simulators.Services(), operations(r.Recipient().String()), catalogue(), []conditions{plain()}, 1) {
		if s.service.Key.Name == "expunct" && s.operation.name == operation && s.disturbance.name == disturbance {
			s.exchange = exchange
			return scenario(s)
		}
	}
	t.Fatalf("no series %s, %s", operation, disturbance)
	return scenario{}
}

// TestTrial: nothing is wrong after a run in which something goes wrong.
func TestTrial(t *testing.T) {
	t.Parallel()
	r := reader(t)
	for _, test := range []struct {
		disturbance string
		exchange    int
		hit         bool
	}{
		{"connection cut, after", 2, true},
		{"status 503, before", 1, true},
		{"Terraform gone, changed", 2, true},
		{"interrupt, arrived", 2, true},
		{"connection cut, after", furthest, false},
	} {
		p := pickPlot(t, r, "create", test.disturbance, test.exchange)
		o := p.run(r)
		if found := violations(o); len(found) > 0 || o.hit != test.hit {
			t.Errorf("%s: disturbed: %v, found %v", p, o.hit, found)
		}
	}
}

// violations are those of one run, by kind.
func violations(o outcome) map[string][]string {
	counted := newCounter(io.Discard)
	counted.enter(o)
	return counted.examples
}

// TestPlanted: a violation by the provider, planted before something goes wrong, is
// found.
func TestPlanted(t *testing.T) {
	t.Parallel()
	r := reader(t)
	for name, test := range map[string]struct {
		plant func(*faultRun)
		kind  string
	}{
		"a key that the state does not hold": {func(t *faultRun) { delete(t.State, address) }, orphan},
		"a key of somebody else is revoked": {func(t *faultRun) {
			id := t.Store.Mint("of others").ID
			if ds := t.Import(address, t.Type(), id); len(ds.Errors()) > 0 {
				t.TB.Fatalf("%s", ds)
			}
			t.Destroy()
		}, foreign},
		"a value in a message": {func(t *faultRun) {
			k, _ := t.Store.Get(t.State[address].ID())
			t.shown = append(t.shown, &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityWarning, Summary: "Hello", Detail: k.Value})
		}, leak},
	} {
		p := pickPlot(t, r, "read", "status 503, before", 1)
		p.operation.meanwhile = test.plant
		if found := violations(p.run(r)); len(found[test.kind]) == 0 {
			t.Errorf("%s: found %v, want %s", name, found, test.kind)
		}
	}
}

// TestAssess: a command that fails, that waits and leaves a record, or that does
// not end, where it should not, is seen.
func TestAssess(t *testing.T) {
	t.Parallel()
	r := reader(t)
	p := pickPlot(t, r, "create", "connection cut, before, for good", 1)
	p.disturbance.fault.Operation = simulator.OpCreate
	p.disturbance.refusal, p.disturbance.heals = true, true
	if o := p.run(r); len(o.Failed) != 1 || len(o.Doubted) != 2 || len(o.Endless) != 0 {
		t.Errorf("%q, %q, %q", o.Failed, o.Doubted, o.Endless)
	}
	p.disturbance, p.stage = onPeculiar()[0], plain()
	p.service = simulators.Services()[slices.IndexFunc(simulators.Services(), func(s simulators.Service) bool { return s.Key.Name == "onepin" })]
	p.stage.quirks.PageCap, p.stage.decoys = 1, 2*mostRequests
	if o := p.run(r); len(o.Endless) != 1 {
		t.Errorf("%q", o.Endless)
	}
}

// TestUndisturbed: where nothing goes wrong, nothing is wrong.
func TestUndisturbed(t *testing.T) {
	t.Parallel()
	r := reader(t)
	for _, s := range plan(simulators.Services(), operations(r.Recipient().String()), catalogue()[:1], []conditions{plain()}, 1) {
		s.exchange = furthest
		o := scenario(s).run(r)
		for kind, texts := range violations(o) {
			t.Errorf("%s: %v", kind, texts)
		}
		if o.hit {
			t.Errorf("%s: was disturbed", scenario(s))
		}
	}
}

// TestBroken: a command that ends in a panic, or against the protocol, is seen.
func TestBroken(t *testing.T) {
	t.Parallel()
	p := pickPlot(t, reader(t), "create", "status 503, before", 1)
	p.operation.meanwhile = func(*faultRun) { panic("a bug") }
	if o := p.run(reader(t)); len(o.Broken) != 1 || !strings.Contains(o.Broken[0], "a bug") {
		t.Errorf("%+v", o.Broken)
	}
	p.operation.meanwhile = func(t *faultRun) { t.TB.Fatalf("against the rules") }
	if o := p.run(reader(t)); len(o.Broken) != 1 || o.Broken[0] != "against the rules" {
		t.Errorf("%+v", o.Broken)
	}
}

// TestValues: a value that is not the ledger's, a key that died, and a value where
// it must not be, are seen.
func TestValues(t *testing.T) {
	t.Parallel()
	p := pickPlot(t, reader(t), "read", "status 503, before", 1)
	p.operation.meanwhile = func(t *faultRun) {
		id := t.State[address].ID()
		// Update keeps the value's place in the store; only the ledger's copy differs.
		if err := t.Store.Update(id, func(r *simulator.Record) { r.Value += "x" }); err != nil {
			t.TB.Fatalf("%v", err)
		}
	}
	if o := p.run(reader(t)); len(o.Lost) == 0 {
		t.Error("another value is not seen")
	}
	p.operation.meanwhile = nil
	p.operation.before, p.operation.after = block(attributes{"name": "ci"}), nothing
	if o := p.run(reader(t)); len(o.Lost)+len(o.Orphans) != 0 {
		t.Errorf("%+v", o)
	}
}

// TestPlay: each exchange is disturbed in turn, until a run is clean, and no
// series is lost between the workers.
func TestPlay(t *testing.T) {
	t.Parallel()
	r := reader(t)
	var list []series
	for _, d := range []string{"status 503, before", "connection cut, after", "stalled, before"} {
		list = append(list, series(pickPlot(t, r, "delete", d, 1)))
	}
	last := map[string]outcome{}
	runs := map[string]int{}
	play(t.Context(), r, list, func(o outcome) {
		last[o.scenario.disturbance.name] = o
		runs[o.scenario.disturbance.name]++
	})
	if len(runs) != len(list) {
		t.Fatalf("%d series of %d: %v", len(runs), len(list), runs)
	}
	for name, o := range last {
		if o.hit || o.scenario.exchange != runs[name] || runs[name] < 3 {
			t.Errorf("%s: %d runs, the last one at exchange %d, disturbed: %v", name, runs[name], o.scenario.exchange, o.hit)
		}
	}
}

// TestSample plays some of everything. With the race detector, which makes a run
// several times as slow, this is what every `make check` plays of the campaign.
func TestSample(t *testing.T) {
	t.Parallel()
	r := reader(t)
	list := scope{plain: 0.006}.series(simulators.Services(), r)
	counted := newCounter(io.Discard)
	play(t.Context(), r, list, counted.enter)
	delete(counted.found, early) // which is counted, and allowed
	for kind, n := range counted.found {
		if n > 0 {
			t.Errorf("%s: %d: %v", kind, n, counted.examples[kind])
		}
	}
	if counted.runs < 100 || counted.hits < counted.runs/2 {
		t.Errorf("%d runs, %d of them disturbed: too few to show anything", counted.runs, counted.hits)
	}
}

// TestReport: a missed target is said, and makes the campaign fail.
func TestReport(t *testing.T) {
	t.Parallel()
	empty := func() report {
		return report{settings: settings{only: "x"}, counter: newCounter(io.Discard)}
	}
	for name, test := range map[string]struct {
		change func(*report)
		want   []string // what is missed
		shown  string
	}{
		"nothing is wrong": {func(*report) {}, nil, "| met |"},
		"a key of somebody else": {func(r *report) {
			r.counter.found[foreign]++
			r.counter.examples[foreign] = []string{"a key of yours"}
		}, []string{foreign + ", in process: 1, not 0"}, "a key of yours"},
		"a goroutine":  {func(r *report) { r.leaked = "a goroutine" }, []string{"leaked goroutines: some, see below, not none"}, "a goroutine"},
		"too few runs": {func(r *report) { r.settings.only, r.scope = "", short }, []string{"runs in process: 0, not ≥ 5000"}, "**missed**"},
		"nothing with real Terraform": {
			func(r *report) {
				r.settings = settings{process: true}
				r.real = process.Result{Target: 40, Column: process.Column{Wrong: 1, Violations: []string{"onepin: wrong\n--- disturbed"}}}
			},
			[]string{
				"states or exit statuses that are wrong, real Terraform: 1, not 0",
				"scenarios with real Terraform: 0, not ≥ 40",
				"onepin: wrong",
			},
			"onepin: wrong --- disturbed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := empty()
			test.change(&r)
			var text strings.Builder
			missed := r.write(&text)
			if !slices.Equal(missed, test.want) || !strings.Contains(text.String(), test.shown) {
				t.Errorf("missed %q, in\n%s", missed, &text)
			}
		})
	}
}

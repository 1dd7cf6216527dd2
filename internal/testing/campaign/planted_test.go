package campaign

import (
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// The tests in this file show that the campaign finds violations.

// pickSeries is a series at the service Expunct, at an exchange.
func pickSeries(t *testing.T, r *age.X25519Identity, operation, disturbance string, exchange int) series {
	t.Helper()
	for s := range combine(simulators.Services(), operations(r.Recipient().String()), catalogue(), []conditions{plain()}) {
		if s.service.Key.Name == "expunct" && s.operation.name == operation && s.disturbance.name == disturbance {
			s.exchange = exchange
			return s
		}
	}
	t.Fatalf("no series %s, %s", operation, disturbance)
	return series{}
}

// TestRun: nothing is wrong after a run in which something goes wrong.
func TestRun(t *testing.T) {
	t.Parallel()
	r := newReader(t)
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
		p := pickSeries(t, r, "create", test.disturbance, test.exchange)
		o := p.run(r)
		if len(o.found) > 0 || o.hit != test.hit {
			t.Errorf("%s: disturbed: %v, found %v", p, o.hit, o.found)
		}
	}
}

// TestPlanted: a violation by the provider, planted before something goes wrong, is
// found.
func TestPlanted(t *testing.T) {
	t.Parallel()
	r := newReader(t)
	for name, test := range map[string]struct {
		plant func(*run)
		kind  kind
	}{
		"a key that the state does not hold": {func(t *run) { delete(t.State, address) }, orphaned},
		"a key of somebody else is revoked": {func(t *run) {
			id := t.Store.Mint("of others").ID
			if ds := t.Import(address, t.Type(), id); len(ds.Errors()) > 0 {
				t.TB.Fatalf("%s", ds)
			}
			t.Destroy()
		}, foreign},
		"a value in a message": {func(t *run) {
			k, _ := t.Store.Get(t.State[address].ID())
			t.shown = append(t.shown, &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityWarning, Summary: "Hello", Detail: k.Value})
		}, leaked},
	} {
		p := pickSeries(t, r, "read", "status 503, before", 1)
		p.operation.meanwhile = test.plant
		if found := p.run(r).found; len(found[test.kind]) == 0 {
			t.Errorf("%s: found %v, want %s", name, found, test.kind)
		}
	}
}

// TestAssess: a command that fails, that waits and leaves a record, or that does
// not end, where it should not, is seen.
func TestAssess(t *testing.T) {
	t.Parallel()
	r := newReader(t)
	p := pickSeries(t, r, "create", "connection cut, before, for good", 1)
	p.disturbance.fault.Operation = simulator.OpCreate
	p.disturbance.refusal, p.disturbance.heals = true, true
	if found := p.run(r).found; len(found[wrongFailed]) != 1 || len(found[doubted]) != 2 || len(found[endless]) != 0 {
		t.Errorf("%q", found)
	}
	p.disturbance, p.conditions = onPeculiar()[0], plain()
	p.service = simulators.Named("onepin")
	p.conditions.quirks.PageCap, p.conditions.decoys = 1, 2*mostRequests
	if found := p.run(r).found; len(found[endless]) != 1 {
		t.Errorf("%q", found)
	}
}

// TestUndisturbed: where nothing goes wrong, nothing is wrong.
func TestUndisturbed(t *testing.T) {
	t.Parallel()
	r := newReader(t)
	for s := range combine(simulators.Services(), operations(r.Recipient().String()), catalogue()[:1], []conditions{plain()}) {
		s.exchange = furthest
		o := s.run(r)
		o.found.report(t, s)
		if o.hit {
			t.Errorf("%s: was disturbed", s)
		}
	}
}

// TestBroken: a command that ends in a panic, or against the protocol, is seen.
func TestBroken(t *testing.T) {
	t.Parallel()
	p := pickSeries(t, newReader(t), "create", "status 503, before", 1)
	p.operation.meanwhile = func(*run) { panic("a bug") }
	if found := p.run(newReader(t)).found; len(found[broken]) != 1 || !strings.Contains(found[broken][0], "a bug") {
		t.Errorf("%v", found)
	}
	p.operation.meanwhile = func(t *run) { t.TB.Fatalf("against the rules") }
	if found := p.run(newReader(t)).found; len(found[broken]) != 1 || found[broken][0] != "against the rules" {
		t.Errorf("%v", found)
	}
}

// TestValues: a value that is not the ledger's, a key that died, and a value where
// it must not be, are seen.
func TestValues(t *testing.T) {
	t.Parallel()
	p := pickSeries(t, newReader(t), "read", "status 503, before", 1)
	p.operation.meanwhile = func(t *run) {
		id := t.State[address].ID()
		// Update keeps the value's place in the store; only the ledger's copy differs.
		if err := t.Store.Update(id, func(r *simulator.Record) { r.Value += "x" }); err != nil {
			t.TB.Fatalf("%v", err)
		}
	}
	if found := p.run(newReader(t)).found; len(found[lost]) == 0 {
		t.Error("another value is not seen")
	}
	p.operation.meanwhile = nil
	p.operation.before, p.operation.after = block(attributes{"name": "ci"}), nothing
	if found := p.run(newReader(t)).found; len(found) > 0 {
		t.Errorf("%v", found)
	}
}

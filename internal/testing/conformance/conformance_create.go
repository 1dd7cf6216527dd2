package conformance

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// createTests are about what a create's answer proves, and what it does not.
func createTests(s simulators.Service) map[string]func(*testing.T, *Rig) {
	all := map[string]func(*testing.T, *Rig){
		"create, interrupted replacement": func(t *testing.T, r *Rig) { r.testHeld(t, false) },
		"create, killed replacement":      func(t *testing.T, r *Rig) { r.testHeld(t, true) },
		"create, listing far behind":      testListingFarBehind,
		"create, refused and made":        testRefusedAndMade,
		"create, asked again":             testAskedAgain,
		"create, namesake":                testNamesake,
		"create, id of another key":       func(t *testing.T, _ *Rig) { testAnotherID(t, s) },
		"create, import of a marker":      testImportMarker,
	}
	if s.Key.Scope != "" {
		all["create, one scope by two names"] = testOneScope
	}
	return all
}

// testHeld: what the state holds is never what an earlier create without an answer
// has made, although the replacement that made it was interrupted.
func (r *Rig) testHeld(t *testing.T, killed bool) {
	config := Config{key: r.Block("ci")}
	r.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultCut})
	if p := r.Apply(config); !contains(p.Diagnostics.Errors(), "may or may not have been made") {
		t.Fatalf("%s", p.Diagnostics)
	}
	was := *r.State[key]

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r.Context = ctx
	r.Options.Ring.Sleep = func(ctx context.Context, d time.Duration) error {
		if len(r.Live()) > 0 {
			cancel() // while the end of the first create's time is waited for
			return context.Canceled
		}
		return r.Clock.Sleep(ctx, d)
	}
	if p := r.Apply(config); len(p.Diagnostics.Errors()) == 0 || len(r.State[key].Deposed) != 1 {
		t.Fatalf("not interrupted: %s", p.Diagnostics)
	}
	r.Context, r.Options.Ring.Sleep = nil, r.Clock.Sleep
	held := r.State[key].ID()
	if live := r.Live(); len(live) != 1 || live[0] != held {
		t.Fatalf("live %v, the state holds %s", live, held)
	}
	if killed { // nothing of the destroy was saved
		r.State[key].Deposed[0] = &was
	}
	r.MustApply(config)
	if live := r.Live(); len(live) != 1 || live[0] != held || len(r.State[key].Deposed) > 0 {
		t.Errorf("live %v, the state holds %s", live, held)
	}
	r.destroyAll(t)
}

// testListingFarBehind: a key that no listing shows is not forgotten.
func testListingFarBehind(t *testing.T, r *Rig) {
	config := Config{key: r.Block("ci")}
	r.Store.Quirk(simulator.Quirks{ListingLag: time.Hour})
	p := r.Apply(config)
	if len(p.Diagnostics.Errors()) == 0 {
		return // the answer gave its id
	}
	if errs := p.Diagnostics.Errors(); !contains(errs, "was made, but was not found", "Apply again", "terraform state rm") {
		t.Errorf("%s", p.Diagnostics)
	}
	if p := r.Destroy(); len(r.Live()) > 0 && (len(r.State) == 0 || len(p.Diagnostics.Errors()) == 0) {
		t.Errorf("live %v, and nobody holds it: %s", r.Live(), p.Diagnostics)
	}
	r.Store.Quirk(simulator.Quirks{})
	r.Clock.Advance(2 * time.Hour)
	if p := r.Destroy(); len(p.Diagnostics.Errors()) > 0 || len(r.Live()) > 0 || len(r.State) > 0 {
		t.Errorf("once it is shown: %s, live %v, state %v", p.Diagnostics, r.Live(), r.State)
	}
}

// testRefusedAndMade: a create that was carried out although the answer is a 429
// leaves no key behind.
func testRefusedAndMade(t *testing.T, r *Rig) {
	config := Config{key: r.Block("ci")}
	r.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultRateLimit, After: true, Times: 2})
	r.MustApply(config)
	if live := r.Live(); len(live) != 1 || live[0] != r.State[key].ID() {
		t.Errorf("live %v", live)
	}
	r.destroyAll(t)
}

// testAskedAgain: a create that the service asks to send again later is sent again,
// once it is seen that nothing was made.
func testAskedAgain(t *testing.T, r *Rig) {
	for _, made := range []bool{false, true} {
		r.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultStatus, Status: http.StatusServiceUnavailable, RetryAfter: "2", After: made})
		r.Store.Reset()
		r.MustApply(Config{key: r.Block("ci")})
		if n := r.Store.Requests()[simulator.OpCreate]; n != 2 {
			t.Errorf("%d creates", n)
		}
		if live := r.Live(); len(live) != 1 || live[0] != r.State[key].ID() {
			t.Errorf("live %v", live)
		}
		r.destroyAll(t)
	}
}

// testNamesake: a key of the same name that somebody else makes a moment later is
// not taken for ours.
func testNamesake(t *testing.T, r *Rig) {
	var theirs simulator.Record
	r.Store.Watch(func(e simulator.Exchange, m simulator.Moment) {
		if e.Operation == simulator.OpCreate && m == simulator.Changed {
			r.Clock.Advance(53 * time.Millisecond)
			theirs = r.Store.Mint("ci")
		}
	})
	r.MustApply(Config{key: r.Block("ci", map[string]any{"on_duplicate_name": "ignore"})})
	r.Store.Watch(nil)
	held, _ := r.Store.Get(r.State[key].ID())
	if held.Value != r.State[key].Attribute("key") {
		t.Errorf("the state holds %s with another key's value", held.ID)
	}
	if p := r.Destroy(); len(p.Diagnostics.Errors()) > 0 {
		t.Fatal(p.Diagnostics)
	}
	if live := r.Live(); len(live) != 1 || live[0] != theirs.ID {
		t.Errorf("live %v, want theirs", live)
	}
}

// testAnotherID: an answer that has the id of another key, or one that reads like a
// marker of the provider's own, makes nobody revoke that key.
func testAnotherID(t *testing.T, s simulators.Service) {
	for _, marker := range []bool{false, true} {
		lie := ""
		misleading := s
		misleading.Connect = func(c services.Config) (services.Open, error) {
			open, err := s.Connect(c)
			return func(scope string) driver.Service {
				return keyringtest.Answering(open(scope), func(m *driver.Minted) { m.ID = lie })
			}, err
		}
		r := NewRig(t, misleading)
		theirs := r.Store.Mint("victim")
		if lie = theirs.ID; marker {
			lie = "unknown-outcome-0-99999999999999!victim"
		}
		r.Clock.Advance(time.Minute)
		config := func(v string) Config {
			return Config{key: r.Block("ci", Trigger(v, map[string]any{"overlap": "1h"}))}
		}
		r.MustApply(config("1"))
		r.MustApply(config("2"))
		if held := r.Held(); held[theirs.ID] || len(held) != 2 || len(r.Live()) != 3 {
			t.Errorf("held %v, live %v", held, r.Live())
		}
		if p := r.Destroy(); len(p.Diagnostics.Errors()) > 0 {
			t.Fatal(p.Diagnostics)
		}
		if live := r.Live(); len(live) != 1 || live[0] != theirs.ID {
			t.Errorf("live %v, want theirs", live)
		}
	}
}

// testImportMarker: what stands for an id that is not known cannot be imported.
func testImportMarker(t *testing.T, r *Rig) {
	r.Store.Mint("victim")
	if ds := r.Import(key, r.Type(), "unknown-outcome-0-99999999999999!victim"); !contains(ds.Errors(), "no key has it") || len(r.State) > 0 {
		t.Errorf("%s, state %v", ds, r.State)
	}
}

// testOneScope: two resources are in one scope, which only one of them names. What
// one has made is not what the other's lost answer has made.
func testOneScope(t *testing.T, r *Rig) {
	ignore := map[string]any{"on_duplicate_name": "ignore"}
	config := Config{
		"a": r.Block("ci", ignore, map[string]any{r.Service.Key.Scope: r.Store.Home()}),
		"b": r.Block("ci", ignore),
	}
	r.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultCut, Skip: 1})
	if p := r.Apply(config); !contains(p.Diagnostics.Errors(), "may or may not have been made") {
		t.Fatalf("%s", p.Diagnostics)
	}
	if live := r.Live(); len(live) != 1 || live[0] != r.State["a"].ID() {
		t.Fatalf("live %v, a holds %s", live, r.State["a"].ID())
	}
	r.MustApply(config)
	if live := r.Live(); len(live) != 2 || r.State["a"].ID() == r.State["b"].ID() {
		t.Errorf("live %v", live)
	}
	r.destroyAll(t)
}

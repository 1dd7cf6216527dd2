package conformance

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// TestInterruptedReplacement: the key in the state is never taken for the key of an
// earlier create without an answer, although the replacement was interrupted.
func (h *Suite) TestInterruptedReplacement(t *testing.T) { h.interruptedReplacement(t, false) }

// TestKilledReplacement: likewise when Terraform is killed before it has saved
// anything of the destroy.
func (h *Suite) TestKilledReplacement(t *testing.T) { h.interruptedReplacement(t, true) }

func (h *Harness) interruptedReplacement(t *testing.T, killed bool) {
	config := protocol.Config{key: h.Block("ci")}
	h.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultCut})
	if p := h.Apply(config); !contains(p.Diagnostics.Errors(), "may or may not have been created") {
		t.Fatalf("%s", p.Diagnostics)
	}
	was := *h.State[key]

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	h.Context = ctx
	h.Options.Ring.Sleep = func(ctx context.Context, d time.Duration) error {
		if len(h.Live()) > 0 {
			cancel() // while the end of the first create's time is waited for
			return context.Canceled
		}
		return h.Clock.Sleep(ctx, d)
	}
	if p := h.Apply(config); len(p.Diagnostics.Errors()) == 0 || len(h.State[key].Deposed) != 1 {
		t.Fatalf("not interrupted: %s", p.Diagnostics)
	}
	h.Context, h.Options.Ring.Sleep = nil, h.Clock.Sleep
	held := h.State[key].ID()
	if live := h.Live(); len(live) != 1 || live[0] != held {
		t.Fatalf("live %v, the state holds %s", live, held)
	}
	if killed { // nothing of the destroy was saved
		h.State[key].Deposed[0] = &was
	}
	h.MustApply(config)
	if live := h.Live(); len(live) != 1 || live[0] != held || len(h.State[key].Deposed) > 0 {
		t.Errorf("live %v, the state holds %s", live, held)
	}
	h.destroyAll(t)
}

// TestListingFarBehind: a key that no listing shows is not forgotten.
func (h *Suite) TestListingFarBehind(t *testing.T) {
	config := protocol.Config{key: h.Block("ci")}
	h.Store.Quirk(simulator.Quirks{ListingLag: time.Hour})
	p := h.Apply(config)
	if len(p.Diagnostics.Errors()) == 0 {
		return // the answer gave its id
	}
	if errs := p.Diagnostics.Errors(); !contains(errs, "was created, but was not found", "Apply again", "terraform state rm") {
		t.Errorf("%s", p.Diagnostics)
	}
	if p := h.Destroy(); len(h.Live()) > 0 && (len(h.State) == 0 || len(p.Diagnostics.Errors()) == 0) {
		t.Errorf("live %v, and the state does not have it: %s", h.Live(), p.Diagnostics)
	}
	h.Store.Quirk(simulator.Quirks{})
	h.Clock.Advance(2 * time.Hour)
	if p := h.Destroy(); len(p.Diagnostics.Errors()) > 0 || len(h.Live()) > 0 || len(h.State) > 0 {
		t.Errorf("once it is shown: %s, live %v, state %v", p.Diagnostics, h.Live(), h.State)
	}
}

// TestRefusedButCreated: a create that was carried out although the answer is a 429
// leaves no key behind.
func (h *Suite) TestRefusedButCreated(t *testing.T) {
	config := protocol.Config{key: h.Block("ci")}
	h.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultRateLimit, After: true, Times: 2})
	h.MustApply(config)
	h.wantLive(t, h.State[key].ID())
	h.destroyAll(t)
}

// TestCreateSentAgain: after a 503 a create is sent again only if the first one is
// seen to have created a key, which is revoked. If none is seen, the next apply goes on.
func (h *Suite) TestCreateSentAgain(t *testing.T) {
	for _, made := range []bool{false, true} {
		h.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultStatus, Status: http.StatusServiceUnavailable, RetryAfter: "2", After: made})
		h.Store.Reset()
		config := protocol.Config{key: h.Block("ci")}
		if p := h.Apply(config); contains(p.Diagnostics.Errors(), "may or may not have been created") == made || len(p.Diagnostics.Errors()) > 0 == made {
			t.Errorf("made %t: %s", made, p.Diagnostics)
		}
		if !made {
			h.MustApply(config)
		}
		if n := h.Store.Requests()[simulator.OpCreate]; n != 2 {
			t.Errorf("%d creates", n)
		}
		h.wantLive(t, h.State[key].ID())
		h.destroyAll(t)
	}
}

// TestNamesake: a key of the same name that somebody else makes a moment later is
// not taken for ours.
func (h *Suite) TestNamesake(t *testing.T) {
	var theirs simulator.Record
	h.Store.Watch(func(e simulator.Exchange, m simulator.Moment) {
		if e.Operation == simulator.OpCreate && m == simulator.Changed {
			h.Clock.Advance(53 * time.Millisecond)
			theirs = h.Store.Mint("ci")
		}
	})
	h.MustApply(protocol.Config{key: h.Block("ci", withPolicy("ignore"))})
	h.Store.Watch(nil)
	held, _ := h.Store.Get(h.State[key].ID())
	if held.Value != h.State[key].Attribute("key") {
		t.Errorf("the state holds %s with another key's value", held.ID)
	}
	if p := h.Destroy(); len(p.Diagnostics.Errors()) > 0 {
		t.Fatal(p.Diagnostics)
	}
	h.wantLive(t, theirs.ID)
}

// TestIDOfAnotherKey: an answer that has the id of another key, or one that reads like a
// marker of the provider's own, makes nobody revoke that key.
func (h *Suite) TestIDOfAnotherKey(t *testing.T) {
	s := h.Service
	for _, marker := range []bool{false, true} {
		lie := ""
		misleading := s
		misleading.Connect = func(c services.Config) (services.Open, error) {
			open, err := s.Connect(c)
			return func(scope string) driver.Service {
				return keyringtest.Answering(open(scope), func(m *driver.Minted) { m.ID = lie })
			}, err
		}
		h := NewHarness(t, misleading)
		theirs := h.Store.Mint("victim")
		if lie = theirs.ID; marker {
			lie = keyring.CreateWindow{Name: "victim", To: h.Clock.Now()}.ID()
		}
		h.Clock.Advance(time.Minute)
		config := h.overlapping("1h")
		h.MustApply(config("1"))
		h.MustApply(config("2"))
		if held := h.Held(); held[theirs.ID] || len(held) != 2 || len(h.Live()) != 3 {
			t.Errorf("held %v, live %v", held, h.Live())
		}
		if p := h.Destroy(); len(p.Diagnostics.Errors()) > 0 {
			t.Fatal(p.Diagnostics)
		}
		h.wantLive(t, theirs.ID)
	}
}

// TestImportUnknownOutcomeID: what stands for an id that is not known cannot be imported.
func (h *Suite) TestImportUnknownOutcomeID(t *testing.T) {
	h.Store.Mint("victim")
	if ds := h.Import(key, h.Type(), keyring.CreateWindow{Name: "victim", To: h.Clock.Now()}.ID()); !contains(ds.Errors(), "no key has it") || len(h.State) > 0 {
		t.Errorf("%s, state %v", ds, h.State)
	}
}

// TestOneScope: two resources are in one scope, which only one of them names. What
// one has made is not what the other's lost answer has made.
func (h *Suite) TestOneScope(t *testing.T) {
	if h.Scope() == "" {
		t.Skip("the service has no scopes")
	}
	ignore := withPolicy("ignore")
	config := protocol.Config{
		"a": h.Block("ci", ignore, map[string]any{h.Scope(): h.Store.Home()}),
		"b": h.Block("ci", ignore),
	}
	h.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultCut, Skip: 1})
	if p := h.Apply(config); !contains(p.Diagnostics.Errors(), "may or may not have been created") {
		t.Fatalf("%s", p.Diagnostics)
	}
	if live := h.Live(); len(live) != 1 || live[0] != h.State["a"].ID() {
		t.Fatalf("live %v, a holds %s", live, h.State["a"].ID())
	}
	h.MustApply(config)
	if live := h.Live(); len(live) != 2 || h.State["a"].ID() == h.State["b"].ID() {
		t.Errorf("live %v", live)
	}
	h.destroyAll(t)
}

package conformance

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// always is a Fault.Times.
const always = -1

// refused expects a plan that fails with these words, keeps the key in the state,
// plans nothing in its place, and changes nothing at the service.
func (h *Harness) refused(t *testing.T, config protocol.Config, words ...string) {
	t.Helper()
	was, live := h.State[key].ID(), len(h.Live())
	p := h.Apply(config)
	if !contains(p.Diagnostics.Errors(), words...) {
		t.Errorf("errors do not say %v: %s", words, p.Diagnostics)
	}
	if len(p.Actions) > 0 && p.Actions[key] != protocol.NoOp {
		t.Errorf("planned %v", p.Actions)
	}
	if h.State[key] == nil || h.State[key].ID() != was || len(h.Live()) != live {
		t.Errorf("state %v, live %v", h.State, h.Live())
	}
}

// TestRefusals: each status has its own next step, and none of them takes a key
// from the state.
func (h *Suite) TestRefusals(t *testing.T) {
	config := protocol.Config{key: h.Block("ci")}
	h.MustApply(config)
	for status, words := range map[int][]string{
		http.StatusUnauthorized:        {"401", "does not accept the credential"},
		http.StatusPaymentRequired:     {"402", "out of credits"},
		http.StatusForbidden:           {"403", "may not do this"},
		http.StatusNotFound:            {"404", "base_url"},
		http.StatusConflict:            {"409", "Plan again"},
		http.StatusInternalServerError: {"500", "failed on its side"},
		http.StatusServiceUnavailable:  {"503", "failed on its side"},
	} {
		h.Store.Fault(simulator.Fault{Kind: simulator.FaultStatus, Status: status, Times: always})
		// Asking for the one key must not be mistaken for "gone" either, unless
		// the service says exactly that.
		if status == http.StatusNotFound {
			h.Store.ClearFaults()
			h.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: status, Times: always})
		}
		h.refused(t, config, append(words, h.Service.Key.Title, "list the keys")...)
		h.Store.ClearFaults()
	}
	h.MustBeEmpty(config)
}

// TestRejectedField: a field that the service rejects is an error on the
// attribute.
func (h *Suite) TestRejectedField(t *testing.T) {
	h.Store.Fault(simulator.Fault{
		Operation: simulator.OpCreate, Kind: simulator.FaultStatus, Status: http.StatusUnprocessableEntity,
		Body: `{"detail": [{"loc": ["body", "name"], "msg": "is not to my taste", "type": "value_error"}]}`,
	})
	p := h.Apply(protocol.Config{key: h.Block("ci")})
	if !contains(p.Diagnostics.Errors(), "is not to my taste", "422") {
		t.Fatalf("%s", p.Diagnostics)
	}
	for _, d := range p.Diagnostics {
		if d.Attribute.String() != `AttributeName("name")` {
			t.Errorf("the error is on %s", d.Attribute)
		}
	}
	if len(h.Live()) != 0 || len(h.State) != 0 {
		t.Errorf("live %v, state %v", h.Live(), h.State)
	}
}

// TestRateLimit: 429 is waited out, whatever form Retry-After has; a spend cap is
// not.
func (h *Suite) TestRateLimit(t *testing.T) {
	config := protocol.Config{key: h.Block("ci")}
	for _, after := range []string{"2", h.Clock.Now().Add(3 * time.Second).Format(http.TimeFormat), "", "soon"} {
		h.Store.Fault(simulator.Fault{Kind: simulator.FaultRateLimit, RetryAfter: after})
		h.Store.Fault(simulator.Fault{Kind: simulator.FaultRateLimit, RetryAfter: after, Operation: simulator.OpCreate})
		h.MustApply(config)
		h.Store.Fault(simulator.Fault{Kind: simulator.FaultRateLimit, RetryAfter: after, Operation: simulator.OpRevoke})
		h.destroyAll(t)
	}
	h.Store.Fault(simulator.Fault{
		Operation: simulator.OpCreate, Kind: simulator.FaultRateLimit, Times: always,
		Header: map[string]string{"X-RateLimit-Reason": "daily_spend_cap_exceeded"},
	})
	h.Store.Reset()
	if p := h.Apply(config); !contains(p.Diagnostics.Errors(), "00:00 UTC") {
		t.Errorf("%s", p.Diagnostics)
	}
	if n := h.Store.Requests()[simulator.OpCreate]; n != 1 {
		t.Errorf("%d creates against a spend cap", n)
	}
}

// TestUnusableAnswers: an answer that is not the service's is an error, never "gone".
func (h *Suite) TestUnusableAnswers(t *testing.T) {
	config := protocol.Config{key: h.Block("ci")}
	h.MustApply(config)
	for kind, word := range map[simulator.Kind]string{
		simulator.FaultHTML:     "web page",
		simulator.FaultGarbage:  "not the JSON",
		simulator.FaultCut:      "connection",
		simulator.FaultHalfBody: "connection",
		simulator.FaultRedirect: "base_url",
	} {
		h.Store.Fault(simulator.Fault{Kind: kind, Times: always})
		h.refused(t, config, word, h.Service.Key.Title)
		h.Store.ClearFaults()
	}
	for _, body := range []string{`{}`, `[]`, `null`, `{"data": []}`, `{"keys": [{"name": "x"}]}`, `[{"name": "x"}]`, `"x"`} {
		h.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: http.StatusOK, Body: body, Times: always})
		p := h.Apply(config)
		// An empty listing of the right shape is an answer; for a service that
		// can be asked for one key it proves nothing.
		if len(p.Diagnostics.Errors()) == 0 && p.Actions[key] == protocol.Create && body != `[]` {
			t.Errorf("%s is taken for an empty listing", body)
		}
		h.Store.ClearFaults()
		h.Apply(protocol.Config{})
		h.Apply(config)
	}
}

// TestListingFails: without the listing before the first create nothing is made.
func (h *Suite) TestListingFails(t *testing.T) {
	h.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: 500, Times: always})
	p := h.Apply(protocol.Config{key: h.Block("ci")})
	if !contains(p.Diagnostics.Errors(), "nothing was created", "500") || len(h.Store.Ledger()) != 0 {
		t.Errorf("%s, ledger %v", p.Diagnostics, h.Store.Ledger())
	}
}

// TestAmbiguousCreate: a create whose answer is lost is reconciled at once: the
// key that it created is revoked, and created again.
func (h *Suite) TestAmbiguousCreate(t *testing.T) {
	decoys := []simulator.Record{h.Store.Mint("ci"), h.Store.Mint("CI"), h.Store.Mint("сi")}
	h.Clock.Advance(time.Hour)
	for _, kind := range []simulator.Kind{simulator.FaultCut, simulator.FaultStatus, simulator.FaultHTML, simulator.FaultHalfBody, simulator.FaultNoValue, simulator.FaultGarbage} {
		h.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: kind, After: true})
		h.Store.Reset()
		p := h.Apply(protocol.Config{key: h.Block("ci", withPolicy("ignore"))})
		if len(p.Diagnostics.Errors()) > 0 {
			t.Fatalf("%s: %s", kind, p.Diagnostics)
		}
		if n := h.Store.Requests()[simulator.OpCreate]; n != 2 {
			t.Errorf("%s: %d creates", kind, n)
		}
		if live := h.Live(); len(live) != len(decoys)+1 {
			t.Errorf("%s: live %v", kind, live)
		}
		if p := h.Destroy(); len(p.Diagnostics.Errors()) > 0 {
			t.Fatalf("%s", p.Diagnostics)
		}
	}
	if live := h.Live(); len(live) != len(decoys) {
		t.Errorf("of %d decoys live %v", len(decoys), live)
	}
}

// TestCreateOutcomeUnknown: a create that had no visible effect is not repeated; the
// next apply looks again, revokes what came late, and creates a key.
func (h *Suite) TestCreateOutcomeUnknown(t *testing.T) {
	scopes := []string{""} // the credential's own
	if h.Scope() != "" {
		scopes = append(scopes, "6f1c2f2e-6a51-4d0e-9a53-0d6b0a3f4c11")
	}
	for _, scope := range scopes {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprintf("scope %q, late commit %v", scope, late), func(t *testing.T) {
				h := NewHarness(t, h.Service)
				if scope != "" {
					h.Provider = h.Configured(map[string]any{h.Scope(): scope})
				}
				h.createOutcomeUnknown(t, scope, late)
			})
		}
	}
}

func (h *Harness) createOutcomeUnknown(t *testing.T, scope string, late bool) {
	t.Helper()
	config := protocol.Config{key: h.Block("ci")}
	h.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultCut})
	h.Store.Reset()
	p := h.Apply(config)
	if !contains(p.Diagnostics.Errors(), "may or may not have been created", "Apply again") {
		t.Fatalf("%s", p.Diagnostics)
	}
	if n := h.Store.Requests()[simulator.OpCreate]; n != 1 {
		t.Errorf("%d creates", n)
	}
	if i := h.State[key]; i == nil || !i.Tainted {
		t.Fatalf("not saved as tainted: %v", i)
	}
	if late {
		h.Clock.Advance(-time.Second)
		h.Store.MintDraft(simulator.Draft{Name: "ci", Scope: scope})
		h.Clock.Advance(time.Second)
	}
	h.Clock.Advance(time.Minute)
	h.MustApply(config)
	h.wantLive(t, h.State[key].ID())
	h.destroyAll(t)
}

// TestAmbiguousRevoke: a revocation whose answer is lost is reconciled by a listing.
func (h *Suite) TestAmbiguousRevoke(t *testing.T) {
	for _, after := range []bool{false, true} {
		for _, kind := range []simulator.Kind{simulator.FaultCut, simulator.FaultStatus, simulator.FaultHTML} {
			h.MustApply(protocol.Config{key: h.Block("ci")})
			h.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Kind: kind, After: after})
			h.destroyAll(t)
		}
	}
}

// TestServerDown: a server that is not there is an error that says so.
func (h *Suite) TestServerDown(t *testing.T) {
	config := protocol.Config{key: h.Block("ci")}
	h.MustApply(config)
	h.Provider = h.Configured(map[string]any{services.BaseURL: "http://127.0.0.1:1/"}) // nothing listens there
	h.refused(t, config, h.Service.Key.Title, "connection", "is up")
	h.Provider = h.Configured(nil)
	h.destroyAll(t)
}

// TestMissingCredential: one error that names the attribute and the variable.
func (h *Suite) TestMissingCredential(t *testing.T) {
	delete(h.Env, h.Service.Settings[0].Env[0])
	p := h.Apply(protocol.Config{key: h.Block("ci")})
	setting := h.Service.Settings[0]
	if !contains(p.Diagnostics.Errors(), h.Service.Key.Name+"."+setting.Name, setting.Env[0]) || len(p.Diagnostics.Errors()) != 1 {
		t.Errorf("%s", p.Diagnostics)
	}
}

// TestUnknownCredential: a credential that is not known yet is neither empty nor
// taken from the environment: creates wait, reads keep what they have.
func (h *Suite) TestUnknownCredential(t *testing.T) {
	config := protocol.Config{key: h.Block("ci")}
	setting := h.Service.Settings[0].Name
	unknown := h.Configured(map[string]any{setting: protocol.Unknown{}})
	h.Provider = unknown
	h.Store.Reset()
	p := h.Plan(config)
	if len(p.Diagnostics.Errors()) > 0 || p.Actions[key] != protocol.Create || h.Store.Total() != 0 {
		t.Fatalf("plan: %v, %s, %d requests", p.Actions, p.Diagnostics, h.Store.Total())
	}
	h.Provider = h.Configured(nil) // known when it is applied
	if ds := h.ApplyPlan(p); len(ds.Errors()) > 0 {
		t.Fatalf("apply: %s", ds)
	}
	h.Provider = unknown
	p = h.Plan(config)
	if !p.Empty() || !contains(p.Diagnostics.Warnings(), "not refreshed", setting) {
		t.Errorf("plan: %v, %s", p.Actions, p.Diagnostics)
	}
}

// TestListingLag: a key that was just created does not look revoked because a
// listing lags.
func (h *Suite) TestListingLag(t *testing.T) {
	config := protocol.Config{key: h.Block("ci")}
	h.Store.Quirk(simulator.Quirks{ListingLag: 2 * time.Second})
	if p := h.Apply(config); len(p.Diagnostics.Errors()) > 0 {
		t.Fatal(p.Diagnostics)
	}
	h.MustBeEmpty(config)
	if len(h.Store.Ledger()) != 1 {
		t.Errorf("ledger %v", h.Store.Ledger())
	}
}

// TestTaintedAndDeposed: a tainted key is replaced.
func (h *Suite) TestTaintedAndDeposed(t *testing.T) {
	config := protocol.Config{key: h.Block("ci")}
	h.MustApply(config)
	was := h.State[key].ID()
	h.Taint(key)
	h.MustApply(config)
	if live := h.Live(); len(live) != 1 || live[0] == was {
		t.Errorf("live %v", live)
	}
	// A deposed key whose revocation fails stays in the state, and goes with the
	// next apply.
	h.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: http.StatusForbidden})
	h.Taint(key)
	if p := h.Apply(config); len(p.Diagnostics.Errors()) == 0 || len(h.Live()) != 2 || len(h.State[key].Deposed) != 1 {
		t.Errorf("%s, live %v", p.Diagnostics, h.Live())
	}
	h.Apply(config)
	h.MustBeEmpty(config)
	if live := h.Live(); len(live) != 1 {
		t.Errorf("live %v", live)
	}
}

package conformance

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// always is a Fault.Times.
const always = -1

// refused expects a plan that fails with these words, keeps the key in the state,
// plans nothing in its place, and changes nothing at the service.
func (r *Rig) refused(t *testing.T, config protocol.Config, words ...string) {
	t.Helper()
	was, live := r.State[key].ID(), len(r.Live())
	p := r.Apply(config)
	if !contains(p.Diagnostics.Errors(), words...) {
		t.Errorf("errors do not say %v: %s", words, p.Diagnostics)
	}
	if len(p.Actions) > 0 && p.Actions[key] != protocol.NoOp {
		t.Errorf("planned %v", p.Actions)
	}
	if r.State[key] == nil || r.State[key].ID() != was || len(r.Live()) != live {
		t.Errorf("state %v, live %v", r.State, r.Live())
	}
}

// testRefusals: each status has its own next step, and none of them takes a key
// from the state.
func testRefusals(t *testing.T, r *Rig) {
	config := protocol.Config{key: r.Block("ci")}
	r.MustApply(config)
	for status, words := range map[int][]string{
		http.StatusUnauthorized:        {"401", "does not accept the credential"},
		http.StatusPaymentRequired:     {"402", "out of credits"},
		http.StatusForbidden:           {"403", "may not do this"},
		http.StatusNotFound:            {"404", "base_url"},
		http.StatusConflict:            {"409", "Plan again"},
		http.StatusInternalServerError: {"500", "failed on its side"},
		http.StatusServiceUnavailable:  {"503", "failed on its side"},
	} {
		r.Store.Fault(simulator.Fault{Kind: simulator.FaultStatus, Status: status, Times: always})
		// Asking for the one key must not be mistaken for "gone" either, unless
		// the service says exactly that.
		if status == http.StatusNotFound {
			r.Store.ClearFaults()
			r.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: status, Times: always})
		}
		r.refused(t, config, append(words, r.Service.Key.Title, "list the keys")...)
		r.Store.ClearFaults()
	}
	r.MustBeEmpty(config)
}

// testRejectedField: a field that the service rejects is an error on the
// attribute.
func testRejectedField(t *testing.T, r *Rig) {
	r.Store.Fault(simulator.Fault{
		Operation: simulator.OpCreate, Kind: simulator.FaultStatus, Status: http.StatusUnprocessableEntity,
		Body: `{"detail": [{"loc": ["body", "name"], "msg": "is not to my taste", "type": "value_error"}]}`,
	})
	p := r.Apply(protocol.Config{key: r.Block("ci")})
	if !contains(p.Diagnostics.Errors(), "is not to my taste", "422") {
		t.Fatalf("%s", p.Diagnostics)
	}
	for _, d := range p.Diagnostics {
		if d.Attribute.String() != `AttributeName("name")` {
			t.Errorf("the error is on %s", d.Attribute)
		}
	}
	if len(r.Live()) != 0 || len(r.State) != 0 {
		t.Errorf("live %v, state %v", r.Live(), r.State)
	}
}

// testRateLimit: 429 is waited out, whatever form Retry-After has; a spend cap is
// not.
func testRateLimit(t *testing.T, r *Rig) {
	config := protocol.Config{key: r.Block("ci")}
	for _, after := range []string{"2", r.Clock.Now().Add(3 * time.Second).Format(http.TimeFormat), "", "soon"} {
		r.Store.Fault(simulator.Fault{Kind: simulator.FaultRateLimit, RetryAfter: after})
		r.Store.Fault(simulator.Fault{Kind: simulator.FaultRateLimit, RetryAfter: after, Operation: simulator.OpCreate})
		r.MustApply(config)
		r.Store.Fault(simulator.Fault{Kind: simulator.FaultRateLimit, RetryAfter: after, Operation: simulator.OpRevoke})
		r.destroyAll(t)
	}
	r.Store.Fault(simulator.Fault{
		Operation: simulator.OpCreate, Kind: simulator.FaultRateLimit, Times: always,
		Header: map[string]string{"X-RateLimit-Reason": "daily_spend_cap_exceeded"},
	})
	r.Store.Reset()
	if p := r.Apply(config); !contains(p.Diagnostics.Errors(), "00:00 UTC") {
		t.Errorf("%s", p.Diagnostics)
	}
	if n := r.Store.Requests()[simulator.OpCreate]; n != 1 {
		t.Errorf("%d creates against a spend cap", n)
	}
}

// testUnusable: an answer that is not the service's is an error, never "gone".
func testUnusable(t *testing.T, r *Rig) {
	config := protocol.Config{key: r.Block("ci")}
	r.MustApply(config)
	for kind, word := range map[simulator.Kind]string{
		simulator.FaultHTML:     "web page",
		simulator.FaultGarbage:  "not the JSON",
		simulator.FaultCut:      "connection",
		simulator.FaultHalfBody: "connection",
		simulator.FaultRedirect: "base_url",
	} {
		r.Store.Fault(simulator.Fault{Kind: kind, Times: always})
		r.refused(t, config, word, r.Service.Key.Title)
		r.Store.ClearFaults()
	}
	for _, body := range []string{`{}`, `[]`, `null`, `{"data": []}`, `{"keys": [{"name": "x"}]}`, `[{"name": "x"}]`, `"x"`} {
		r.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: http.StatusOK, Body: body, Times: always})
		p := r.Apply(config)
		// An empty listing of the right shape is an answer; for a service that
		// can be asked for one key it proves nothing.
		if len(p.Diagnostics.Errors()) == 0 && p.Actions[key] == protocol.Create && body != `[]` {
			t.Errorf("%s is taken for an empty listing", body)
		}
		r.Store.ClearFaults()
		r.Apply(protocol.Config{})
		r.Apply(config)
	}
}

// testListingFails: without the listing before the first create nothing is made.
func testListingFails(t *testing.T, r *Rig) {
	r.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: 500, Times: always})
	p := r.Apply(protocol.Config{key: r.Block("ci")})
	if !contains(p.Diagnostics.Errors(), "nothing was created", "500") || len(r.Store.Ledger()) != 0 {
		t.Errorf("%s, ledger %v", p.Diagnostics, r.Store.Ledger())
	}
}

// testAmbiguousCreate: a create whose answer is lost is settled on the spot: the
// key that it made is revoked, and made once more.
func testAmbiguousCreate(t *testing.T, r *Rig) {
	decoys := []simulator.Record{r.Store.Mint("ci"), r.Store.Mint("CI"), r.Store.Mint("сi")}
	r.Clock.Advance(time.Hour)
	for _, kind := range []simulator.Kind{simulator.FaultCut, simulator.FaultStatus, simulator.FaultHTML, simulator.FaultHalfBody, simulator.FaultNoValue, simulator.FaultGarbage} {
		r.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: kind, After: true})
		r.Store.Reset()
		p := r.Apply(protocol.Config{key: r.Block("ci", map[string]any{"on_duplicate_name": "ignore"})})
		if len(p.Diagnostics.Errors()) > 0 {
			t.Fatalf("%s: %s", kind, p.Diagnostics)
		}
		if n := r.Store.Requests()[simulator.OpCreate]; n != 2 {
			t.Errorf("%s: %d creates", kind, n)
		}
		if live := r.Live(); len(live) != len(decoys)+1 {
			t.Errorf("%s: live %v", kind, live)
		}
		if p := r.Destroy(); len(p.Diagnostics.Errors()) > 0 {
			t.Fatalf("%s", p.Diagnostics)
		}
	}
	if live := r.Live(); len(live) != len(decoys) {
		t.Errorf("of %d decoys live %v", len(decoys), live)
	}
}

// testUnsettledCreate: a create that had no visible effect is not repeated; the
// next apply looks again, revokes what came late, and makes a key.
func testUnsettledCreate(t *testing.T, r *Rig) {
	r.unsettledCreate(t, "")
	if scope := r.Service.Key.Scope; scope != "" {
		const elsewhere = "6f1c2f2e-6a51-4d0e-9a53-0d6b0a3f4c11"
		r.Provider = map[string]any{r.Service.Key.Name: map[string]any{scope: elsewhere}}
		r.unsettledCreate(t, elsewhere)
	}
}

// unsettledCreate is one in a scope; "" is the credential's own.
func (r *Rig) unsettledCreate(t *testing.T, scope string) {
	t.Helper()
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("scope %q, late commit %v", scope, late), func(t *testing.T) {
			config := protocol.Config{key: r.Block("ci")}
			r.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultCut})
			r.Store.Reset()
			p := r.Apply(config)
			if !contains(p.Diagnostics.Errors(), "may or may not have been made", "Apply again") {
				t.Fatalf("%s", p.Diagnostics)
			}
			if n := r.Store.Requests()[simulator.OpCreate]; n != 1 {
				t.Errorf("%d creates", n)
			}
			if i := r.State[key]; i == nil || !i.Tainted {
				t.Fatalf("not saved as tainted: %v", i)
			}
			if late {
				r.Clock.Advance(-time.Second)
				r.Store.MintDraft(simulator.Draft{Name: "ci", Scope: scope})
				r.Clock.Advance(time.Second)
			}
			r.Clock.Advance(time.Minute)
			r.MustApply(config)
			if live := r.Live(); len(live) != 1 || live[0] != r.State[key].ID() {
				t.Errorf("live %v", live)
			}
			r.destroyAll(t)
		})
	}
}

// testAmbiguousRevoke: a revocation whose answer is lost is settled by looking.
func testAmbiguousRevoke(t *testing.T, r *Rig) {
	for _, after := range []bool{false, true} {
		for _, kind := range []simulator.Kind{simulator.FaultCut, simulator.FaultStatus, simulator.FaultHTML} {
			r.MustApply(protocol.Config{key: r.Block("ci")})
			r.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Kind: kind, After: after})
			r.destroyAll(t)
		}
	}
}

// testStopped: a server that is not there is an error that says so.
func testStopped(t *testing.T, r *Rig) {
	config := protocol.Config{key: r.Block("ci")}
	r.MustApply(config)
	good := r.Env
	r.Env = map[string]string{}
	for name, v := range good {
		r.Env[name] = v
		if v == r.url {
			r.Env[name] = "http://127.0.0.1:1/" // nothing listens there
		}
	}
	r.refused(t, config, r.Service.Key.Title, "connection", "is up")
	r.Env = good
	r.destroyAll(t)
}

// testMissingCredential: one error that names the attribute and the variable.
func testMissingCredential(t *testing.T, r *Rig) {
	delete(r.Env, r.Service.Settings[0].Env[0])
	p := r.Apply(protocol.Config{key: r.Block("ci")})
	setting := r.Service.Settings[0]
	if !contains(p.Diagnostics.Errors(), r.Service.Key.Name+"."+setting.Name, setting.Env[0]) || len(p.Diagnostics.Errors()) != 1 {
		t.Errorf("%s", p.Diagnostics)
	}
}

// testUnknownCredential: a credential that is not known yet is neither empty nor
// taken from the environment: creates wait, reads keep what they have.
func testUnknownCredential(t *testing.T, r *Rig) {
	config := protocol.Config{key: r.Block("ci")}
	setting := r.Service.Settings[0].Name
	unknown := map[string]any{r.Service.Key.Name: map[string]any{setting: protocol.Unknown{}}}
	r.Provider = unknown
	r.Store.Reset()
	p := r.Plan(config)
	if len(p.Diagnostics.Errors()) > 0 || p.Actions[key] != protocol.Create || r.Store.Total() != 0 {
		t.Fatalf("plan: %v, %s, %d requests", p.Actions, p.Diagnostics, r.Store.Total())
	}
	r.Provider = nil // known when it is applied
	if ds := r.ApplyPlan(p); len(ds.Errors()) > 0 {
		t.Fatalf("apply: %s", ds)
	}
	r.Provider = unknown
	p = r.Plan(config)
	if !p.Empty() || !contains(p.Diagnostics.Warnings(), "not refreshed", setting) {
		t.Errorf("plan: %v, %s", p.Actions, p.Diagnostics)
	}
}

// testLag: a listing that is behind does not make a key that was just made look
// revoked.
func testLag(t *testing.T, r *Rig) {
	config := protocol.Config{key: r.Block("ci")}
	r.Store.Quirk(simulator.Quirks{ListingLag: 2 * time.Second})
	if p := r.Apply(config); len(p.Diagnostics.Errors()) > 0 {
		t.Fatal(p.Diagnostics)
	}
	r.MustBeEmpty(config)
	if len(r.Store.Ledger()) != 1 {
		t.Errorf("ledger %v", r.Store.Ledger())
	}
}

// testTaint: a tainted key is replaced.
func testTaint(t *testing.T, r *Rig) {
	config := protocol.Config{key: r.Block("ci")}
	r.MustApply(config)
	was := r.State[key].ID()
	r.Taint(key)
	r.MustApply(config)
	if live := r.Live(); len(live) != 1 || live[0] == was {
		t.Errorf("live %v", live)
	}
	// A deposed key whose revocation fails stays in the state, and goes with the
	// next apply.
	r.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: http.StatusForbidden})
	r.Taint(key)
	if p := r.Apply(config); len(p.Diagnostics.Errors()) == 0 || len(r.Live()) != 2 || len(r.State[key].Deposed) != 1 {
		t.Errorf("%s, live %v", p.Diagnostics, r.Live())
	}
	r.Apply(config)
	r.MustBeEmpty(config)
	if live := r.Live(); len(live) != 1 {
		t.Errorf("live %v", live)
	}
}

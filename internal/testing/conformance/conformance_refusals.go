package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// refusalTests are about answers that refuse, and answers that only look like it.
func refusalTests() map[string]func(*testing.T, *Rig) {
	return map[string]func(*testing.T, *Rig){
		"words of a refusal":  testRefusalWords,
		"about money":         testBilling,
		"https to plain http": testPlainHTTP,
		"retry after a day":   testRetryAfterDay,
		"refused create":      testRefusedCreate,
		"create, bare 4xx":    testBareCreate,
		"read, bare 4xx":      testBareRead,
		"revoke, bare 4xx":    testBareRevoke,
		"rotate, bare 4xx":    testBareRotate,
	}
}

// bareAnswer is a refusal that is not in the API's own form.
type bareAnswer struct {
	status int
	body   string
}

// bareAnswers are the given statuses, each with one kind of body, and 404 with all.
func bareAnswers(statuses ...int) []bareAnswer {
	bodies := []string{" ", "404 page not found\n", "{}", "<html><title>Forbidden</title></html>"} // the first is as good as none
	var all []bareAnswer
	for i, status := range statuses {
		all = append(all, bareAnswer{status, bodies[i%len(bodies)]})
	}
	for _, body := range bodies {
		all = append(all, bareAnswer{http.StatusNotFound, body})
	}
	return all
}

// bare answers requests so, instead of the service.
func (r *Rig) bare(operation string, a bareAnswer, times int, after bool) {
	r.Store.Fault(simulator.Fault{Operation: operation, Kind: simulator.FaultStatus, Status: a.status, Body: a.body, Times: times, After: after})
}

// testRefusedCreate: a 4xx in the API's own form has no effect, whatever its number:
// one request, nothing in the state, and a next step that fits.
func testRefusedCreate(t *testing.T, r *Rig) {
	for status, words := range map[int]string{
		http.StatusMethodNotAllowed:            "Upgrade the provider",
		http.StatusConflict:                    "Plan again",
		http.StatusGone:                        "Upgrade the provider",
		http.StatusPreconditionFailed:          "reason above",
		http.StatusRequestEntityTooLarge:       "",
		http.StatusLocked:                      "Wait a little",
		http.StatusTooEarly:                    "Wait a little",
		http.StatusUpgradeRequired:             "Upgrade the provider",
		http.StatusUnavailableForLegalReasons:  "legal reasons",
		http.StatusRequestHeaderFieldsTooLarge: "",
	} {
		r.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultStatus, Status: status, Times: always})
		r.Store.Reset()
		before := r.Clock.Now()
		p := r.Apply(protocol.Config{key: r.Block("ci")})
		if errs := p.Diagnostics.Errors(); len(errs) != 1 || !contains(errs, http.StatusText(status), words) || contains(errs, "may or may not") {
			t.Errorf("%d: %s", status, p.Diagnostics)
		}
		if n := r.Store.Requests()[simulator.OpCreate]; n != 1 || len(r.State) != 0 || len(r.Live()) != 0 {
			t.Errorf("%d: %d creates, state %v, live %v", status, n, r.State, r.Live())
		}
		if took := r.Clock.Now().Sub(before); took > 0 {
			t.Errorf("%d: waited %s", status, took)
		}
		r.Store.ClearFaults()
	}
}

// testBareCreate: a create whose answer was replaced on the way, by a 4xx that is not
// in the API's own form, is looked into: what it made is revoked.
func testBareCreate(t *testing.T, r *Rig) {
	for _, answer := range bareAnswers(400, 401, 402, 403, 405, 408, 409, 410, 422, 425, 426, 429, 451, 499) {
		r.bare(simulator.OpCreate, answer, 1, true)
		p := r.Apply(protocol.Config{key: r.Block("ci")})
		if errs := p.Diagnostics.Errors(); len(errs) > 0 {
			t.Errorf("%v: %v", answer, errs)
		}
		if live := r.Live(); len(live) != 1 || !r.Held()[live[0]] {
			t.Errorf("%v: live %v, state %v", answer, live, r.State)
		}
		r.Store.ClearFaults()
		r.destroyAll(t)
	}
}

// testBareRead: a refusal that may be anybody's is an error, and a bare 404 no proof
// that there is no key.
func testBareRead(t *testing.T, r *Rig) {
	config := protocol.Config{key: r.Block("ci")}
	r.MustApply(config)
	r.Store.Quirk(simulator.Quirks{ListingLag: 1000 * time.Hour})
	r.Store.Reset()
	r.Plan(config)
	operations := map[string]simulator.Quirks{simulator.OpList: {}, "": {}}
	if r.Store.Requests()[simulator.OpGet] > 0 { // a key that is not listed is asked for
		operations[simulator.OpGet] = simulator.Quirks{ListingLag: 1000 * time.Hour}
	}
	for operation, quirks := range operations {
		r.Store.Quirk(quirks)
		for _, answer := range bareAnswers(401, 403, 405, 410, 422) {
			r.bare(operation, answer, always, false)
			r.refused(t, config, fmt.Sprint(answer.status), r.Service.Key.Title)
			r.Store.ClearFaults()
		}
	}
	r.Store.Quirk(simulator.Quirks{})
	r.MustBeEmpty(config)
}

// testBareRevoke: a revoke whose answer may be anybody's is looked into, whether it
// was carried out or not.
func testBareRevoke(t *testing.T, r *Rig) {
	for _, after := range []bool{false, true} {
		for _, answer := range bareAnswers(401, 403, 405, 409, 422, 429) {
			r.MustApply(protocol.Config{key: r.Block("ci")})
			r.bare(simulator.OpRevoke, answer, 1, after)
			r.destroyAll(t)
		}
	}
}

// testBareRotate: a rotation by the service's own call is looked into likewise.
func testBareRotate(t *testing.T, r *Rig) {
	if !r.Service.Key.HasRotate {
		return
	}
	config := func(v string) protocol.Config {
		return protocol.Config{key: r.Block("ci", Trigger(v, map[string]any{"native_rotation": true}))}
	}
	r.MustApply(config("0"))
	for _, after := range []bool{false, true} {
		for _, answer := range bareAnswers(401, 403, 409, 422) {
			next := config(fmt.Sprint(after, answer))
			r.bare(simulator.OpRotate, answer, 1, after)
			// Where nothing was done, looking shows nothing, and the next apply goes on.
			if errs := r.Apply(next).Diagnostics.Errors(); len(errs) > 0 && (after || !contains(errs, "may or may not")) {
				t.Errorf("%v: %v", answer, errs)
			}
			r.Clock.Advance(time.Minute)
			r.Apply(next)
			if live := r.Live(); len(live) != 1 || live[0] != r.State[key].ID() {
				t.Fatalf("%v: live %v, state %s", answer, live, r.State[key].ID())
			}
		}
	}
}

// testRefusalWords: what the service says stands, each sentence ends once, and what
// comes next fits: an account's limit is no bug of the provider.
func testRefusalWords(t *testing.T, r *Rig) {
	for _, status := range []int{400, 409, 422} {
		for _, words := range []string{"Maximum number of API keys reached", "Maximum number of API keys reached.", "Maximum number of API keys reached!", "Maximum number of API keys reached..."} {
			for _, shape := range []string{`{"detail": %q}`, `{"error": "limit", "message": %q}`, `{"error": {"code": "limit", "message": %q}}`, "%s"} {
				body := fmt.Sprintf(shape, words)
				r.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultStatus, Status: status, Body: body, Times: always})
				p := r.Apply(protocol.Config{key: r.Block("ci")})
				errs := p.Diagnostics.Errors()
				if !contains(errs, "Maximum number of API keys reached", fmt.Sprint(status)) {
					t.Errorf("%d %s: the words are missing: %s", status, body, p.Diagnostics)
				}
				if text := strings.ReplaceAll(strings.Join(errs, ""), "...", ""); strings.Contains(text, "..") || strings.Contains(text, "!.") || contains(errs, "report it") {
					t.Errorf("%d %s: %s", status, body, p.Diagnostics)
				}
				if status == 422 && shape != "%s" && !contains(errs, "limit is reached", r.Service.Key.Console) {
					t.Errorf("%d %s: no next step that fits: %s", status, body, p.Diagnostics)
				}
				r.Store.ClearFaults()
				r.State = nil
			}
		}
	}
	// An answer without any words may come from a wrong address.
	r.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: 422, Body: " ", Times: always})
	if p := r.Apply(protocol.Config{key: r.Block("ci")}); !contains(p.Diagnostics.Errors(), "gives no reason", r.Service.Key.Name+".base_url") {
		t.Errorf("%s", p.Diagnostics)
	}
}

// testRetryAfterDay: a service that asks to wait longer than the provider waits gets no
// second request, and the error says at once how long it asked for.
func testRetryAfterDay(t *testing.T, r *Rig) {
	config := protocol.Config{key: r.Block("ci")}
	fails := func(operation string, status int, after string, apply func() *protocol.Plan) {
		t.Helper()
		r.Store.Fault(simulator.Fault{Operation: operation, Kind: simulator.FaultRateLimit, Status: status, RetryAfter: after, Times: always})
		r.Store.Reset()
		began := r.Clock.Now()
		p := apply()
		if !contains(p.Diagnostics.Errors(), fmt.Sprint(status), "asked to wait 1 day, which is longer than the provider waits (1 minute)", "after that time") {
			t.Errorf("%s %d: %s", operation, status, p.Diagnostics)
		}
		// Plans and the apply each list for themselves.
		if took, n := r.Clock.Now().Sub(began), r.Store.Requests()[operation]; took > 0 || operation != simulator.OpList && n != 1 {
			t.Errorf("%s %d: failed after %s and %d requests", operation, status, took, r.Store.Requests()[operation])
		}
		r.Store.ClearFaults()
	}
	r.Abridged = true // asks once
	for _, date := range []bool{false, true} {
		for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
			after := "86400"
			if date {
				after = r.Clock.Now().Add(24 * time.Hour).Format(http.TimeFormat)
			}
			fails(simulator.OpList, status, after, func() *protocol.Plan { return r.Apply(config) })
			if status == http.StatusTooManyRequests { // a 503 on these is looked into first
				fails(simulator.OpCreate, status, after, func() *protocol.Plan { return r.Apply(config) })
				r.MustApply(config)
				fails(simulator.OpRevoke, status, after, r.Destroy)
				r.destroyAll(t)
			}
		}
	}
}

// testPlainHTTP: a port that speaks plain http is said to, and no certificate is blamed.
func testPlainHTTP(t *testing.T, r *Rig) {
	for name, v := range r.Env {
		if v == r.url {
			r.Env[name] = strings.Replace(v, "http://", "https://", 1)
		}
	}
	if p := r.Apply(protocol.Config{key: r.Block("ci")}); !contains(p.Diagnostics.Errors(), "plain http", r.Service.Key.Name+".base_url") || contains(p.Diagnostics.Errors(), "certificate") {
		t.Errorf("%s", p.Diagnostics)
	}
	if n := r.Store.Total(); n > 0 {
		t.Errorf("%d requests in the clear", n)
	}
}

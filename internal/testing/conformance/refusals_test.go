package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

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
func (h *Harness) bare(operation string, a bareAnswer, times int, after bool) {
	h.Store.Fault(simulator.Fault{Operation: operation, Kind: simulator.FaultStatus, Status: a.status, Body: a.body, Times: times, After: after})
}

// TestRefusedCreate: a 4xx in the API's own form has no effect, whatever its number:
// one request, nothing in the state, and a next step that fits.
func (h *Suite) TestRefusedCreate(t *testing.T) {
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
		h.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultStatus, Status: status, Times: always})
		h.Store.Reset()
		before := h.Clock.Now()
		p := h.Apply(protocol.Config{key: h.Block("ci")})
		if errs := p.Diagnostics.Errors(); len(errs) != 1 || !contains(errs, http.StatusText(status), words) || contains(errs, "may or may not") {
			t.Errorf("%d: %s", status, p.Diagnostics)
		}
		if n := h.Store.Requests()[simulator.OpCreate]; n != 1 || len(h.State) != 0 || len(h.Live()) != 0 {
			t.Errorf("%d: %d creates, state %v, live %v", status, n, h.State, h.Live())
		}
		if took := h.Clock.Now().Sub(before); took > 0 {
			t.Errorf("%d: waited %s", status, took)
		}
		h.Store.ClearFaults()
	}
}

// TestCreateBare4xx: a create whose answer was replaced on the way, by a 4xx that is not
// in the API's own form, is reconciled: a key that it created is revoked.
func (h *Suite) TestCreateBare4xx(t *testing.T) {
	for _, answer := range bareAnswers(400, 401, 402, 403, 405, 408, 409, 410, 422, 425, 426, 429, 451, 499) {
		h.bare(simulator.OpCreate, answer, 1, true)
		p := h.Apply(protocol.Config{key: h.Block("ci")})
		if errs := p.Diagnostics.Errors(); len(errs) > 0 {
			t.Errorf("%v: %v", answer, errs)
		}
		if live := h.Live(); len(live) != 1 || !h.Held()[live[0]] {
			t.Errorf("%v: live %v, state %v", answer, live, h.State)
		}
		h.Store.ClearFaults()
		h.destroyAll(t)
	}
}

// TestReadBare4xx: a refusal that may be anybody's is an error, and a bare 404 no proof
// that there is no key.
func (h *Suite) TestReadBare4xx(t *testing.T) {
	config := protocol.Config{key: h.Block("ci")}
	h.MustApply(config)
	h.Store.Quirk(simulator.Quirks{ListingLag: 1000 * time.Hour})
	h.Store.Reset()
	h.Plan(config)
	operations := map[string]simulator.Quirks{simulator.OpList: {}, "": {}}
	if h.Store.Requests()[simulator.OpGet] > 0 { // a key that is not listed is asked for
		operations[simulator.OpGet] = simulator.Quirks{ListingLag: 1000 * time.Hour}
	}
	for operation, quirks := range operations {
		h.Store.Quirk(quirks)
		for _, answer := range bareAnswers(401, 403, 405, 410, 422) {
			h.bare(operation, answer, always, false)
			h.refused(t, config, fmt.Sprint(answer.status), h.Service.Key.Title)
			h.Store.ClearFaults()
		}
	}
	h.Store.Quirk(simulator.Quirks{})
	h.MustBeEmpty(config)
}

// TestRevokeBare4xx: a revoke whose answer may not be the service's is reconciled, whether it
// was carried out or not.
func (h *Suite) TestRevokeBare4xx(t *testing.T) {
	for _, after := range []bool{false, true} {
		for _, answer := range bareAnswers(401, 403, 405, 409, 422, 429) {
			h.MustApply(protocol.Config{key: h.Block("ci")})
			h.bare(simulator.OpRevoke, answer, 1, after)
			h.destroyAll(t)
		}
	}
}

// TestRotateBare4xx: so is a rotation by the service's own call.
func (h *Suite) TestRotateBare4xx(t *testing.T) {
	if !h.Service.Key.HasRotate {
		return
	}
	config := func(v string) protocol.Config {
		return protocol.Config{key: h.Block("ci", Trigger(v, map[string]any{"native_rotation": true}))}
	}
	h.MustApply(config("0"))
	for _, after := range []bool{false, true} {
		for _, answer := range bareAnswers(401, 403, 409, 422) {
			next := config(fmt.Sprint(after, answer))
			h.bare(simulator.OpRotate, answer, 1, after)
			// Where nothing was done, looking shows nothing, and the next apply goes on.
			if errs := h.Apply(next).Diagnostics.Errors(); len(errs) > 0 && (after || !contains(errs, "may or may not")) {
				t.Errorf("%v: %v", answer, errs)
			}
			h.Clock.Advance(time.Minute)
			h.Apply(next)
			if live := h.Live(); len(live) != 1 || live[0] != h.State[key].ID() {
				t.Fatalf("%v: live %v, state %s", answer, live, h.State[key].ID())
			}
		}
	}
}

// TestRefusalWords: what the service says stands, each sentence ends once, and what
// comes next fits: an account's limit is no bug of the provider.
func (h *Suite) TestRefusalWords(t *testing.T) {
	for _, status := range []int{400, 409, 422} {
		for _, words := range []string{"Maximum number of API keys reached", "Maximum number of API keys reached.", "Maximum number of API keys reached!", "Maximum number of API keys reached..."} {
			for _, shape := range []string{`{"detail": %q}`, `{"error": "limit", "message": %q}`, `{"error": {"code": "limit", "message": %q}}`, "%s"} {
				body := fmt.Sprintf(shape, words)
				h.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultStatus, Status: status, Body: body, Times: always})
				p := h.Apply(protocol.Config{key: h.Block("ci")})
				errs := p.Diagnostics.Errors()
				if !contains(errs, "Maximum number of API keys reached", fmt.Sprint(status)) {
					t.Errorf("%d %s: the words are missing: %s", status, body, p.Diagnostics)
				}
				if text := strings.ReplaceAll(strings.Join(errs, ""), "...", ""); strings.Contains(text, "..") || strings.Contains(text, "!.") || contains(errs, "report it") {
					t.Errorf("%d %s: %s", status, body, p.Diagnostics)
				}
				if status == 422 && shape != "%s" && !contains(errs, "limit is reached", h.Service.Key.Console) {
					t.Errorf("%d %s: no next step that fits: %s", status, body, p.Diagnostics)
				}
				h.Store.ClearFaults()
				h.State = nil
			}
		}
	}
	// An answer without any words may come from a wrong address.
	h.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: 422, Body: " ", Times: always})
	if p := h.Apply(protocol.Config{key: h.Block("ci")}); !contains(p.Diagnostics.Errors(), "gives no reason", h.Service.Key.Name+".base_url") {
		t.Errorf("%s", p.Diagnostics)
	}
}

// TestRetryAfterDay: a service that asks to wait longer than the provider waits gets no
// second request, and the error says at once how long it asked for.
func (h *Suite) TestRetryAfterDay(t *testing.T) {
	config := protocol.Config{key: h.Block("ci")}
	fails := func(operation string, status int, after string, apply func() *protocol.Plan) {
		t.Helper()
		h.Store.Fault(simulator.Fault{Operation: operation, Kind: simulator.FaultRateLimit, Status: status, RetryAfter: after, Times: always})
		h.Store.Reset()
		began := h.Clock.Now()
		p := apply()
		if !contains(p.Diagnostics.Errors(), fmt.Sprint(status), "asked to wait 24h0m0s, which is longer than the provider waits (1m0s)", "after that time") {
			t.Errorf("%s %d: %s", operation, status, p.Diagnostics)
		}
		// Plans and the apply each list for themselves.
		if took, n := h.Clock.Now().Sub(began), h.Store.Requests()[operation]; took > 0 || operation != simulator.OpList && n != 1 {
			t.Errorf("%s %d: failed after %s and %d requests", operation, status, took, h.Store.Requests()[operation])
		}
		h.Store.ClearFaults()
	}
	h.SkipComparison = true // asks once
	for _, date := range []bool{false, true} {
		for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
			after := "86400"
			if date {
				after = h.Clock.Now().Add(24 * time.Hour).Format(http.TimeFormat)
			}
			fails(simulator.OpList, status, after, func() *protocol.Plan { return h.Apply(config) })
			if status == http.StatusTooManyRequests { // a 503 on these is reconciled first
				fails(simulator.OpCreate, status, after, func() *protocol.Plan { return h.Apply(config) })
				h.MustApply(config)
				fails(simulator.OpRevoke, status, after, h.Destroy)
				h.destroyAll(t)
			}
		}
	}
}

// TestPlainHTTP: a port that speaks plain http is said to, and no certificate is blamed.
func (h *Suite) TestPlainHTTP(t *testing.T) {
	h.Provider = h.Configured(map[string]any{services.BaseURL: strings.Replace(h.url, "http://", "https://", 1)})
	if p := h.Apply(protocol.Config{key: h.Block("ci")}); !contains(p.Diagnostics.Errors(), "plain http", h.Service.Key.Name+".base_url") || contains(p.Diagnostics.Errors(), "certificate") {
		t.Errorf("%s", p.Diagnostics)
	}
	if n := h.Store.Total(); n > 0 {
		t.Errorf("%d requests in the clear", n)
	}
}

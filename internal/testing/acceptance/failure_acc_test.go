package acceptance_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// trouble is a way in which a service fails, and what the message must contain
// besides the service and the operation. %s is the service's title.
type trouble struct {
	name  string
	fault simulator.Fault
	texts []string
}

func troubles() []trouble {
	status := func(code int) simulator.Fault { return simulator.Fault{Kind: simulator.FaultStatus, Status: code} }
	capped := simulator.Fault{Kind: simulator.FaultRateLimit, Header: map[string]string{"X-RateLimit-Reason": "daily_spend_cap_exceeded"}}
	return []trouble{
		{"400", status(http.StatusBadRequest), []string{"400", "%s gives its reason above"}},
		{"400 without a reason", simulator.Fault{Kind: simulator.FaultBare, Status: http.StatusBadRequest, Body: "{}"}, []string{"400", "base_url is the address"}},
		{"401", status(http.StatusUnauthorized), []string{"401", "%s does not accept the credential"}},
		{"402", status(http.StatusPaymentRequired), []string{"402", "The %s account is out of credits", "topped up"}},
		{"403", status(http.StatusForbidden), []string{"403", "may not do this"}},
		{"404", status(http.StatusNotFound), []string{"404", "base_url"}},
		{"409", status(http.StatusConflict), []string{"409", "Plan again"}},
		{"429", simulator.Fault{Kind: simulator.FaultRateLimit, RetryAfter: "2"}, []string{"429", "asked to wait 2s", "%s limits how many requests"}},
		{"spend cap", capped, []string{"429", "daily spend cap", "00:00 UTC"}},
		{"500", status(http.StatusInternalServerError), []string{"500", "%s failed on its side", "request id"}},
		{"418", status(http.StatusTeapot), []string{"418", "%s gives its reason above", "request id"}},
		{"HTML", simulator.Fault{Kind: simulator.FaultHTML}, []string{"200", "web page", "This is not how %s answers", "No key was removed from the state"}},
		{"HTML with 502", simulator.Fault{Kind: simulator.FaultHTML, Status: http.StatusBadGateway}, []string{"502", "%s failed on its side"}},
		{"HTML with 404", simulator.Fault{Kind: simulator.FaultHTML, Status: http.StatusNotFound}, []string{"404", "This is not how %s answers"}},
		{"garbage", simulator.Fault{Kind: simulator.FaultGarbage}, []string{"200", "This is not how %s answers"}},
		{"another shape", simulator.Fault{Kind: simulator.FaultStatus, Status: http.StatusOK, Body: `{"ok": true}`}, []string{"200", "This is not how %s answers"}},
		{"cut", simulator.Fault{Kind: simulator.FaultCut}, []string{"Check that %s is up"}},
		{"half a body", simulator.Fault{Kind: simulator.FaultHalfBody}, []string{"Check that %s is up"}},
		{"redirect", simulator.Fault{Kind: simulator.FaultRedirect}, []string{"307", "Redirects are not followed", "base_url"}},
		{"huge body", simulator.Fault{Kind: simulator.FaultHugeBody}, []string{"larger than 64 MiB", "base_url"}},
	}
}

// Whatever a service answers to a refresh, the plan fails with words that help,
// no key leaves the state, and nothing is planned in its place.
func TestAccKey_refreshFails(t *testing.T) {
	t.Parallel()
	b := newHarness(t)
	var config string
	var checks []statecheck.StateCheck
	for _, s := range b.subjects() {
		config += s.config(`name = "ci"`)
		checks = append(checks, s.holds())
	}
	steps := []resource.TestStep{{Config: config, ConfigStateChecks: checks}}
	after := func() {
		for _, s := range b.subjects() {
			s.store.Reset()
		}
	}
	fails := func(tr trouble, config string, begin func(subject)) {
		before := after
		steps = append(steps, resource.TestStep{
			PreConfig: func() {
				before()
				b.forget()
				for _, s := range b.subjects() {
					s.store.ClearFaults()
					begin(s)
				}
			},
			Config: config, PlanOnly: true, ExpectError: says("list the keys"),
		})
		after = func() { b.explained(tr) }
	}
	for _, tr := range troubles() {
		tr.fault.Times = -1
		fails(tr, config, func(s subject) { s.store.Fault(tr.fault) })
	}
	fails(trouble{name: "slow", texts: []string{"Try again", "request_timeout"}},
		"provider \"apikeys\" {\n  request_timeout = \"1s\"\n  max_retries = 0\n}\n"+config,
		func(s subject) {
			s.store.Fault(simulator.Fault{Kind: simulator.FaultDelay, Delay: 3 * time.Second, Times: -1})
		})
	fails(trouble{name: "wrong credential", texts: []string{"401", "%s does not accept the credential"}}, config,
		func(s subject) { b.signIn(s, "pk_live_this-is-not-a-key-of-anybody") })
	fails(trouble{name: "stopped server", texts: []string{"Check that %s is up"}}, config,
		func(s subject) { b.signIn(s, s.store.Admin()); b.moveTo(s, "http://127.0.0.1:9") })
	last := after
	steps = append(steps, resource.TestStep{
		PreConfig: func() {
			last()
			for _, s := range b.subjects() {
				b.moveTo(s, b.URL(s.name()))
			}
		},
		Config: config, PlanOnly: true, // nothing was lost, and nothing is to do
	})
	b.run(steps...)
	for _, s := range b.subjects() {
		if n := s.store.Requests(); n[simulator.OpCreate] > 0 || len(s.own()) != 1 {
			t.Errorf("%s: requests %v, keys %s", s.Key.Title, n, describe(s.own()))
		}
	}
}

// explained checks that the trouble was reported for every service.
func (b *harness) explained(tr trouble) {
	for _, s := range b.subjects() {
		texts := []string{s.Key.Title + ": list the keys: "}
		for _, text := range tr.texts {
			texts = append(texts, strings.ReplaceAll(text, "%s", s.Key.Title))
		}
		if b.t.Failed() {
			return
		}
		b.expect(tfprotov6.DiagnosticSeverityError, texts...)
		if b.t.Failed() {
			b.t.Errorf("that was at %s: %s", s.Key.Title, tr.name)
		}
	}
}

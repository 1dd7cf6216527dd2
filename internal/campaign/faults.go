package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/simulator"
)

// always is a Fault.Times.
const always = -1

// disturbance is one thing that goes wrong, from one exchange on.
type disturbance struct {
	name string
	// fault is what the service does; Skip is filled in.
	fault simulator.Fault
	// second is another fault that follows, gap exchanges later; no kind: none.
	second simulator.Fault
	gap    int
	// at is the moment at which Terraform interrupts (cancel) or has gone.
	at     simulator.Moment
	cancel bool
	// slow: it takes real time, because a request times out.
	slow bool
}

// interrupts reports whether Terraform is what goes wrong, not the service.
func (d disturbance) interrupts() bool { return d.at != "" }

// spendCap is the header of an account's daily cap (Pioneer, Errors page).
var spendCap = map[string]string{"X-RateLimit-Reason": "daily_spend_cap_exceeded"}

// patience is the request_timeout of runs with stalled answers, stall how long
// those take.
const (
	patience = "1s"
	stall    = 2500 * time.Millisecond
)

// named is a fault and what the report calls it.
type named struct {
	name string
	simulator.Fault
}

// status is an answer with a status in the service's own words.
func status(code int) named {
	return named{fmt.Sprintf("status %d", code), simulator.Fault{Kind: simulator.FaultStatus, Status: code}}
}

// breaks are answers that leave open what became of the request: they come
// before the change and after it.
func breaks() []named {
	return []named{
		status(http.StatusRequestTimeout), status(http.StatusInternalServerError), status(http.StatusBadGateway),
		status(http.StatusServiceUnavailable), status(http.StatusGatewayTimeout),
		{"status 503, Retry-After", simulator.Fault{Kind: simulator.FaultStatus, Status: http.StatusServiceUnavailable, RetryAfter: "3"}},
		{"connection cut", simulator.Fault{Kind: simulator.FaultCut}},
		{"half a body", simulator.Fault{Kind: simulator.FaultHalfBody}},
		{"web page", simulator.Fault{Kind: simulator.FaultHTML}},
		{"web page 404", simulator.Fault{Kind: simulator.FaultHTML, Status: http.StatusNotFound}},
		{"web page 429", simulator.Fault{Kind: simulator.FaultHTML, Status: http.StatusTooManyRequests}},
		{"web page 502", simulator.Fault{Kind: simulator.FaultHTML, Status: http.StatusBadGateway}},
		{"no JSON", simulator.Fault{Kind: simulator.FaultGarbage}},
		{"empty object", simulator.Fault{Kind: simulator.FaultStatus, Status: http.StatusOK, Body: "{}"}},
		{"redirect", simulator.Fault{Kind: simulator.FaultRedirect}},
	}
}

// refusals are answers by which the services document that nothing was done. They
// come before the change only: a service that says so after it has made a key
// breaks its own word, and nothing in the answer could tell.
func refusals() []named {
	return []named{
		status(http.StatusBadRequest), status(http.StatusUnauthorized), status(http.StatusPaymentRequired), status(http.StatusForbidden),
		status(http.StatusNotFound), status(http.StatusConflict), status(http.StatusUnprocessableEntity),
		{"status 429", simulator.Fault{Kind: simulator.FaultRateLimit, RetryAfter: "2"}},
		{"status 429, an hour", simulator.Fault{Kind: simulator.FaultRateLimit, RetryAfter: "3600"}},
		{"spend cap", simulator.Fault{Kind: simulator.FaultRateLimit, Header: spendCap}},
	}
}

// own are faults that say themselves when the change is made.
func own() []named {
	return []named{
		{"no value in it", simulator.Fault{Kind: simulator.FaultNoValue}},
		{"cut, change 1 s later", simulator.Fault{Kind: simulator.FaultLate, Delay: time.Second}},
		{"cut, change 5 s later", simulator.Fault{Kind: simulator.FaultLate, Delay: 5 * time.Second}},
	}
}

// catalogue is everything that can go wrong, once and for good.
func catalogue() []disturbance {
	var all []disturbance
	add := func(f named, after, slow bool) {
		f.After = after
		when := ""
		switch f.Kind {
		case simulator.FaultNoValue, simulator.FaultLate:
		default:
			when = map[bool]string{false: ", before", true: ", after"}[after]
		}
		for _, times := range []int{1, always} {
			f.Times = times
			name := f.name + when
			if times == always {
				name += ", for good"
			}
			all = append(all, disturbance{name: name, fault: f.Fault, slow: slow})
		}
	}
	for _, f := range breaks() {
		add(f, false, false)
		add(f, true, false)
	}
	for _, f := range append(refusals(), own()...) {
		add(f, false, false)
	}
	stalled := named{"stalled", simulator.Fault{Kind: simulator.FaultDelay, Delay: stall}}
	add(stalled, false, true)
	add(stalled, true, true)
	for _, at := range []simulator.Moment{simulator.Arrived, simulator.Changed} {
		all = append(all, disturbance{name: "interrupt, " + string(at), at: at, cancel: true}, disturbance{name: "Terraform gone, " + string(at), at: at})
	}
	huge := named{"endless body", simulator.Fault{Kind: simulator.FaultHugeBody, Times: 1}}
	return append(all, disturbance{name: huge.name + ", before", fault: huge.Fault}, disturbance{name: huge.name + ", after", fault: after(huge.Fault)})
}

func after(f simulator.Fault) simulator.Fault {
	f.After = true
	return f
}

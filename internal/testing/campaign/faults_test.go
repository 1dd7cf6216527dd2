package campaign

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
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
	// quirks are what the service is like meanwhile, if that is what goes wrong.
	quirks simulator.Quirks
	// unlisted: listings have no new key meanwhile.
	unlisted bool
	// standing: it depends on no exchange, so that one run is all there is.
	standing bool
	// fits says where it makes sense; nil: everywhere.
	fits func(simulators.Service, operation) bool
	// refusal: the service says in its own words that it has done nothing.
	refusal bool
	// heals: the command succeeds all the same.
	heals bool
}

// interrupts reports whether Terraform is what goes wrong, not the service.
func (d disturbance) interrupts() bool { return d.at != "" }

// spendCap is the header of an account's daily cap (Pioneer, Errors page).
var spendCap = map[string]string{"X-RateLimit-Reason": "daily_spend_cap_exceeded"}

// stall is how long a stalled answer takes: longer than the default request_timeout.
const stall = 45 * time.Second

// named is a fault and what the report calls it.
type named struct {
	name string
	simulator.Fault
}

// status is an answer with a status in the service's own words.
func status(code int) named {
	return named{fmt.Sprintf("status %d", code), simulator.Fault{Kind: simulator.FaultStatus, Status: code}}
}

// bare is an answer that holds none of the service's words.
func bare(code int, body string) named {
	name := fmt.Sprintf("bare %d", code)
	if body != "" {
		name = fmt.Sprintf("plain text %d", code)
	}
	return named{name, simulator.Fault{Kind: simulator.FaultBare, Status: code, Body: body}}
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
		bare(http.StatusOK, ""), bare(http.StatusNotFound, ""), bare(http.StatusNotFound, "404 page not found\n"),
	}
}

// refusals are answers by which the services say that nothing was done. They
// come before the change only: a service that refuses after it has created a
// key contradicts itself, and nothing in the answer shows that.
func refusals() []named {
	return []named{
		status(http.StatusBadRequest), status(http.StatusUnauthorized), status(http.StatusPaymentRequired), status(http.StatusForbidden),
		status(http.StatusNotFound), status(http.StatusConflict), status(http.StatusUnprocessableEntity),
		status(http.StatusMethodNotAllowed), status(http.StatusGone), status(http.StatusUpgradeRequired), status(http.StatusUnavailableForLegalReasons),
	}
}

// later are refusals that say when to come back.
func later() []named {
	return []named{
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
	add := func(f named, after bool) {
		f.After = after
		all = append(all, twice(f, map[bool]string{false: ", before", true: ", after"}[after], disturbance{})...)
	}
	for _, f := range breaks() {
		add(f, false)
		add(f, true)
	}
	for i, d := range all {
		all[i].heals = strings.Contains(d.name, "Retry-After") && !d.fault.After && d.fault.Times == 1
	}
	for _, f := range refusals() {
		all = append(all, twice(f, ", before", disturbance{refusal: true})...)
	}
	for _, f := range later() {
		add(f, false)
	}
	for _, f := range own() {
		all = append(all, twice(f, "", disturbance{})...)
	}
	all = append(all, untrue()...)
	stalled := named{"stalled", simulator.Fault{Kind: simulator.FaultDelay, Delay: stall}}
	add(stalled, false)
	add(stalled, true)
	for _, at := range []simulator.Moment{simulator.Arrived, simulator.Changed} {
		all = append(all, disturbance{name: "interrupt, " + string(at), at: at, cancel: true}, disturbance{name: "Terraform gone, " + string(at), at: at})
	}
	huge := named{"endless body", simulator.Fault{Kind: simulator.FaultHugeBody, Times: 1}}
	return append(all, disturbance{name: huge.name + ", before", fault: huge.Fault}, disturbance{name: huge.name + ", after", fault: after(huge.Fault)})
}

// twice is a fault that happens once, and one that happens until the command ends.
func twice(f named, when string, d disturbance) []disturbance {
	once, forGood := d, d
	once.name, forGood.name = f.name+when, f.name+when+", for good"
	once.fault, forGood.fault = f.Fault, f.Fault
	once.fault.Times, forGood.fault.Times = 1, always
	return []disturbance{once, forGood}
}

func after(f simulator.Fault) simulator.Fault {
	f.After = true
	return f
}

// pairs are two faults, one soon after the other.
func pairs() []disturbance {
	var all []disturbance
	for _, one := range breaks() {
		for _, two := range slices.Concat(breaks(), refusals(), later()) {
			for when := range 4 {
				for gap := 1; gap <= 3; gap++ {
					first, next := one.Fault, two.Fault
					first.Times, next.Times = 1, 1
					first.After = when&1 != 0
					next.After = when&2 != 0 && leavesOpen(two)
					all = append(all, disturbance{
						name:  fmt.Sprintf("%s (after: %v), then %s (after: %v)", one.name, first.After, two.name, next.After),
						fault: first, second: next, gap: gap,
					})
				}
			}
		}
	}
	return all
}

// leavesOpen reports whether a fault is one of those that come after a change too.
func leavesOpen(f named) bool {
	for _, b := range breaks() {
		if b.name == f.name {
			return true
		}
	}
	return false
}

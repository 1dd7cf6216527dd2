package process

import "fmt"

// operation is what Terraform does when it is disturbed.
type operation struct {
	name string
	// rotates: a key is there, and its trigger changes.
	rotates bool
	// overlap keeps the old key alive.
	overlap bool
}

var operations = []operation{
	{name: "create"},
	{name: "rotate", rotates: true},
	{name: "overlap", rotates: true, overlap: true},
}

// signal is what happens to it.
type signal string

// The signals.
const (
	interrupt     signal = "SIGINT"         // to the whole process group, as by Ctrl-C
	twice         signal = "SIGINT twice"   // likewise
	terminate     signal = "SIGTERM"        // to Terraform
	terminateAll  signal = "SIGTERM to all" // to the whole process group, as by systemd
	killTerraform signal = "SIGKILL of Terraform"
	killProvider  signal = "SIGKILL of the provider"
	throw         signal = "panic"
)

var signals = []signal{interrupt, twice, terminate, terminateAll, killTerraform, killProvider, throw}

// event is something other than an exchange that a moment can be.
type event string

// The events.
const (
	started  event = "the provider starts"
	locked   event = "the state is locked"
	changing event = "Terraform begins to change"
	written  event = "the state is written"
	keySaid  event = "Terraform says that it is done with the key"
	finished event = "Terraform says that all is done"
)

var (
	early = []event{started, locked, changing}
	late  = []event{written, keySaid, finished}
)

// moment is when it happens: at an event, at a phase of an exchange, or before or
// after a call of the provider's code to its adapter.
type moment struct {
	event    event
	exchange int
	method   string
	phase    phase
	call     int
	name     string // of the call
	after    bool
}

// String implements fmt.Stringer.
func (m moment) String() string {
	switch {
	case m.event != "":
		return string(m.event)
	case m.call > 0 && m.after:
		return fmt.Sprintf("after call %d, %s", m.call, m.name)
	case m.call > 0:
		return fmt.Sprintf("before call %d, %s", m.call, m.name)
	default:
		return fmt.Sprintf("exchange %d, %s, %s", m.exchange, m.method, m.phase)
	}
}

// scenario is one disturbance.
type scenario struct {
	signal
	moment
}

// String implements fmt.Stringer.
func (s scenario) String() string { return string(s.signal) + " " + s.moment.String() }

// moments are all moments of an operation of which the exchanges' methods are
// known.
func moments(methods []string) []moment {
	var all []moment
	for _, e := range early {
		all = append(all, moment{event: e})
	}
	for i, method := range methods {
		for _, p := range phases {
			all = append(all, moment{exchange: i + 1, method: method, phase: p})
		}
	}
	for _, e := range late {
		all = append(all, moment{event: e})
	}
	return all
}

// calls are all moments of an operation of which the provider's calls are known.
func calls(names []string) []moment {
	var all []moment
	for i, name := range names {
		all = append(all, moment{call: i + 1, name: name}, moment{call: i + 1, name: name, after: true})
	}
	return all
}

// perSignal is how many moments a signal has at most, so that none crowds out
// the others.
const perSignal = 12

// thin picks at most n, evenly, with the first and the last and all that must be
// there.
func thin(all []moment, n int, must func(moment) bool) []moment {
	var chosen []moment
	kept := 0
	for _, m := range all {
		if must(m) {
			kept++
		}
	}
	spare, others := max(n-kept, 0), max(len(all)-kept, 1)
	seen := 0
	for _, m := range all {
		if must(m) {
			chosen = append(chosen, m)
			continue
		}
		if seen*spare/others != (seen+1)*spare/others || spare >= others {
			chosen = append(chosen, m)
		}
		seen++
	}
	return chosen
}

// crucial moments are those around the request that creates a key.
func crucial(m moment) bool { return m.method == "POST" || m.name == "Create" }

// plan is which scenarios an operation goes through. In short, each signal has one
// moment, the most dangerous one that it has not had at another service.
func plan(methods, names []string, long bool, turn int) []scenario {
	var all []scenario
	for i, s := range signals {
		of := moments(methods)
		if s == throw {
			of = calls(names)
		}
		of = thin(of, perSignal, crucial)
		if !long {
			var dangerous []moment
			for _, m := range of {
				if crucial(m) || m.event == written {
					dangerous = append(dangerous, m)
				}
			}
			if len(dangerous) > 0 {
				dangerous = dangerous[(turn+i)%len(dangerous):][:1]
			}
			of = dangerous
		}
		for _, m := range of {
			all = append(all, scenario{s, m})
		}
	}
	return all
}

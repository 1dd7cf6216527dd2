package campaign

import (
	"fmt"
	"slices"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// change is what real Terraform does when it is disturbed.
type change struct {
	name string
	// rotates: a key is there, and its trigger changes.
	rotates bool
	// overlap keeps the old key alive.
	overlap bool
}

var changes = []change{
	{name: "create"},
	{name: "rotate", rotates: true},
	{name: "overlap", rotates: true, overlap: true},
}

// signal is what happens to it.
type signal string

// The signals.
const (
	interrupt      signal = "SIGINT"         // to the process group, as by Ctrl-C
	interruptTwice signal = "SIGINT twice"   // likewise
	terminate      signal = "SIGTERM"        // to Terraform
	terminateAll   signal = "SIGTERM to all" // to the process group, as by systemd
	killTerraform  signal = "SIGKILL of Terraform"
	killProvider   signal = "SIGKILL of the provider"
	panicking      signal = "panic"
)

var signals = []signal{interrupt, interruptTwice, terminate, terminateAll, killTerraform, killProvider, panicking}

// event is something other than an exchange that a moment can be.
type event string

// The events.
const (
	started  event = "the provider starts"
	locked   event = "the state is locked"
	changing event = "Terraform begins to change"
	written  event = "the state is written"
	keyDone  event = "Terraform reports the key as done"
	finished event = "Terraform reports everything as done"
)

var (
	eventsBefore = []event{started, locked, changing}
	eventsAfter  = []event{written, keyDone, finished}
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

// interruption is a signal at a moment.
type interruption struct {
	signal
	moment
}

// String implements fmt.Stringer.
func (s interruption) String() string { return string(s.signal) + " " + s.moment.String() }

// moments are all moments of an operation of which the exchanges' methods are
// known.
func moments(methods []string) []moment {
	var all []moment
	for _, e := range eventsBefore {
		all = append(all, moment{event: e})
	}
	for i, method := range methods {
		for _, p := range phases {
			all = append(all, moment{exchange: i + 1, method: method, phase: p})
		}
	}
	for _, e := range eventsAfter {
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

// thin picks at most n, evenly, with all that must be there.
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
func crucial(m moment) bool { return m.method == "POST" || m.name == string(keyringtest.Create) }

// interruptions are those that a change goes through. In short, each signal has one
// moment, the most dangerous one that it has not had at another service.
func interruptions(methods, names []string, long bool, turn int) []interruption {
	var all []interruption
	for i, s := range signals {
		of := moments(methods)
		if s == panicking {
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
			all = append(all, interruption{s, m})
		}
	}
	return all
}

var (
	exampleMethods = []string{"GET", "POST", "GET", "DELETE"}
	exampleCalls   = []string{"get", "list", "get", "create", "self", "list", "get", "self", "revoke", "list"}
)

func TestInterruptions_long(t *testing.T) {
	t.Parallel()
	all := interruptions(exampleMethods, exampleCalls, true, 0)
	counts, seen := map[signal]int{}, map[string]bool{}
	for _, s := range all {
		counts[s.signal]++
		if seen[s.String()] {
			t.Errorf("twice: %s", s)
		}
		seen[s.String()] = true
	}
	for _, s := range signals {
		if counts[s] != perSignal {
			t.Errorf("%s: %d moments, want %d", s, counts[s], perSignal)
		}
		for _, p := range phases {
			if want := fmt.Sprintf("%s exchange 2, POST, %s", s, p); s != panicking && !seen[want] {
				t.Errorf("missing: %s", want)
			}
		}
	}
	for _, want := range []string{"panic before call 4, create", "panic after call 4, create", "SIGKILL of Terraform the state is written"} {
		if !seen[want] {
			t.Errorf("missing: %s", want)
		}
	}
}

// TestInterruptions_short: every turn takes other moments, all of them dangerous ones.
func TestInterruptions_short(t *testing.T) {
	t.Parallel()
	var seen []string
	for turn := range 5 {
		all := interruptions(exampleMethods, exampleCalls, false, turn)
		if len(all) != len(signals) {
			t.Errorf("turn %d: %d scenarios", turn, len(all))
		}
		for _, s := range all {
			if !crucial(s.moment) && s.event != written {
				t.Errorf("turn %d: %s is harmless", turn, s)
			}
			if s.signal == killTerraform {
				seen = append(seen, s.moment.String())
			}
		}
	}
	slices.Sort(seen)
	if n := len(slices.Compact(seen)); n != 5 {
		t.Errorf("%d different moments in 5 turns", n)
	}
}

func TestThin(t *testing.T) {
	t.Parallel()
	all := moments(make([]string, 20))
	for n := range 40 {
		if got := thin(all, n, func(m moment) bool { return m.exchange == 7 }); len(got) != max(n, len(phases)) {
			t.Errorf("%d of %d moments instead of %d", len(got), len(all), n)
		}
	}
	if got := thin(all[:5], 12, crucial); len(got) != 5 {
		t.Errorf("%d of 5", len(got))
	}
}

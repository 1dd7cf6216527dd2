package process

import (
	"fmt"
	"slices"
	"testing"
)

var (
	exampleMethods = []string{"GET", "POST", "GET", "DELETE"}
	exampleCalls   = []string{"Now", "List", "Now", "Create", "Credential", "List", "Now", "Credential", "Revoke", "List"}
)

func TestPlan_long(t *testing.T) {
	t.Parallel()
	all := plan(exampleMethods, exampleCalls, true, 0)
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
			if want := fmt.Sprintf("%s exchange 2, POST, %s", s, p); s != throw && !seen[want] {
				t.Errorf("missing: %s", want)
			}
		}
	}
	for _, want := range []string{"panic before call 4, Create", "panic after call 4, Create", "SIGKILL of Terraform the state is written"} {
		if !seen[want] {
			t.Errorf("missing: %s", want)
		}
	}
}

// In short, every turn takes other moments, all of them dangerous ones.
func TestPlan_short(t *testing.T) {
	t.Parallel()
	var seen []string
	for turn := range 5 {
		all := plan(exampleMethods, exampleCalls, false, turn)
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

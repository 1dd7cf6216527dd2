package acceptance_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// A listing that fails in the middle proves nothing about the keys that it has
// not shown yet: the plan fails, and the key that stands on a later page stays.
func TestAccKey_listingFailsMidway(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		pages := 3 // of services that page
		s.bench.spare(s.store.Seed(250, func(i int) string { return fmt.Sprintf("key %d", i) })...)
		s.store.Quirk(simulator.Quirks{PageCap: 50, ReverseOrder: s.name() == "expunct"})
		if s.name() == "pioneer" {
			pages = 0 // everything comes at once
		}
		config := s.config(`name = "ci"`)
		midway := func(f simulator.Fault, text string) resource.TestStep {
			f.Operation, f.Skip, f.Times = simulator.OpList, pages, -1
			return resource.TestStep{
				PreConfig: func() {
					s.store.ClearFaults()
					s.store.Fault(f)
					// Reading the one key by its id is no way round the listing.
					f.Operation, f.Skip = simulator.OpGet, 0
					s.store.Fault(f)
				},
				Config: config, PlanOnly: true, ExpectError: says("Could not read "+s.Key.Title+" key", text),
			}
		}
		s.bench.run(
			resource.TestStep{Config: config, ConfigStateChecks: []statecheck.StateCheck{s.holds()}},
			midway(simulator.Fault{Kind: simulator.FaultStatus, Status: http.StatusUnauthorized}, "401"),
			midway(simulator.Fault{Kind: simulator.FaultHTML}, "This is not how "+s.Key.Title+" answers"),
			resource.TestStep{PreConfig: s.store.ClearFaults, Config: config, PlanOnly: true},
		)
		if len(s.own()) != 1 {
			t.Errorf("keys: %s", describe(s.own()))
		}
	})
}

// A credential that is refused between the two halves of a rotation leaves two
// keys, both held: the next apply ends the old one.
func TestAccKey_rotationFailsMidway(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		config := func(trigger string) string {
			return s.config(`name = "ci"`, `rotation_triggers = { t = "`+trigger+`" }`)
		}
		s.bench.run(
			resource.TestStep{Config: config("1")},
			resource.TestStep{
				PreConfig: func() {
					s.store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: http.StatusUnauthorized, Times: -1})
				},
				Config: config("2"), ExpectError: says("Could not revoke "+s.Key.Title+" key", "revoke the key: 401", "does not accept the credential"),
			},
			resource.TestStep{
				PreConfig: func() {
					s.store.ClearFaults()
					if live := s.live(); len(live) != 2 {
						t.Errorf("live: %s; want the old and the new key", describe(live))
					}
				},
				Config: config("2"), ConfigStateChecks: []statecheck.StateCheck{s.holds()},
			},
		)
		if made := s.own(); len(made) != 2 {
			t.Errorf("%d keys were made, want 2: %s", len(made), describe(made))
		}
	})
}

// A rate limit that clears is waited for, however its header is written, and
// nothing is made twice.
func TestAccKey_rateLimitClears(t *testing.T) {
	t.Parallel()
	b := newHarness(t)
	var config string
	var checks []statecheck.StateCheck
	for _, s := range b.subjects() {
		limit := simulator.Fault{Kind: simulator.FaultRateLimit, Operation: simulator.OpList, RetryAfter: "7"}
		s.store.Fault(limit)
		limit.Operation, limit.RetryAfter = simulator.OpCreate, b.clock.Now().Add(20*time.Second).UTC().Format(http.TimeFormat)
		s.store.Fault(limit)
		config += s.config(`name = "ci"`)
		checks = append(checks, s.holds())
	}
	b.run(resource.TestStep{Config: config, ConfigStateChecks: checks})
	for _, s := range b.subjects() {
		if n := s.store.PendingFaults(); n > 0 || len(s.own()) != 1 {
			t.Errorf("%s: %d limits were not met, keys: %s", s.Key.Title, n, describe(s.own()))
		}
	}
}

package acceptance_test

import (
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// A create that is refused makes nothing and says why, on the attribute if one
// is to blame; the next apply creates the key.
func TestAccKey_createRefused(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		b := s.bench
		refused := func(f simulator.Fault, texts ...string) resource.TestStep {
			f.Operation, f.Times = simulator.OpCreate, -1
			return resource.TestStep{
				PreConfig: func() {
					s.store.ClearFaults()
					s.store.Fault(f)
				},
				Config:      s.config(`name = "ci"`),
				ExpectError: says(append([]string{"Could not create " + s.Key.Title + " key"}, texts...)...),
			}
		}
		status := func(code int) simulator.Fault { return simulator.Fault{Kind: simulator.FaultStatus, Status: code} }
		blamed := status(http.StatusUnprocessableEntity)
		blamed.Body = `{"detail": [{"loc": ["body", "name"], "msg": "is on the list of forbidden names", "type": "value_error"}]}`
		b.run(
			refused(status(http.StatusUnauthorized), "create the key: 401", "does not accept the credential"),
			refused(status(http.StatusPaymentRequired), "create the key: 402", "out of credits"),
			refused(status(http.StatusForbidden), "create the key: 403", "may not do this"),
			refused(simulator.Fault{Kind: simulator.FaultRateLimit}, "create the key: 429", "limits how many requests"),
			refused(blamed, `with `+s.address(), `name = "ci"`, "rejected this value: is on the list of forbidden names", "create the key: 422"),
			resource.TestStep{
				PreConfig: func() {
					b.expect(tfprotov6.DiagnosticSeverityError, `AttributeName("name")`)
					s.store.ClearFaults()
					if len(s.own()) > 0 {
						t.Errorf("keys were made: %s", describe(s.own()))
					}
				},
				Config: s.config(`name = "ci"`), ConfigStateChecks: []statecheck.StateCheck{s.holds()},
			},
		)
	})
}

// A create without a clear answer is reconciled in the same apply: one key lives,
// and its value is in the state.
func TestAccKey_createAmbiguous(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"500 after":  {Kind: simulator.FaultStatus, Status: http.StatusInternalServerError, After: true},
		"cut after":  {Kind: simulator.FaultCut, After: true},
		"HTML after": {Kind: simulator.FaultHTML, After: true},
		"half body":  {Kind: simulator.FaultHalfBody, After: true},
		"no value":   {Kind: simulator.FaultNoValue},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newHarness(t)
			fault.Operation = simulator.OpCreate
			var config string
			var checks []statecheck.StateCheck
			for _, s := range b.subjects() {
				s.store.Fault(fault)
				config += s.config(`name = "ci"`)
				checks = append(checks, s.holds())
			}
			b.run(resource.TestStep{Config: config, ConfigStateChecks: checks})
			for _, s := range b.subjects() {
				if made := s.own(); len(made) != 2 {
					t.Errorf("%s: %d keys were made, want one that was lost and one that is held: %s", s.Key.Title, len(made), describe(made))
				}
			}
		})
	}
}

// A create that fails without a trace is not repeated on a guess: the apply says
// so, and the next one makes one key.
func TestAccKey_createOutcomeUnknown(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		s.store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultCut})
		s.bench.run(
			resource.TestStep{Config: s.config(`name = "ci"`), ExpectError: says(s.Key.Title+" key may or may not have been created", "create the key", "Apply again")},
			resource.TestStep{Config: s.config(`name = "ci"`), ConfigStateChecks: []statecheck.StateCheck{s.holds()}},
		)
		if made := s.own(); len(made) != 1 {
			t.Errorf("%d keys were made, want 1: %s", len(made), describe(made))
		}
	})
}

// Nothing is made as long as it is not known what there is.
func TestAccKey_createWithoutListing(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		s.store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: http.StatusServiceUnavailable, Times: -1})
		s.bench.run(resource.TestStep{Config: s.config(`name = "ci"`), ExpectError: says("Could not create "+s.Key.Title+" key", "nothing was created", "list the keys: 503")})
		if n := s.store.Requests()[simulator.OpCreate]; n > 0 {
			t.Errorf("%d creates were sent", n)
		}
	})
}

// A name that another live key has, where the service does not allow that: the
// rotation fails with words, and the old key is still held.
func TestAccKey_nameConflict(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		config := func(trigger string) string {
			return s.config(`name = "ci"`, `rotation_triggers = { t = "`+trigger+`" }`)
		}
		s.store.Quirk(simulator.Quirks{UniqueNames: true})
		s.bench.run(
			resource.TestStep{Config: config("1")},
			resource.TestStep{Config: config("2"), ExpectError: says("Could not create "+s.Key.Title+" key", "create the key: 409", "a key like it exists")},
			resource.TestStep{Config: config("1"), PlanOnly: true},
		)
	})
}

// A revoke that fails keeps the key in the state, one without a clear answer is
// reconciled by a listing, and a key that is gone already is no failure.
func TestAccKey_revoke(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		b := s.bench
		fault := func(f simulator.Fault) func() {
			return func() {
				s.store.ClearFaults()
				f.Operation = simulator.OpRevoke
				s.store.Fault(f)
			}
		}
		config, none := s.config(`name = "ci"`), `# the key goes`
		b.run(
			resource.TestStep{Config: config},
			resource.TestStep{
				PreConfig: fault(simulator.Fault{Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: -1}),
				Config:    none, ExpectError: says("Could not revoke "+s.Key.Title+" key", "revoke the key: 403"),
			},
			resource.TestStep{
				PreConfig: fault(simulator.Fault{Kind: simulator.FaultStatus, Status: http.StatusInternalServerError, Times: -1}),
				Config:    none, ExpectError: says("Could not revoke "+s.Key.Title+" key", "revoke the key: 500"),
			},
			resource.TestStep{
				PreConfig: fault(simulator.Fault{Kind: simulator.FaultStatus, Status: http.StatusNotFound, Times: -1}),
				Config:    none, ExpectError: says("Could not revoke "+s.Key.Title+" key", "revoke the key: 404"), // it lives, whatever the answer says
			},
			resource.TestStep{
				PreConfig: fault(simulator.Fault{Kind: simulator.FaultCut, After: true}),
				Config:    none, // cut, but done
			},
			resource.TestStep{PreConfig: s.store.ClearFaults, Config: config},
			resource.TestStep{
				PreConfig: fault(simulator.Fault{Kind: simulator.FaultCut}),
				Config:    none, // cut, not done, and repeated
			},
			resource.TestStep{PreConfig: s.store.ClearFaults, Config: config},
			resource.TestStep{
				PreConfig:        func() { s.revokeOutside() },
				Config:           none,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
		)
		if made := s.own(); len(made) != 3 {
			t.Errorf("%d keys were made, want 3: %s", len(made), describe(made))
		}
	})
}

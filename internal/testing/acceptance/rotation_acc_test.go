package acceptance_test

import (
	"fmt"
	"testing"
	"time"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// A schedule replaces the key in the first plan after its time, says why, and
// never before.
func TestAccKey_rotationAfter(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		b := s.bench
		var first simulator.Record
		config := s.config(`name = "ci"`, `rotate_after = "90d"`)
		b.run(
			resource.TestStep{Config: config, ConfigStateChecks: []statecheck.StateCheck{s.holds()}},
			resource.TestStep{
				PreConfig: func() {
					first = s.only()
					b.clock.Advance(90*24*time.Hour - time.Hour)
				},
				Config:   config,
				PlanOnly: true, // an hour early: nothing to do
			},
			resource.TestStep{
				PreConfig: func() {
					b.expectNone(tfprotov6.DiagnosticSeverityWarning)
					b.clock.Advance(2 * time.Hour)
				},
				Config:           config,
				ConfigPlanChecks: s.action(plancheck.ResourceActionCreateBeforeDestroy),
				ConfigStateChecks: []statecheck.StateCheck{
					s.holds(),
					statecheck.ExpectKnownValue(s.address(), tfjsonpath.New("rotation_due"), knownvalue.Bool(false)),
				},
			},
		)
		b.expect(tfprotov6.DiagnosticSeverityWarning, "Key is due for rotation", first.ID, `rotate_after = "90d"`)
		if made := s.own(); len(made) != 2 {
			t.Errorf("there were %d keys, want 2: %s", len(made), describe(made))
		}
	})
}

// retiring checks the ids of the older keys that are still alive.
func (s subject) retiring(ids ...*simulator.Record) statecheck.StateCheck {
	return stateCheck(func(state *tfjson.State) error {
		values, err := attributes(state, s.address())
		if err != nil {
			return err
		}
		list, _ := values["retiring"].([]any)
		if len(list) != len(ids) {
			return fmt.Errorf("retiring is %v, want %d keys", list, len(ids))
		}
		for i, r := range ids {
			member, _ := list[i].(map[string]any)
			if live, _ := s.store.Get(r.ID); member["id"] != r.ID || !live.Live() {
				return fmt.Errorf("retiring[%d] is %v, want key %s, alive (%t)", i, member, r.ID, live.Live())
			}
		}
		return nil
	})
}

// With an overlap the old key lives on, for as long as was asked, and destroying
// the resource ends both.
func TestAccKey_rotationOverlap(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		b := s.bench
		config := func(trigger string) string {
			return s.config(`name = "ci"`, `rotation_triggers = { t = "`+trigger+`" }
  rotation_overlap = "24h"`)
		}
		var first, second simulator.Record
		b.run(
			resource.TestStep{Config: config("1"), ConfigStateChecks: []statecheck.StateCheck{s.holds()}},
			resource.TestStep{
				PreConfig:        func() { first = s.only() },
				Config:           config("2"),
				ConfigPlanChecks: s.action(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{
					s.retiring(&first),
					statecheck.ExpectKnownValue(s.address(), tfjsonpath.New("duplicate_ids"), knownvalue.SetSizeExact(0)),
				},
			},
			resource.TestStep{
				PreConfig: func() {
					b.expectNone(tfprotov6.DiagnosticSeverityWarning)
					second = s.live()[1]
					b.clock.Advance(23 * time.Hour)
				},
				Config:   config("2"),
				PlanOnly: true,
			},
			resource.TestStep{
				PreConfig:         func() { b.clock.Advance(2 * time.Hour) },
				Config:            config("2"),
				ConfigPlanChecks:  s.action(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{s.holds(), s.retiring()},
			},
			resource.TestStep{ // once more, and destroyed in the middle of the overlap
				Config:            config("3"),
				ConfigStateChecks: []statecheck.StateCheck{s.retiring(&second)},
			},
		)
		if made := s.own(); len(made) != 3 {
			t.Errorf("there were %d keys, want 3: %s", len(made), describe(made))
		}
		b.expect(tfprotov6.DiagnosticSeverityWarning, "Plan revokes keys", first.ID, "its overlap ended on", second.ID, "is revoked with the resource")
	})
}

// A schedule with an overlap rotates in place, and a key revoked outside during
// the overlap costs only itself.
func TestAccKey_rotationOverlapSchedule(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		b := s.bench
		config := s.config(`name = "ci"`, `rotate_after = "30d"
  rotation_overlap = "7d"`)
		var first, second simulator.Record
		b.run(
			resource.TestStep{Config: config},
			resource.TestStep{
				PreConfig: func() {
					first = s.only()
					b.clock.Advance(31 * 24 * time.Hour)
				},
				Config:            config,
				ConfigPlanChecks:  s.action(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{s.retiring(&first)},
			},
			resource.TestStep{
				PreConfig: func() {
					second = s.live()[1]
					if err := s.store.Revoke(second.ID); err != nil {
						t.Fatal(err)
					}
				},
				Config:            config,
				ConfigPlanChecks:  s.action(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{s.retiring(&first)},
			},
		)
		b.expect(tfprotov6.DiagnosticSeverityWarning, "Key is due for rotation", "Key revoked outside of Terraform", second.ID)
	})
}

// OnePin's own call rotates in place and kills the old key at once.
func TestAccOnePinKey_rotationNative(t *testing.T) {
	t.Parallel()
	s := newHarness(t).subject("onepin")
	config := func(trigger string) string {
		return s.config(`name = "leaky"`, `scopes = ["voices:read"]`, `rate_limit_per_min = 7`,
			`rotation_triggers = { t = "`+trigger+`" }
  native_rotation = true`)
	}
	var first simulator.Record
	s.bench.run(
		resource.TestStep{Config: config("1"), ConfigStateChecks: []statecheck.StateCheck{s.holds()}},
		resource.TestStep{
			PreConfig: func() {
				first = s.only()
				s.store.Reset()
			},
			Config:           config("2"),
			ConfigPlanChecks: s.action(plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{
				s.holds(), s.retiring(),
				statecheck.ExpectKnownValue(s.address(), tfjsonpath.New("rate_limit_per_min"), knownvalue.Int64Exact(7)),
			},
		},
	)
	if n := s.store.Requests(); n[simulator.OpRotate] != 1 || n[simulator.OpCreate] != 0 {
		t.Errorf("requests: %v, want one rotate and no create", n)
	}
	if old, _ := s.store.Get(first.ID); old.RotatedTo == "" {
		t.Errorf("key %s was not rotated by the service's call", first.ID)
	}
}

// Triggers that Terraform does not know before the apply count as changed.
func TestAccKey_rotationUnknownTrigger(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		config := func(input string) string {
			return `resource "terraform_data" "t" { input = "` + input + `" }` + "\n" +
				s.config(`name = "ci"`, `rotation_triggers = { t = terraform_data.t.output }`)
		}
		s.bench.run(
			resource.TestStep{Config: config("1"), ConfigStateChecks: []statecheck.StateCheck{s.holds()}},
			resource.TestStep{
				Config:            config("2"),
				ConfigPlanChecks:  s.action(plancheck.ResourceActionCreateBeforeDestroy),
				ConfigStateChecks: []statecheck.StateCheck{s.holds()},
			},
		)
		if made := s.own(); len(made) != 2 {
			t.Errorf("there were %d keys, want 2: %s", len(made), describe(made))
		}
	})
}

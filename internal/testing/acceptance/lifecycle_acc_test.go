package acceptance_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// The main job, for every service: make, rotate, heal, rename, destroy. After
// each step the framework plans twice, and both plans must be empty.
func TestAccSmoke_lifecycle(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		b := s.bench
		var first, second, third simulator.Record
		renaming := plancheck.ResourceActionCreateBeforeDestroy
		if s.Key.CanRename {
			renaming = plancheck.ResourceActionUpdate
		}
		b.run(
			resource.TestStep{
				Config: s.config(`name = "ci"`, `rotation_triggers = { month = "01" }`),
				ConfigStateChecks: []statecheck.StateCheck{
					s.holds(),
					statecheck.ExpectSensitiveValue(s.address(), tfjsonpath.New("key")),
					statecheck.ExpectKnownValue(s.address(), tfjsonpath.New("on_duplicate_name"), knownvalue.StringExact("warn")),
					statecheck.ExpectKnownValue(s.address(), tfjsonpath.New("rotate_at"), knownvalue.Null()),
					statecheck.ExpectKnownValue(s.address(), tfjsonpath.New("rotation_due"), knownvalue.Bool(false)),
					statecheck.ExpectKnownValue(s.address(), tfjsonpath.New("retiring"), knownvalue.ListSizeExact(0)),
					statecheck.ExpectKnownValue(s.address(), tfjsonpath.New("duplicate_ids"), knownvalue.SetSizeExact(0)),
				},
			},
			resource.TestStep{
				PreConfig: func() { first = s.only() },
				Config:    s.config(`name = "ci"`, `rotation_triggers = { month = "02" }`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(s.address(), plancheck.ResourceActionCreateBeforeDestroy),
					plancheck.ExpectUnknownValue(s.address(), tfjsonpath.New("key")),
					plancheck.ExpectSensitiveValue(s.address(), tfjsonpath.New("key")),
				}},
				ConfigStateChecks: []statecheck.StateCheck{s.holds()},
			},
			resource.TestStep{
				PreConfig: func() {
					b.expectNone(tfprotov6.DiagnosticSeverityWarning)
					second = s.revokeOutside()
					old, _ := s.store.Get(first.ID)
					if old.Live() || !second.CreatedAt.Before(old.RevokedAt) {
						t.Errorf("the new key was made at %s, the old one revoked at %s", second.CreatedAt, old.RevokedAt)
					}
				},
				Config:            s.config(`name = "ci"`, `rotation_triggers = { month = "02" }`),
				ConfigPlanChecks:  s.action(plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{s.holds()},
			},
			resource.TestStep{
				PreConfig: func() {
					b.expect(tfprotov6.DiagnosticSeverityWarning, "Key revoked outside of Terraform", second.ID, s.Key.Title)
					third = s.only()
				},
				Config:            s.config(`name = "ci, renamed"`, `rotation_triggers = { month = "02" }`),
				ConfigPlanChecks:  s.action(renaming),
				ConfigStateChecks: []statecheck.StateCheck{s.holds()},
			},
		)
		made := 4
		if s.Key.CanRename {
			made = 3
		}
		if got := s.store.Requests()[simulator.OpCreate]; got != made || len(s.own()) != made {
			t.Errorf("%d keys were made by %d requests, want %d", len(s.own()), got, made)
		}
		if renamed, _ := s.store.Get(third.ID); s.Key.CanRename != (renamed.Name == "ci, renamed") {
			t.Errorf("after the rename the key is named %q", renamed.Name)
		}
	})
}

// Without create_before_destroy a rotation revokes first and makes then.
func TestAccKey_destroyBeforeCreate(t *testing.T) {
	t.Parallel()
	b := newHarness(t)
	var first, second string
	var made []statecheck.StateCheck
	var replaced []plancheck.PlanCheck
	for _, s := range b.subjects() {
		plain := func(trigger string) string {
			return fmt.Sprintf("resource %q \"test\" {\n  name = \"ci\"\n  rotation_triggers = { t = %q }\n}\n", s.kind(), trigger)
		}
		first, second = first+plain("1"), second+plain("2")
		made = append(made, s.holds())
		replaced = append(replaced, plancheck.ExpectResourceAction(s.address(), plancheck.ResourceActionDestroyBeforeCreate))
	}
	b.run(
		resource.TestStep{Config: first, ConfigStateChecks: made},
		resource.TestStep{Config: second, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: replaced}, ConfigStateChecks: made},
	)
	for _, s := range b.subjects() {
		if keys := s.own(); len(keys) != 2 || keys[1].CreatedAt.Before(keys[0].RevokedAt) {
			t.Errorf("%s: %s", s.Key.Title, describe(keys))
		}
	}
}

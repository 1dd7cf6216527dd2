package acceptance_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// duplicate is the title of the warning and of the error.
const duplicate = "Other keys have the same name"

// Another key of the same name is reported, or not, or fails the plan; it lives on.
func TestAccKey_duplicateWarned(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		b := s.bench
		config := func(policy string) string { return s.config(`name = "ci"`, policy) }
		var twin simulator.Record
		b.run(
			resource.TestStep{Config: config("")},
			resource.TestStep{
				PreConfig: func() {
					b.expectNone(tfprotov6.DiagnosticSeverityWarning)
					twin = s.store.Mint("ci")
					b.spare(twin)
				},
				Config: config(""), PlanOnly: true, // a warning is no change
			},
			resource.TestStep{
				PreConfig: func() {
					b.expect(tfprotov6.DiagnosticSeverityWarning, duplicate, twin.ID, "on_duplicate_name", s.Key.Console)
				},
				Config:           config(`on_duplicate_name = "ignore"`),
				ConfigPlanChecks: s.action(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{stateFunc(func() knownvalue.Check {
					return knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact(twin.ID)})
				}, s, "duplicate_ids")},
			},
			resource.TestStep{
				PreConfig: b.forget,
				Config:    config(`on_duplicate_name = "ignore"`), PlanOnly: true,
			},
			resource.TestStep{
				PreConfig: func() { b.expectNone(tfprotov6.DiagnosticSeverityWarning) },
				Config:    config(`on_duplicate_name = "ignore"`),
			},
		)
	})
}

// With "revoke" a duplicate that nobody uses is revoked, and one that is used is
// spared and reported.
func TestAccKey_duplicateRevoke(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		b := s.bench
		config := s.config(`name = "ci"`, `on_duplicate_name = "revoke"`)
		var unused, used simulator.Record
		b.run(
			resource.TestStep{Config: config, ConfigStateChecks: []statecheck.StateCheck{s.holds()}},
			resource.TestStep{
				PreConfig: func() {
					unused, used = s.store.Mint("ci"), s.store.Mint("ci")
					b.spare(used)
					if err := s.store.Use(used.ID); err != nil {
						t.Fatal(err)
					}
				},
				Config:           config,
				ConfigPlanChecks: s.action(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{s.holds(), stateFunc(func() knownvalue.Check {
					return knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact(used.ID)})
				}, s, "duplicate_ids")},
			},
		)
		if r, _ := s.store.Get(unused.ID); r.RevokedBy != simulator.Admin {
			t.Errorf("the unused duplicate was revoked by %q, want the provider", r.RevokedBy)
		}
		b.expect(tfprotov6.DiagnosticSeverityWarning, duplicate, used.ID, "spares them")
	})
}

// Two resources that share a name on purpose live side by side, and each rotates
// alone.
func TestAccKey_duplicateOnPurpose(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		config := func(trigger string) string {
			return s.labelled("a", `name = "shared"`, `on_duplicate_name = "ignore"`, `rotation_triggers = { t = "`+trigger+`" }`) +
				s.labelled("b", `name = "shared"`, `on_duplicate_name = "ignore"`)
		}
		s.bench.run(
			resource.TestStep{Config: config("1")},
			resource.TestStep{
				Config: config("2"),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(s.kind()+".a", plancheck.ResourceActionCreateBeforeDestroy),
					plancheck.ExpectResourceAction(s.kind()+".b", plancheck.ResourceActionNoop),
				}},
			},
		)
		if made := s.own(); len(made) != 3 {
			t.Errorf("%d keys were made, want 3: %s", len(made), describe(made))
		}
	})
}

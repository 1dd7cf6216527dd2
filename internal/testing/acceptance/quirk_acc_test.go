package acceptance_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// Whatever the documentation leaves open, a key is made, seen again, rotated and
// revoked all the same.
func TestAccKey_tolerances(t *testing.T) {
	t.Parallel()
	for name, quirks := range map[string]simulator.Quirks{
		"bare":    {CreateOK: true, OmitNulls: true, Times: simulator.TimesSeconds, RevokeNoContent: true},
		"rich":    {NullStrings: true, ExtraFields: true, Times: simulator.TimesMicros, ReverseOrder: true},
		"offsets": {Times: simulator.TimesOffset, IgnorePaging: true, Errors: simulator.ShapeEmpty},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newHarness(t)
			var first, second string
			var made, rotated []statecheck.StateCheck
			var replaced []plancheck.PlanCheck
			for _, s := range b.subjects() {
				s.store.Quirk(quirks)
				first += s.config(`name = "ci"`, `rotation_triggers = { t = "1" }`)
				second += s.config(`name = "ci"`, `rotation_triggers = { t = "2" }`)
				made, rotated = append(made, s.holds()), append(rotated, s.holds())
				replaced = append(replaced, plancheck.ExpectResourceAction(s.address(), plancheck.ResourceActionCreateBeforeDestroy))
			}
			b.run(
				resource.TestStep{Config: first, ConfigStateChecks: made},
				resource.TestStep{
					Config: second, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: replaced}, ConfigStateChecks: rotated,
				},
			)
			b.expectNone(tfprotov6.DiagnosticSeverityWarning)
		})
	}
}

// 120 keys behind pages of 50 rows, and behind a listing that ignores paging:
// every key is seen, no key twice, and reading them all costs a few pages.
func TestAccExpunctKey_paging(t *testing.T) {
	t.Parallel()
	for name, quirks := range map[string]simulator.Quirks{
		"pages of 50":    {PageCap: 50},
		"ignores paging": {IgnorePaging: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newHarness(t).subject("expunct")
			s.store.Quirk(quirks)
			config := fmt.Sprintf(`resource %q "many" {
  count = 120
  name  = "key ${count.index}"
}
`, s.kind())
			s.bench.run(
				resource.TestStep{Config: config}, // and both plans after it are empty
				resource.TestStep{
					PreConfig: func() {
						if n := len(s.live()); n != 120 {
							t.Errorf("%d keys were made, want 120", n)
						}
						// The oldest stands on the last page.
						if err := s.store.Revoke(s.live()[0].ID); err != nil {
							t.Fatal(err)
						}
						s.store.Reset()
					},
					Config: config + s.config(`name = "one more"`),
				},
			)
			if made := s.own(); len(made) != 122 {
				t.Errorf("%d keys were made in all, want 122", len(made))
			}
			if n := s.store.Requests()[simulator.OpList]; n > 60 {
				t.Errorf("the last step took %d list requests", n)
			}
		})
	}
}

// Tenants are apart: the provider's, one that a resource names, and a change of
// tenant is a new key.
func TestAccExpunctKey_tenant(t *testing.T) {
	t.Parallel()
	s := newHarness(t).subject("expunct")
	s.bench.run(
		resource.TestStep{
			Config:            s.config(`name = "ci"`, `tenant_id = "tenant_a"`),
			ConfigStateChecks: []statecheck.StateCheck{s.holds(), s.is("tenant_id", knownvalue.StringExact("tenant_a"))},
		},
		resource.TestStep{
			ResourceName: s.address(), ImportState: true, ImportStateVerify: true,
			ImportStateId: "tenant_a/name:ci", ImportStateVerifyIgnore: []string{"key"},
		},
		resource.TestStep{
			Config:            s.config(`name = "ci"`, `tenant_id = "tenant_b"`),
			ConfigPlanChecks:  s.action(plancheck.ResourceActionCreateBeforeDestroy),
			ConfigStateChecks: []statecheck.StateCheck{s.holds(), s.is("tenant_id", knownvalue.StringExact("tenant_b"))},
		},
		resource.TestStep{
			PreConfig: func() { s.bench.setenv("EXPUNCT_TENANT_ID", "tenant_b") },
			Config:    s.config(`name = "ci"`),
			PlanOnly:  true, // the same tenant, by the provider's setting
		},
	)
	if made := s.own(); len(made) != 2 || made[0].Scope != "tenant_a" || made[1].Scope != "tenant_b" {
		t.Errorf("keys: %s", describe(made))
	}
}

// A listing may call the identifier id instead of key_id.
func TestAccPioneerKey_idField(t *testing.T) {
	t.Parallel()
	s := newHarness(t).subject("pioneer")
	s.store.Quirk(simulator.Quirks{IDField: "id"})
	s.bench.run(
		resource.TestStep{Config: s.config(`name = "ci"`), ConfigStateChecks: []statecheck.StateCheck{s.holds()}},
		resource.TestStep{Config: s.config(`name = "cd"`), ConfigStateChecks: []statecheck.StateCheck{s.holds()}},
	)
}

// Where the revoke call wants a name, it gets one only if that can mean no other
// key: the right one dies or nobody does.
func TestAccPioneerKey_revokeByName(t *testing.T) {
	t.Parallel()
	s := newHarness(t).subject("pioneer")
	s.store.Quirk(simulator.Quirks{RevokeByName: true})
	var twin simulator.Record
	s.bench.run(
		resource.TestStep{Config: s.config(`name = "ci"`), ConfigStateChecks: []statecheck.StateCheck{s.holds()}},
		resource.TestStep{Config: s.config(`name = "cd"`), ConfigStateChecks: []statecheck.StateCheck{s.holds()}},
		resource.TestStep{
			PreConfig:   func() { twin = s.store.Mint("cd") },
			Config:      `# the key goes`,
			ExpectError: says("Could not revoke Pioneer key", "2 keys have the name", "nothing was revoked"),
		},
		resource.TestStep{
			PreConfig: func() {
				if live := s.live(); len(live) != 2 {
					t.Errorf("live: %s; want both keys named cd", describe(live))
				}
				if err := s.store.Revoke(twin.ID); err != nil {
					t.Fatal(err)
				}
			},
			Config: `# the key goes`,
		},
	)
}

package acceptance_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// is checks a known value of the subject's resource.
func (s subject) is(attribute string, want knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(s.address(), tfjsonpath.New(attribute), want)
}

// scopes is a set of strings.
func scopes(members ...string) knownvalue.Check {
	var all []knownvalue.Check
	for _, m := range members {
		all = append(all, knownvalue.StringExact(m))
	}
	return knownvalue.SetExact(all)
}

// Everything that OnePin can change in place changes in place, and only what has
// changed is sent.
func TestAccOnePinKey_updateInPlace(t *testing.T) {
	t.Parallel()
	s := newHarness(t).subject("onepin")
	s.bench.run(
		resource.TestStep{
			Config: s.config(`name = "bot"`, `scopes = ["voices:read", "workflows:run"]`, `rate_limit_per_min = 100`),
			ConfigStateChecks: []statecheck.StateCheck{
				s.holds(),
				s.is("scopes", scopes("voices:read", "workflows:run")),
				s.is("rate_limit_per_min", knownvalue.Int64Exact(100)),
				s.is("active", knownvalue.Bool(true)),
				s.is("key_type", knownvalue.StringExact("live")),
				s.is("workspace_id", knownvalue.StringExact(s.store.Home())),
			},
		},
		resource.TestStep{
			PreConfig: s.store.Reset,
			Config:    s.config(`name = "bot"`, `scopes = ["workflows:run", "voices:read"]`, `rate_limit_per_min = 100`),
			PlanOnly:  true, // order has no meaning
		},
		resource.TestStep{
			Config:           s.config(`name = "robot"`, `scopes = ["dictionary:read"]`, `rate_limit_per_min = 200`, `active = false`),
			ConfigPlanChecks: s.action(plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{
				s.holds(),
				s.is("scopes", scopes("dictionary:read")),
				s.is("rate_limit_per_min", knownvalue.Int64Exact(200)),
				s.is("active", knownvalue.Bool(false)),
			},
		},
		resource.TestStep{
			PreConfig: func() {
				if n := s.store.Requests()[simulator.OpUpdate]; n != 1 || s.wrote() != 1 {
					t.Errorf("requests: %v, want one update", s.store.Requests())
				}
			},
			Config:            s.config(`name = "robot"`),
			ConfigPlanChecks:  s.action(plancheck.ResourceActionUpdate), // active again, by default
			ConfigStateChecks: []statecheck.StateCheck{s.holds(), s.is("active", knownvalue.Bool(true)), s.is("rate_limit_per_min", knownvalue.Int64Exact(200))},
		},
	)
	if made := s.own(); len(made) != 1 {
		t.Errorf("there were %d keys, want 1: %s", len(made), describe(made))
	}
}

// A key may be born switched off, although the create call cannot say so.
func TestAccOnePinKey_createInactive(t *testing.T) {
	t.Parallel()
	s := newHarness(t).subject("onepin")
	s.bench.run(resource.TestStep{
		Config:            s.config(`name = "spare"`, `active = false`),
		ConfigStateChecks: []statecheck.StateCheck{s.holds(), s.is("active", knownvalue.Bool(false))},
	})
	if r := s.own()[0]; len(r.History) != 3 {
		t.Errorf("the key's life was %v, want made, switched off, revoked", r.History)
	}
}

// Whatever is changed outside is changed back in place; a key that is switched
// off is hidden by the default listing, but it is not gone.
func TestAccOnePinKey_changedOutside(t *testing.T) {
	t.Parallel()
	s := newHarness(t).subject("onepin")
	config := s.config(`name = "bot"`, `scopes = ["voices:read"]`, `rate_limit_per_min = 100`)
	outside := map[string]func(*simulator.Record){
		"active":             func(r *simulator.Record) { r.Active = false },
		"name":               func(r *simulator.Record) { r.Name = "hijacked" },
		"scopes":             func(r *simulator.Record) { r.Attributes["scopes"] = []string{"workflows:write"} },
		"rate_limit_per_min": func(r *simulator.Record) { r.Attributes["rate_limit_per_min"] = nil },
	}
	steps := []resource.TestStep{{Config: config}}
	for _, change := range outside {
		steps = append(steps, resource.TestStep{
			PreConfig: func() {
				if err := s.store.Update(s.only().ID, change); err != nil {
					t.Fatal(err)
				}
			},
			Config:           config,
			ConfigPlanChecks: s.action(plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{
				s.holds(),
				s.is("name", knownvalue.StringExact("bot")),
				s.is("active", knownvalue.Bool(true)),
				s.is("scopes", scopes("voices:read")),
				s.is("rate_limit_per_min", knownvalue.Int64Exact(100)),
			},
		})
	}
	s.bench.run(steps...)
	if made := s.own(); len(made) != 1 {
		t.Errorf("there were %d keys, want 1: %s", len(made), describe(made))
	}
	s.bench.expect(tfprotov6.DiagnosticSeverityWarning, "Key is renamed in place", `from "hijacked" to "bot"`)
}

// In a workspace of 250 keys nothing is mistaken for gone, one that is revoked is
// found out, and a plan asks for no more than what a page or a key costs.
func TestAccOnePinKey_largeWorkspace(t *testing.T) {
	t.Parallel()
	s := newHarness(t).subject("onepin")
	s.bench.spare(s.store.Seed(250, func(i int) string { return fmt.Sprintf("key %d", i) })...)
	var config string
	for i := range 3 {
		config += s.labelled(fmt.Sprintf("k%d", i), fmt.Sprintf(`name = "ours %d"`, i))
	}
	heals := func(label string, action plancheck.ResourceActionType) plancheck.PlanCheck {
		return plancheck.ExpectResourceAction(s.kind()+"."+label, action)
	}
	s.bench.run(
		resource.TestStep{Config: config},
		resource.TestStep{
			PreConfig: s.store.Reset,
			Config:    config,
			PlanOnly:  true,
		},
		resource.TestStep{
			PreConfig: func() {
				if n := s.store.Requests(); n[simulator.OpList]+n[simulator.OpGet] > 6 {
					t.Errorf("a refresh of 3 keys cost %v", n)
				}
				victim := s.live()[slices.IndexFunc(s.live(), func(r simulator.Record) bool { return r.Name == "ours 1" })]
				if err := s.store.Revoke(victim.ID); err != nil {
					t.Fatal(err)
				}
			},
			Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				heals("k0", plancheck.ResourceActionNoop), heals("k1", plancheck.ResourceActionCreate), heals("k2", plancheck.ResourceActionNoop),
			}},
		},
	)
	s.bench.expect(tfprotov6.DiagnosticSeverityWarning, "Key revoked outside of Terraform")
}

// Keys of several workspaces are managed side by side, and a key's workspace
// cannot change under it.
func TestAccOnePinKey_workspace(t *testing.T) {
	t.Parallel()
	s := newHarness(t).subject("onepin")
	other := simulator.UUID()
	s.bench.run(
		resource.TestStep{
			Config:            s.config(`name = "bot"`, `workspace_id = "`+s.store.Home()+`"`),
			ConfigStateChecks: []statecheck.StateCheck{s.holds()},
		},
		resource.TestStep{
			Config:            s.config(`name = "bot"`, `workspace_id = "`+other+`"`),
			ConfigPlanChecks:  s.action(plancheck.ResourceActionCreateBeforeDestroy),
			ConfigStateChecks: []statecheck.StateCheck{s.holds(), s.is("workspace_id", knownvalue.StringExact(other))},
		},
		resource.TestStep{
			ResourceName: s.address(), ImportState: true, ImportStateVerify: true,
			ImportStateId: other + "/name:bot", ImportStateVerifyIgnore: []string{"key"},
		},
	)
	if made := s.own(); len(made) != 2 || made[1].Scope != other {
		t.Errorf("keys: %s", describe(made))
	}
}

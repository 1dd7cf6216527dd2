package acceptance_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// says matches the texts, in this order, however Terraform has wrapped them.
func says(texts ...string) *regexp.Regexp {
	patterns := make([]string, len(texts))
	for i, text := range texts {
		patterns[i] = strings.Join(strings.Fields(regexp.QuoteMeta(text)), `[\s│]+`)
	}
	return regexp.MustCompile(`(?s)` + strings.Join(patterns, `.*`))
}

// A key comes back under every form of import id as it was, but for its value,
// which no service gives twice.
func TestAccKey_import(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		imported := func(id func() string, ignore ...string) resource.TestStep {
			return resource.TestStep{
				ResourceName: s.address(), ImportState: true, ImportStateVerify: true,
				ImportStateIdFunc:       func(*terraform.State) (string, error) { return id(), nil },
				ImportStateVerifyIgnore: append(ignore, "key"),
			}
		}
		steps := []resource.TestStep{
			{Config: s.config(`name = "team/ci"`)},
			imported(func() string { return s.only().ID }),
			imported(func() string { return "name:team/ci" }),
			{ResourceName: s.address(), ImportState: true, ImportStateKind: resource.ImportBlockWithID},
		}
		if s.Key.Scope != "" {
			steps = append(steps,
				imported(func() string { return s.store.Home() + "/" + s.only().ID }, s.Key.Scope),
				imported(func() string { return s.store.Home() + "/name:team/ci" }, s.Key.Scope))
		}
		s.bench.run(steps...)
	})
}

// A key that somebody made by hand is taken over as it is. Only its next
// rotation gives Terraform a value.
func TestAccKey_importTakesOver(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		found := s.store.Mint("by hand")
		s.bench.run(
			resource.TestStep{
				Config: s.config(`name = "by hand"`), ResourceName: s.address(),
				ImportState: true, ImportStatePersist: true, ImportStateId: "name:by hand",
			},
			resource.TestStep{
				PreConfig: s.store.Reset,
				Config:    s.config(`name = "by hand"`),
				PlanOnly:  true, // and nothing to do
			},
			resource.TestStep{
				Config:           s.config(`name = "by hand"`, `rotation_triggers = { month = "01" }`),
				ConfigPlanChecks: s.action(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{
					s.wroteNothing(),
					statecheck.ExpectKnownValue(s.address(), tfjsonpath.New("id"), knownvalue.StringExact(found.ID)),
					statecheck.ExpectKnownValue(s.address(), tfjsonpath.New("key"), knownvalue.Null()),
				},
			},
			resource.TestStep{
				Config:            s.config(`name = "by hand"`, `rotation_triggers = { month = "02" }`),
				ConfigPlanChecks:  s.action(plancheck.ResourceActionCreateBeforeDestroy),
				ConfigStateChecks: []statecheck.StateCheck{s.holds()},
			},
		)
	})
}

// An import that could mean no key, or several, says which there are.
func TestAccKey_importRefused(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		twins := []simulator.Record{s.store.Mint("twin"), s.store.Mint("twin")}
		dead := s.store.Mint("dead")
		s.bench.spare(twins...)
		if err := s.store.Revoke(dead.ID); err != nil {
			t.Fatal(err)
		}
		refused := func(id string, texts ...string) resource.TestStep {
			return resource.TestStep{
				Config: s.config(`name = "twin"`), ResourceName: s.address(),
				ImportState: true, ImportStateId: id, ExpectError: says(texts...),
			}
		}
		steps := []resource.TestStep{
			refused("name:twin", "2 live keys are named", twins[0].ID, twins[1].ID),
			refused("name:nobody", "has no live key named", "The live keys are", twins[0].ID),
			refused("no-such-id", "has no key with the id", "The live keys are", twins[1].ID),
			refused("name:dead", "has no live key named"),
			refused(dead.ID, dead.ID, "The live keys are"),
		}
		s.bench.run(steps...)
		if s.wrote() > 0 {
			t.Errorf("imports have changed something: %v", s.store.Requests())
		}
	})
}

// An identity is enough to find a key.
func TestAccKey_importByIdentity(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		needs(t, identityImport)
		config := s.config(`name = "ci"`)
		identity := map[string]knownvalue.Check{"id": knownvalue.NotNull()}
		if s.Key.Scope != "" {
			identity[s.Key.Scope] = knownvalue.StringExact(s.store.Home())
			config = s.config(`name = "ci"`, s.Key.Scope+` = "`+s.store.Home()+`"`)
		}
		s.bench.run(
			resource.TestStep{Config: config, ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectIdentity(s.address(), identity)}},
			resource.TestStep{ResourceName: s.address(), ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity},
		)
	})
}

package acceptance_test

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

// settingOf is a key whose setting is the output of a resource: where its input
// changes, the setting is known after apply only.
func (s subject) settingOf(input, setting string) string {
	return `resource "terraform_data" "later" { input = ` + input + " }\n" + s.config(`name = "ci"`, setting)
}

// A setting that is not known while planning is planned so that it can be carried
// out whatever it turns out to be: Terraform refuses a second plan that does
// something else.
func TestAccKey_unknownSettings(t *testing.T) {
	t.Parallel()
	const stored, after = `store_key = terraform_data.later.output`, `rotate_after = terraform_data.later.output`
	for name, test := range map[string]struct {
		setting, before, then string
		wait                  time.Duration
	}{
		"store_key turns out false":      {setting: stored, before: "true", then: "false"},
		"due by the new schedule too":    {setting: after, before: `"30d"`, then: `"29d"`, wait: 31 * 24 * time.Hour},
		"due, and a later schedule then": {setting: after, before: `"30d"`, then: `"90d"`, wait: 31 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			eachService(t, func(t *testing.T, s subject) {
				s.bench.run(
					resource.TestStep{Config: s.settingOf(test.before, test.setting), ConfigStateChecks: []statecheck.StateCheck{s.holds()}},
					resource.TestStep{
						PreConfig:        func() { s.bench.clock.Advance(test.wait) },
						Config:           s.settingOf(test.then, test.setting),
						ConfigPlanChecks: s.action(plancheck.ResourceActionCreateBeforeDestroy),
					},
					resource.TestStep{Config: s.settingOf(test.then, test.setting), PlanOnly: true},
				)
				if made := s.own(); len(made) != 2 {
					t.Errorf("%d keys were made, want 2: %s", len(made), describe(made))
				}
			})
		})
	}
}

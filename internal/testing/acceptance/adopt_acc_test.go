package acceptance_test

import (
	"fmt"
	"testing"
	"time"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

// wroteNothing checks that no request has changed anything since the counters
// were reset.
func (s subject) wroteNothing() statecheck.StateCheck {
	return stateCheck(func(*tfjson.State) error {
		if n := s.wrote(); n > 0 {
			return fmt.Errorf("%s got %d requests that change something: %v", s.Key.Title, n, s.store.Requests())
		}
		return nil
	})
}

// What only Terraform knows is an update that sends nothing: taking up rotation
// or dropping it must cost nobody a key.
func TestAccKey_adoptRotation(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		quietly := func(arguments ...string) resource.TestStep {
			return resource.TestStep{
				PreConfig:         s.store.Reset,
				Config:            s.config(append([]string{`name = "ci"`}, arguments...)...),
				ConfigPlanChecks:  s.action(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{s.holds(), s.wroteNothing()},
			}
		}
		scheduled := quietly(`rotate_after = "1d12h"`)
		scheduled.ConfigStateChecks = append(scheduled.ConfigStateChecks, stateCheck(func(state *tfjson.State) error {
			values, err := attributes(state, s.address())
			if want := s.only().CreatedAt.Add(36 * time.Hour).UTC().Format(time.RFC3339); err == nil && values["rotate_at"] != want {
				err = fmt.Errorf("rotate_at is %v, want %s", values["rotate_at"], want)
			}
			return err
		}))
		withoutSchedule := quietly(`rotation_triggers = { month = "02" }
  rotation_overlap = "24h"`)
		withoutSchedule.ConfigStateChecks = append(withoutSchedule.ConfigStateChecks,
			statecheck.ExpectKnownValue(s.address(), tfjsonpath.New("rotate_at"), knownvalue.Null()))
		s.bench.run(
			resource.TestStep{Config: s.config(`name = "ci"`), ConfigStateChecks: []statecheck.StateCheck{s.holds()}},
			quietly(`rotation_triggers = { month = "01" }`), // null → map
			quietly(`rotate_after = "90d"`),                 // map → null, within the object
			scheduled,
			withoutSchedule,
			quietly(), // map → null, with the object
			quietly(`on_duplicate_name = "ignore"`),
		)
		if made := s.own(); len(made) != 1 {
			t.Errorf("there were %d keys, want 1: %s", len(made), describe(made))
		}
	})
}

package acceptance_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

// lockedOut is said whenever the provider would have to revoke its own credential.
func (s subject) lockedOut() []string {
	return []string{"this is the key that the provider itself signs in with", "Create another key"}
}

// A key whose value is the provider's credential can be refreshed, but neither
// rotated nor renamed nor destroyed, in any way: the plan says so.
func TestAccKey_ownCredential(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		b := s.bench
		config := func(trigger, more string) string {
			return s.config(`name = "admin"`, `rotation_triggers = { t = "`+trigger+`" }`, more)
		}
		steps := []resource.TestStep{
			{Config: config("1", ""), ConfigStateChecks: []statecheck.StateCheck{s.holds()}},
			{
				PreConfig: func() { b.signIn(s, s.only().Value); s.store.Reset() },
				Config:    config("1", ""), PlanOnly: true,
			},
			{Config: config("2", ""), PlanOnly: true, ExpectError: says(s.lockedOut()...)},
			{Config: config("2", `rotation_overlap = "24h"`), PlanOnly: true, ExpectError: says(s.lockedOut()...)},
			{Config: config("1", ""), Destroy: true, ExpectError: says(s.lockedOut()...)},
			{Config: `# the key goes`, ExpectError: says(s.lockedOut()...)},
		}
		if s.Key.HasRotate {
			steps = append(steps, resource.TestStep{Config: config("2", `native_rotation = true`), PlanOnly: true, ExpectError: says(s.lockedOut()...)})
		}
		if !s.Key.CanRename {
			steps = append(steps, resource.TestStep{Config: s.config(`name = "root"`), PlanOnly: true, ExpectError: says(s.lockedOut()...)})
		}
		steps = append(steps, resource.TestStep{
			PreConfig: func() {
				if s.wrote() > 0 {
					t.Errorf("something was changed: %v", s.store.Requests())
				}
				b.signIn(s, s.store.Admin())
			},
			Config:            config("2", ""),
			ConfigPlanChecks:  s.action(plancheck.ResourceActionCreateBeforeDestroy),
			ConfigStateChecks: []statecheck.StateCheck{s.holds()},
		})
		b.run(steps...)
	})
}

// An imported key has no value to compare. It is recognised all the same: OnePin
// says who is calling, the others show a part of the value.
func TestAccKey_ownCredentialImported(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		b := s.bench
		own, other := s.store.Mint("admin"), s.store.Mint("other")
		b.signIn(s, own.Value)
		imported := func(name string) resource.TestStep {
			return resource.TestStep{
				Config: s.config(`name = "` + name + `"`), ResourceName: s.address(),
				ImportState: true, ImportStatePersist: true, ImportStateId: "name:" + name,
			}
		}
		b.run(
			imported("admin"),
			resource.TestStep{Config: s.config(`name = "admin"`), PlanOnly: true},
			resource.TestStep{Config: `# the key goes`, ExpectError: says(s.lockedOut()...)},
			resource.TestStep{PreConfig: func() { b.signIn(s, s.store.Admin()) }, Config: `# the key goes`},
			// Another key is no business of this guard's.
			resource.TestStep{PreConfig: func() {
				own = s.store.Mint("admin")
				b.spare(own)
				b.signIn(s, own.Value)
			}, Config: `# nothing`},
			imported("other"),
			resource.TestStep{Config: `# the key goes`},
		)
		if r, _ := s.store.Get(other.ID); r.RevokedBy != own.ID {
			t.Errorf("the other key was revoked by %q, want the provider's credential %s", r.RevokedBy, own.ID)
		}
	})
}

package acceptance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// Under prevent_destroy a due key fails every plan, unless an overlap lets it be
// rotated in place.
func TestAccKey_preventDestroy(t *testing.T) {
	t.Parallel()
	s := newHarness(t).subject("pioneer")
	config := func(rotation string, prevented bool) string {
		text := s.config(`name = "ci"`, `rotate_after = "90d"`, rotation)
		if prevented {
			text = strings.Replace(text, "lifecycle { create_before_destroy = true }", "lifecycle {\n    prevent_destroy       = true\n    create_before_destroy = true\n  }", 1)
		}
		return text
	}
	s.bench.run(
		resource.TestStep{Config: config("", true)},
		resource.TestStep{
			PreConfig:   func() { s.bench.clock.Advance(91 * 24 * time.Hour) },
			Config:      config("", true),
			ExpectError: says("Instance cannot be destroyed"),
		},
		resource.TestStep{
			Config:           config(`rotation_overlap = "24h"`, true),
			ConfigPlanChecks: s.action(plancheck.ResourceActionUpdate),
		},
		resource.TestStep{Config: config(`rotation_overlap = "24h"`, false)}, // so that it can be destroyed
	)
}

// The first plan of a name that exists says so. A rotation that replaces the key does
// not, although Terraform plans the new key once more right before it is created.
func TestAccKey_existingName(t *testing.T) {
	t.Parallel()
	s := newHarness(t).subject("onepin")
	b := s.bench
	var twin simulator.Record
	rotating := func(v string) string {
		return s.config(`name = "ci"`, `rotation_triggers = { t = "`+v+`" }`)
	}
	b.run(
		resource.TestStep{Config: rotating("1")},
		resource.TestStep{Config: rotating("2"), ConfigPlanChecks: s.action(plancheck.ResourceActionCreateBeforeDestroy)},
		resource.TestStep{
			PreConfig: func() {
				b.expectNone(tfprotov6.DiagnosticSeverityWarning)
				twin = s.store.Mint("taken")
				b.spare(twin)
			},
			Config:             rotating("2") + s.labelled("other", `name = "taken"`, `rotate_after = "90d"`, "depends_on = ["+s.address()+"]"), // planned after a key was read
			PlanOnly:           true,
			ExpectNonEmptyPlan: true,
		},
	)
	b.expect(tfprotov6.DiagnosticSeverityWarning, duplicate, twin.ID, `"taken"`, "already")
}

package acceptance_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// many is a data source of many keys with these arguments.
func (s subject) many(label, arguments string) string {
	return fmt.Sprintf("data \"%ss\" %q {\n  %s\n}\n", s.kind(), label, arguments)
}

// A data source finds the keys that it is asked for, the ones of this
// configuration and those of others.
func TestAccKeysDataSource_found(t *testing.T) {
	t.Parallel()
	b := newHarness(t)
	var config string
	var checks []statecheck.StateCheck
	for _, s := range b.subjects() {
		old := s.store.Mint("old")
		b.spare(old)
		b.clock.Advance(time.Minute)
		config += s.config(`name = "ci"`) +
			s.many("all", fmt.Sprintf("depends_on = [%s]", s.address())) +
			s.many("ci", fmt.Sprintf("name_regex = %q\n  depends_on = [%s]", "^ci$", s.address())) +
			s.many("old", fmt.Sprintf("created_before = %q", simulator.Timestamp(old.CreatedAt.Add(time.Millisecond))))
		at := func(label string) string { return "data." + s.kind() + "s." + label }
		ids := []knownvalue.Check{}
		for _, k := range s.store.Live() { // the service's order is that of making
			ids = append(ids, knownvalue.StringExact(k.ID))
		}
		checks = append(checks,
			statecheck.ExpectKnownValue(at("all"), tfjsonpath.New("total"), knownvalue.Int64Exact(4)),
			statecheck.ExpectKnownValue(at("all"), tfjsonpath.New("ids"), knownvalue.ListSizeExact(4)),
			statecheck.ExpectKnownValue(at("ci"), tfjsonpath.New("total"), knownvalue.Int64Exact(4)),
			statecheck.ExpectKnownValue(at("ci"), tfjsonpath.New("keys").AtSliceIndex(0).AtMapKey("name"), knownvalue.StringExact("ci")),
			statecheck.ExpectKnownValue(at("old"), tfjsonpath.New("ids"), knownvalue.ListExact(ids)),
			statecheck.ExpectKnownValue(at("old"), tfjsonpath.New("keys").AtSliceIndex(2).AtMapKey("created_at"), knownvalue.StringExact(simulator.Timestamp(old.CreatedAt))),
		)
	}
	b.run(resource.TestStep{Config: config, ConfigStateChecks: checks})
}

// What cannot be meant is refused while Terraform validates.
func TestAccKeysDataSource_refused(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		refused := func(arguments string, texts ...string) resource.TestStep {
			return resource.TestStep{Config: s.many("test", arguments), ExpectError: says(texts...)}
		}
		steps := []resource.TestStep{
			refused(`name_regex = "("`, "Invalid regular expression", "missing closing )"),
			refused(`created_before = "soon"`, "Invalid time", `"soon" is not a time`),
		}
		if s.Key.ReportsLastUsed {
			steps = append(steps, refused(`unused_for = "-1d"`, "unused_for"), refused(`unused_for = "0s"`, "not positive"))
		} else {
			steps = append(steps, refused(`unused_for = "90d"`, s.Key.Title+" does not report when a key was last used", "created_before"))
		}
		if s.Key.KeepsRevoked {
			steps = append(steps, refused(`status = "dead"`, "active", "revoked", "all"))
		}
		s.bench.run(steps...)
		if n := s.store.Total(); n > 0 {
			t.Errorf("what cannot be right was asked all the same: %v", s.store.Requests())
		}
	})
}

// Check blocks report keys that are stale or that nobody manages, and keep quiet
// otherwise.
func TestAccCLI_checkBlocks(t *testing.T) {
	t.Parallel()
	b := newHarness(t)
	c := newCLI(b)
	text := required
	for _, s := range b.subjects() {
		age := "created_before = timeadd(plantimestamp(), \"-2160h\")"
		if s.Key.ReportsLastUsed {
			age = `unused_for = "90d"`
		}
		text += s.config(`name = "ci"`) + fmt.Sprintf(`
check "%[1]s_stale" {
  data "%[2]ss" "stale" {
    %[3]s
  }
  assert {
    condition     = length(data.%[2]ss.stale.keys) == 0
    error_message = "stale: ${join(", ", data.%[2]ss.stale.keys[*].name)}"
  }
}
check "%[1]s_managed" {
  data "%[2]ss" "all" {
    name_regex = "^ci"
    depends_on = [%[2]s.test]
  }
  assert {
    condition     = length(setsubtract(data.%[2]ss.all.ids, [%[2]s.test.id])) == 0
    error_message = "unmanaged: ${join(", ", setsubtract(data.%[2]ss.all.ids, [%[2]s.test.id]))}"
  }
}
`, s.name(), s.kind(), age)
	}
	c.write("main.tf", text)
	if out := c.run(true, "apply", "-auto-approve"); strings.Contains(out, "Check block") {
		t.Errorf("a check fails that should not:\n%s", out)
	}
	want := []string{}
	for _, s := range b.subjects() {
		stale, unmanaged := s.store.Mint("forgotten by "+s.name()), s.store.Mint("ci by hand")
		if err := s.store.Update(stale.ID, func(k *simulator.Record) { k.CreatedAt = k.CreatedAt.AddDate(0, -6, 0) }); err != nil {
			t.Fatal(err)
		}
		b.spare(stale, unmanaged)
		want = append(want, "stale: "+stale.Name, "unmanaged: "+unmanaged.ID)
	}
	out := strings.Join(strings.Fields(strings.ReplaceAll(c.run(true, "plan"), "│", "")), " ")
	for _, text := range want {
		if !strings.Contains(out, text) {
			t.Errorf("the plan does not say %q:\n%s", text, out)
		}
	}
	c.run(true, "destroy", "-auto-approve")
}

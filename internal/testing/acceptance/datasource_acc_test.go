package acceptance_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// data is a data source with these arguments.
func (s subject) data(label, arguments string) string {
	return fmt.Sprintf("data %q %q {\n  %s\n}\n", s.kind(), label, arguments)
}

// Data sources find a key by id and by name, with what moves by itself and
// without its value.
func TestAccKeyDataSource_found(t *testing.T) {
	t.Parallel()
	b := newHarness(t)
	var config string
	var checks []statecheck.StateCheck
	for _, s := range b.subjects() {
		used, unused := s.store.Mint("used"), s.store.Mint("unused")
		b.spare(used, unused)
		if err := s.store.Use(used.ID); err != nil {
			t.Fatal(err)
		}
		used, _ = s.store.Get(used.ID)
		config += s.data("by_id", fmt.Sprintf("id = %q", unused.ID)) + s.data("by_name", `name = "used"`)
		for label, r := range map[string]simulator.Record{"by_id": unused, "by_name": used} {
			lastUsed := knownvalue.Check(knownvalue.Null())
			if r.Uses > 0 {
				lastUsed = knownvalue.StringExact(simulator.Timestamp(r.LastUsedAt))
			}
			for attribute, want := range map[string]knownvalue.Check{
				"id":           knownvalue.StringExact(r.ID),
				"name":         knownvalue.StringExact(r.Name),
				"created_at":   knownvalue.StringExact(simulator.Timestamp(r.CreatedAt)),
				"last_used_at": lastUsed,
			} {
				checks = append(checks, statecheck.ExpectKnownValue("data."+s.kind()+"."+label, tfjsonpath.New(attribute), want))
			}
		}
	}
	b.run(resource.TestStep{Config: config, ConfigStateChecks: checks})
}

// A data source that could mean none or several says which there are; neither or
// both of its arguments is refused before anything is asked.
func TestAccKeyDataSource_refused(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		twins := []simulator.Record{s.store.Mint("twin"), s.store.Mint("twin")}
		s.bench.spare(twins...)
		refused := func(arguments string, texts ...string) resource.TestStep {
			return resource.TestStep{Config: s.data("test", arguments), ExpectError: says(texts...)}
		}
		s.bench.run(
			refused(`name = "twin"`, "2 live keys are named", twins[0].ID, twins[1].ID),
			refused(`name = "nobody"`, "No such "+s.Key.Title+" key", "has no live key named", twins[0].ID),
			refused(`id = "no-such-id"`, "No such "+s.Key.Title+" key", "has no key with the id", twins[0].ID),
			resource.TestStep{PreConfig: s.store.Reset, Config: `# nothing`},
			refused(``, "Exactly one of these attributes must be configured"),
			refused("id = \"a\"\n  name = \"b\"", "Exactly one of these attributes must be configured"),
			refused(`name = ""`, "string length must be at least 1"),
		)
		if n := s.store.Total(); n > 0 {
			t.Errorf("what cannot be right was asked all the same: %v", s.store.Requests())
		}
	})
}

// A key that is made in the same run is found once it is there.
func TestAccKeyDataSource_ofResource(t *testing.T) {
	t.Parallel()
	b := newHarness(t)
	var config string
	var checks []statecheck.StateCheck
	for _, s := range b.subjects() {
		config += s.config(`name = "ci"`) + s.data("test", fmt.Sprintf("id = %s.id", s.address()))
		checks = append(checks, s.holds(),
			statecheck.ExpectKnownValue("data."+s.address(), tfjsonpath.New("name"), knownvalue.StringExact("ci")))
	}
	b.run(resource.TestStep{Config: config, ConfigStateChecks: checks})
}

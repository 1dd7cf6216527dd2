package acceptance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/querycheck"
	"github.com/hashicorp/terraform-plugin-testing/querycheck/queryfilter"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// query is a list block with these arguments, of it and of its configuration.
func (s subject) query(label, arguments, config string) string {
	return fmt.Sprintf("list %q %q {\n  provider = apikeys\n  %s\n  config {\n    %s\n  }\n}\n", s.kind(), label, arguments, config)
}

// revoking is an action of the service that revokes these keys.
func (s subject) revoking(label string, ids ...string) string {
	return fmt.Sprintf("action \"apikeys_%s_revoke\" %q {\n  config {\n    ids = [\"%s\"]\n  }\n}\n", s.name(), label, strings.Join(ids, `", "`))
}

// terraform query finds keys with their identities and all that is known of them.
func TestAccList_query(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		needs(t, queries)
		var found []simulator.Record
		for i := range 3 {
			found = append(found, s.store.Mint(fmt.Sprintf("found %d", i)))
		}
		s.bench.spare(found...)
		identity := map[string]knownvalue.Check{"id": knownvalue.StringExact(found[1].ID)}
		if s.Key.Scope != "" {
			identity[s.Key.Scope] = knownvalue.StringExact(found[1].Scope)
		}
		config := `name_regex = "^found"`
		if s.Key.Scope != "" {
			config += fmt.Sprintf("\n    %s = %q", s.Key.Scope, found[1].Scope)
		}
		at := s.kind() + ".found"
		s.bench.run(
			resource.TestStep{Config: s.config(`name = "ci"`)},
			resource.TestStep{
				Query:  true,
				Config: "provider \"apikeys\" {}\n" + s.query("found", "include_resource = true", config),
				QueryResultChecks: []querycheck.QueryResultCheck{
					querycheck.ExpectLength(at, 3),
					querycheck.ExpectIdentity(at, identity),
					querycheck.ExpectResourceDisplayName(at, queryfilter.ByResourceIdentity(identity), knownvalue.StringExact("found 1")),
					querycheck.ExpectResourceKnownValues(at, queryfilter.ByResourceIdentity(identity), []querycheck.KnownValueCheck{
						{Path: tfjsonpath.New("name"), KnownValue: knownvalue.StringExact("found 1")},
						{Path: tfjsonpath.New("key"), KnownValue: knownvalue.Null()},
						{Path: tfjsonpath.New("on_duplicate_name"), KnownValue: knownvalue.StringExact("warn")},
						{Path: tfjsonpath.New("created_at"), KnownValue: knownvalue.StringExact(simulator.Timestamp(found[1].CreatedAt))},
					}),
				},
			},
			resource.TestStep{
				Query:             true,
				Config:            "provider \"apikeys\" {}\n" + s.query("found", "limit = 2", ""),
				QueryResultChecks: []querycheck.QueryResultCheck{querycheck.ExpectLength(at, 2)},
			},
			resource.TestStep{
				Query:       true,
				Config:      "provider \"apikeys\" {}\n" + s.query("found", "", `name_regex = "("`),
				ExpectError: says("missing closing )"),
			},
		)
	})
}

// What terraform query writes for the keys of a whole account is taken over by one
// apply, and nothing is sent to the services for it.
func TestAccCLI_queryAdopt(t *testing.T) {
	t.Parallel()
	b := newHarness(t)
	needs(t, queries)
	c := newCLI(b)
	var lists string
	for _, s := range b.subjects() {
		var off []string
		for i := range 12 {
			k := s.store.Mint(fmt.Sprintf("by hand %d", i/2)) // each name twice
			if s.Key.KeepsRevoked && i%5 == 0 {
				off = append(off, k.ID)
			}
		}
		for _, id := range off {
			if err := s.store.Update(id, func(k *simulator.Record) { k.Active = false }); err != nil {
				t.Fatal(err)
			}
		}
		config := `name_regex = "^by hand"`
		if s.Key.KeepsRevoked {
			config += "\n    status = \"all\""
		}
		lists += s.query("adopted", "limit = 1000", config)
	}
	c.write("main.tf", required)
	c.write("keys.tfquery.hcl", lists)
	for _, s := range b.subjects() {
		s.store.Reset()
	}
	out := c.run(true, "query", "-generate-config-out=generated.tf")
	generated, err := os.ReadFile(filepath.Join(c.Dir, "generated.tf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range b.secrets() {
		if strings.Contains(out+string(generated), secret) {
			t.Fatal("the query shows a key's value")
		}
	}
	c.run(true, "apply", "-auto-approve")
	c.run(true, "plan", "-detailed-exitcode") // 2 if there were a change
	state := c.state()
	for _, s := range b.subjects() {
		held := 0
		for address := range state {
			if strings.HasPrefix(address, s.kind()+".") {
				held++
			}
		}
		if held != 12 || s.wrote() != 0 {
			t.Errorf("%s: %d keys adopted, %d changes sent", s.Key.Title, held, s.wrote())
		}
	}
	if err := os.Remove(filepath.Join(c.Dir, "generated.tf")); err != nil {
		t.Fatal(err)
	}
	c.run(true, "apply", "-auto-approve") // no longer configured: revoked
}

// The action revokes what it is given when a resource triggers it, and when it is
// invoked by hand; what goes wrong is reported at the end.
func TestAccCLI_revokeAction(t *testing.T) {
	t.Parallel()
	b := newHarness(t)
	needs(t, actions)
	c := newCLI(b)
	config := required
	var triggered []string
	leaked := map[string][]string{}
	for _, s := range b.subjects() {
		var ids []string
		for i := range 4 {
			ids = append(ids, s.store.Mint(fmt.Sprintf("leaked %d", i)).ID)
		}
		leaked[s.name()] = ids
		config += s.revoking("incident", ids[:2]...) + s.revoking("by_hand", ids[2], ids[2], ids[0], "no-such-id", ids[3])
		triggered = append(triggered, fmt.Sprintf("action.apikeys_%s_revoke.incident", s.name()))
	}
	c.write("main.tf", config+fmt.Sprintf(`
resource "terraform_data" "incident" {
  input = "4711"
  lifecycle {
    action_trigger {
      events  = [after_create]
      actions = [%s]
    }
  }
}
`, strings.Join(triggered, ", ")))
	out := c.run(true, "apply", "-auto-approve")
	for _, s := range b.subjects() {
		ids := leaked[s.name()]
		if !strings.Contains(out, fmt.Sprintf("revoked key %s (\"leaked 1\") (2 of 2)", ids[1])) {
			t.Errorf("%s: no progress is reported:\n%s", s.Key.Title, out)
		}
		if live := s.live(); len(live) != 2 || live[0].ID != ids[2] {
			t.Errorf("%s: live %s", s.Key.Title, describe(live))
		}
		s.store.Reset()
	}
	c.run(true, "plan", "-detailed-exitcode") // 2 if there were a change: it is done once
	for _, s := range b.subjects() {
		if n := s.wrote(); n > 0 {
			t.Errorf("%s: a plan sent %d changes", s.Key.Title, n)
		}
		// Known never to have been: a failure where the service knows.
		out := c.run(!s.Key.KeepsRevoked, "apply", "-auto-approve", fmt.Sprintf("-invoke=action.apikeys_%s_revoke.by_hand", s.name()))
		if !strings.Contains(out, "no-such-id") || !strings.Contains(out, leaked[s.name()][3]) {
			t.Errorf("%s: %s", s.Key.Title, out)
		}
		if live := s.live(); len(live) != 0 {
			t.Errorf("%s: live %s", s.Key.Title, describe(live))
		}
		own := s.store.Mint("own")
		b.spare(own)
		signedIn := slices.Clone(c.Env)
		b.signIn(s, own.Value)
		for name, value := range b.environment() {
			c.Env = append(c.Env, name+"="+value)
		}
		c.write("own.tf", s.revoking("own", own.ID))
		out = c.run(false, "apply", "-auto-approve", fmt.Sprintf("-invoke=action.apikeys_%s_revoke.own", s.name()))
		if !says(s.lockedOut()...).MatchString(out) {
			t.Errorf("%s: %s", s.Key.Title, out)
		}
		b.signIn(s, s.store.Admin())
		c.Env = signedIn
	}
	c.write("own.tf", "")
	c.run(true, "destroy", "-auto-approve")
}

package acceptance_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// givenName is the variable that gives the value of a subject's key.
func (s subject) givenName() string { return s.name() + "_value" }

// givesValue is an import of a key with its value, from an ephemeral variable.
func (s subject) givesValue(label string, r simulator.Record, settings ...string) string {
	settings = append(settings, fmt.Sprintf("name = %q", r.Name), "key_wo = var."+s.givenName(), "key_wo_version = 1")
	return fmt.Sprintf("import {\n  to = %s.%s\n  id = %q\n}\n", s.kind(), label, r.ID) + s.labelled(label, settings...)
}

// ephemeralVariable declares it.
func (s subject) ephemeralVariable() string {
	return fmt.Sprintf("variable %q {\n  type      = string\n  ephemeral = true\n}\n", s.givenName())
}

// give sets the variable. On the command line Terraform would log it.
func (s *storeHarness) give(of subject, value string) {
	s.Env = append(s.Env, "TF_VAR_"+of.givenName()+"="+value)
}

// A key that was created elsewhere is imported together with its value, which goes to
// the secret store and rests nowhere else; another key's value is refused.
func TestAccValue_import(t *testing.T) {
	t.Parallel()
	s := newStoreHarness(t, ephemeralResource, writeOnly)
	var blocks []string
	found := map[string]simulator.Record{}
	for _, of := range s.bench.subjects() {
		r := of.store.Mint("ci")
		found[of.name()] = r
		blocks = append(blocks, of.ephemeralVariable(), of.givesValue("ci", r, "store_key = false"),
			strings.Replace(strings.Replace(stores(of, "ci"), "{ key_id", "{\n  key_id", 1), ".id }", ".id\n  required = var.taking\n}", 1))
		s.give(of, strings.Repeat("-", len(r.Value)))
		of.store.Reset()
	}
	s.configure(append(blocks, "variable \"taking\" {\n  default = false\n}\n")...)
	s.Env = append(s.Env, "TF_VAR_taking=true") // the plan opens apikeys_key_value too, as the id is known
	out := unwrapped(s.run(false, "plan"))
	for _, of := range s.bench.subjects() {
		if !strings.Contains(out, "This is not the value of key "+found[of.name()].ID) {
			t.Errorf("%s: the wrong value is not refused:\n%s", of.Key.Title, out)
		}
		s.give(of, found[of.name()].Value)
	}
	s.saved("import.tfplan")
	s.Env = append(s.Env, "TF_VAR_taking=false")
	s.run(true, "plan", "-detailed-exitcode")
	for _, of := range s.bench.subjects() {
		s.wrote(of, "ci", 1)
		if held := s.state()[of.kind()+".ci"]; of.wrote() > 0 || held["id"] != found[of.name()].ID || held["key"] != nil || held["key_wo"] != nil {
			t.Errorf("%s: sent %v, the state holds %v", of.Key.Title, of.store.Requests(), held)
		}
	}
	s.run(true, "destroy", "-auto-approve")
	s.silent(true, s.values()...)
}

// A key that only a person can create is rotated in steps that leave nobody without
// one: the next key is imported at another address, what uses it switches over, the old
// one goes, and the next one takes its address.
func TestAccValue_rotatedByHand(t *testing.T) {
	t.Parallel()
	s := newStoreHarness(t, ephemeralResource, writeOnly)
	for _, of := range s.bench.subjects() {
		first := of.store.Mint("ci")
		secret := func(label string) string {
			return fmt.Sprintf("resource \"secretstore_secret\" \"ci\" {\n  name = %q\n  value_wo = %s.%s.key\n  value_wo_version = %[2]s.%[3]s.key_version\n}\n", of.name()+"_ci", of.kind(), label)
		}
		stored := func(r simulator.Record, times int) {
			t.Helper()
			if digests := s.writes(of.name() + "_ci"); len(digests) != times || digests[times-1] != digest(r.Value) {
				t.Errorf("%s: %d writes, want %d, the last one of key %s", of.Key.Title, len(digests), times, r.ID)
			}
		}
		apply := func(r simulator.Record) {
			t.Helper()
			s.give(of, r.Value)
			s.run(true, "apply", "-auto-approve")
		}

		s.configure(of.ephemeralVariable(), of.givesValue("ci", first), secret("ci"))
		apply(first)
		stored(first, 1)
		old := of.labelled("ci", `name = "ci"`)
		s.configure(old, secret("ci"))
		s.run(true, "apply", "-auto-approve")

		next := of.store.Mint("ci")
		of.store.Reset()
		s.configure(of.ephemeralVariable(), old, of.givesValue("ci_next", next), secret("ci_next"))
		apply(next)
		stored(next, 2)
		if n := len(of.live()); n != 2 || of.wrote() > 0 {
			t.Errorf("%s: %d live keys, sent %v", of.Key.Title, n, of.store.Requests())
		}
		s.configure(of.labelled("ci_next", `name = "ci"`), secret("ci_next"))
		s.run(true, "apply", "-auto-approve")
		if of.only().ID != next.ID {
			t.Errorf("%s: live: %s", of.Key.Title, describe(of.live()))
		}
		s.configure(fmt.Sprintf("moved {\n  from = %[1]s.ci_next\n  to   = %[1]s.ci\n}\n", of.kind()), old, secret("ci"))
		s.run(true, "apply", "-auto-approve")
		stored(next, 2)
		if held := s.state()[of.kind()+".ci"]; of.only().ID != next.ID || held["id"] != next.ID || held["key"] != next.Value {
			t.Errorf("%s: live: %s, the state holds %v", of.Key.Title, describe(of.live()), held["id"])
		}
		s.run(true, "plan", "-detailed-exitcode")
		s.run(true, "destroy", "-auto-approve")
	}
}

// A key from a dashboard is imported with its value, and another one takes over while
// both live.
func dashboardKeys(k *recipeHarness) {
	s := k.bench.subject("pioneer")
	type entry map[string]any
	run := func(keys map[string]entry, values map[string]string, current simulator.Record, label string) {
		k.t.Helper()
		k.vars(map[string]any{"keys": keys, "values": values, "current": label})
		k.apply()
		k.planEmpty()
		var value string
		k.output("key", &value)
		if value != current.Value {
			k.t.Errorf("the output is not the value of key %s", current.ID)
		}
	}
	a := s.store.Mint("ci")
	s.store.Reset()
	run(map[string]entry{"a": {"id": a.ID, "take_value": true}}, map[string]string{"a": a.Value}, a, "a")
	run(map[string]entry{"a": {"id": a.ID}}, map[string]string{}, a, "a")
	b := s.store.Mint("ci")
	run(map[string]entry{"a": {"id": a.ID}, "b": {"id": b.ID, "take_value": true}}, map[string]string{"b": b.Value}, b, "b")
	if n := len(s.live()); n != 2 {
		k.t.Errorf("%d live keys while one takes over", n)
	}
	k.quiet()
	run(map[string]entry{"b": {"id": b.ID}}, map[string]string{}, b, "b")
	if s.only().ID != b.ID {
		k.t.Errorf("live: %s", describe(s.live()))
	}
}

package provider_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// What is encrypted can be opened inside a run: into a sensitive output with an
// ordinary identity, and with an ephemeral one only into a write-only argument.
func TestAccStorage_decrypt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	recipient, identity := keys(t)
	_, other := keys(t)
	var sealed []string
	for _, of := range s.bench.subjects() {
		sealed = append(sealed, of.labelled("ci", `name = "ci"`, fmt.Sprintf("encrypt_to = [%q]", recipient)))
	}
	opened := func(of subject) string {
		return fmt.Sprintf("provider::apikeys::decrypt(%s.ci.encrypted_key, var.identity)", of.kind())
	}
	output := func(mark string) string {
		var blocks string
		for _, of := range s.bench.subjects() {
			blocks += fmt.Sprintf("output %q {\n  value = %s\n  %s\n}\n", of.name(), opened(of), mark)
		}
		return blocks
	}
	variable := func(mark string) string { return "variable \"identity\" {\n  type = string\n  " + mark + "\n}\n" }
	plain := s.env
	s.env = slices.Concat(plain, []string{"TF_VAR_identity=" + identity})

	// Ephemeral: Terraform refuses an output, and a write-only argument takes it.
	ephemeral := slices.Concat(sealed, []string{variable("ephemeral = true\n  sensitive = true")})
	s.configure(slices.Concat(ephemeral, []string{output("sensitive = true")})...)
	if out := s.run(false, "plan"); !strings.Contains(out, "phemeral value not allowed") {
		t.Errorf("an ephemeral value goes to an output:\n%s", out)
	}
	for _, of := range s.bench.subjects() {
		ephemeral = append(ephemeral, fmt.Sprintf("resource \"secretstore_secret\" %q {\n  name = %[1]q\n  value_wo = %s\n  value_wo_version = %s.ci.key_version\n}\n",
			of.name()+"_ci", opened(of), of.kind()))
	}
	s.configure(ephemeral...)
	s.run(true, "plan", "-out=ephemeral.tfplan")
	s.run(true, "apply", "ephemeral.tfplan")
	for _, of := range s.bench.subjects() {
		s.wrote(of, "ci", 1)
	}
	values := s.values()
	s.silent(true, append(values, identity)...)

	// Ordinary: as sensitive as the identity.
	s.configure(slices.Concat(sealed, []string{variable("sensitive = true"), output("")})...)
	if out := s.run(false, "plan"); !strings.Contains(out, "sensitive") {
		t.Errorf("the value is not marked:\n%s", out)
	}
	s.configure(slices.Concat(sealed, []string{variable("sensitive = true"), output("sensitive = true")})...)
	s.run(true, "apply", "-auto-approve")
	for _, of := range s.bench.subjects() {
		if got := s.cli.run(true, "output", "-raw", of.name()); got != of.only().Value {
			t.Errorf("%s: the output is not the value", of.name())
		}
	}
	s.env = slices.Concat(plain, []string{"TF_VAR_identity=" + other})
	if out := s.run(false, "plan"); strings.Contains(out, other) || !strings.Contains(out, "decrypt") {
		t.Errorf("another identity:\n%s", strings.ReplaceAll(out, other, "THE IDENTITY"))
	}
	s.env = slices.Concat(plain, []string{"TF_VAR_identity=" + identity})
	s.run(true, "destroy", "-auto-approve")
	s.silent(false, append(values, identity, other)...)
}

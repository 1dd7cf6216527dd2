package acceptance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// vault is a shop with a key at each service, encrypted to an identity that the
// environment has as a variable.
type vault struct {
	*storeHarness
	identity string
	sealed   []string // the blocks of the keys
	plain    []string // the environment without the identity
}

func newVault(t *testing.T, features ...feature) *vault {
	t.Helper()
	v := &vault{storeHarness: newStoreHarness(t, features...)}
	recipient, identity := keys(t)
	v.identity, v.plain = identity, v.Env
	for _, of := range v.bench.subjects() {
		v.sealed = append(v.sealed, of.labelled("ci", `name = "ci"`, fmt.Sprintf("encrypt_to = [%q]", recipient)))
	}
	v.identify(identity)
	return v
}

// identify puts an identity into the environment.
func (v *vault) identify(identity string) {
	v.Env = slices.Concat(v.plain, []string{"TF_VAR_identity=" + identity})
}

// opened is an expression for the value of a key.
func opened(of subject) string {
	return fmt.Sprintf("provider::apikeys::decrypt(%s.ci.encrypted_key, var.identity)", of.kind())
}

// outputs are the values as outputs.
func (v *vault) outputs(mark string) string {
	var blocks string
	for _, of := range v.bench.subjects() {
		blocks += fmt.Sprintf("output %q {\n  value = %s\n  %s\n}\n", of.name(), opened(of), mark)
	}
	return blocks
}

// identityVariable declares the variable.
func identityVariable(mark string) string {
	return "variable \"identity\" {\n  type = string\n  " + mark + "\n}\n"
}

// What is encrypted can be opened inside a run, and is as sensitive as the identity.
func TestAccStorage_decrypt(t *testing.T) {
	t.Parallel()
	v := newVault(t, pluginFunctions)
	_, other := keys(t)
	v.configure(slices.Concat(v.sealed, []string{identityVariable("sensitive = true")})...)
	v.run(true, "apply", "-auto-approve") // Terraform 1.8 marks no unknown result
	v.configure(slices.Concat(v.sealed, []string{identityVariable("sensitive = true"), v.outputs("")})...)
	if out := v.run(false, "plan"); !strings.Contains(out, "sensitive") {
		t.Errorf("the value is not marked:\n%s", out)
	}
	v.configure(slices.Concat(v.sealed, []string{identityVariable("sensitive = true"), v.outputs("sensitive = true")})...)
	v.run(true, "apply", "-auto-approve")
	values := v.values()
	for _, of := range v.bench.subjects() {
		if got := v.cli.run(true, "output", "-raw", of.name()); got != of.only().Value {
			t.Errorf("%s: the output is not the value", of.name())
		}
	}
	v.identify(other)
	if out := v.run(false, "plan"); strings.Contains(out, other) || !strings.Contains(out, "decrypt") {
		t.Errorf("another identity:\n%s", strings.ReplaceAll(out, other, "THE IDENTITY"))
	}
	v.identify(v.identity)
	v.run(true, "destroy", "-auto-approve")
	v.silent(false, append(values, v.identity, other)...)
}

// What an ephemeral identity opens goes to write-only arguments, and not to an output.
func TestAccStorage_decryptEphemeral(t *testing.T) {
	t.Parallel()
	v := newVault(t, pluginFunctions, ephemeralResource, writeOnly)
	blocks := slices.Concat(v.sealed, []string{identityVariable("ephemeral = true\n  sensitive = true")})
	v.configure(slices.Concat(blocks, []string{v.outputs("sensitive = true")})...)
	// In the words of Terraform, or in those of OpenTofu.
	if out := v.run(false, "plan"); !strings.Contains(out, "phemeral value not allowed") && !strings.Contains(out, "does not allow ephemeral value") {
		t.Errorf("an ephemeral value goes to an output:\n%s", out)
	}
	for _, of := range v.bench.subjects() {
		blocks = append(blocks, fmt.Sprintf("resource \"secretstore_secret\" %q {\n  name = %[1]q\n  value_wo = %s\n  value_wo_version = %s.ci.key_version\n}\n",
			of.name()+"_ci", opened(of), of.kind()))
	}
	v.configure(blocks...)
	v.run(true, "plan", "-out=ephemeral.tfplan")
	v.run(true, "apply", "ephemeral.tfplan")
	for _, of := range v.bench.subjects() {
		v.wrote(of, "ci", 1)
	}
	values := v.values()
	v.run(true, "destroy", "-auto-approve")
	v.silent(true, append(values, v.identity)...)
}

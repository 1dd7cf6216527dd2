package acceptance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
)

// credential is the setting that signs requests.
func (s subject) credential() services.Setting {
	for _, setting := range s.Settings {
		if setting.Sensitive && !setting.List {
			return setting
		}
	}
	return services.Setting{}
}

// providerBlock configures the provider with settings of one service.
func (s subject) providerBlock(settings ...string) string {
	block := "provider \"apikeys\" {\n  " + s.name() + " {\n"
	for _, setting := range settings {
		block += "    " + setting + "\n"
	}
	return block + "  }\n}\n"
}

// A credential that is missing is one error, which says what to set and where
// keys come from; services that nobody uses need none. One that cannot be sent is
// refused without being quoted.
func TestAccProvider_badCredential(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		b := s.bench
		for _, other := range b.subjects() {
			b.signIn(other, "")
		}
		c := s.credential()
		attribute := s.name() + "." + c.Name
		b.run(
			resource.TestStep{
				Config:      s.config(`name = "ci"`),
				ExpectError: says("no credential is set", c.Env[0], "attribute "+attribute, s.Key.Console, "Nothing was sent"),
			},
			resource.TestStep{
				PreConfig:   func() { b.signIn(s, "two words") },
				Config:      s.config(`name = "ci"`),
				ExpectError: says(c.Env[0], "cannot be used"),
			},
			resource.TestStep{
				Config:      s.providerBlock(c.Name+` = "a\tb"`) + s.config(`name = "ci"`),
				ExpectError: says("attribute "+attribute, "cannot be used"),
			},
			resource.TestStep{
				PreConfig:   func() { b.signIn(s, s.store.Admin()) },
				Config:      s.providerBlock(`base_url = "http://keys.example.com"`) + s.config(`name = "ci"`),
				ExpectError: says(s.Key.Title, "base_url", "https"),
			},
			resource.TestStep{
				Config:      s.providerBlock(`base_url = "https://user:secret@keys.example.com"`) + s.config(`name = "ci"`),
				ExpectError: says(s.Key.Title, "base_url", "cannot be used"),
			},
		)
		if n := s.store.Total(); n > 0 {
			t.Errorf("%s was asked: %v", s.Key.Title, s.store.Requests())
		}
	})
}

// An attribute wins over the environment.
func TestAccProvider_attributeWins(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		b := s.bench
		b.signIn(s, "of-somebody-else")
		b.moveTo(s, "http://127.0.0.1:9")
		b.run(resource.TestStep{
			Config: s.providerBlock(fmt.Sprintf("%s = %q", s.credential().Name, s.store.Admin()), fmt.Sprintf("base_url = %q", b.URL(s.name()))) +
				s.config(`name = "ci"`),
			ConfigStateChecks: []statecheck.StateCheck{s.holds()},
		})
	})
}

// Settings that another resource makes are waited for, never treated as empty,
// and a key whose provider cannot be used yet is neither lost nor replaced.
func TestAccProvider_unknownCredential(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		b := s.bench
		b.signIn(s, "") // so that an empty setting could not go unnoticed
		config := func(credential string, arguments ...string) string {
			return fmt.Sprintf("resource \"terraform_data\" \"credential\" {\n  input = %q\n}\n", credential) +
				s.providerBlock(s.credential().Name+" = terraform_data.credential.output") + s.config(arguments...)
		}
		next := s.store.Mint("the next credential")
		b.spare(next)
		b.run(
			resource.TestStep{
				Config:            config(s.store.Admin(), `name = "ci"`),
				ConfigPlanChecks:  s.action(plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{s.holds()},
			},
			resource.TestStep{
				PreConfig:        b.forget,
				Config:           config(next.Value, `name = "ci"`),
				ConfigPlanChecks: s.action(plancheck.ResourceActionNoop),
			},
		)
		b.expect(tfprotov6.DiagnosticSeverityWarning, "Key not refreshed", s.name()+"."+s.credential().Name)
		b.expectNone(tfprotov6.DiagnosticSeverityError)
		if len(s.own()) != 1 {
			t.Errorf("keys: %s", describe(s.own()))
		}
	})
}

// OnePin's bearer may come from a variable of its own CLI or from a program.
func TestAccOnePinProvider_bearers(t *testing.T) {
	t.Parallel()
	b := newHarness(t)
	s := b.subject("onepin")
	config := s.config(`name = "ci"`)
	command := fmt.Sprintf(`token_command = ["printf", "%%s", %q]`, s.store.Admin())
	b.run(
		resource.TestStep{
			PreConfig: func() {
				b.setenv("ONEPIN_TOKEN", "")
				b.setenv("ONEPIN_API_KEY", s.store.Admin())
			},
			Config: config, ConfigStateChecks: []statecheck.StateCheck{s.holds()},
		},
		resource.TestStep{
			PreConfig: func() { b.setenv("ONEPIN_TOKEN", "comes-first") },
			Config:    config, PlanOnly: true, ExpectError: says("OnePin", "401"),
		},
		resource.TestStep{Config: s.providerBlock(command) + config, PlanOnly: true},
		resource.TestStep{
			Config: s.providerBlock(command, `token = "x"`) + config, PlanOnly: true,
			ExpectError: says("onepin.token and onepin.token_command are both set"),
		},
		resource.TestStep{
			PreConfig: func() { b.setenv("ONEPIN_TOKEN", s.store.Session(1e9)) },
			Config:    s.providerBlock(fmt.Sprintf(`token_command = ["printf", "%%s", %q]`, s.store.Session(1e18))) + config, PlanOnly: true,
		},
		resource.TestStep{PreConfig: func() { b.setenv("ONEPIN_TOKEN", s.store.Admin()) }, Config: config, PlanOnly: true},
	)
}

// OnePin's own CLI keeps a key in the home folder, which is taken from there
// unless others may read it. All tests share the home, so this one runs alone.
func TestAccOnePinProvider_credentialsFile(t *testing.T) {
	b := newHarness(t)
	s := b.subject("onepin")
	b.setenv("ONEPIN_TOKEN", "")
	b.setenv("ONEPIN_BASE_URL", "")
	file := filepath.Join(os.Getenv("HOME"), ".onepin", "credentials")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(filepath.Dir(file)) })
	content := fmt.Sprintf("[default]\napi_key = %q\nbase_url = %q\n", s.store.Admin(), b.URL("onepin"))
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	mode := func(m os.FileMode) func() {
		return func() {
			if err := os.Chmod(file, m); err != nil {
				t.Fatal(err)
			}
		}
	}
	config := s.config(`name = "ci"`)
	b.run(
		resource.TestStep{PreConfig: mode(0o644), Config: config, ExpectError: says("may be read by others", "chmod 600")},
		resource.TestStep{PreConfig: mode(0o600), Config: config, ConfigStateChecks: []statecheck.StateCheck{s.holds()}},
	)
	b.expect(tfprotov6.DiagnosticSeverityError, "(mode 0644)")
}

package acceptance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/terraform"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// cli is real Terraform with the provider as a program of its own, logging all
// that can be logged.
type cli struct {
	*terraform.CLI
	t *testing.T
}

// pluginFolder is where the plugins are, which are built once.
var pluginFolder = sync.OnceValues(func() (string, error) {
	bin := filepath.Join(os.Getenv("HOME"), "bin")
	return bin, terraform.BuildPlugins(context.Background(), bin)
})

// newCLI makes Terraform use the provider that was built.
func newCLI(b *harness) *cli {
	b.t.Helper()
	bin, err := pluginFolder()
	if err != nil {
		b.t.Fatal(err)
	}
	dir := b.t.TempDir()
	env := append(b.variables(), "TF_LOG=TRACE", "TF_LOG_PATH="+filepath.Join(dir, "trace.log"))
	installed, err := terraform.New(dir, terraform.DevOverrides(bin), env...)
	if err != nil {
		b.t.Fatal(err)
	}
	return &cli{CLI: installed, t: b.t}
}

// in returns a CLI of another test and folder, with more variables.
func (c *cli) in(t *testing.T, dir string, env ...string) *cli {
	return &cli{CLI: c.In(dir, env...), t: t}
}

func (c *cli) log() string { return filepath.Join(c.Dir, "trace.log") }

func (c *cli) write(name, content string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.Dir, name), []byte(content), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// run runs a Terraform command and returns all that it has printed.
func (c *cli) run(succeeds bool, args ...string) string {
	c.t.Helper()
	r, err := c.Exec(c.t.Context(), args...)
	if err != nil {
		c.t.Fatal(err)
	}
	if (r.Status == 0) != succeeds {
		c.t.Fatalf("terraform %s: status %d\n%s", strings.Join(args, " "), r.Status, r.Output)
	}
	return r.Output
}

// start starts a Terraform command and waits for a moment in it, at most a minute.
func (c *cli) start(moment func() bool, args ...string) *terraform.Process {
	c.t.Helper()
	p, err := c.Start(c.t.Context(), args...)
	if err != nil {
		c.t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); !moment(); {
		if time.Now().After(deadline) {
			c.t.Error("the moment never came")
			break
		}
		<-time.After(5 * time.Millisecond)
	}
	return p
}

// state is what Terraform holds, by resource and its attributes.
func (c *cli) state() map[string]map[string]any {
	c.t.Helper()
	var file struct {
		Resources []struct {
			Type, Name string
			Instances  []struct{ Attributes map[string]any }
		}
	}
	content, err := os.ReadFile(filepath.Join(c.Dir, "terraform.tfstate"))
	if err == nil {
		err = json.Unmarshal(content, &file)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	all := map[string]map[string]any{}
	for _, r := range file.Resources {
		all[r.Type+"."+r.Name] = r.Instances[0].Attributes
	}
	return all
}

// The provider as users run it: two configurations at once, each with a scope of
// its own; values in the state, and neither in any log nor on the screen.
func TestAccProvider_binary(t *testing.T) {
	t.Parallel()
	b := newHarness(t)
	c := newCLI(b)
	scopes := map[string]string{"a": simulator.UUID(), "b": simulator.UUID()}
	config := func(trigger string) string {
		text := "terraform {\n  required_providers {\n    apikeys = { source = \"terraform-apikeys/apikeys\" }\n  }\n}\n"
		for label, scope := range scopes {
			text += fmt.Sprintf("provider \"apikeys\" {\n  alias = %q\n", label)
			for _, s := range b.subjects() {
				if s.Key.Scope != "" {
					text += fmt.Sprintf("  %s { %s = %q }\n", s.name(), s.Key.Scope, scope)
				}
			}
			text += "}\n"
			for _, s := range b.subjects() {
				text += s.labelled(label, "provider = apikeys."+label, fmt.Sprintf("name = %q", label),
					fmt.Sprintf("rotation_triggers = { t = %q }", trigger))
			}
		}
		return text
	}
	var printed strings.Builder
	holds := func(keys int) {
		t.Helper()
		state := c.state()
		for _, s := range b.subjects() {
			if n := len(s.own()); n != keys || len(s.live()) != 2 {
				t.Errorf("%s: %d keys, want %d of which 2 live: %s", s.Key.Title, n, keys, describe(s.own()))
			}
			for _, r := range s.live() {
				if s.Key.Scope != "" && r.Scope != scopes[r.Name] {
					t.Errorf("%s: key %q was made in %q, want %q", s.Key.Title, r.Name, r.Scope, scopes[r.Name])
				}
				if held := state[s.kind()+"."+r.Name]; held["id"] != r.ID || held["key"] != r.Value {
					t.Errorf("%s: the state does not hold key %s with its value", s.Key.Title, r.ID)
				}
			}
		}
	}
	c.write("main.tf", config("1"))
	printed.WriteString(c.run(true, "apply", "-auto-approve"))
	holds(2)
	printed.WriteString(c.run(true, "plan", "-detailed-exitcode")) // 2 if there were a change
	c.write("main.tf", config("2"))
	printed.WriteString(c.run(true, "apply", "-auto-approve"))
	holds(4)
	for _, s := range b.subjects() {
		s.store.Fault(simulator.Fault{Kind: simulator.FaultStatus, Status: 401, Times: -1, Body: `{"detail": "bad key ` + s.store.Admin() + `"}`})
	}
	printed.WriteString(c.run(false, "plan"))
	for _, s := range b.subjects() {
		s.store.ClearFaults()
	}
	printed.WriteString(c.run(true, "destroy", "-auto-approve"))

	log, err := os.ReadFile(c.log())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range b.subjects() {
		if !strings.Contains(printed.String(), s.Key.Title+": list the keys: 401") {
			t.Errorf("the refused credential of %s was not reported", s.Key.Title)
		}
	}
	for _, route := range []string{"POST /create-api-key", "POST /api/v1/api-keys", "POST /api-keys", "DELETE /api-keys/{key_id}"} {
		if !strings.Contains(string(log), route) {
			t.Errorf("the log does not hold %q, so that it proves nothing", route)
		}
	}
	for _, secret := range b.secrets() {
		if strings.Contains(string(log), secret) {
			t.Error("the log holds the value of a key")
		}
		if strings.Contains(printed.String(), secret) {
			t.Error("the value of a key was printed")
		}
	}
}

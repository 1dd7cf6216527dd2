package acceptance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

const required = "terraform {\n  required_providers {\n    apikeys = { source = \"terraform-apikeys/apikeys\" }\n  }\n}\n"

// Fifty keys a service that were made by hand: imported by name, with the
// configuration that Terraform writes for them, they plan empty.
func TestAccCLI_generatedConfig(t *testing.T) {
	t.Parallel()
	b := newHarness(t)
	c := newCLI(b)
	var imports strings.Builder
	for _, s := range b.subjects() {
		for i := range 50 {
			r := s.store.Mint(fmt.Sprintf("by hand %d", i))
			id := "name:" + r.Name
			if i%2 == 1 {
				id = r.ID
			}
			fmt.Fprintf(&imports, "import {\n  to = %s.k%d\n  id = %q\n}\n", s.kind(), i, id)
		}
	}
	c.write("main.tf", required)
	c.write("imports.tf", imports.String())
	c.run(true, "plan", "-generate-config-out=generated.tf")
	for _, s := range b.subjects() {
		s.store.Reset()
	}
	c.run(true, "apply", "-auto-approve")
	c.run(true, "plan", "-detailed-exitcode") // 2 if there were a change
	for _, s := range b.subjects() {
		if n := s.wrote(); n != 0 {
			t.Errorf("%s: importing sent %d changes", s.Key.Title, n)
		}
	}
	c.write("imports.tf", "")
	if err := os.Remove(filepath.Join(c.Dir, "generated.tf")); err != nil {
		t.Fatal(err)
	}
	c.run(true, "apply", "-auto-approve") // no longer configured: revoked
}

// A moved block gives a key another address, and nothing else happens.
func TestAccCLI_moved(t *testing.T) {
	t.Parallel()
	b := newHarness(t)
	c := newCLI(b)
	config := func(label string) string {
		text := required
		for _, s := range b.subjects() {
			text += s.labelled(label, `name = "ci"`)
		}
		return text
	}
	c.write("main.tf", config("old"))
	c.run(true, "apply", "-auto-approve")
	moves := ""
	for _, s := range b.subjects() {
		moves += fmt.Sprintf("moved {\n  from = %s.old\n  to = %s.new\n}\n", s.kind(), s.kind())
		s.store.Reset()
	}
	c.write("main.tf", config("new")+moves)
	c.run(true, "apply", "-auto-approve")
	state := c.state()
	for _, s := range b.subjects() {
		if held := state[s.kind()+".new"]; s.wrote() != 0 || held["id"] != s.only().ID {
			t.Errorf("%s: the move sent %d changes, and the state holds %v", s.Key.Title, s.wrote(), held["id"])
		}
	}
	c.run(true, "plan", "-detailed-exitcode")
	c.run(true, "destroy", "-auto-approve")
}

// Terraform is killed while the service is making a key, first and in the middle
// of a rotation with overlap. The provider revokes what nobody takes; until the
// next apply, which finishes, the old key lives.
func TestAccCLI_killed(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not show a process that its parent is gone")
	}
	b := newHarness(t)
	c := newCLI(b)
	for _, s := range b.subjects() {
		config := func(trigger string) string {
			return required + s.labelled("k", `name = "ci"`, fmt.Sprintf("rotation_triggers = { t = %q }\n  rotation_overlap = \"1h\"", trigger))
		}
		for _, trigger := range []string{"1", "2", "3"} {
			c.write("main.tf", config(trigger))
			before := s.live()
			s.store.Reset()
			s.store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultDelay, After: true, Delay: time.Second})
			c.kill(func() bool { return len(s.live()) > len(before) }, "apply", "-auto-approve")
			// The key that nobody took goes; all others stay.
			for deadline := time.Now().Add(20 * time.Second); len(s.live()) > len(before) && time.Now().Before(deadline); {
				<-time.After(50 * time.Millisecond)
			}
			if after := s.live(); len(after) != len(before) {
				t.Fatalf("%s, trigger %s: %d live keys after the kill, want %d: %s", s.Key.Title, trigger, len(after), len(before), describe(s.own()))
			}
			c.run(true, "apply", "-auto-approve")
			if n := len(s.live()); n != len(before)+1 {
				t.Errorf("%s, trigger %s: %d live keys after the next apply: %s", s.Key.Title, trigger, n, describe(s.own()))
			}
			if held := c.state()[s.kind()+".k"]; held["key"] != s.live()[len(s.live())-1].Value {
				t.Errorf("%s, trigger %s: the state does not hold the newest key", s.Key.Title, trigger)
			}
		}
		c.run(true, "destroy", "-auto-approve")
	}
}

// kill runs a Terraform command and kills it when it is time.
func (c *cli) kill(when func() bool, args ...string) {
	c.t.Helper()
	p := c.start(when, args...)
	_ = p.Process.Kill() // it may just have ended
	if r, err := p.Wait(); err != nil || r.Status == 0 {
		c.t.Errorf("the command ended before it was killed: %v", err)
	}
}

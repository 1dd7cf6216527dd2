package acceptance_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// Terraform closes no ephemeral resource whose user has failed, or whose plan was
// interrupted, and shuts the provider down as it always does: the key goes all the
// same, in the time that the provider has for that.
func TestAccEphemeral_notClosed(t *testing.T) { //nolint:tparallel // the cases share a folder
	t.Parallel()
	needs(t, ephemeralResource)
	b := newHarness(t)
	c := newCLI(b)
	var opened, credentials, ids, data string
	for _, s := range b.subjects() {
		opened += fmt.Sprintf("ephemeral %q \"ci\" {\n  name = \"ci\"\n}\n", s.kind())
		credentials += fmt.Sprintf("  %s { %s = ephemeral.%s.ci.key }\n", s.name(), s.credential().Name, s.kind())
		ids += fmt.Sprintf("${ephemeral.%s.ci.id}", s.kind())
		data += fmt.Sprintf("data %q \"none\" {\n  provider = apikeys.ci\n  id = \"no-such-id\"\n}\n", s.kind())
	}
	second := func(more string) string {
		return "provider \"apikeys\" {\n  alias = \"ci\"\n" + credentials + more + "}\n"
	}
	interrupted := func() string { return c.interrupt(b, "plan") }
	for name, step := range map[string]struct {
		config string
		plan   func() string
		says   string
	}{
		"the data source fails":   {second("") + data, nil, "No such Expunct key"},
		"the provider is refused": {second(fmt.Sprintf("  ca_cert_file = \"/none/%s\"\n", ids)) + data, nil, "CA certificates not loaded"},
		"the plan is interrupted": {second("") + data, interrupted, "Interrupt received"},
	} {
		t.Run(name, func(t *testing.T) {
			if step.plan == nil {
				step.plan = func() string { return c.run(false, "plan") }
			}
			if name == "the plan is interrupted" && runtime.GOOS == "windows" {
				t.Skip("Windows has no signal for that")
			}
			c.write("main.tf", required+opened+step.config)
			before := map[string]int{}
			for _, s := range b.subjects() {
				before[s.name()] = len(s.own())
			}
			if out := step.plan(); !strings.Contains(out, step.says) {
				t.Errorf("it failed otherwise:\n%s", out)
			}
			for _, s := range b.subjects() {
				if len(s.own()) == before[s.name()] {
					t.Errorf("%s: no ephemeral key was opened", s.name())
				}
				if live := s.live(); len(live) > 0 {
					t.Errorf("%s: %s", s.name(), describe(live))
				}
			}
		})
	}
}

// interrupt runs a Terraform command, and interrupts it once when every service has
// created a key that the provider does not know yet.
func (c *cli) interrupt(b *harness, args ...string) string {
	c.t.Helper()
	for _, s := range b.subjects() {
		s.store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultDelay, After: true, Delay: 2 * time.Second})
	}
	p := c.start(func() bool {
		return !slices.ContainsFunc(b.subjects(), func(s subject) bool { return len(s.live()) == 0 })
	}, args...)
	_ = p.Process.Signal(os.Interrupt) // it may just have ended
	r, err := p.Wait()
	if err != nil || r.Status == 0 {
		c.t.Errorf("the command ended before it was interrupted: %v", err)
	}
	return r.Output
}

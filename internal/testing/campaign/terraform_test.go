package campaign

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/terraform"
)

// The rows of the table about keys that the published limits allow to stay.
const (
	withinLimits = "keys left within the published limits"
	limitsNamed  = "of them named by the next plan"
	limitsHealed = "of them revoked by on_duplicate_name"
)

// TestTerraform runs real Terraform and the real provider, as programs, against simulators
// in this process, and interrupts or kills them at chosen moments: when a certain request
// arrives, when its change is done, when half of its answer has been sent, when the state
// is written. After each interruption one undisturbed apply follows. Then the simulator's
// ledger, the state and everything that was printed, logged or saved are checked. It finds
// the provider's processes in /proc, and therefore needs Linux.
func TestTerraform(t *testing.T) { //nolint:tparallel // other tests would change when things happen
	wantCampaign(t)
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux")
	}
	programs := t.TempDir()
	buildPrograms(t, programs)
	var counts table
	want := map[bool]int{true: 40, false: 400}[*form == "short"]
	t.Cleanup(func() {
		counts.print("real Terraform")
		n := 0
		for _, s := range simulators.Services() {
			n += counts.sum(s.Key.Name)
		}
		if !strings.Contains(flag.Lookup("test.run").Value.String(), "/") && n < want {
			t.Errorf("%d interruptions, want %d", n, want)
		}
	})
	for i, service := range simulators.Services() {
		for j, c := range changes {
			t.Run(service.Key.Name+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				newStage(t, programs, service, c, i+j).playAll(i+j, &counts)
			})
		}
	}
}

// buildPrograms fills a folder with the provider, and with this program, which is a
// provider that panics.
func buildPrograms(t *testing.T, dir string) {
	t.Helper()
	if err := terraform.Build(t.Context(), terraform.Module, filepath.Join(dir, "genuine")); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	to, err := os.OpenFile(filepath.Join(dir, "panicked"), os.O_CREATE|os.O_WRONLY, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
}

// playAll plays all interruptions of a stage.
func (s *stage) playAll(turn int, counts *table) {
	s.reset()
	// The undisturbed change shows which moments there are.
	s.next()
	undisturbed := s.apply(&interruption{signal: panicking}) // counts the calls
	if undisturbed.status != 0 {
		s.t.Fatalf("undisturbed, it ends with status %d:\n%s", undisturbed.status, undisturbed.output)
	}
	called := s.called()
	s.reset()
	parent := s.t
	for n, i := range interruptions(undisturbed.methods, called, *form != "short", turn) {
		parent.Run(i.String(), func(t *testing.T) {
			s.t = t
			s.play(i, counts)
			if n%8 == 7 && s.rotates && !s.overlap {
				// Nothing is left to do, and a saved plan holds no secret.
				if next := s.command(nil, "plan", "-detailed-exitcode", "-out="+planName); next.status != 0 {
					t.Errorf("the plan after it has status %d:\n%s", next.status, next.output)
				}
			}
			sayRepeat(t)
		})
	}
	s.t = parent
}

// play plays one interruption and the apply that follows it. The stage is ready for the
// next one afterwards.
func (s *stage) play(i interruption, counts *table) {
	s.next()
	disturbed := s.apply(&i)
	if i.signal == panicking {
		disturbed.struck = len(s.called()) >= i.call
	}
	if !disturbed.struck {
		counts.add("moments that did not come", "all", 1)
		s.reset()
		return
	}
	torn, err := s.mend()
	s.must(err)
	if torn {
		counts.add("state files that a kill left unreadable", "all", 1)
	}
	clean := s.apply(nil)
	orphans, found, err := s.check()
	s.must(err)
	counts.add(s.name+", "+string(i.signal), s.service.Key.Name, 1)
	if disturbed.doubles+clean.doubles > 0 {
		found.add(second, "%d", disturbed.doubles+clean.doubles)
	}
	if clean.status != 0 || disturbed.status < 0 && i.signal != killTerraform || disturbed.status > 1 {
		found.add(wrongFailed, "the exit statuses are %d and then %d", disturbed.status, clean.status)
	}
	// Terraform had exited before it could save the answer that it had received.
	unsaved := disturbed.answered && (i.signal == killTerraform || i.signal == interruptTwice)
	allowed := torn || unsaved || i.signal == killProvider
	for _, o := range orphans {
		if !allowed {
			found.add(orphaned, "%s", o.ID)
		}
	}
	found.report(s.t, s.storage)
	if s.t.Failed() {
		s.t.Logf("--- disturbed\n%s\n--- undisturbed\n%s", disturbed.output, clean.output)
	}
	if allowed && len(orphans) > 0 {
		s.checkLimits(orphans, counts)
	}
	if !s.rotates || s.overlap || len(orphans)+len(found) > 0 {
		s.reset()
	}
}

// checkLimits checks keys that the published limits allow to stay: the next plan must name
// them, and the policy "revoke" must revoke them.
func (s *stage) checkLimits(orphans []simulator.Record, counts *table) {
	counts.add(withinLimits, "all", len(orphans))
	next := s.command(nil, "plan", "-out="+planName)
	for _, o := range orphans {
		if next.status != 0 || !bytes.Contains(next.output, []byte(o.ID)) {
			s.t.Errorf("within the limits, but the next plan does not name %s:\n%s", o.ID, next.output)
			continue
		}
		counts.add(limitsNamed, "all", 1)
	}
	// Their owners take away the keys that the policy would take for ours.
	for _, k := range s.store.Live() {
		if k.Name == serverName && slices.Contains(s.decoys, k.ID) {
			s.must(s.store.Revoke(k.ID))
		}
	}
	s.policy = "revoke"
	s.configure()
	healed := s.apply(nil)
	_, found, err := s.check()
	s.must(err)
	found.report(s.t, "after on_duplicate_name")
	for _, o := range orphans {
		if k, _ := s.store.Get(o.ID); healed.status != 0 || k.Live() {
			s.t.Errorf("within the limits, but the policy does not revoke %s:\n%s", o.ID, healed.output)
			continue
		}
		counts.add(limitsHealed, "all", 1)
	}
	s.seed()
}

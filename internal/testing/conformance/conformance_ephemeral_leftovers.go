package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// testEphemeralSweep: opening revokes expired leftovers of this form and name,
// and nothing else.
func testEphemeralSweep(t *testing.T, r *Rig) {
	now := r.Clock.Now()
	past, future := now.Add(-time.Second), now.Add(time.Minute)
	leftovers := []string{expiring("ci", past), expiring("ci", now), expiring("ci", now.Add(-1000*time.Hour)), expiring("ci", past)}
	decoys := []string{
		"ci", "ci ", "CI", expiring("CI", past), expiring("ci2", past), expiring("other", past), expiring(" ci", past), expiring("ci ", past),
		expiring("ci", future), expiring(expiring("ci", past), future), expiring(expiring("ci", past), past),
		"ci [ephemeral until yesterday]", "ci [ephemeral until ]", "ci [ephemeral until 2029-01-01]",
		"ci [ephemeral until 2029-01-01T00:00:00z]", "ci [ephemeral until 2029-01-01t00:00:00Z]",
		"ci [ephemeral until 2029-01-01T00:00:00.0Z]", "ci [ephemeral until 2029-01-01T00:00:00+00:00]", "ci [ephemeral until 2029-01-01T02:00:00+02:00]",
		"ci [ephemeral until 2029-01-01 00:00:00Z]", "ci [ephemeral until 2029-02-30T00:00:00Z]", "ci [ephemeral until Mon, 01 Jan 2029 00:00:00 GMT]",
		"ci [ephemeral until 1861920000]", "ci [Ephemeral until 2029-01-01T00:00:00Z]", "ci [ephemeral until 2029-01-01T00:00:00Z] ",
		"ci [ephemeral until 2029-01-01T00:00:00Z", "ci[ephemeral until 2029-01-01T00:00:00Z]", "ci  [ephemeral until 2029-01-01T00:00:00Z]",
		"x ci [ephemeral until 2029-01-01T00:00:00Z]", "[ephemeral until 2029-01-01T00:00:00Z]", " [ephemeral until 2029-01-01T00:00:00Z]",
	}
	var spared, doomed []string
	for _, name := range decoys {
		spared = append(spared, r.Store.Mint(name).ID)
	}
	for _, name := range leftovers {
		doomed = append(doomed, r.Store.Mint(name).ID)
	}
	run := r.Run()
	e := r.mustOpen(t, run, map[string]any{"name": "ci"})
	if len(e.Diagnostics) > 0 {
		t.Errorf("%s", e.Diagnostics)
	}
	for i, id := range spared {
		if k, _ := r.Store.Get(id); !k.Live() {
			t.Errorf("revoked %q", decoys[i])
		}
	}
	for i, id := range doomed {
		if k, _ := r.Store.Get(id); k.Live() {
			t.Errorf("not revoked: %q", leftovers[i])
		}
	}
	if ds := run.Close(e); len(ds) > 0 || len(r.Live()) != len(spared) {
		t.Errorf("close: %s, %d live", ds, len(r.Live()))
	}
}

// testEphemeralSweepFails: a leftover that cannot be revoked is a warning, not
// the end of the run; a listing that fails is an error, and nothing is made.
func testEphemeralSweepFails(t *testing.T, r *Rig) {
	left := r.Store.Mint(expiring("ci", r.Clock.Now().Add(-time.Hour)))
	r.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: http.StatusForbidden})
	run := r.Run()
	e := r.mustOpen(t, run, map[string]any{"name": "ci"})
	if !contains(e.Diagnostics.Warnings(), "not revoked", left.ID, r.Service.Key.Console) {
		t.Errorf("%s", e.Diagnostics)
	}
	if ds := run.Close(e); len(ds) > 0 || len(r.Live()) != 1 {
		t.Errorf("close: %s, live %v", ds, r.Live())
	}
	r.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: -1})
	r.Store.Reset()
	if e := r.Run().Open(r.Type(), map[string]any{"name": "ci"}); len(e.Diagnostics.Errors()) != 1 || r.Store.Requests()[simulator.OpCreate] != 0 {
		t.Errorf("%s, %v", e.Diagnostics, r.Store.Requests())
	}
	r.Store.ClearFaults()
	run = r.Run()
	if ds := run.Close(r.mustOpen(t, run, map[string]any{"name": "ci"})); len(ds) > 0 || len(r.Live()) != 0 {
		t.Errorf("%s, live %v", ds, r.Live())
	}
}

// testEphemeralCloseFails: a key that could not be revoked is a warning that
// names it and says what becomes of it; the next run past its expiry ends it.
func testEphemeralCloseFails(t *testing.T, r *Rig) {
	run := r.Run()
	e := r.mustOpen(t, run, map[string]any{"name": "ci"})
	r.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: -1})
	ds := run.Close(e)
	if len(ds.Errors()) > 0 || !contains(ds.Warnings(), "Ephemeral key not revoked", e.Text("id"), "403", "next run", r.Service.Key.Console) {
		t.Errorf("%s", ds)
	}
	if strings.Contains(ds.String(), e.Text("key")) {
		t.Error("the warning holds the value")
	}
	r.Store.ClearFaults()
	r.Clock.Advance(59 * time.Minute)
	run = r.Run()
	if ds := run.Close(r.mustOpen(t, run, map[string]any{"name": "ci"})); len(ds) > 0 || len(r.Live()) != 1 {
		t.Errorf("before its expiry: %s, live %v", ds, r.Live())
	}
	r.Clock.Advance(2 * time.Minute)
	run = r.Run()
	if ds := run.Close(r.mustOpen(t, run, map[string]any{"name": "ci"})); len(ds) > 0 || len(r.Live()) != 0 {
		t.Errorf("past its expiry: %s, live %v", ds, r.Live())
	}
}

// testEphemeralKilled: of a hundred runs ten are killed before they close; after
// the next run past their expiry nothing is left of them, and other people's keys
// live.
func testEphemeralKilled(t *testing.T, r *Rig) {
	const runs, each = 100, 10
	others := r.Store.Seed(5, func(i int) string { return fmt.Sprintf("ci %d", i) })
	killed := 0
	for i := range runs {
		run := r.Run()
		e := r.mustOpen(t, run, map[string]any{"name": "ci", "expires_after": "15m"})
		if i%each == each/2 {
			killed++
		} else if ds := run.Close(e); len(ds) > 0 {
			t.Fatalf("run %d: %s", i, ds)
		}
		r.Clock.Advance(7 * time.Second)
		if live := len(r.Live()) - len(others); live != killed {
			t.Fatalf("after run %d: %d live, %d killed", i, live, killed)
		}
	}
	r.Clock.Advance(15 * time.Minute)
	run := r.Run()
	if ds := run.Close(r.mustOpen(t, run, map[string]any{"name": "ci", "expires_after": "15m"})); len(ds) > 0 {
		t.Errorf("%s", ds)
	}
	if left := len(r.Live()) - len(others); left != 0 || killed != runs/each {
		t.Errorf("%d of %d leftovers live", left, killed)
	}
	t.Logf("%d runs, %d killed, 0 leftovers", runs, killed)
}

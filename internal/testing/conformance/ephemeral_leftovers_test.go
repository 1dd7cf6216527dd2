package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// TestEphemeralLeftovers: opening revokes expired leftovers of this form and name,
// and nothing else.
func (h *Suite) TestEphemeralLeftovers(t *testing.T) {
	now := h.Clock.Now()
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
		spared = append(spared, h.Store.Mint(name).ID)
	}
	for _, name := range leftovers {
		doomed = append(doomed, h.Store.Mint(name).ID)
	}
	run := h.Run()
	e := h.mustOpen(t, run, map[string]any{"name": "ci"})
	if len(e.Diagnostics) > 0 {
		t.Errorf("%s", e.Diagnostics)
	}
	for i, id := range spared {
		if k, _ := h.Store.Get(id); !k.Live() {
			t.Errorf("revoked %q", decoys[i])
		}
	}
	for i, id := range doomed {
		if k, _ := h.Store.Get(id); k.Live() {
			t.Errorf("not revoked: %q", leftovers[i])
		}
	}
	if ds := run.Close(e); len(ds) > 0 || len(h.Live()) != len(spared) {
		t.Errorf("close: %s, %d live", ds, len(h.Live()))
	}
}

// TestEphemeralLeftoversFail: a leftover that cannot be revoked is a warning, not
// the end of the run; a listing that fails is an error, and nothing is made.
func (h *Suite) TestEphemeralLeftoversFail(t *testing.T) {
	left := h.Store.Mint(expiring("ci", h.Clock.Now().Add(-time.Hour)))
	h.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: http.StatusForbidden})
	run := h.Run()
	e := h.mustOpen(t, run, map[string]any{"name": "ci"})
	if !contains(e.Diagnostics.Warnings(), "not revoked", left.ID, h.Service.Key.Console) {
		t.Errorf("%s", e.Diagnostics)
	}
	if ds := run.Close(e); len(ds) > 0 || len(h.Live()) != 1 {
		t.Errorf("close: %s, live %v", ds, h.Live())
	}
	h.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: -1})
	h.Store.Reset()
	if e := h.Run().Open(h.Type(), map[string]any{"name": "ci"}); len(e.Diagnostics.Errors()) != 1 || h.Store.Requests()[simulator.OpCreate] != 0 {
		t.Errorf("%s, %v", e.Diagnostics, h.Store.Requests())
	}
	h.Store.ClearFaults()
	run = h.Run()
	if ds := run.Close(h.mustOpen(t, run, map[string]any{"name": "ci"})); len(ds) > 0 || len(h.Live()) != 0 {
		t.Errorf("%s, live %v", ds, h.Live())
	}
}

// TestEphemeralCloseFails: a key that could not be revoked is a warning that
// names it and says what becomes of it; the next run past its expiry ends it.
func (h *Suite) TestEphemeralCloseFails(t *testing.T) {
	run := h.Run()
	e := h.mustOpen(t, run, map[string]any{"name": "ci"})
	h.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: -1})
	ds := run.Close(e)
	if len(ds.Errors()) > 0 || !contains(ds.Warnings(), "Ephemeral key not revoked", e.Text("id"), "403", "next run", h.Service.Key.Console) {
		t.Errorf("%s", ds)
	}
	if strings.Contains(ds.String(), e.Text("key")) {
		t.Error("the warning holds the value")
	}
	h.Store.ClearFaults()
	h.Clock.Advance(59 * time.Minute)
	run = h.Run()
	if ds := run.Close(h.mustOpen(t, run, map[string]any{"name": "ci"})); len(ds) > 0 || len(h.Live()) != 1 {
		t.Errorf("before its expiry: %s, live %v", ds, h.Live())
	}
	h.Clock.Advance(2 * time.Minute)
	run = h.Run()
	if ds := run.Close(h.mustOpen(t, run, map[string]any{"name": "ci"})); len(ds) > 0 || len(h.Live()) != 0 {
		t.Errorf("past its expiry: %s, live %v", ds, h.Live())
	}
}

// TestEphemeralKilled: of a hundred runs ten are killed before they close; after
// the next run past their expiry nothing is left of them, and other people's keys
// live.
func (h *Suite) TestEphemeralKilled(t *testing.T) {
	const runs, each = 100, 10
	others := h.Store.Seed(5, func(i int) string { return fmt.Sprintf("ci %d", i) })
	killed := 0
	for i := range runs {
		run := h.Run()
		e := h.mustOpen(t, run, map[string]any{"name": "ci", "expires_after": "15m"})
		if i%each == each/2 {
			killed++
		} else if ds := run.Close(e); len(ds) > 0 {
			t.Fatalf("run %d: %s", i, ds)
		}
		h.Clock.Advance(7 * time.Second)
		if live := len(h.Live()) - len(others); live != killed {
			t.Fatalf("after run %d: %d live, %d killed", i, live, killed)
		}
	}
	h.Clock.Advance(15 * time.Minute)
	run := h.Run()
	if ds := run.Close(h.mustOpen(t, run, map[string]any{"name": "ci", "expires_after": "15m"})); len(ds) > 0 {
		t.Errorf("%s", ds)
	}
	if left := len(h.Live()) - len(others); left != 0 || killed != runs/each {
		t.Errorf("%d of %d leftovers live", left, killed)
	}
	t.Logf("%d runs, %d killed, 0 leftovers", runs, killed)
}

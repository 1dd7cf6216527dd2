package conformance

import (
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// TestRevokedDuringRotation: when Terraform goes away in the middle of a rotation in place,
// the new key goes too, whatever the update was at: the state that Terraform has
// left names the old one. What was not sent by then is not sent.
func (h *Suite) TestRevokedDuringRotation(t *testing.T) {
	for _, at := range []string{simulator.OpCreate, simulator.OpRevoke} {
		delivery := &tfkey.Delivery{}
		h.Options.Delivery = delivery
		overlap := withOverlap("24h")
		config := protocol.Config{key: h.Block("ci "+at, Trigger("1"), overlap)}
		h.MustApply(config)
		if at == simulator.OpRevoke { // of a key that is due by then
			config = protocol.Config{key: h.Block("ci "+at, Trigger("2"), overlap)}
			h.MustApply(config)
			h.Clock.Advance(48 * time.Hour)
		}
		old := h.State[key].ID()
		p := h.Plan(protocol.Config{key: h.Block("ci "+at, Trigger("3"), overlap)})
		held := h.Held()
		if p.Actions[key] != protocol.Update {
			t.Fatalf("the plan is %v\n%s", p.Actions, p.Diagnostics)
		}
		h.Store.Watch(func(e simulator.Exchange, m simulator.Moment) {
			if e.Operation == at && m == simulator.Arrived {
				delivery.Disconnect()
			}
		})
		ledger := len(h.Store.Ledger())
		h.ApplyPlan(p)
		h.Store.Watch(nil)
		if made := len(h.Store.Ledger()) - ledger; made != 1 {
			t.Fatalf("gone at the %s: %d keys were made", at, made)
		}
		for _, id := range h.Live() {
			if !held[id] {
				t.Errorf("gone at the %s: key %s lives, and the state does not have it", at, id)
			}
		}
		if record, _ := h.Store.Get(old); !record.Live() {
			t.Errorf("gone at the %s: the old key was revoked for a new one that nobody took", at)
		}
		h.Options.Delivery = nil
		h.destroyAll(t)
	}
}

// TestEphemeralNotClosed: ephemeral keys that nobody has closed are revoked when the provider
// is shut down, in whichever scope they are; a key that the state holds is not.
func (h *Suite) TestEphemeralNotClosed(t *testing.T) {
	delivery := &tfkey.Delivery{}
	h.Options.Delivery = delivery
	h.MustApply(protocol.Config{key: h.Block("ci")})
	run := h.Run()
	closed := h.mustOpen(t, run, map[string]any{"name": "closed"})
	for _, name := range []string{"a", "b"} {
		h.mustOpen(t, run, map[string]any{"name": name})
	}
	if h.Scope() != "" {
		h.mustOpen(t, run, map[string]any{"name": "elsewhere", h.Scope(): simulator.UUID()})
	}
	if ds := run.Close(closed); len(ds) > 0 {
		t.Errorf("close: %s", ds)
	}
	h.Store.Reset()
	delivery.Shutdown(time.Minute)
	h.wantLive(t, h.State[key].ID())
	if want, n := len(h.Store.Ledger())-2, h.Store.Requests()[simulator.OpRevoke]; n != want {
		t.Errorf("%d revocations, want %d", n, want)
	}
	if e := run.Open(h.Type(), map[string]any{"name": "late"}); !contains(e.Diagnostics.Errors(), "has exited") || len(h.Live()) != 1 {
		t.Errorf("opened after the shutdown: %s", e.Diagnostics)
	}
	h.Options.Delivery = nil
	h.destroyAll(t)
}

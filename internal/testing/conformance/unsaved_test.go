package conformance

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// unsavable returns a service whose answers, while odd is set, hold a property of
// another type than declared, so that Terraform's state does not take it.
func unsavable(s simulators.Service, odd *atomic.Bool) simulators.Service {
	s.Key.Attributes = append(slices.Clone(s.Key.Attributes), definition.Attribute{Name: "odd", Kind: definition.Int64, Mode: definition.Computed, Description: "A number."})
	connect := s.Connect
	s.Connect = func(c services.Config) (services.Open, error) {
		open, err := connect(c)
		return func(scope string) driver.Service {
			return keyringtest.Altered(open(scope), func(k *driver.Key) {
				if odd.Load() {
					k.Attributes = maps.Clone(k.Attributes)
					if k.Attributes == nil {
						k.Attributes = driver.Attributes{}
					}
					k.Attributes["odd"] = "text"
				}
			})
		}, err
	}
	return s
}

// TestStateNotWritten: a key that cannot be saved is revoked, and what Terraform holds
// stays as it was; a key that cannot be revoked either is named.
func (h *Suite) TestStateNotWritten(t *testing.T) {
	h.OnlyCoded(t, "the test needs an adapter")
	s := h.Service
	for _, stuck := range []bool{false, true} {
		t.Run(map[bool]string{false: "revoked", true: "not revoked"}[stuck], func(t *testing.T) {
			for how, rotate := range NewHarness(t, s).rotations() {
				t.Run(how, func(t *testing.T) {
					t.Parallel()
					var odd atomic.Bool
					h := NewHarness(t, unsavable(s, &odd))
					step := func(v string, live ...string) {
						p := h.Plan(protocol.Config{key: h.Block("ci", rotate(v))})
						odd.Store(true)
						ds := h.ApplyPlan(p)
						odd.Store(false)
						h.checkUnsaved(t, how+" "+v, ds, stuck, live...)
					}
					h.stick(stuck)
					step("1")
					if len(h.State) != 0 {
						t.Errorf("the state holds %s", h.State[key].ID())
					}
					h.Clock.Advance(time.Hour)
					h.Store.ClearFaults()
					h.MustApply(protocol.Config{key: h.Block("ci", rotate("1"))})
					held, identity, old := h.State[key].ID(), h.Identity(key)["id"], h.State[key].Attribute("key")
					h.stick(stuck)
					if how == "native" { // which has killed the old key by then
						step("2")
					} else {
						step("2", held)
					}
					if i := h.State[key]; i.ID() != held || h.Identity(key)["id"] != identity || i.Attribute("key") != old {
						t.Errorf("the state holds %s (identity %v), want %s", i.ID(), h.Identity(key)["id"], held)
					}
					h.Clock.Advance(time.Hour)
					h.Store.ClearFaults()
					h.MustApply(protocol.Config{key: h.Block("ci", rotate("2"))})
					h.Clock.Advance(2 * time.Hour)
					h.MustApply(protocol.Config{key: h.Block("ci", rotate("2"))})
					h.wantLive(t, h.State[key].ID())
				})
			}
			t.Run("ephemeral", func(t *testing.T) {
				t.Parallel()
				var odd atomic.Bool
				odd.Store(true)
				h := NewHarness(t, unsavable(s, &odd))
				h.stick(stuck)
				e := h.Run().Open(h.Type(), map[string]any{"name": "ci"})
				h.checkUnsaved(t, "ephemeral", e.Diagnostics, stuck)
			})
		})
	}
}

// stick has the service refuse to revoke.
func (h *Harness) stick(stuck bool) {
	if stuck {
		h.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: -1})
	}
}

// checkUnsaved fails unless only these keys live, or, where revoking fails, one more
// that an error names. It revokes that one as a person would.
func (h *Harness) checkUnsaved(t *testing.T, what string, ds protocol.Diagnostics, stuck bool, want ...string) {
	t.Helper()
	ledger := h.Store.Ledger()
	made := ledger[len(ledger)-1]
	if stuck {
		if !made.Live() || !contains(ds.Errors(), "Key left behind", made.ID, made.Name, "by hand") {
			t.Errorf("%s: key %s lives: %v\n%s", what, made.ID, made.Live(), ds)
		}
		if err := h.Store.Revoke(made.ID); err != nil {
			t.Fatal(err)
		}
	} else if !contains(ds.Warnings(), made.ID, "so it was revoked") {
		t.Errorf("%s: nothing is said of %s\n%s", what, made.ID, ds)
	}
	if len(ds.Errors()) == 0 || strings.Contains(ds.String(), made.Value) {
		t.Errorf("%s: no error, or one that holds the value\n%s", what, ds)
	}
	if live := h.Live(); !slices.Equal(live, want) {
		t.Errorf("%s: live %v, want %v", what, live, want)
	}
}

package conformance

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// TestPanics: whatever call of the adapter panics, before or after its effect, at
// every operation, the provider lives, its words are fixed, and at most one more
// apply leaves exactly the key that the state holds.
func (h *Suite) TestPanics(t *testing.T) { //nolint:tparallel // the suite runs its methods in parallel
	h.OnlyCoded(t, "the test needs an adapter")
	s := h.Service
	const thrown = "sk_live_thrown"
	ops := []keyringtest.Op{keyringtest.Create, keyringtest.List, keyringtest.Revoke, keyringtest.Get, keyringtest.Update, keyringtest.Rotate, keyringtest.Self}
	for _, op := range ops {
		for _, after := range []bool{false, true} {
			name := string(op) + " before"
			if after {
				name = string(op) + " after"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				armed, hit := false, 0
				hook := func(_ context.Context, c keyringtest.Call) error {
					if armed && c.Op == op {
						armed = false
						hit++
						panic(thrown)
					}
					return nil
				}
				sabotaged := s
				sabotaged.Connect = func(c services.Config) (services.Open, error) {
					open, err := s.Connect(c)
					return func(scope string) driver.Service {
						if after {
							return keyringtest.Hooked(open(scope), nil, hook)
						}
						return keyringtest.Hooked(open(scope), hook, nil)
					}, err
				}
				h := NewHarness(t, sabotaged)
				overlap := withOverlap("1h")
				leaked := map[string]any{}
				if s.Key.HasRotate {
					leaked["native_rotation"] = true
				}
				for i, config := range []protocol.Config{
					{key: h.Block("ci", Trigger("1"))},
					{key: h.Block("ci", Trigger("2"))},
					{key: h.Block("renamed", Trigger("2"))},
					{key: h.Block("renamed", Trigger("3", overlap))},
					{key: h.Block("renamed", Trigger("4", leaked))},
					{},
				} {
					armed = true
					p := h.Apply(config)
					if strings.Contains(p.Diagnostics.String(), thrown) {
						t.Errorf("step %d: what was thrown is shown: %s", i, p.Diagnostics)
					}
					armed = false
					h.Clock.Advance(2 * time.Hour)
					if p := h.Apply(config); len(p.Diagnostics.Errors()) > 0 {
						t.Fatalf("step %d: the apply after it: %s", i, p.Diagnostics)
					}
					h.wantAllHeld(t, i)
				}
				// A key is asked for by id, and the caller for who it is, only when
				// nothing else shows it.
				if rare := op == keyringtest.Get || op == keyringtest.Self; hit == 0 && !rare && (s.Key.HasRotate || !native(op)) {
					t.Error("nothing panicked")
				}
				h.wantLive(t)
			})
		}
	}
}

// native reports whether only a service with a rotate call of its own is asked this.
func native(op keyringtest.Op) bool { return op == keyringtest.Update || op == keyringtest.Rotate }

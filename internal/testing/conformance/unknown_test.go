package conformance

import (
	"fmt"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// TestUnknownSettings: settings that are not known while planning are planned so
// that what they turn out to be can be carried out; Terraform plans once more then,
// and refuses a plan that is another one. Where no plan can do that, it says so.
func (h *Suite) TestUnknownSettings(t *testing.T) {
	due := func(h *Harness) string { h.Clock.Advance(48 * time.Hour); return "" }
	for name, test := range map[string]struct {
		before, unknown map[string]any
		meanwhile       func(*Harness) (twin string)
		known           []map[string]any // what they may turn out to be
		refused         string
	}{
		"schedule, due": {
			before: map[string]any{"rotate_after": "1d"}, unknown: map[string]any{"rotate_after": protocol.Unknown{}}, meanwhile: due,
			known: []map[string]any{{"rotate_after": "1d"}, {"rotate_after": "90d"}, {}},
		},
		"schedule, due, in place": {
			before: map[string]any{"rotate_after": "1d", "rotation_overlap": "1h"}, unknown: map[string]any{"rotate_after": protocol.Unknown{}, "rotation_overlap": "1h"}, meanwhile: due,
			known: []map[string]any{{"rotate_after": "1d", "rotation_overlap": "1h"}, {"rotate_after": "90d", "rotation_overlap": "1h"}},
		},
		"schedule": {
			unknown: map[string]any{"rotate_after": protocol.Unknown{}},
			known:   []map[string]any{{"rotate_after": "1d"}, {}},
		},
		"store_key": {
			unknown: map[string]any{"store_key": protocol.Unknown{}},
			known:   []map[string]any{{"store_key": true}, {"store_key": false}, {}},
		},
		"on_duplicate_name": {
			unknown: map[string]any{"on_duplicate_name": protocol.Unknown{}}, meanwhile: func(h *Harness) string { return h.Store.Mint("ci").ID },
			known: []map[string]any{{"on_duplicate_name": "revoke"}, {"on_duplicate_name": "ignore"}, {}},
		},
		"overlap": {
			before: Trigger("1"), unknown: Trigger("2", map[string]any{"rotation_overlap": protocol.Unknown{}}), refused: "rotation_overlap",
		},
	} {
		for i := range max(1, len(test.known)) {
			t.Run(fmt.Sprintf("%s, %d", name, i), func(t *testing.T) {
				h := NewHarness(t, h.Service)
				h.MustApply(protocol.Config{key: h.Block("ci", test.before)})
				twin := "" // somebody else's
				if test.meanwhile != nil {
					twin = test.meanwhile(h)
				}
				p := h.Plan(protocol.Config{key: h.Block("ci", test.unknown)})
				if test.refused != "" {
					if !contains(p.Diagnostics.Errors(), test.refused, "known while planning") {
						t.Errorf("plan: %v, %s", p.Actions, p.Diagnostics)
					}
					return
				}
				if len(p.Diagnostics.Errors()) > 0 {
					t.Fatalf("plan: %s", p.Diagnostics)
				}
				known := h.Block("ci", test.known[i])
				p.Resolve(key, known.Attributes)
				if ds := h.ApplyPlan(p); len(ds.Errors()) > 0 {
					t.Fatalf("apply: %s", ds)
				}
				h.MustApply(protocol.Config{key: known})
				for _, id := range h.Live() {
					if !h.Held()[id] && id != twin {
						t.Errorf("key %s lives, and the state does not have it", id)
					}
				}
			})
		}
	}
}

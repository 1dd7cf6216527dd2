package conformance

import (
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// firstState is what the first version of the resource wrote to a state, but for
// what a service adds. It must not change: states like it are out there.
func firstState(id, name, value string, created time.Time) map[string]any {
	return map[string]any{
		"id": id, "name": name, "key": value, "created_at": created.UTC().Format(time.RFC3339Nano),
		"key_version": created.UnixMilli(), "rotation": map[string]any{"triggers": map[string]any{"v": "1"}, "after": nil, "overlap": nil},
		"rotate_at": nil, "rotation_due": false, "retiring": []any{}, "duplicate_ids": []any{}, "on_duplicate_name": "warn",
	}
}

// TestOldState: a state that the first version wrote plans empty.
func (h *Suite) TestOldState(t *testing.T) {
	h.OnlyCoded(t, "there were no declared services when states had version 0")
	found := h.Store.Mint("ci")
	state := firstState(found.ID, found.Name, found.Value, found.CreatedAt)
	own := maps.Clone(found.Attributes)
	delete(own, "secret")
	for _, a := range h.Service.Key.Attributes {
		if v, ok := own[a.Name]; ok {
			state[a.Name] = v
		}
	}
	raw, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	if ds := h.Upgrade(key, h.Type(), 0, string(raw)); len(ds.Errors()) > 0 {
		t.Fatal(ds)
	}
	h.MustBeEmpty(protocol.Config{key: h.Block("ci", Trigger("1"))})
	if h.State[key].Attribute("key") != found.Value {
		t.Error("the value was lost")
	}
	h.MustApply(protocol.Config{key: h.Block("ci", Trigger("2"))})
	h.destroyAll(t)
}

// TestImportedDue: an old key that is imported becomes due by policy; without one
// it never does.
func (h *Suite) TestImportedDue(t *testing.T) {
	old := h.Store.Mint("ci")
	h.Clock.Advance(400 * 24 * time.Hour)
	h.adopt(key, old.ID)
	h.MustBeEmpty(protocol.Config{key: h.Block("ci")})
	policy := protocol.Config{key: h.Block("ci", map[string]any{"rotate_after": "90d"})}
	if p := h.Apply(policy); p.Actions[key] != protocol.Update || len(p.Diagnostics.Errors()) > 0 || h.State[key].ID() != old.ID {
		t.Fatalf("adopting the policy: %v, %s", p.Actions, p.Diagnostics)
	}
	if p := h.MustApply(policy); p.Actions[key] != protocol.Replace || !contains(p.Diagnostics.Warnings(), "due", old.ID) {
		t.Errorf("after it: %v, %s", p.Actions, p.Diagnostics)
	}
	h.destroyAll(t)
}

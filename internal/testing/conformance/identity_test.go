package conformance

import (
	"maps"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// TestIdentity: a key is imported by its identity, with and without its scope;
// the first plan is empty; and the identity follows the key when it is rotated in
// place.
func (h *Suite) TestIdentity(t *testing.T) {
	found := h.Store.Mint("found")
	scope := h.Scope()
	forms := []map[string]any{{"id": found.ID}}
	if scope != "" {
		forms = append(forms, map[string]any{"id": found.ID, scope: found.Scope})
	}
	for _, identity := range forms {
		maps.Copy(identity, h.Arguments)
	}
	for _, identity := range forms {
		h.State = nil
		if ds := h.ImportIdentity(key, h.Type(), identity); len(ds.Errors()) > 0 {
			t.Fatalf("import by %v: %s", identity, ds)
		}
		if got := h.Identity(key); h.State[key].ID() != found.ID || got["id"] != found.ID {
			t.Errorf("import by %v: id %s, identity %v", identity, h.State[key].ID(), got)
		}
		h.MustBeEmpty(protocol.Config{key: h.Block("found")})
	}
	if scope != "" && h.Identity(key)[scope] != found.Scope {
		t.Errorf("identity %v, want %s %s", h.Identity(key), scope, found.Scope)
	}
	nothing := map[string]any{"id": "no-such-id"}
	maps.Copy(nothing, h.Arguments)
	if ds := h.ImportIdentity("other", h.Type(), nothing); !contains(ds.Errors(), "no-such-id", found.ID) {
		t.Errorf("import of nothing: %s", ds)
	}
	overlap := withOverlap("1h")
	h.MustApply(protocol.Config{key: h.Block("found", Trigger("1", overlap))})
	h.MustApply(protocol.Config{key: h.Block("found", Trigger("2", overlap))})
	if id := h.State[key].ID(); id == found.ID || h.Identity(key)["id"] != id {
		t.Errorf("after a rotation in place: id %s, identity %v", id, h.Identity(key))
	}
	h.destroyAll(t)
}

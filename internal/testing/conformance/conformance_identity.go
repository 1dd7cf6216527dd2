package conformance

import (
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// testIdentity: a key is imported by its identity, with and without its scope;
// the first plan is empty; and the identity follows the key when it is rotated in
// place.
func testIdentity(t *testing.T, r *Rig) {
	found := r.Store.Mint("found")
	scope := r.Service.Key.Scope
	forms := []map[string]any{{"id": found.ID}}
	if scope != "" {
		forms = append(forms, map[string]any{"id": found.ID, scope: found.Scope})
	}
	for _, identity := range forms {
		r.State = nil
		if ds := r.ImportIdentity(key, r.Type(), identity); len(ds.Errors()) > 0 {
			t.Fatalf("import by %v: %s", identity, ds)
		}
		if got := r.Identity(key); r.State[key].ID() != found.ID || got["id"] != found.ID {
			t.Errorf("import by %v: id %s, identity %v", identity, r.State[key].ID(), got)
		}
		r.MustBeEmpty(protocol.Config{key: r.Block("found")})
	}
	if scope != "" && r.Identity(key)[scope] != found.Scope {
		t.Errorf("identity %v, want %s %s", r.Identity(key), scope, found.Scope)
	}
	if ds := r.ImportIdentity("other", r.Type(), map[string]any{"id": "no-such-id"}); !contains(ds.Errors(), "no-such-id", found.ID) {
		t.Errorf("import of nothing: %s", ds)
	}
	overlap := map[string]any{"rotation_overlap": "1h"}
	r.MustApply(protocol.Config{key: r.Block("found", Trigger("1", overlap))})
	r.MustApply(protocol.Config{key: r.Block("found", Trigger("2", overlap))})
	if id := r.State[key].ID(); id == found.ID || r.Identity(key)["id"] != id {
		t.Errorf("after a rotation in place: id %s, identity %v", id, r.Identity(key))
	}
	r.destroyAll(t)
}

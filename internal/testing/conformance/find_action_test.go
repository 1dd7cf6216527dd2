package conformance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// revokeType is the type of the service's action.
func (h *Harness) revokeType() string { return h.Service.Key.RevokeType("apikeys") }

// revoke invokes the action in a command of its own.
func (h *Harness) revoke(t *testing.T, arguments map[string]any) protocol.Diagnostics {
	t.Helper()
	_, ds := h.Run().Invoke(h.revokeType(), arguments, nil)
	return ds
}

// mint makes keys of these names.
func (h *Harness) mint(names ...string) (keys []simulator.Record, ids []string) {
	for _, name := range names {
		k := h.Store.Mint(name)
		keys, ids = append(keys, k), append(ids, k.ID)
	}
	return keys, ids
}

// TestRevokeAction: one after the other, each with a report, each reported once; those that
// are gone already are no failure.
func (h *Suite) TestRevokeAction(t *testing.T) {
	_, ids := h.mint("a", "b", "keep", "c")
	run := h.Run()
	if found, _ := run.Data(h.keysType(), nil); len(found["ids"].([]any)) != 4 {
		t.Fatalf("found %v", found)
	}
	h.Store.Reset()
	leaked := []string{ids[3], ids[0], ids[1], ids[0]}
	progress, ds := run.Invoke(h.revokeType(), map[string]any{"ids": leaked}, nil)
	if len(ds) > 0 {
		t.Errorf("%s", ds)
	}
	h.wantLive(t, ids[2])
	if n := h.Store.Requests()[simulator.OpRevoke]; n != 3 {
		t.Errorf("%d revocations were sent for 3 keys", n)
	}
	for i, name := range []string{"c", "a", "b"} {
		if want := fmt.Sprintf("revoked key %s (%q) (%d of 3)", leaked[i], name, i+1); len(progress) != 3 || progress[i] != want {
			t.Errorf("progress %q, want %q", progress, want)
		}
	}
	if found, _ := run.Data(h.keysType(), nil); !slices.Equal(found["ids"].([]any), []any{ids[2]}) {
		t.Errorf("found after it, in the same run: %v", found["ids"])
	}
	h.Store.Reset()
	for _, run := range []*protocol.Run{run, h.Run()} { // again
		progress, ds := run.Invoke(h.revokeType(), map[string]any{"ids": leaked}, nil)
		if len(ds.Errors()) > 0 || len(progress) != 3 {
			t.Fatalf("%v, %s", progress, ds)
		}
		if h.Service.Key.KeepsRevoked {
			if len(ds) > 0 || !contains(progress, leaked[2], "was revoked on") {
				t.Errorf("%v, %s", progress, ds)
			}
		} else if len(ds) != 3 || !contains(ds.Warnings(), leaked[2], "among the 1 live keys", "does not keep revoked keys", ids[2]) {
			t.Errorf("%v, %s", progress, ds)
		}
	}
	if n := h.Store.Requests()[simulator.OpRevoke]; n != 0 {
		t.Errorf("%d revocations were sent for keys that are gone", n)
	}
	progress, ds = h.Run().Invoke(h.revokeType(), map[string]any{"ids": []string{ids[2]}}, nil)
	if len(ds) > 0 || len(progress) != 1 {
		t.Errorf("the last one: %v, %s", progress, ds)
	}
	h.wantLive(t)
	if ds := h.revoke(t, map[string]any{"ids": []string{ids[2]}}); !h.Service.Key.KeepsRevoked && !contains(ds.Warnings(), "among the 0 live keys", "There are no live keys") {
		t.Errorf("%s", ds)
	}
}

// TestRevokeActionContinues: what fails does not stop the others, and is reported at the end,
// each on its element; the others are named.
func (h *Suite) TestRevokeActionContinues(t *testing.T) {
	_, ids := h.mint("a", "b", "c", "d")
	unheard := simulator.UUID()
	h.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Skip: 1, Kind: simulator.FaultStatus, Status: http.StatusForbidden})
	var last string
	progress, ds := h.Run().Invoke(h.revokeType(), map[string]any{"ids": []string{ids[0], unheard, ids[1], ids[2]}}, func(message string) { last = message })
	h.wantLive(t, ids[1], ids[3])
	if len(progress) != 4 || !contains(progress, "could not revoke", ids[1], "(3 of 4)") || !contains(progress, unheard, "(2 of 4)") || !strings.Contains(last, ids[2]) {
		t.Errorf("progress %q", progress)
	}
	if !contains(ds.Errors(), ids[1], "403", "may not do this") || !contains(ds.Warnings(), "The other keys are revoked", ids[0]+", "+ids[2]+".") {
		t.Errorf("%s", ds)
	}
	var at []string
	for _, d := range ds {
		at = append(at, d.Attribute.String())
	}
	if !slices.Contains(at, `AttributeName("ids").ElementKeyInt(2)`) || !slices.Contains(at, `AttributeName("ids").ElementKeyInt(1)`) {
		t.Errorf("on %v: %s", at, ds)
	}
	words := []string{unheard, ids[1], ids[3]} // the keys that there are
	if h.Service.Key.KeepsRevoked {
		if errs := ds.Errors(); len(errs) != 2 || !contains(errs, append(words, "No such", "has no key with the id")...) {
			t.Errorf("%s", ds)
		}
	} else if len(ds.Errors()) != 1 || !contains(ds.Warnings(), unheard, ids[3], "the id is wrong") {
		t.Errorf("%s", ds)
	}
	// An answer that leaves open what it did is reconciled by a listing.
	h.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, After: true, Kind: simulator.FaultCut})
	if ds := h.revoke(t, map[string]any{"ids": []string{ids[1]}}); len(ds) > 0 {
		t.Errorf("%s", ds)
	}
	// A listing that fails is no proof that a key is gone.
	h.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: always})
	if ds := h.revoke(t, map[string]any{"ids": []string{ids[3]}}); !contains(ds.Errors(), ids[3], "403") {
		t.Errorf("%s", ds)
	}
	h.wantLive(t, ids[3])
}

// TestRevokeActionOwnCredential: the credential that the provider signs in with is refused, the
// others go.
func (h *Suite) TestRevokeActionOwnCredential(t *testing.T) {
	_, ids := h.mint("a", "own", "b")
	own, _ := h.Store.Get(ids[1])
	h.Env = h.Credentials(own.Value)
	ds := h.revoke(t, map[string]any{"ids": []string{ids[1], ids[0], ids[2]}})
	if errs := ds.Errors(); len(errs) != 1 || !contains(errs, own.ID, "signs in with", "Create another key") {
		t.Errorf("%s", ds)
	}
	h.wantLive(t, own.ID)
	h.Env = h.Credentials(h.Store.Admin())
	if ds := h.revoke(t, map[string]any{"ids": []string{own.ID}}); len(ds) > 0 {
		t.Errorf("%s", ds)
	}
	h.wantLive(t)
}

// TestRevokeActionInterrupted: no key is begun after an interrupt, and those that were
// not tried are named. What an interrupt does to the key that is on its way is
// reported as well.
func (h *Suite) TestRevokeActionInterrupted(t *testing.T) {
	_, ids := h.mint("a", "b", "c")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	h.Context = ctx
	_, ds := h.Run().Invoke(h.revokeType(), map[string]any{"ids": ids}, func(string) { cancel() })
	if !contains(ds.Errors(), "not tried", ids[2]) || !contains(ds.Warnings(), ids[0]) || !contains(append(ds.Errors(), ds.Warnings()...), ids[1]) {
		t.Errorf("%s", ds)
	}
	if live := h.Live(); slices.Contains(live, ids[0]) || !slices.Contains(live, ids[2]) {
		t.Errorf("live %v of %v", live, ids)
	}
	progress, ds := h.Run().Invoke(h.revokeType(), map[string]any{"ids": ids[2:]}, nil)
	if len(progress) > 0 || !contains(ds.Errors(), "not tried", ids[2]) {
		t.Errorf("interrupted before it began: %v, %s", progress, ds)
	}
}

// TestRevokeActionInvalid: refused before anything is sent.
func (h *Suite) TestRevokeActionInvalid(t *testing.T) {
	bad := []map[string]any{{}, {"ids": []string{}}, {"ids": []string{""}}, {"ids": []string{"a", "  "}}}
	if scope := h.Scope(); scope != "" {
		bad = append(bad, map[string]any{"ids": []string{"a"}, scope: ""})
	}
	for _, arguments := range bad[1:] {
		if ds := h.revoke(t, arguments); len(ds.Errors()) != 1 {
			t.Errorf("%v: %s", arguments, ds)
		}
	}
	if _, ds := h.Run().Invoke(h.revokeType(), map[string]any{"ids": protocol.Unknown{}}, nil); len(ds) > 0 {
		t.Errorf("ids that are not known yet: %s", ds)
	}
	if n := h.Store.Total(); n > 0 {
		t.Errorf("%d requests", n)
	}
	h.Store.Fault(simulator.Fault{Kind: simulator.FaultStatus, Status: http.StatusUnauthorized, Times: always})
	if ds := h.revoke(t, map[string]any{"ids": []string{"a", "b"}}); len(ds.Errors()) != 2 || !contains(ds.Errors(), "401", "Create a new one") {
		t.Errorf("%s", ds)
	}
	delete(h.Env, h.Service.Settings[0].Env[0])
	if ds := h.revoke(t, map[string]any{"ids": []string{"a"}}); !contains(ds.Errors(), h.Service.Settings[0].Env[0]) {
		t.Errorf("%s", ds)
	}
}

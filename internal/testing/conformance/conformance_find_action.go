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
func (r *Rig) revokeType() string { return "apikeys_" + r.Service.Key.Name + "_revoke" }

// revoke invokes the action in a command of its own.
func (r *Rig) revoke(t *testing.T, arguments map[string]any) protocol.Diagnostics {
	t.Helper()
	_, ds := r.Run().Invoke(r.revokeType(), arguments, nil)
	return ds
}

// mint makes keys of these names.
func (r *Rig) mint(names ...string) (keys []simulator.Record, ids []string) {
	for _, name := range names {
		k := r.Store.Mint(name)
		keys, ids = append(keys, k), append(ids, k.ID)
	}
	return keys, ids
}

// wantLive fails the test unless just these keys live.
func (r *Rig) wantLive(t *testing.T, ids ...string) {
	t.Helper()
	if live := r.Live(); !slices.Equal(live, ids) {
		t.Errorf("live %v, want %v", live, ids)
	}
}

// testRevoke: one after the other, each with a report, each told once; those that
// are gone already are no failure.
func testRevoke(t *testing.T, r *Rig) {
	_, ids := r.mint("a", "b", "keep", "c")
	run := r.Run()
	if found, _ := run.Data(r.keysType(), nil); len(found["ids"].([]any)) != 4 {
		t.Fatalf("found %v", found)
	}
	r.Store.Reset()
	leaked := []string{ids[3], ids[0], ids[1], ids[0]}
	progress, ds := run.Invoke(r.revokeType(), map[string]any{"ids": leaked}, nil)
	if len(ds) > 0 {
		t.Errorf("%s", ds)
	}
	r.wantLive(t, ids[2])
	if n := r.Store.Requests()[simulator.OpRevoke]; n != 3 {
		t.Errorf("%d revocations were sent for 3 keys", n)
	}
	for i, name := range []string{"c", "a", "b"} {
		if want := fmt.Sprintf("revoked key %s (%q) (%d of 3)", leaked[i], name, i+1); len(progress) != 3 || progress[i] != want {
			t.Errorf("progress %q, want %q", progress, want)
		}
	}
	if found, _ := run.Data(r.keysType(), nil); !slices.Equal(found["ids"].([]any), []any{ids[2]}) {
		t.Errorf("found after it, in the same run: %v", found["ids"])
	}
	r.Store.Reset()
	for _, run := range []*protocol.Run{run, r.Run()} { // again
		progress, ds := run.Invoke(r.revokeType(), map[string]any{"ids": leaked}, nil)
		if len(ds.Errors()) > 0 || len(progress) != 3 {
			t.Fatalf("%v, %s", progress, ds)
		}
		if r.Service.Key.KeepsRevoked {
			if len(ds) > 0 || !contains(progress, leaked[2], "was revoked on") {
				t.Errorf("%v, %s", progress, ds)
			}
		} else if len(ds) != 3 || !contains(ds.Warnings(), leaked[2], "among the 1 live keys", "forgets revoked keys", ids[2]) {
			t.Errorf("%v, %s", progress, ds)
		}
	}
	if n := r.Store.Requests()[simulator.OpRevoke]; n != 0 {
		t.Errorf("%d revocations were sent for keys that are gone", n)
	}
	progress, ds = r.Run().Invoke(r.revokeType(), map[string]any{"ids": []string{ids[2]}}, nil)
	if len(ds) > 0 || len(progress) != 1 {
		t.Errorf("the last one: %v, %s", progress, ds)
	}
	r.wantLive(t)
	if ds := r.revoke(t, map[string]any{"ids": []string{ids[2]}}); !r.Service.Key.KeepsRevoked && !contains(ds.Warnings(), "among the 0 live keys", "no live keys at all") {
		t.Errorf("%s", ds)
	}
}

// testRevokeGoesOn: what fails does not stop the others, and is told at the end,
// each on its element; the others are named.
func testRevokeGoesOn(t *testing.T, r *Rig) {
	_, ids := r.mint("a", "b", "c", "d")
	unheard := simulator.UUID()
	r.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Skip: 1, Kind: simulator.FaultStatus, Status: http.StatusForbidden})
	var last string
	progress, ds := r.Run().Invoke(r.revokeType(), map[string]any{"ids": []string{ids[0], unheard, ids[1], ids[2]}}, func(message string) { last = message })
	r.wantLive(t, ids[1], ids[3])
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
	if r.Service.Key.KeepsRevoked {
		if errs := ds.Errors(); len(errs) != 2 || !contains(errs, append(words, "No such", "never had")...) {
			t.Errorf("%s", ds)
		}
	} else if len(ds.Errors()) != 1 || !contains(ds.Warnings(), unheard, ids[3], "the id is wrong") {
		t.Errorf("%s", ds)
	}
	// An answer that leaves open what it did is settled by looking.
	r.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, After: true, Kind: simulator.FaultCut})
	if ds := r.revoke(t, map[string]any{"ids": []string{ids[1]}}); len(ds) > 0 {
		t.Errorf("%s", ds)
	}
	// A listing that fails is no proof that a key is gone.
	r.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: always})
	if ds := r.revoke(t, map[string]any{"ids": []string{ids[3]}}); !contains(ds.Errors(), ids[3], "403") {
		t.Errorf("%s", ds)
	}
	r.wantLive(t, ids[3])
}

// testRevokeOwn: the credential that the provider signs in with is refused, the
// others go.
func testRevokeOwn(t *testing.T, r *Rig) {
	_, ids := r.mint("a", "own", "b")
	own, _ := r.Store.Get(ids[1])
	r.Env = r.Credentials(own.Value)
	ds := r.revoke(t, map[string]any{"ids": []string{ids[1], ids[0], ids[2]}})
	if errs := ds.Errors(); len(errs) != 1 || !contains(errs, own.ID, "signs in with", "Make another key") {
		t.Errorf("%s", ds)
	}
	r.wantLive(t, own.ID)
	r.Env = r.Credentials(r.Store.Admin())
	if ds := r.revoke(t, map[string]any{"ids": []string{own.ID}}); len(ds) > 0 {
		t.Errorf("%s", ds)
	}
	r.wantLive(t)
}

// testRevokeInterrupted: no key is begun after an interrupt, and those that were
// not tried are named. What an interrupt does to the key that is on its way is
// told as well.
func testRevokeInterrupted(t *testing.T, r *Rig) {
	_, ids := r.mint("a", "b", "c")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r.Context = ctx
	_, ds := r.Run().Invoke(r.revokeType(), map[string]any{"ids": ids}, func(string) { cancel() })
	if !contains(ds.Errors(), "not tried", ids[2]) || !contains(ds.Warnings(), ids[0]) || !contains(append(ds.Errors(), ds.Warnings()...), ids[1]) {
		t.Errorf("%s", ds)
	}
	if live := r.Live(); slices.Contains(live, ids[0]) || !slices.Contains(live, ids[2]) {
		t.Errorf("live %v of %v", live, ids)
	}
	progress, ds := r.Run().Invoke(r.revokeType(), map[string]any{"ids": ids[2:]}, nil)
	if len(progress) > 0 || !contains(ds.Errors(), "not tried", ids[2]) {
		t.Errorf("interrupted before it began: %v, %s", progress, ds)
	}
}

// testRevokeInvalid: refused before anything is sent.
func testRevokeInvalid(t *testing.T, r *Rig) {
	bad := []map[string]any{{}, {"ids": []string{}}, {"ids": []string{""}}, {"ids": []string{"a", "  "}}}
	if scope := r.Service.Key.Scope; scope != "" {
		bad = append(bad, map[string]any{"ids": []string{"a"}, scope: ""})
	}
	for _, arguments := range bad[1:] {
		if ds := r.revoke(t, arguments); len(ds.Errors()) != 1 {
			t.Errorf("%v: %s", arguments, ds)
		}
	}
	if _, ds := r.Run().Invoke(r.revokeType(), map[string]any{"ids": protocol.Unknown{}}, nil); len(ds) > 0 {
		t.Errorf("ids that are not known yet: %s", ds)
	}
	if n := r.Store.Total(); n > 0 {
		t.Errorf("%d requests", n)
	}
	r.Store.Fault(simulator.Fault{Kind: simulator.FaultStatus, Status: http.StatusUnauthorized, Times: always})
	if ds := r.revoke(t, map[string]any{"ids": []string{"a", "b"}}); len(ds.Errors()) != 2 || !contains(ds.Errors(), "401", "Make a new one") {
		t.Errorf("%s", ds)
	}
	delete(r.Env, r.Service.Settings[0].Env[0])
	if ds := r.revoke(t, map[string]any{"ids": []string{"a"}}); !contains(ds.Errors(), r.Service.Settings[0].Env[0]) {
		t.Errorf("%s", ds)
	}
}

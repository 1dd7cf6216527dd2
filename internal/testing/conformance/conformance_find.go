package conformance

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// findTests are the tests of what finds keys: data sources, lists and the action
// that revokes what was found.
func findTests() map[string]func(*testing.T, *Rig) {
	return map[string]func(*testing.T, *Rig){
		"keys":                          testKeys,
		"keys, unused":                  testKeysUnused,
		"keys, by state":                testKeysStatus,
		"keys, scope":                   testKeysScope,
		"keys, invalid":                 testKeysInvalid,
		"keys, refused":                 testKeysRefused,
		"keys, one listing":             testKeysShared,
		"key, not exactly one":          testKeyNotOne,
		"list":                          testList,
		"list, limit":                   testListLimit,
		"list, by state":                testListStatus,
		"list, own credential":          testListOwn,
		"list, refused":                 testListRefused,
		"list, to an empty plan":        testListAdopt,
		"list, begun anew":              testListShifted,
		"revoke action":                 testRevoke,
		"revoke action, goes on":        testRevokeGoesOn,
		"revoke action, own credential": testRevokeOwn,
		"revoke action, interrupted":    testRevokeInterrupted,
		"revoke action, invalid":        testRevokeInvalid,
	}
}

// keysType is the service's data source of many keys.
func (r *Rig) keysType() string { return r.Type() + "s" }

// keys reads the data source of many keys in a command of its own, and fails the
// test on an error.
func (r *Rig) keys(t *testing.T, arguments map[string]any) map[string]any {
	t.Helper()
	found, ds := r.Run().Data(r.keysType(), arguments)
	if len(ds) > 0 {
		t.Fatalf("keys of %v: %s", arguments, ds)
	}
	return found
}

// wantKeys fails the test unless these keys are found, in this order.
func wantKeys(t *testing.T, what any, found map[string]any, want ...simulator.Record) {
	t.Helper()
	ids := []any{}
	for _, k := range want {
		ids = append(ids, k.ID)
	}
	got, _ := found["ids"].([]any)
	if !slices.Equal(got, ids) {
		t.Errorf("%v: found %v, want %v", what, got, ids)
	}
	keys, _ := found["keys"].([]any)
	for i, e := range keys {
		if k, _ := e.(map[string]any); len(keys) != len(got) || k["id"] != got[i] {
			t.Fatalf("%v: keys %v do not go with ids %v", what, keys, got)
		}
	}
}

// listedPages is how many requests one listing of the keys takes.
func (r *Rig) listedPages(t *testing.T) int {
	t.Helper()
	r.Store.Reset()
	r.keys(t, nil)
	pages := r.Store.Requests()[simulator.OpList]
	if total := r.Store.Total(); total != pages || pages == 0 {
		t.Fatalf("listing the keys took the requests %v", r.Store.Requests())
	}
	r.Store.Reset()
	return pages
}

// testKeys: all that live, oldest first, with what the service tells of them and
// without their values; by name and by age.
func testKeys(t *testing.T, r *Rig) {
	if found := r.keys(t, nil); len(found["keys"].([]any)) != 0 || found["total"] != int64(0) {
		t.Errorf("of an empty account: %v", found)
	}
	var all []simulator.Record
	for _, name := range []string{"ci-1", "prod", "ci-2", "dead"} {
		all = append(all, r.Store.Mint(name))
		r.Clock.Advance(24 * time.Hour)
	}
	if err := r.Store.Use(all[1].ID); err != nil {
		t.Fatal(err)
	}
	if err := r.Store.Revoke(all[3].ID); err != nil {
		t.Fatal(err)
	}
	at := func(i int) string { return simulator.Timestamp(all[i].CreatedAt) }
	for _, tc := range []struct {
		arguments map[string]any
		want      []simulator.Record
	}{
		{nil, all[:3]},
		{map[string]any{"name_regex": "ci"}, []simulator.Record{all[0], all[2]}},
		{map[string]any{"name_regex": "^ci-1$|PROD"}, all[:1]},
		{map[string]any{"name_regex": "(?i)PROD"}, all[1:2]},
		{map[string]any{"name_regex": "nobody"}, nil},
		{map[string]any{"created_before": at(2)}, all[:2]},
		{map[string]any{"created_before": at(0)}, nil},
		{map[string]any{"created_before": all[1].CreatedAt.In(time.FixedZone("", 3600)).Add(time.Second).Format(time.RFC3339)}, all[:2]},
		{map[string]any{"created_before": at(2), "name_regex": "ci"}, all[:1]},
	} {
		found := r.keys(t, tc.arguments)
		wantKeys(t, tc.arguments, found, tc.want...)
		if found["total"] != int64(3) {
			t.Errorf("%v: total %v", tc.arguments, found["total"])
		}
		for _, k := range all {
			if strings.Contains(fmt.Sprint(found), k.Value) {
				t.Errorf("%v: a value is shown", tc.arguments)
			}
		}
	}
	for i, e := range r.keys(t, nil)["keys"].([]any) {
		k, _ := e.(map[string]any)
		was, _ := r.Store.Get(all[i].ID)
		var used any
		if !was.LastUsedAt.IsZero() {
			used = simulator.Timestamp(was.LastUsedAt)
		}
		if k["name"] != was.Name || k["created_at"] != at(i) || k["last_used_at"] != used {
			t.Errorf("key %d: %v, the service has %+v", i, k, was)
		}
		one, ds := r.Run().Data(r.Type(), map[string]any{"id": was.ID})
		for name, v := range one {
			if fmt.Sprint(k[name]) != fmt.Sprint(v) || len(ds) > 0 {
				t.Errorf("%s is %v among many, %v alone; %s", name, k[name], v, ds)
			}
		}
	}
	for _, unknown := range []map[string]any{{"name_regex": protocol.Unknown{}}, {"created_before": protocol.Unknown{}, "name_regex": "("}} {
		_, ds := r.Run().Data(r.keysType(), unknown)
		if bad := unknown["name_regex"] == "("; len(ds.Errors()) > 0 != bad {
			t.Errorf("%v: %s", unknown, ds)
		}
	}
}

// testKeysUnused: by last use, or creation where there was none; an error where
// the service does not tell.
func testKeysUnused(t *testing.T, r *Rig) {
	never, used := r.Store.Mint("never"), r.Store.Mint("used")
	r.Clock.Advance(80 * 24 * time.Hour)
	young := r.Store.Mint("young")
	if err := r.Store.Use(used.ID); err != nil {
		t.Fatal(err)
	}
	r.Clock.Advance(10*24*time.Hour + time.Minute)
	if !r.Service.Key.ReportsLastUsed {
		r.Store.Reset()
		_, ds := r.Run().Data(r.keysType(), map[string]any{"unused_for": "90d"})
		wantOn(t, ds, `AttributeName("unused_for")`, r.Service.Key.Title, "does not tell", "created_before")
		if r.Store.Total() > 0 {
			t.Errorf("requests %v", r.Store.Requests())
		}
		return
	}
	for limit, want := range map[string][]simulator.Record{
		"90d": {never}, "91d": nil, "2160h": {never}, "10d": {never, used, young}, "11d": {never},
	} {
		wantKeys(t, limit, r.keys(t, map[string]any{"unused_for": limit}), want...)
	}
	wantKeys(t, "with a name", r.keys(t, map[string]any{"unused_for": "10d", "name_regex": "^u"}), used)
}

// testKeysScope: where it is looked is told, and can be said.
func testKeysScope(t *testing.T, r *Rig) {
	scope := r.Service.Key.Scope
	if scope == "" {
		return
	}
	here := r.Store.Mint("here")
	there := r.Store.MintDraft(simulator.Draft{Name: "there", Scope: simulator.UUID()})
	for _, k := range []simulator.Record{here, there} {
		found := r.keys(t, map[string]any{scope: k.Scope})
		wantKeys(t, k.Name, found, k)
		if found[scope] != k.Scope || found["keys"].([]any)[0].(map[string]any)[scope] != k.Scope {
			t.Errorf("%s: looked in %v, and found %v", k.Name, found[scope], found["keys"])
		}
		list, ds := r.Run().List(r.Type(), protocol.Query{Arguments: map[string]any{scope: k.Scope}, IncludeResource: true}, nil)
		if len(ds) > 0 || len(list) != 1 || list[0].Identity["id"] != k.ID || list[0].Identity[scope] != k.Scope || list[0].Resource[scope] != k.Scope {
			t.Errorf("%s: listed %v; %s", k.Name, list, ds)
		}
	}
	wantKeys(t, "the provider's own", r.keys(t, nil), here)
	if ds := r.revoke(t, map[string]any{"ids": []string{there.ID}, scope: there.Scope}); len(ds) > 0 || !slices.Equal(r.Live(), []string{here.ID}) {
		t.Errorf("revoked there: live %v; %s", r.Live(), ds)
	}
}

// testKeysShared: in one command, any number of data sources, lists and resources
// costs one listing.
func testKeysShared(t *testing.T, r *Rig) {
	n := 1000
	if testing.Short() {
		n = 50
	}
	r.Store.Seed(n, func(i int) string { return fmt.Sprintf("key-%04d", i) })
	pages := r.listedPages(t)
	run := r.Run()
	list, ds := run.List(r.Type(), protocol.Query{Limit: int64(n), IncludeResource: true}, nil)
	if len(list) != n || len(ds) > 0 {
		t.Fatalf("listed %d keys; %s", len(list), ds)
	}
	if got := r.Store.Requests()[simulator.OpList]; got != pages || r.Store.Total() != pages {
		t.Errorf("a list took the requests %v, want %d pages", r.Store.Requests(), pages)
	}
	r.Store.Reset()
	run = r.Run()
	var all sync.WaitGroup
	turns := make(chan struct{}, 10) // as many at once as Terraform does
	do := func(work func()) {
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			work()
		})
	}
	for _, arguments := range []map[string]any{nil, {"name_regex": "7$"}, {"created_before": "2000-01-01T00:00:00Z"}} {
		do(func() {
			if _, ds := run.Data(r.keysType(), arguments); len(ds) > 0 {
				t.Errorf("%s", ds)
			}
		})
	}
	for _, f := range list {
		do(func() {
			if gone, ds := run.RefreshFound(f); gone || len(ds.Errors()) > 0 {
				t.Errorf("key %v: gone %t, %s", f.Identity, gone, ds)
			}
		})
	}
	all.Wait()
	// A service that can be asked for one key may be asked for a few before it is
	// clear that all are wanted.
	got := r.Store.Requests()
	if single := r.Store.Total() - got[simulator.OpList]; got[simulator.OpList] != pages || single > pages/10 {
		t.Errorf("the requests %v, want one listing of %d pages", got, pages)
	}
}

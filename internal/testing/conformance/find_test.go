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

// keysType is the service's data source of many keys.
func (h *Harness) keysType() string { return h.Type() + "s" }

// keys reads the data source of many keys in a command of its own, and fails the
// test on an error.
func (h *Harness) keys(t *testing.T, arguments map[string]any) map[string]any {
	t.Helper()
	found, ds := h.Run().Data(h.keysType(), arguments)
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
func (h *Harness) listedPages(t *testing.T) int {
	t.Helper()
	h.Store.Reset()
	h.keys(t, nil)
	pages := h.Store.Requests()[simulator.OpList]
	if total := h.Store.Total(); total != pages || pages == 0 {
		t.Fatalf("listing the keys took the requests %v", h.Store.Requests())
	}
	h.Store.Reset()
	return pages
}

// TestKeysDataSource: all that live, oldest first, with what the service shows of them and
// without their values; by name and by age.
func (h *Suite) TestKeysDataSource(t *testing.T) {
	if found := h.keys(t, nil); len(found["keys"].([]any)) != 0 || found["total"] != int64(0) {
		t.Errorf("of an empty account: %v", found)
	}
	var all []simulator.Record
	for _, name := range []string{"ci-1", "prod", "ci-2", "dead"} {
		all = append(all, h.Store.Mint(name))
		h.Clock.Advance(24 * time.Hour)
	}
	if err := h.Store.Use(all[1].ID); err != nil {
		t.Fatal(err)
	}
	if err := h.Store.Revoke(all[3].ID); err != nil {
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
		found := h.keys(t, tc.arguments)
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
	for i, e := range h.keys(t, nil)["keys"].([]any) {
		k, _ := e.(map[string]any)
		was, _ := h.Store.Get(all[i].ID)
		var used any
		if !was.LastUsedAt.IsZero() && (h.Service.Key.ReportsLastUsed || !h.Service.Key.Declared) {
			used = simulator.Timestamp(was.LastUsedAt)
		}
		if k["name"] != was.Name || k["created_at"] != at(i) || k["last_used_at"] != used {
			t.Errorf("key %d: %v, the service has %+v", i, k, was)
		}
		one, ds := h.Run().Data(h.Type(), map[string]any{"id": was.ID})
		for name, v := range one {
			if fmt.Sprint(k[name]) != fmt.Sprint(v) || len(ds) > 0 {
				t.Errorf("%s is %v among many, %v alone; %s", name, k[name], v, ds)
			}
		}
	}
	for _, unknown := range []map[string]any{{"name_regex": protocol.Unknown{}}, {"created_before": protocol.Unknown{}, "name_regex": "("}} {
		_, ds := h.Run().Data(h.keysType(), unknown)
		if bad := unknown["name_regex"] == "("; len(ds.Errors()) > 0 != bad {
			t.Errorf("%v: %s", unknown, ds)
		}
	}
}

// TestKeysUnused: by last use, or creation where there was none; an error where
// the service does not report.
func (h *Suite) TestKeysUnused(t *testing.T) {
	never, used := h.Store.Mint("never"), h.Store.Mint("used")
	h.Clock.Advance(80 * 24 * time.Hour)
	young := h.Store.Mint("young")
	if err := h.Store.Use(used.ID); err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(10*24*time.Hour + time.Minute)
	if !h.Service.Key.ReportsLastUsed {
		h.Store.Reset()
		_, ds := h.Run().Data(h.keysType(), map[string]any{"unused_for": "90d"})
		wantOn(t, ds, `AttributeName("unused_for")`, h.Service.Key.Title, "does not report", "created_before")
		if h.Store.Total() > 0 {
			t.Errorf("requests %v", h.Store.Requests())
		}
		return
	}
	for limit, want := range map[string][]simulator.Record{
		"90d": {never}, "91d": nil, "2160h": {never}, "10d": {never, used, young}, "11d": {never},
	} {
		wantKeys(t, limit, h.keys(t, map[string]any{"unused_for": limit}), want...)
	}
	wantKeys(t, "with a name", h.keys(t, map[string]any{"unused_for": "10d", "name_regex": "^u"}), used)
}

// TestKeysScope: the scope that is read is shown, and can be set.
func (h *Suite) TestKeysScope(t *testing.T) {
	scope := h.Scope()
	if scope == "" {
		return
	}
	here := h.Store.Mint("here")
	there := h.Store.MintDraft(simulator.Draft{Name: "there", Scope: simulator.UUID()})
	for _, k := range []simulator.Record{here, there} {
		found := h.keys(t, map[string]any{scope: k.Scope})
		wantKeys(t, k.Name, found, k)
		if found[scope] != k.Scope || found["keys"].([]any)[0].(map[string]any)[scope] != k.Scope {
			t.Errorf("%s: looked in %v, and found %v", k.Name, found[scope], found["keys"])
		}
		list, ds := h.Run().List(h.Type(), protocol.Query{Arguments: map[string]any{scope: k.Scope}, IncludeResource: true}, nil)
		if len(ds) > 0 || len(list) != 1 || list[0].Identity["id"] != k.ID || list[0].Identity[scope] != k.Scope || list[0].Resource[scope] != k.Scope {
			t.Errorf("%s: listed %v; %s", k.Name, list, ds)
		}
	}
	wantKeys(t, "the provider's own", h.keys(t, nil), here)
	if ds := h.revoke(t, map[string]any{"ids": []string{there.ID}, scope: there.Scope}); len(ds) > 0 || !slices.Equal(h.Live(), []string{here.ID}) {
		t.Errorf("revoked there: live %v; %s", h.Live(), ds)
	}
}

// TestKeysOneListing: in one command, any number of data sources, lists and resources
// costs one listing.
func (h *Suite) TestKeysOneListing(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 150
	}
	h.Store.Seed(n, func(i int) string { return fmt.Sprintf("key-%04d", i) })
	pages := h.listedPages(t)
	run := h.Run()
	list, ds := run.List(h.Type(), protocol.Query{Limit: int64(n), IncludeResource: true}, nil)
	if len(list) != n || len(ds) > 0 {
		t.Fatalf("listed %d keys; %s", len(list), ds)
	}
	if got := h.Store.Requests()[simulator.OpList]; got != pages || h.Store.Total() != pages {
		t.Errorf("a list took the requests %v, want %d pages", h.Store.Requests(), pages)
	}
	h.Store.Reset()
	run = h.Run()
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
			if _, ds := run.Data(h.keysType(), arguments); len(ds) > 0 {
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
	got := h.Store.Requests()
	if single := h.Store.Total() - got[simulator.OpList]; got[simulator.OpList] != pages || single > pages/10 {
		t.Errorf("the requests %v, want one listing of %d pages", got, pages)
	}
}

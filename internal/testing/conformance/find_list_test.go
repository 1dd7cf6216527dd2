package conformance

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// list runs a list block in a command of its own, and fails the test on an error.
func (h *Harness) list(t *testing.T, q protocol.Query) []protocol.Found {
	t.Helper()
	found, ds := h.Run().List(h.Type(), q, nil)
	if len(ds) > 0 {
		t.Fatalf("list of %v: %s", q, ds)
	}
	return found
}

// wantFound fails the test unless these keys are listed, in any order, each under
// its name.
func wantFound(t *testing.T, what any, found []protocol.Found, want ...simulator.Record) {
	t.Helper()
	names := map[any]string{}
	for _, k := range want {
		names[k.ID] = k.Name
	}
	for _, f := range found {
		if name, ok := names[f.Identity["id"]]; !ok || name != f.Name {
			t.Errorf("%v: listed %q with the identity %v, which is not among %v, or is there twice", what, f.Name, f.Identity, names)
		}
		delete(names, f.Identity["id"])
	}
	if len(names) > 0 {
		t.Errorf("%v: not listed: %v", what, names)
	}
}

// TestList: the same filters as the data source, and what an import would give.
func (h *Suite) TestList(t *testing.T) {
	wantFound(t, "nothing", h.list(t, protocol.Query{}))
	old, ci, twin := h.Store.Mint("old"), h.Store.Mint("ci"), h.Store.Mint("ci")
	dead := h.Store.Mint("dead")
	if err := h.Store.Revoke(dead.ID); err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(100 * 24 * time.Hour)
	young := h.Store.Mint("young")
	if err := h.Store.Use(ci.ID); err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Minute)
	cases := map[*map[string]any][]simulator.Record{
		{}:                     {old, ci, twin, young},
		{"name_regex": "^ci$"}: {ci, twin},
		{"created_before": simulator.Timestamp(young.CreatedAt)}: {old, ci, twin},
		{"name_regex": "nobody"}:                                 nil,
	}
	if h.Service.Key.ReportsLastUsed {
		cases[&map[string]any{"unused_for": "90d"}] = []simulator.Record{old, twin}
	}
	for arguments, want := range cases {
		for _, all := range []bool{false, true} {
			found := h.list(t, protocol.Query{Arguments: *arguments, IncludeResource: all})
			wantFound(t, *arguments, found, want...)
		}
	}
	for _, f := range h.list(t, protocol.Query{IncludeResource: true}) {
		h.State = nil
		if ds := h.ImportIdentity(key, h.Type(), f.Identity); len(ds.Errors()) > 0 {
			t.Fatalf("import of %v: %s", f.Identity, ds)
		}
		for name, listed := range f.Resource {
			if imported := h.State[key].Attribute(name); !reflect.DeepEqual(imported, listed) {
				t.Errorf("%s: %s is %v in the list, and %v imported", f.Name, name, listed, imported)
			}
		}
		if !reflect.DeepEqual(h.Identity(key), f.Identity) || f.Resource["key"] != nil {
			t.Errorf("%s: listed as %v, imported as %v", f.Name, f.Identity, h.Identity(key))
		}
	}
}

// TestListToEmptyPlan: the configuration that Terraform writes for what was listed, and
// an import of each, plan empty.
func (h *Suite) TestListToEmptyPlan(t *testing.T) {
	for i := range 7 {
		h.Store.Mint(fmt.Sprintf("by hand %d", i%5)) // two names twice
	}
	run := h.Run()
	list, ds := run.List(h.Type(), protocol.Query{IncludeResource: true}, nil)
	if len(list) != 7 || len(ds) > 0 {
		t.Fatalf("listed %v; %s", list, ds)
	}
	config := protocol.Config{}
	for i, f := range list {
		address := fmt.Sprintf("adopted_%d", i)
		block := protocol.Block{Type: h.Type(), Attributes: map[string]any{}}
		for _, a := range run.Resources[h.Type()].Block.Attributes {
			if v := f.Resource[a.Name]; (a.Optional || a.Required) && v != nil {
				block.Attributes[a.Name] = v
			}
		}
		config[address] = block
		if ds := h.ImportIdentity(address, h.Type(), f.Identity); len(ds.Errors()) > 0 {
			t.Fatal(ds)
		}
	}
	h.Store.Reset()
	h.MustBeEmpty(config)
	h.MustApply(config)
	if n := h.Store.Requests(); n[simulator.OpCreate]+n[simulator.OpUpdate]+n[simulator.OpRevoke] > 0 {
		t.Errorf("adopting sent the requests %v", n)
	}
	h.destroyAll(t)
}

// TestListLimit: no more results than Terraform wants, the oldest first.
func (h *Suite) TestListLimit(t *testing.T) {
	all := h.Store.Seed(250, func(i int) string { return fmt.Sprintf("key %d", i) })
	pages := h.listedPages(t)
	for limit, results := range map[int]int{1: 1, 10: 10, 101: 101, 250: 250, 1000: 250} {
		h.Store.Reset()
		found := h.list(t, protocol.Query{Limit: int64(limit)})
		if len(found) != results {
			t.Errorf("limit %d: %d results, want %d", limit, len(found), results)
		}
		if d := h.Service.Declaration; d == nil || d.List.CreatedAt != "" {
			wantFound(t, limit, found, all[:results]...)
		}
		if got := h.Store.Total(); got != pages {
			t.Errorf("limit %d: %d requests, want %d", limit, got, pages)
		}
	}
	// The limit counts results, not the keys that were read for them.
	last := all[len(all)-1].Name
	if found := h.list(t, protocol.Query{Limit: 2, Arguments: map[string]any{"name_regex": "^" + last + "$"}}); len(found) != 1 || found[0].Name != last {
		t.Errorf("found %v, want %s", found, last)
	}
}

// TestListOwnCredential: the key that the provider signs in with is listed like any other.
func (h *Suite) TestListOwnCredential(t *testing.T) {
	own, other := h.Store.Mint("own"), h.Store.Mint("other")
	h.Env = h.Credentials(own.Value)
	wantFound(t, "all", h.list(t, protocol.Query{IncludeResource: true}), own, other)
	unnamed := h.Store.Mint("")
	found := h.list(t, protocol.Query{Arguments: map[string]any{"name_regex": "^$"}})
	if len(found) != 1 || found[0].Name != unnamed.ID {
		t.Errorf("a key without a name is listed as %v", found)
	}
}

// TestListRefused: a listing that fails is an error, on whichever page, without results.
func (h *Suite) TestListRefused(t *testing.T) {
	h.Store.Seed(250, func(i int) string { return fmt.Sprintf("key %d", i) })
	pages := h.listedPages(t)
	for _, page := range []int{1, pages} {
		h.Store.Fault(simulator.Fault{Operation: simulator.OpList, Skip: page - 1, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: always})
		found, ds := h.Run().List(h.Type(), protocol.Query{Limit: 1000}, nil)
		if len(ds) != 1 || !contains(ds.Errors(), "403", "list the keys", h.Service.Key.Title) {
			t.Errorf("page %d: %s", page, ds)
		}
		if len(found) > 0 {
			t.Errorf("page %d fails: %d results before it", page, len(found))
		}
		h.Store.ClearFaults()
	}
	delete(h.Env, h.Service.Settings[0].Env[0])
	if found, ds := h.Run().List(h.Type(), protocol.Query{}, nil); len(found) > 0 || !contains(ds.Errors(), h.Service.Settings[0].Env[0]) {
		t.Errorf("without a credential: %v, %s", found, ds)
	}
}

// TestListStartsAgain: a key that goes while the pages come hides no other one, and
// none is listed twice. Where pages are counted by rows, that takes a listing that
// is begun anew.
func (h *Suite) TestListStartsAgain(t *testing.T) {
	all := h.Store.Seed(450, func(i int) string { return fmt.Sprintf("key %d", i) })
	pages := h.listedPages(t)
	gone, requests := all[0].ID, 0
	h.Store.Watch(func(e simulator.Exchange, m simulator.Moment) {
		if e.Operation != simulator.OpList || m != simulator.Arrived {
			return
		}
		if requests++; requests == 2 {
			if err := h.Store.Revoke(gone); err != nil {
				t.Error(err)
			}
		}
	})
	found, ds := h.Run().List(h.Type(), protocol.Query{Limit: 1000}, nil)
	h.Store.Watch(nil)
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	found = slices.DeleteFunc(found, func(f protocol.Found) bool { return f.Identity["id"] == gone })
	wantFound(t, "all others", found, all[1:]...)
	if requests < pages {
		t.Errorf("%d requests for a listing of %d pages", requests, pages)
	}
}

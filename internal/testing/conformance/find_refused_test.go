package conformance

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// wantOn fails the test unless there is one diagnostic, an error on an attribute
// that says these words.
func wantOn(t *testing.T, ds protocol.Diagnostics, attribute string, words ...string) {
	t.Helper()
	if len(ds) != 1 || !contains(ds.Errors(), words...) || ds[0].Attribute.String() != attribute {
		t.Errorf("want one error on %s that says %v; got %s", attribute, words, ds)
		for _, d := range ds {
			t.Logf("on %s", d.Attribute)
		}
	}
}

// invalid are arguments that select nothing because they are wrong, and what is
// said of them, for data sources and lists alike.
func (h *Harness) invalid() map[string][]string {
	all := map[string][]string{
		"name_regex=(": {"name_regex", "missing closing )", "RE2"},
		"name_regex=[": {"missing closing ]"},
		"created_before=2026-01-31": {
			"created_before", "2026-01-31T00:00:00Z",
		},
		"created_before=soon": {"soon"},
		"created_before=":     {"created_before"},
		"unused_for=-1h":      {"unused_for", "not positive"},
		"unused_for=0s":       {"not positive"},
		"unused_for=soon":     {"soon", "90d"},
		"unused_for=":         {"unused_for"},
	}
	if h.Service.Key.KeepsRevoked {
		all["status=dead"] = []string{"active", "revoked", "all", "dead"}
		all["status="] = []string{"active"}
	}
	if scope := h.Scope(); scope != "" {
		all[scope+"="] = []string{"at least 1"}
	}
	if !h.Service.Key.ReportsLastUsed && !h.Service.Key.Declared { // a declaration is known once the provider is configured
		for what := range all {
			if strings.HasPrefix(what, "unused_for") {
				all[what] = []string{"does not report"}
			}
		}
	}
	return all
}

// TestKeysInvalid: what cannot be meant is an error on the attribute, before
// anything is sent.
func (h *Suite) TestKeysInvalid(t *testing.T) {
	for what, words := range h.invalid() {
		attribute, value, _ := strings.Cut(what, "=")
		at := fmt.Sprintf("AttributeName(%q)", attribute)
		_, ds := h.Run().Data(h.keysType(), map[string]any{attribute: value})
		wantOn(t, ds, at, words...)
		_, ds = h.Run().List(h.Type(), protocol.Query{Arguments: map[string]any{attribute: value}}, nil)
		wantOn(t, ds, at, words...)
	}
	if n := h.Store.Total(); n > 0 {
		t.Errorf("%d requests", n)
	}
}

// TestKeysRefused: a listing that fails is an error, never "no keys"; so is a
// provider that cannot be used yet.
func (h *Suite) TestKeysRefused(t *testing.T) {
	h.Store.Mint("ci")
	h.Store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: always})
	if _, ds := h.Run().Data(h.keysType(), nil); !contains(ds.Errors(), "403", h.Service.Key.Title, "may not do this") {
		t.Errorf("%s", ds)
	}
	h.Store.ClearFaults()
	h.Provider = h.Configured(map[string]any{h.Service.Settings[0].Name: protocol.Unknown{}})
	if _, ds := h.Run().Data(h.keysType(), nil); !contains(ds.Errors(), "not known yet", h.Service.Settings[0].Name) {
		t.Errorf("%s", ds)
	}
}

// TestKeyDataSourceNotOne: a name or id that does not mean exactly one live key is an error
// on that argument, which lists what there is; of many, what is Similar ones are.
func (h *Suite) TestKeyDataSourceNotOne(t *testing.T) {
	twins := []simulator.Record{h.Store.Mint("twin"), h.Store.Mint("twin")}
	dead := h.Store.Mint("dead")
	if err := h.Store.Revoke(dead.ID); err != nil {
		t.Fatal(err)
	}
	refused := func(argument, value string, words ...string) {
		t.Helper()
		_, ds := h.Run().Data(h.Type(), map[string]any{argument: value})
		wantOn(t, ds, fmt.Sprintf("AttributeName(%q)", argument), words...)
	}
	refused("name", "twin", "2 live keys", twins[0].ID, twins[1].ID)
	refused("name", "nobody", "nobody", twins[0].ID, twins[1].ID)
	refused("id", "no-such-id", "no-such-id", twins[0].ID)
	if h.Service.Key.KeepsRevoked {
		refused("name", "dead", dead.ID, "was revoked on", twins[0].ID)
		refused("id", dead.ID, "was revoked on", twins[0].ID)
	} else {
		refused("name", "dead", `no live key named "dead"`, twins[0].ID)
		refused("id", dead.ID, "no key with the id", twins[0].ID)
	}
	many := map[string]simulator.Record{}
	for _, k := range h.Store.Seed(300, func(i int) string { return fmt.Sprintf("service %d of a large workspace", i) }) {
		many[k.Name] = k
	}
	wanted := many["service 123 of a large workspace"]
	refused("name", "Service 123 of a large workspace", "302 live keys", "Similar ones are:", wanted.ID)
	refused("id", wanted.ID[1:], "302 live keys", "Similar ones are:", wanted.ID)
	for _, id := range slices.Sorted(maps.Keys(many))[:1] {
		if err := h.Store.Revoke(many[id].ID); err != nil {
			t.Fatal(err)
		}
		refused("name", id, id, "301 live keys")
	}
}

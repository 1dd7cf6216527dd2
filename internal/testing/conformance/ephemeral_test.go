package conformance

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// expiring is the name that the documentation promises, written down once more.
func expiring(name string, until time.Time) string {
	return name + " [ephemeral until " + until.UTC().Format("2006-01-02T15:04:05Z") + "]"
}

// mustOpen opens an ephemeral key, and fails the test on an error.
func (h *Harness) mustOpen(t *testing.T, run *protocol.Run, arguments map[string]any) *protocol.Ephemeral {
	t.Helper()
	e := run.Open(h.Type(), arguments)
	if errs := e.Diagnostics.Errors(); len(errs) > 0 {
		t.Fatalf("open: %v", errs)
	}
	return e
}

// TestEphemeralLifecycle: made when it is opened, named with its expiry, usable, and gone
// when it is closed; what Terraform keeps for the closing holds no secret.
func (h *Suite) TestEphemeralLifecycle(t *testing.T) {
	for after, life := range map[any]time.Duration{nil: time.Hour, "30m": 30 * time.Minute, "2d": 48 * time.Hour} {
		run := h.Run()
		e := h.mustOpen(t, run, map[string]any{"name": "ci", "expires_after": after})
		if len(e.Diagnostics) > 0 {
			t.Errorf("%s", e.Diagnostics)
		}
		live := h.Store.Live()
		if len(live) != 1 {
			t.Fatalf("live %v", h.Live())
		}
		k := live[0]
		until, err := time.Parse(time.RFC3339, e.Text("expires_at"))
		if err != nil || until.Sub(k.CreatedAt).Abs()-life > time.Second || life-until.Sub(k.CreatedAt) > time.Second {
			t.Errorf("made at %s for %s, expires_at %q", k.CreatedAt, life, e.Text("expires_at"))
		}
		if k.Name != expiring("ci", until) {
			t.Errorf("named %q", k.Name)
		}
		if e.Text("id") != k.ID || e.Text("key") != k.Value || e.Text("created_at") == "" || e.Text("name") != "ci" {
			t.Error("the result is not the key that was made")
		}
		if strings.Contains(string(e.Private), k.Value) || !strings.Contains(string(e.Private), "closing") {
			t.Errorf("private data of %d bytes holds a secret, or nothing", len(e.Private))
		}
		if handed := run.Open(handOver, map[string]any{"key_id": k.ID}); handed.Attribute("value") != k.Value {
			t.Error("not handed on in its run")
		}
		if ds := run.Close(e); len(ds) > 0 || len(h.Live()) != 0 {
			t.Errorf("close: %s, live %v", ds, h.Live())
		}
		if ds := run.Close(e); len(ds) > 0 {
			t.Errorf("closed twice: %s", ds)
		}
	}
}

// TestEphemeralArguments: what a create can carry reaches the service, the scope
// too, and a key in another scope is closed there.
func (h *Suite) TestEphemeralArguments(t *testing.T) {
	arguments := map[string]any{"name": "ci"}
	settable := map[string]any{"scopes": []string{"voices:read"}, "rate_limit_per_min": 7}
	run := h.Run()
	for _, a := range run.Ephemerals[h.Type()].Block.Attributes {
		if v, ok := settable[a.Name]; ok && a.Optional {
			arguments[a.Name] = v
		}
	}
	scope := simulator.UUID()
	if h.Scope() != "" {
		arguments[h.Scope()] = scope
	}
	e := h.mustOpen(t, run, arguments)
	k := h.Store.Live()[0]
	if h.Scope() != "" && (k.Scope != scope || e.Attribute(h.Scope()) != scope) {
		t.Errorf("created in %q, the state has %v, want %q", k.Scope, e.Attribute(h.Scope()), scope)
	}
	for name, want := range arguments {
		got, sent := k.Attributes[name]
		if sent && fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: the service got %v, want %v", name, got, want)
		}
		if settable[name] != nil && !sent {
			t.Errorf("%s did not reach the service: %v", name, k.Attributes)
		}
	}
	if ds := run.Close(e); len(ds) > 0 || len(h.Live()) != 0 {
		t.Errorf("close: %s, live %v", ds, h.Live())
	}
}

// TestEphemeralNotMinted: with mint = false nothing is made, nothing is asked,
// and nothing is known.
func (h *Suite) TestEphemeralNotMinted(t *testing.T) {
	run := h.Run()
	h.Store.Reset()
	e := h.mustOpen(t, run, map[string]any{"name": "ci", "mint": false})
	for _, name := range []string{"id", "key", "created_at", "expires_at"} {
		if e.Attribute(name) != (protocol.Unknown{}) {
			t.Errorf("%s is known: %v", name, e.Attribute(name))
		}
	}
	if ds := run.Close(e); len(ds)+len(e.Diagnostics) > 0 || h.Store.Total() != 0 {
		t.Errorf("%s %s, %d requests", e.Diagnostics, ds, h.Store.Total())
	}
	e = h.mustOpen(t, run, map[string]any{"name": "ci", "mint": true})
	if ds := run.Close(e); len(ds) > 0 || e.Text("key") == "" || len(h.Live()) != 0 {
		t.Errorf("mint = true: %s", ds)
	}
}

// TestEphemeralUnknownCredential: as long as the credential is not known, the key
// is not known either.
func (h *Suite) TestEphemeralUnknownCredential(t *testing.T) {
	h.Provider = h.Configured(map[string]any{h.Service.Settings[0].Name: protocol.Unknown{}})
	h.Store.Reset()
	run := h.Run()
	e := h.mustOpen(t, run, map[string]any{"name": "ci"})
	if ds := run.Close(e); len(ds) > 0 || e.Attribute("key") != (protocol.Unknown{}) || h.Store.Total() != 0 {
		t.Errorf("%s, key known: %v, %d requests", ds, e.Attribute("key") != (protocol.Unknown{}), h.Store.Total())
	}
}

// TestEphemeralRefused: a create that is refused is an error, and closing has
// nothing to do.
func (h *Suite) TestEphemeralRefused(t *testing.T) {
	h.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultStatus, Status: http.StatusForbidden})
	run := h.Run()
	e := run.Open(h.Type(), map[string]any{"name": "ci"})
	if !contains(e.Diagnostics.Errors(), "ephemeral", h.Service.Key.Title, "403") || len(h.Live()) != 0 {
		t.Errorf("%s, live %v", e.Diagnostics, h.Live())
	}
}

// TestEphemeralAmbiguous: a lost answer is reconciled, and leaves one key or none.
func (h *Suite) TestEphemeralAmbiguous(t *testing.T) {
	for _, after := range []bool{true, false} {
		h.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultCut, After: after})
		run := h.Run()
		e := run.Open(h.Type(), map[string]any{"name": "ci"})
		if failed := len(e.Diagnostics.Errors()) > 0; failed != !after {
			t.Errorf("answer lost after the create %v: %s", after, e.Diagnostics)
		}
		if after {
			if ds := run.Close(e); len(ds) > 0 {
				t.Errorf("%s", ds)
			}
		}
		if live := h.Live(); len(live) != 0 {
			t.Errorf("answer lost after the create %v: live %v", after, live)
		}
		h.Clock.Advance(time.Hour)
	}
}

// TestEphemeralOutcomeUnknown: where it cannot be seen what a create did, the error says
// when the key goes that nobody has the value of, and then it does.
func (h *Suite) TestEphemeralOutcomeUnknown(t *testing.T) {
	seen := h.loseCreate()
	e := h.Run().Open(h.Type(), map[string]any{"name": "ci"})
	seen()
	lost := h.Store.Live()[0]
	until := strings.TrimSuffix(strings.TrimPrefix(lost.Name, "ci [ephemeral until "), "]")
	if !contains(e.Diagnostics.Errors(), "may or may not have been created", "first run after "+until, strconv.Quote(lost.Name)) || contains(e.Diagnostics.Errors(), "the provider then looks for") {
		t.Errorf("%s", e.Diagnostics)
	}
	for _, step := range []struct {
		after time.Duration
		gone  bool
	}{{59 * time.Minute, false}, {2 * time.Minute, true}} {
		h.Clock.Advance(step.after)
		run := h.Run()
		if ds := run.Close(h.mustOpen(t, run, map[string]any{"name": "ci"})); len(ds) > 0 {
			t.Errorf("%s", ds)
		}
		if k, _ := h.Store.Get(lost.ID); k.Live() == step.gone {
			t.Errorf("%s later the lost key lives: %v", step.after, k.Live())
		}
	}
}

// TestEphemeralInvalid: refused before anything is sent. The name leaves room for
// what is added to it.
func (h *Suite) TestEphemeralInvalid(t *testing.T) {
	h.Store.Reset()
	run := h.Run()
	for _, bad := range []map[string]any{
		{"name": ""}, {"name": " "}, {"name": "line\nbreak"},
		{"name": "ci", "expires_after": "59s"}, {"name": "ci", "expires_after": "soon"}, {"name": "ci", "expires_after": "-1h"}, {"name": "ci", "expires_after": ""},
	} {
		if e := run.Open(h.Type(), bad); len(e.Diagnostics.Errors()) != 1 {
			t.Errorf("%v: %s", bad, e.Diagnostics)
		}
	}
	limit := h.Service.Key.MaxName
	if limit > 0 {
		limit -= len(expiring("", h.Clock.Now()))
		if e := run.Open(h.Type(), map[string]any{"name": strings.Repeat("ä", limit+1)}); !contains(e.Diagnostics.Errors(), fmt.Sprint(limit)) {
			t.Errorf("a name of %d characters: %s", limit+1, e.Diagnostics)
		}
	}
	if n := h.Store.Total(); n != 0 {
		t.Errorf("%d requests", n)
	}
	if limit > 0 {
		e := h.mustOpen(t, run, map[string]any{"name": strings.Repeat("ä", limit)})
		if ds := run.Close(e); len(ds) > 0 || len(h.Live()) > 0 {
			t.Errorf("the longest name: %s", ds)
		}
	}
}

// TestSchemasAgree: what a resource, a data source and an ephemeral resource of the
// service call by the same name is of the same type, and each shows every
// attribute of the service's table that belongs there.
func (h *Suite) TestSchemasAgree(t *testing.T) {
	all := h.Run().Schemas
	types := map[string]map[string]string{}
	for form, s := range map[string]map[string]string{
		"resource":    attributeTypes(all.Resources[h.Type()].Block.Attributes),
		"data source": attributeTypes(all.DataSources[h.Type()].Block.Attributes),
		"ephemeral":   attributeTypes(all.Ephemerals[h.Type()].Block.Attributes),
	} {
		for name, kind := range s {
			if types[name] == nil {
				types[name] = map[string]string{}
			}
			types[name][form] = kind
		}
	}
	for name, forms := range types {
		if kinds := slices.Compact(slices.Sorted(maps.Values(forms))); len(kinds) != 1 {
			t.Errorf("%s has several types: %v", name, forms)
		}
	}
	for _, a := range h.Service.Key.Attributes {
		if _, ok := types[a.Name]["data source"]; !ok {
			t.Errorf("the data source lacks %s", a.Name)
		}
		_, inResource := types[a.Name]["resource"]
		_, inEphemeral := types[a.Name]["ephemeral"]
		if inEphemeral && !inResource && a.Name != "expires_at" { // which all ephemeral keys have
			t.Errorf("the ephemeral resource has %s, the resource does not", a.Name)
		}
	}
}

// attributeTypes are the types of a schema's attributes, by name.
func attributeTypes(attributes []*tfprotov6.SchemaAttribute) map[string]string {
	all := map[string]string{}
	for _, a := range attributes {
		all[a.Name] = a.ValueType().String()
	}
	return all
}

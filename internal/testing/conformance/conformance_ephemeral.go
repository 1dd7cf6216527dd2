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

// ephemeralTests are the tests of keys that are made for one run.
func ephemeralTests() map[string]func(*testing.T, *Rig) {
	return map[string]func(*testing.T, *Rig){
		"ephemeral, life":               testEphemeral,
		"ephemeral, arguments":          testEphemeralArguments,
		"ephemeral, not minted":         testEphemeralNotMinted,
		"ephemeral, unknown credential": testEphemeralUnknownCredential,
		"ephemeral, sweep":              testEphemeralSweep,
		"ephemeral, sweep fails":        testEphemeralSweepFails,
		"ephemeral, close fails":        testEphemeralCloseFails,
		"ephemeral, refused":            testEphemeralRefused,
		"ephemeral, ambiguous":          testEphemeralAmbiguous,
		"ephemeral, unsettled":          testEphemeralUnsettled,
		"ephemeral, not closed":         testUnclosed,
		"ephemeral, invalid":            testEphemeralInvalid,
		"ephemeral, killed runs":        testEphemeralKilled,
		"schemas agree":                 testSchemas,
	}
}

// expiring is the name that the documentation promises, written down once more.
func expiring(name string, until time.Time) string {
	return name + " [ephemeral until " + until.UTC().Format("2006-01-02T15:04:05Z") + "]"
}

// mustOpen opens an ephemeral key, and fails the test on an error.
func (r *Rig) mustOpen(t *testing.T, run *protocol.Run, arguments map[string]any) *protocol.Ephemeral {
	t.Helper()
	e := run.Open(r.Type(), arguments)
	if errs := e.Diagnostics.Errors(); len(errs) > 0 {
		t.Fatalf("open: %v", errs)
	}
	return e
}

// testEphemeral: made when it is opened, named with its expiry, usable, and gone
// when it is closed; what Terraform keeps for the closing holds no secret.
func testEphemeral(t *testing.T, r *Rig) {
	for after, life := range map[any]time.Duration{nil: time.Hour, "30m": 30 * time.Minute, "2d": 48 * time.Hour} {
		run := r.Run()
		e := r.mustOpen(t, run, map[string]any{"name": "ci", "expires_after": after})
		if len(e.Diagnostics) > 0 {
			t.Errorf("%s", e.Diagnostics)
		}
		live := r.Store.Live()
		if len(live) != 1 {
			t.Fatalf("live %v", r.Live())
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
		if ds := run.Close(e); len(ds) > 0 || len(r.Live()) != 0 {
			t.Errorf("close: %s, live %v", ds, r.Live())
		}
		if ds := run.Close(e); len(ds) > 0 {
			t.Errorf("closed twice: %s", ds)
		}
	}
}

// testEphemeralArguments: what a create can carry reaches the service, the scope
// too, and a key in another scope is closed there.
func testEphemeralArguments(t *testing.T, r *Rig) {
	arguments := map[string]any{"name": "ci"}
	settable := map[string]any{"scopes": []string{"voices:read"}, "rate_limit_per_min": 7}
	run := r.Run()
	for _, a := range run.Ephemerals[r.Type()].Block.Attributes {
		if v, ok := settable[a.Name]; ok && a.Optional {
			arguments[a.Name] = v
		}
	}
	scope := simulator.UUID()
	if r.Service.Key.Scope != "" {
		arguments[r.Service.Key.Scope] = scope
	}
	e := r.mustOpen(t, run, arguments)
	k := r.Store.Live()[0]
	if r.Service.Key.Scope != "" && (k.Scope != scope || e.Attribute(r.Service.Key.Scope) != scope) {
		t.Errorf("made in %q, told %v, want %q", k.Scope, e.Attribute(r.Service.Key.Scope), scope)
	}
	for name, want := range arguments {
		got, told := k.Attributes[name]
		if told && fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: the service was told %v, want %v", name, got, want)
		}
		if settable[name] != nil && !told {
			t.Errorf("%s did not reach the service: %v", name, k.Attributes)
		}
	}
	if ds := run.Close(e); len(ds) > 0 || len(r.Live()) != 0 {
		t.Errorf("close: %s, live %v", ds, r.Live())
	}
}

// testEphemeralNotMinted: with mint = false nothing is made, nothing is asked,
// and nothing is known.
func testEphemeralNotMinted(t *testing.T, r *Rig) {
	run := r.Run()
	r.Store.Reset()
	e := r.mustOpen(t, run, map[string]any{"name": "ci", "mint": false})
	for _, name := range []string{"id", "key", "created_at", "expires_at"} {
		if e.Attribute(name) != (protocol.Unknown{}) {
			t.Errorf("%s is known: %v", name, e.Attribute(name))
		}
	}
	if ds := run.Close(e); len(ds)+len(e.Diagnostics) > 0 || r.Store.Total() != 0 {
		t.Errorf("%s %s, %d requests", e.Diagnostics, ds, r.Store.Total())
	}
	e = r.mustOpen(t, run, map[string]any{"name": "ci", "mint": true})
	if ds := run.Close(e); len(ds) > 0 || e.Text("key") == "" || len(r.Live()) != 0 {
		t.Errorf("mint = true: %s", ds)
	}
}

// testEphemeralUnknownCredential: as long as the credential is not known, the key
// is not known either.
func testEphemeralUnknownCredential(t *testing.T, r *Rig) {
	r.Provider = map[string]any{r.Service.Key.Name: map[string]any{r.Service.Settings[0].Name: protocol.Unknown{}}}
	r.Store.Reset()
	run := r.Run()
	e := r.mustOpen(t, run, map[string]any{"name": "ci"})
	if ds := run.Close(e); len(ds) > 0 || e.Attribute("key") != (protocol.Unknown{}) || r.Store.Total() != 0 {
		t.Errorf("%s, key known: %v, %d requests", ds, e.Attribute("key") != (protocol.Unknown{}), r.Store.Total())
	}
}

// testEphemeralRefused: a create that is refused is an error, and closing has
// nothing to do.
func testEphemeralRefused(t *testing.T, r *Rig) {
	r.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultStatus, Status: http.StatusForbidden})
	run := r.Run()
	e := run.Open(r.Type(), map[string]any{"name": "ci"})
	if !contains(e.Diagnostics.Errors(), "ephemeral", r.Service.Key.Title, "403") || len(r.Live()) != 0 {
		t.Errorf("%s, live %v", e.Diagnostics, r.Live())
	}
}

// testEphemeralAmbiguous: a lost answer is settled, and leaves one key or none.
func testEphemeralAmbiguous(t *testing.T, r *Rig) {
	for _, after := range []bool{true, false} {
		r.Store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultCut, After: after})
		run := r.Run()
		e := run.Open(r.Type(), map[string]any{"name": "ci"})
		if failed := len(e.Diagnostics.Errors()) > 0; failed != !after {
			t.Errorf("answer lost after the create %v: %s", after, e.Diagnostics)
		}
		if after {
			if ds := run.Close(e); len(ds) > 0 {
				t.Errorf("%s", ds)
			}
		}
		if live := r.Live(); len(live) != 0 {
			t.Errorf("answer lost after the create %v: live %v", after, live)
		}
		r.Clock.Advance(time.Hour)
	}
}

// testEphemeralUnsettled: where it cannot be seen what a create did, the error says
// when the key goes that nobody has the value of, and then it does.
func testEphemeralUnsettled(t *testing.T, r *Rig) {
	seen := r.loseCreate()
	e := r.Run().Open(r.Type(), map[string]any{"name": "ci"})
	seen()
	lost := r.Store.Live()[0]
	until := strings.TrimSuffix(strings.TrimPrefix(lost.Name, "ci [ephemeral until "), "]")
	if !contains(e.Diagnostics.Errors(), "may or may not have been made", "first run after "+until, strconv.Quote(lost.Name)) || contains(e.Diagnostics.Errors(), "the provider then looks for") {
		t.Errorf("%s", e.Diagnostics)
	}
	for _, step := range []struct {
		after time.Duration
		gone  bool
	}{{59 * time.Minute, false}, {2 * time.Minute, true}} {
		r.Clock.Advance(step.after)
		run := r.Run()
		if ds := run.Close(r.mustOpen(t, run, map[string]any{"name": "ci"})); len(ds) > 0 {
			t.Errorf("%s", ds)
		}
		if k, _ := r.Store.Get(lost.ID); k.Live() == step.gone {
			t.Errorf("%s later the lost key lives: %v", step.after, k.Live())
		}
	}
}

// testEphemeralInvalid: refused before anything is sent. The name leaves room for
// what is added to it.
func testEphemeralInvalid(t *testing.T, r *Rig) {
	r.Store.Reset()
	run := r.Run()
	for _, bad := range []map[string]any{
		{"name": ""}, {"name": " "}, {"name": "line\nbreak"},
		{"name": "ci", "expires_after": "59s"}, {"name": "ci", "expires_after": "soon"}, {"name": "ci", "expires_after": "-1h"}, {"name": "ci", "expires_after": ""},
	} {
		if e := run.Open(r.Type(), bad); len(e.Diagnostics.Errors()) != 1 {
			t.Errorf("%v: %s", bad, e.Diagnostics)
		}
	}
	limit := r.Service.Key.MaxName
	if limit > 0 {
		limit -= len(expiring("", r.Clock.Now()))
		if e := run.Open(r.Type(), map[string]any{"name": strings.Repeat("ä", limit+1)}); !contains(e.Diagnostics.Errors(), fmt.Sprint(limit)) {
			t.Errorf("a name of %d characters: %s", limit+1, e.Diagnostics)
		}
	}
	if n := r.Store.Total(); n != 0 {
		t.Errorf("%d requests", n)
	}
	if limit > 0 {
		e := r.mustOpen(t, run, map[string]any{"name": strings.Repeat("ä", limit)})
		if ds := run.Close(e); len(ds) > 0 || len(r.Live()) > 0 {
			t.Errorf("the longest name: %s", ds)
		}
	}
}

// testSchemas: what a resource, a data source and an ephemeral resource of the
// service call by the same name is of the same type, and each shows every
// attribute of the service's table that belongs there.
func testSchemas(t *testing.T, r *Rig) {
	all := r.Run().Schemas
	types := map[string]map[string]string{}
	for form, s := range map[string]map[string]string{
		"resource":    attributeTypes(all.Resources[r.Type()].Block.Attributes),
		"data source": attributeTypes(all.DataSources[r.Type()].Block.Attributes),
		"ephemeral":   attributeTypes(all.Ephemerals[r.Type()].Block.Attributes),
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
	for _, a := range r.Service.Key.Attributes {
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

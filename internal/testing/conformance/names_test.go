package conformance

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// changingNames is the service's simulator with other rules for names: it trims them,
// in lower case, and cuts what is too long.
func (h *Harness) changingNames(t *testing.T) *Harness {
	s := h.Service
	handler := s.Simulator
	s.Simulator = func(st *simulator.Store) http.Handler {
		next := handler(st)
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if req.Method != http.MethodDelete {
				if body, err := io.ReadAll(req.Body); err == nil {
					body = changeName(body)
					req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
					req.Header.Set("Content-Length", strconv.Itoa(len(body)))
				}
			}
			next.ServeHTTP(w, req)
		})
	}
	return NewHarness(t, s)
}

// needsGivenName skips a scenario for a declared service whose answer to a create does not say
// which name it gave the key.
func (h *Suite) needsGivenName(t *testing.T) {
	if d := h.Service.Declaration; d != nil && d.Create.GivenName == "" {
		t.Skip("the service's answer to a create has no name")
	}
}

func changeName(body []byte) []byte {
	var object map[string]any
	if json.Unmarshal(body, &object) != nil {
		return body
	}
	for _, around := range []any{object, object["key"]} { // declared services have it elsewhere
		fields, _ := around.(map[string]any)
		for _, field := range []string{"name", "label"} {
			if name, ok := fields[field].(string); ok {
				name = strings.ToLower(strings.TrimSpace(name))
				fields[field] = name[:min(len(name), 16)]
			}
		}
	}
	changed, err := json.Marshal(object)
	if err != nil {
		return body
	}
	return changed
}

// TestNameChanged: where a service changes the name, a warning says so once, and the
// next plans are empty: after a create, a rename and each kind of rotation.
func (h *Suite) TestNameChanged(t *testing.T) {
	h.needsGivenName(t)
	h.Harness = h.changingNames(t)
	apply := func(what, actual string, config protocol.Config) {
		t.Helper()
		if p := h.MustApply(config); !contains(p.Diagnostics.Warnings(), "Service changed the name", strconv.Quote(actual)) {
			t.Errorf("%s: %s", what, p.Diagnostics)
		}
		if p := h.MustApply(config); len(p.Diagnostics) > 0 || p.Actions[key] != protocol.NoOp {
			t.Errorf("after %s: %v, %s", what, p.Actions, p.Diagnostics)
		}
		if live := h.Store.Live(); live[len(live)-1].Name != actual || h.State[key].Attribute("name") != config[key].Attributes["name"] {
			t.Errorf("%s: %v is named %q", what, h.State[key].Attribute("name"), live[len(live)-1].Name)
		}
	}
	for _, name := range []string{"CI ", " Deploy", "a name that is cut in the middle"} {
		actual := strings.ToLower(strings.TrimSpace(name))
		actual = actual[:min(len(actual), 16)]
		apply("a create or rename", actual, protocol.Config{key: h.Block(name)})
	}
	config := func(name, v string, more ...map[string]any) protocol.Config {
		return protocol.Config{key: h.Block(name, Trigger(v, more...))}
	}
	apply("another name", "ci", config("CI", "1"))
	h.Clock.Advance(time.Minute)
	apply("a replacement", "ci", config("CI", "2"))
	h.Clock.Advance(time.Minute)
	apply("an overlap", "ci", config("CI", "3", withOverlap("1h")))
	if h.Service.Key.HasRotate { // which keeps the name, so there is nothing to say
		native := config("CI", "4", map[string]any{"native_rotation": true})
		h.MustApply(native)
		if p := h.MustApply(native); len(p.Diagnostics) > 0 {
			t.Errorf("a rotation by the service: %s", p.Diagnostics)
		}
	}
	h.destroyAll(t)
}

// TestNameChangedThen: what holds for other names holds for one that the service
// changed. Writing the service's name sends nothing; a rename outside is drift; other
// keys of the service's name are duplicates.
func (h *Suite) TestNameChangedThen(t *testing.T) {
	h.needsGivenName(t)
	h.Harness = h.changingNames(t)
	h.MustApply(protocol.Config{key: h.Block("CI")})
	was := h.State[key].ID()
	twin := h.Store.Mint("ci")
	if p := h.Plan(protocol.Config{key: h.Block("CI")}); !p.Empty() || !contains(p.Diagnostics.Warnings(), sameName, twin.ID, `"ci"`) {
		t.Errorf("a duplicate: %v, %s", p.Actions, p.Diagnostics)
	}
	h.MustApply(protocol.Config{key: h.Block("CI", withPolicy("revoke"))})
	h.wantLive(t, was)
	config := protocol.Config{key: h.Block("ci", withPolicy("revoke"))}
	p := h.Plan(config)
	h.Store.Reset()
	if ds := h.ApplyPlan(p); p.Actions[key] != protocol.Update || len(ds) > 0 || len(p.Diagnostics) > 0 || h.Store.Requests()[simulator.OpUpdate] > 0 {
		t.Errorf("the service's name: %v, %s, %s, %v", p.Actions, p.Diagnostics, ds, h.Store.Requests())
	}
	h.MustBeEmpty(config)
	if h.State[key].ID() != was {
		t.Error("the key was replaced")
	}
	config = protocol.Config{key: h.Block("CI", withPolicy("revoke"))}
	h.Apply(config)
	if err := h.Store.Update(h.State[key].ID(), func(k *simulator.Record) { k.Name = "other" }); err != nil {
		t.Fatal(err)
	}
	if p := h.Plan(config); p.Empty() {
		t.Errorf("renamed outside: %v, %s", p.Actions, p.Diagnostics)
	}
	h.MustApply(config)
	// An import has the service's name; the asked-for one is a change, once.
	h.State = nil
	h.adopt(key, "name:ci")
	h.MustBeEmpty(protocol.Config{key: h.Block("ci")})
	h.MustApply(protocol.Config{key: h.Block("CI")})
	h.destroyAll(t)
}

// TestNameLooksAlike: a name that looks like one that exists is distinguished from it, for an
// import and a data source; so is an id that is a name.
func (h *Suite) TestNameLooksAlike(t *testing.T) {
	decomposed := h.Store.Mint("cafe\u0301")
	web := h.Store.Mint("web")
	data := func(arguments map[string]any) []string {
		t.Helper()
		_, ds := h.Run().Data(h.Type(), arguments)
		return ds.Errors()
	}
	const composed = "caf\u00e9"
	words := []string{decomposed.ID, "only looks the same", `"caf\u00e9"`, `"cafe\u0301"`, "Use its id"}
	if errs := h.Import(key, h.Type(), "name:"+composed).Errors(); !contains(errs, words...) {
		t.Errorf("import: %v", errs)
	}
	if errs := data(map[string]any{"name": composed}); !contains(errs, words...) {
		t.Errorf("data: %v", errs)
	}
	for _, wanted := range []string{"name:Web", "name:" + "web\u0020"} {
		if errs := h.Import(key, h.Type(), wanted).Errors(); !contains(errs, web.ID, "only looks the same", `"web"`) {
			t.Errorf("import %q: %v", wanted, errs)
		}
	}
	if errs := h.Import(key, h.Type(), "name:"+web.ID).Errors(); !contains(errs, "has that id", `"web"`) {
		t.Errorf("import of an id as a name: %v", errs)
	}
	forms := map[string]string{"web": `use "name:web"`}
	if h.Service.Key.Declared {
		forms = map[string]string{"web": `use "` + h.ServiceName() + `/name:web"`}
	}
	if scope := web.Scope; scope != "" {
		forms[scope+"/web"] = `use "` + scope + `/name:web"`
	}
	for id, written := range forms {
		if errs := h.Import(key, h.Type(), id).Errors(); !contains(errs, web.ID, written) {
			t.Errorf("import %s: %v", id, errs)
		}
	}
	if errs := data(map[string]any{"id": "web"}); !contains(errs, web.ID, `use name = "web"`) {
		t.Errorf("data: %v", errs)
	}
}

// TestNameControlCharacters: a key that was named with control characters elsewhere can be
// configured, rotated and destroyed; an ephemeral key cannot be named so.
func (h *Suite) TestNameControlCharacters(t *testing.T) {
	for _, name := range []string{"line\nbreak", "a\ttab"} {
		found := h.Store.Mint(name)
		h.adopt(key, found.ID)
		config := protocol.Config{key: h.Block(name)}
		p := h.Plan(config)
		if !p.Empty() || !contains(p.Diagnostics.Warnings(), "Control characters in key name", strconv.Quote(name)) {
			t.Errorf("%q: %v, %s", name, p.Actions, p.Diagnostics)
		}
		h.MustApply(protocol.Config{key: h.Block(name, Trigger("1"))})
		h.MustApply(protocol.Config{key: h.Block(name, Trigger("2"))})
		h.destroyAll(t)
	}
	if e := h.Run().Open(h.Type(), map[string]any{"name": "line\nbreak"}); !contains(e.Diagnostics.Errors(), "control characters") {
		t.Errorf("ephemeral: %s", e.Diagnostics)
	}
}

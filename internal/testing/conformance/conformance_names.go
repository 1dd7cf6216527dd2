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

// changingNames is the service's stand-in with another idea of names: it trims them,
// in lower case, and cuts what is too long.
func (r *Rig) changingNames(t *testing.T) *Rig {
	s := r.Service
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
	return NewRig(t, s)
}

func changeName(body []byte) []byte {
	var object map[string]any
	if json.Unmarshal(body, &object) != nil {
		return body
	}
	name, ok := object["name"].(string)
	if !ok {
		return body
	}
	name = strings.ToLower(strings.TrimSpace(name))
	object["name"] = name[:min(len(name), 16)]
	changed, err := json.Marshal(object)
	if err != nil {
		return body
	}
	return changed
}

// testNameChanged: where a service changes the name, a warning says so once, and the
// next plans are empty: after a create, a rename and each kind of rotation.
func testNameChanged(t *testing.T, r *Rig) {
	r = r.changingNames(t)
	apply := func(what, actual string, config protocol.Config) {
		t.Helper()
		if p := r.MustApply(config); !contains(p.Diagnostics.Warnings(), "Service changed the name", strconv.Quote(actual)) {
			t.Errorf("%s: %s", what, p.Diagnostics)
		}
		if p := r.MustApply(config); len(p.Diagnostics) > 0 || p.Actions[key] != protocol.NoOp {
			t.Errorf("after %s: %v, %s", what, p.Actions, p.Diagnostics)
		}
		if live := r.Store.Live(); live[len(live)-1].Name != actual || r.State[key].Attribute("name") != config[key].Attributes["name"] {
			t.Errorf("%s: %v is named %q", what, r.State[key].Attribute("name"), live[len(live)-1].Name)
		}
	}
	for _, name := range []string{"CI ", " Deploy", "a name that is cut in the middle"} {
		actual := strings.ToLower(strings.TrimSpace(name))
		actual = actual[:min(len(actual), 16)]
		apply("a create or rename", actual, protocol.Config{key: r.Block(name)})
	}
	config := func(name, v string, more ...map[string]any) protocol.Config {
		return protocol.Config{key: r.Block(name, Trigger(v, more...))}
	}
	apply("another name", "ci", config("CI", "1"))
	r.Clock.Advance(time.Minute)
	apply("a replacement", "ci", config("CI", "2"))
	r.Clock.Advance(time.Minute)
	apply("an overlap", "ci", config("CI", "3", map[string]any{"rotation_overlap": "1h"}))
	if r.Service.Key.HasRotate { // which keeps the name, so there is nothing to say
		native := config("CI", "4", map[string]any{"native_rotation": true})
		r.MustApply(native)
		if p := r.MustApply(native); len(p.Diagnostics) > 0 {
			t.Errorf("a rotation by the service: %s", p.Diagnostics)
		}
	}
	r.destroyAll(t)
}

// testNameChangedThen: what holds for other names holds for one that the service
// changed. Writing the service's name sends nothing; a rename outside is drift; other
// keys of the service's name are duplicates.
func testNameChangedThen(t *testing.T, r *Rig) {
	r = r.changingNames(t)
	r.MustApply(protocol.Config{key: r.Block("CI")})
	was := r.State[key].ID()
	twin := r.Store.Mint("ci")
	if p := r.Plan(protocol.Config{key: r.Block("CI")}); !p.Empty() || !contains(p.Diagnostics.Warnings(), sameName, twin.ID, `"ci"`) {
		t.Errorf("a duplicate: %v, %s", p.Actions, p.Diagnostics)
	}
	r.MustApply(protocol.Config{key: r.Block("CI", withPolicy("revoke"))})
	if live := r.Live(); len(live) != 1 || live[0] != was {
		t.Errorf("live %v", live)
	}
	config := protocol.Config{key: r.Block("ci", withPolicy("revoke"))}
	p := r.Plan(config)
	r.Store.Reset()
	if ds := r.ApplyPlan(p); p.Actions[key] != protocol.Update || len(ds) > 0 || len(p.Diagnostics) > 0 || r.Store.Requests()[simulator.OpUpdate] > 0 {
		t.Errorf("the service's name: %v, %s, %s, %v", p.Actions, p.Diagnostics, ds, r.Store.Requests())
	}
	r.MustBeEmpty(config)
	if r.State[key].ID() != was {
		t.Error("the key was replaced")
	}
	config = protocol.Config{key: r.Block("CI", withPolicy("revoke"))}
	r.Apply(config)
	if err := r.Store.Update(r.State[key].ID(), func(k *simulator.Record) { k.Name = "other" }); err != nil {
		t.Fatal(err)
	}
	if p := r.Plan(config); p.Empty() {
		t.Errorf("renamed outside: %v, %s", p.Actions, p.Diagnostics)
	}
	r.MustApply(config)
	// An import has the service's name; the asked-for one is a change, once.
	r.State = nil
	if ds := r.Import(key, r.Type(), "name:ci"); len(ds.Errors()) > 0 {
		t.Fatal(ds)
	}
	r.MustBeEmpty(protocol.Config{key: r.Block("ci")})
	r.MustApply(protocol.Config{key: r.Block("CI")})
	r.destroyAll(t)
}

// testNameLike: a name that looks like one that exists is told apart from it, for an
// import and a data source; so is an id that is a name.
func testNameLike(t *testing.T, r *Rig) {
	decomposed := r.Store.Mint("cafe\u0301")
	web := r.Store.Mint("web")
	data := func(arguments map[string]any) []string {
		t.Helper()
		_, ds := r.Run().Data(r.Type(), arguments)
		return ds.Errors()
	}
	const composed = "caf\u00e9"
	words := []string{decomposed.ID, "composed in another way", `"caf\u00e9"`, `"cafe\u0301"`, "Use its id"}
	if errs := r.Import(key, r.Type(), "name:"+composed).Errors(); !contains(errs, words...) {
		t.Errorf("import: %v", errs)
	}
	if errs := data(map[string]any{"name": composed}); !contains(errs, words...) {
		t.Errorf("data: %v", errs)
	}
	for wanted, how := range map[string]string{"name:Web": "upper and lower case", "name:" + "web\u0020": "spaces"} {
		if errs := r.Import(key, r.Type(), wanted).Errors(); !contains(errs, web.ID, how) {
			t.Errorf("import %q: %v", wanted, errs)
		}
	}
	if errs := r.Import(key, r.Type(), "name:"+web.ID).Errors(); !contains(errs, "has that as its id", `"web"`) {
		t.Errorf("import of an id as a name: %v", errs)
	}
	forms := map[string]string{"web": `write "name:web"`}
	if scope := web.Scope; scope != "" {
		forms[scope+"/web"] = `write "` + scope + `/name:web"`
	}
	for id, written := range forms {
		if errs := r.Import(key, r.Type(), id).Errors(); !contains(errs, web.ID, written) {
			t.Errorf("import %s: %v", id, errs)
		}
	}
	if errs := data(map[string]any{"id": "web"}); !contains(errs, web.ID, `write name = "web"`) {
		t.Errorf("data: %v", errs)
	}
}

// testNameControl: a key that was named with control characters elsewhere can be
// configured, rotated and destroyed; an ephemeral key cannot be named so.
func testNameControl(t *testing.T, r *Rig) {
	for _, name := range []string{"line\nbreak", "a\ttab"} {
		found := r.Store.Mint(name)
		if ds := r.Import(key, r.Type(), found.ID); len(ds.Errors()) > 0 {
			t.Fatal(ds)
		}
		config := protocol.Config{key: r.Block(name)}
		p := r.Plan(config)
		if !p.Empty() || !contains(p.Diagnostics.Warnings(), "Control characters in key name", strconv.Quote(name)) {
			t.Errorf("%q: %v, %s", name, p.Actions, p.Diagnostics)
		}
		r.MustApply(protocol.Config{key: r.Block(name, Trigger("1"))})
		r.MustApply(protocol.Config{key: r.Block(name, Trigger("2"))})
		r.destroyAll(t)
	}
	if e := r.Run().Open(r.Type(), map[string]any{"name": "line\nbreak"}); !contains(e.Diagnostics.Errors(), "control characters") {
		t.Errorf("ephemeral: %s", e.Diagnostics)
	}
}

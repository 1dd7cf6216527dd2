package process

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/scan"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// quiet is a stage without programs, at the service Expunct.
func quiet(t *testing.T) (s *fixture, request func(method, path, body string)) {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s = &fixture{work: filepath.Join(dir, "work"), logs: filepath.Join(dir, "logs"), dir: dir, identity: identity, lost: map[string]bool{}}
	for _, needed := range []string{s.work, s.logs} {
		if err := os.Mkdir(needed, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.service = func() simulators.Service {
		for _, service := range simulators.Services() {
			if service.Key.Name == "expunct" {
				return service
			}
		}
		t.Fatal("no such service")
		return simulators.Service{}
	}()
	store, handler := simulator.NewStore(nil, s.service.Simulator)
	s.store = store
	s.scanner = scan.New(store.Admin(), identity.String())
	s.seed()
	return s, func(method, path, body string) {
		t.Helper()
		r := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
		r.Header.Set("X-API-Key", store.Admin())
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if handler.ServeHTTP(w, r); w.Code >= http.StatusMultipleChoices {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
	}
}

func (s *fixture) put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// object is an instance in a state file.
func object(id, value, more string) string {
	return fmt.Sprintf(`{"attributes": {"id": %q, "key": %q, "retiring": []}%s}`, id, value, more)
}

func state(objects ...string) string {
	return `{"version": 4, "resources": [{"type": "apikeys_expunct_key", "instances": [` + strings.Join(objects, ",") + `]}]}`
}

// The check finds what is planted, and nothing else.
func TestStage_judge(t *testing.T) {
	t.Parallel()
	s, request := quiet(t)
	mint := func() simulator.Record {
		request(http.MethodPost, "/api-keys", `{"name": "`+keyName+`"}`)
		all := s.mine()
		return all[len(all)-1]
	}
	first := mint()
	file := filepath.Join(s.work, stateName)
	expect := func(what string, orphans, wrong, foreign int) {
		t.Helper()
		v, err := s.check()
		if err != nil || len(v.orphans) != orphans || len(v.wrong) != wrong || len(v.foreign) != foreign {
			t.Errorf("%s: %d orphans, wrong %q, foreign %q, %v", what, len(v.orphans), v.wrong, v.foreign, err)
		}
	}
	s.put(t, file, state(object(first.ID, first.Value, "")))
	expect("all is well", 0, 0, 0)
	s.put(t, file, state(object(first.ID, "another value", "")))
	expect("another value", 0, 1, 0)
	s.put(t, file, state(object(first.ID, first.Value, `, "status": "tainted"`)))
	expect("tainted", 0, 1, 0)
	second := mint()
	s.put(t, file, state(object(first.ID, first.Value, "")))
	expect("an orphan", 1, 0, 0)
	s.put(t, file, state(object(first.ID, first.Value, ""), object(second.ID, second.Value, `, "deposed": "1"`)))
	expect("a deposed object", 0, 1, 0)
	s.put(t, file, state(fmt.Sprintf(`{"attributes": {"id": %q, "key": %q, "retiring": [{"id": %q}]}}`, second.ID, second.Value, first.ID)))
	expect("a retiring key", 0, 0, 0)
	request(http.MethodDelete, "/api-keys/"+first.ID, "")
	expect("a retiring key that is dead", 0, 1, 0)
	s.put(t, file, state(object(second.ID, second.Value, "")))
	request(http.MethodDelete, "/api-keys/"+s.decoys[0], "")
	expect("a decoy revoked", 0, 0, 1)
	expect("which is reported once", 0, 0, 0)
	if err := s.store.Revoke(s.decoys[1]); err != nil {
		t.Fatal(err)
	}
	expect("another revoked by its owner", 0, 0, 0)
	s.put(t, file, "")
	expect("an empty state", 1, 1, 0)
	s.put(t, file, "{")
	if _, err := s.check(); err == nil {
		t.Error("half a state is checked")
	}
	s.put(t, file+".backup", state(object(second.ID, second.Value, "")))
	if torn, err := s.mend(); !torn || err != nil {
		t.Errorf("it is not mended: %v", err)
	}
	expect("mended", 0, 0, 0)
}

func TestStage_search(t *testing.T) {
	t.Parallel()
	s, request := quiet(t)
	request(http.MethodPost, "/api-keys", `{"name": "`+keyName+`"}`)
	made := s.mine()[0]
	expect := func(what string, hits int, printed, log, saved string) {
		t.Helper()
		s.put(t, filepath.Join(s.logs, "trace.log"), log)
		s.put(t, filepath.Join(s.work, stateName), saved)
		found, err := s.search([]byte(printed))
		if err != nil || len(found) != hits {
			t.Errorf("%s: %q, %v", what, found, err)
		}
	}
	expect("clean", 0, "Apply complete!", "TRACE", state())
	expect("a value in the state", 0, "", "TRACE", state(object(made.ID, made.Value, "")))
	expect("the credential in the state", 1, "", "TRACE", state(object(made.ID, s.store.Admin(), "")))
	expect("a value on the screen", 1, "key = "+made.Value, "TRACE", "")
	expect("a value in the log", 1, "", fmt.Sprintf("%x", made.Value), "")
	expect("the key to the values in the log", 1, "", s.identity.String(), "")
	expect("a decoy's value in the log", 1, "", func() string { r, _ := s.store.Get(s.decoys[3]); return r.Value }(), "")
	s.storage = "store_key = false"
	expect("a value in a state that is to hold none", 1, "", "TRACE", state(object(made.ID, made.Value, "")))
	if _, err := s.search(nil); err == nil {
		t.Error("no log at all, and the search is content")
	}
}

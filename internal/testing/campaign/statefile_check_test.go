package campaign

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/scan"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// newQuietStage is a stage without programs, at the service Expunct.
func newQuietStage(t *testing.T) (s *stage, request func(method, path, body string)) {
	t.Helper()
	identity := newReader(t)
	dir := t.TempDir()
	s = &stage{work: filepath.Join(dir, "work"), logs: filepath.Join(dir, "logs"), dir: dir, identity: identity, reported: map[string]bool{}}
	for _, needed := range []string{s.work, s.logs} {
		if err := os.Mkdir(needed, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.service = simulators.Named("expunct")
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

func (s *stage) put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// object is an instance in a state file.
func object(id, value, more string) string {
	return fmt.Sprintf(`{"attributes": {"id": %q, "key": %q, "retiring": []}%s}`, id, value, more)
}

func stateFile(objects ...string) string {
	return `{"version": 4, "resources": [{"type": "apikeys_expunct_key", "instances": [` + strings.Join(objects, ",") + `]}]}`
}

// TestStage_check: the check finds what is planted, and nothing else.
func TestStage_check(t *testing.T) {
	t.Parallel()
	s, request := newQuietStage(t)
	mint := func() simulator.Record {
		request(http.MethodPost, "/api-keys", `{"name": "`+serverName+`"}`)
		all := s.mine()
		return all[len(all)-1]
	}
	first := mint()
	name := filepath.Join(s.work, stateName)
	expect := func(what string, orphans, wrong, revoked int) {
		t.Helper()
		got, found, err := s.check()
		if err != nil || len(got) != orphans || len(found[lost]) != wrong || len(found[foreign]) != revoked {
			t.Errorf("%s: %d orphans, %q, %v", what, len(got), found, err)
		}
	}
	s.put(t, name, stateFile(object(first.ID, first.Value, "")))
	expect("all is well", 0, 0, 0)
	s.put(t, name, stateFile(object(first.ID, "another value", "")))
	expect("another value", 0, 1, 0)
	s.put(t, name, stateFile(object(first.ID, first.Value, `, "status": "tainted"`)))
	expect("tainted", 0, 1, 0)
	second := mint()
	s.put(t, name, stateFile(object(first.ID, first.Value, "")))
	expect("an orphan", 1, 0, 0)
	s.put(t, name, stateFile(object(first.ID, first.Value, ""), object(second.ID, second.Value, `, "deposed": "1"`)))
	expect("a deposed object", 0, 1, 0)
	s.put(t, name, stateFile(fmt.Sprintf(`{"attributes": {"id": %q, "key": %q, "retiring": [{"id": %q}]}}`, second.ID, second.Value, first.ID)))
	expect("a retiring key", 0, 0, 0)
	request(http.MethodDelete, "/api-keys/"+first.ID, "")
	expect("a retiring key that is dead", 0, 1, 0)
	s.put(t, name, stateFile(object(second.ID, second.Value, "")))
	request(http.MethodDelete, "/api-keys/"+s.decoys[0], "")
	expect("a decoy revoked", 0, 0, 1)
	expect("which is reported once", 0, 0, 0)
	if err := s.store.Revoke(s.decoys[1]); err != nil {
		t.Fatal(err)
	}
	expect("another revoked by its owner", 0, 0, 0)
	s.put(t, name, "")
	expect("an empty state", 1, 1, 0)
	s.put(t, name, "{")
	if _, _, err := s.check(); err == nil {
		t.Error("half a state is checked")
	}
	s.put(t, name+".backup", stateFile(object(second.ID, second.Value, "")))
	if torn, err := s.mend(); !torn || err != nil {
		t.Errorf("it is not mended: %v", err)
	}
	expect("mended", 0, 0, 0)
}

func TestStage_search(t *testing.T) {
	t.Parallel()
	s, request := newQuietStage(t)
	request(http.MethodPost, "/api-keys", `{"name": "`+serverName+`"}`)
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
	expect("clean", 0, "Apply complete!", "TRACE", stateFile())
	expect("a value in the state", 0, "", "TRACE", stateFile(object(made.ID, made.Value, "")))
	expect("the credential in the state", 1, "", "TRACE", stateFile(object(made.ID, s.store.Admin(), "")))
	expect("a value on the screen", 1, "key = "+made.Value, "TRACE", "")
	expect("a value in the log", 1, "", fmt.Sprintf("%x", made.Value), "")
	expect("the key to the values in the log", 1, "", s.identity.String(), "")
	expect("a decoy's value in the log", 1, "", func() string { r, _ := s.store.Get(s.decoys[3]); return r.Value }(), "")
	s.storage = "store_key = false"
	expect("a value in a state that is to hold none", 1, "", "TRACE", stateFile(object(made.ID, made.Value, "")))
	if _, err := s.search(nil); err == nil {
		t.Error("no log at all, and no error")
	}
}

package custom

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/servicestest"
)

func TestUpdate(t *testing.T) {
	t.Parallel()
	s := servicestest.Serve(t, func(r servicestest.Request) servicestest.Answer {
		if r.Method == http.MethodPatch {
			return servicestest.Answer{Status: http.StatusNoContent}
		}
		return servicestest.OK(`{"data": {"key": {"id": "k-1", "label": "renamed"}}}`)
	})
	updater, ok := connect(t, s, wrapped).(driver.Updater)
	if !ok {
		t.Fatal("it cannot change a key")
	}
	k, err := updater.Update(context.Background(), "k-1", driver.Changes{Name: new("renamed"), Attributes: driver.Attributes{Arguments: `{"a": 1}`}})
	if err != nil || k.Name != "renamed" {
		t.Fatalf("got %+v, %v", k, err)
	}
	if sent := s.Requests()[0]; sent.Body != `{"a":1,"key":{"label":"renamed"}}` {
		t.Errorf("sent %s", sent.Body)
	}
}

// TestUpdate_partial: an update sends no field that it does not take.
func TestUpdate_partial(t *testing.T) {
	t.Parallel()
	s := servicestest.Serve(t, func(r servicestest.Request) servicestest.Answer {
		if r.Method == http.MethodPatch {
			return servicestest.Answer{Status: http.StatusNoContent}
		}
		return servicestest.OK(`[{"id": "k-1", "label": "ci"}]`)
	})
	declaration := strings.Replace(bare, `"revoke"`, `"update": {"path": "/k/{id}", "arguments": ["role"]}, "revoke"`, 1)
	updater, ok := connect(t, s, declaration).(driver.Updater)
	if !ok {
		t.Fatal("it cannot change a key")
	}
	if _, err := updater.Update(context.Background(), "k-1", driver.Changes{Attributes: driver.Attributes{Arguments: `{"role": "admin", "days": 3}`}}); err != nil {
		t.Fatal(err)
	}
	if sent := s.Requests()[0]; sent.Body != `{"role":"admin"}` {
		t.Errorf("sent %s", sent.Body)
	}
}

// TestCreate_givenName: the name is the one that the service gave.
func TestCreate_givenName(t *testing.T) {
	t.Parallel()
	declaration := strings.Replace(bare, `"value":`, `"given_name": "/label", "value":`, 1)
	for answer, want := range map[string]string{`{"id": 7, "label": "CI-2", "secret": "v"}`: "CI-2", `{"id": 7, "secret": "v"}`: "ci"} {
		s := servicestest.Always(t, servicestest.Answer{Status: http.StatusCreated, Body: answer})
		if m, err := connect(t, s, declaration).Create(context.Background(), driver.Spec{Name: "ci"}); err != nil || m.Name != want {
			t.Errorf("%s: named %q, %v", answer, m.Name, err)
		}
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	s := servicestest.Always(t, servicestest.OK("{}"))
	for declaration, arguments := range map[string]string{bare: `["a"]`, wrapped: `{`, form: `{"a": {"b": 1}}`} {
		_, err := connect(t, s, declaration).Create(context.Background(), driver.Spec{Name: "ci", Attributes: driver.Attributes{Arguments: arguments}})
		if e := servicestest.Failure(t, err); e.Effect != driver.EffectNone {
			t.Errorf("%s: got %v", arguments, err)
		}
	}
	if sent := s.Requests(); len(sent) > 0 {
		t.Errorf("sent %+v", sent)
	}
}

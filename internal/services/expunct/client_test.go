package expunct

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/servicestest"
)

const caller = "pk_live_caller0000"

func config(s *servicestest.Server, tenant string) services.Config {
	return servicestest.Config(s.URL+"/api/v1", map[string]string{"api_key": caller, "tenant_id": tenant})
}

func open(t testing.TB, s *servicestest.Server) driver.Service {
	t.Helper()
	return servicestest.Connect(t, Connect, config(s, ""))
}

// documented is the example answer of the documentation's POST /api-keys.
const documented = `{ "id": "key_u1v2w3x4", "name": "Production Backend", "key": "pk_live_f8a3b2c1d4e5f6g7h8i9j0k1l2m3n4o5",
	"prefix": "pk_live_f8a...", "created_at": "2026-02-13T10:00:00Z", "last_used_at": null }`

func TestCreate(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusCreated} {
		s := servicestest.Always(t, servicestest.Answer{Status: status, Body: documented})
		made, err := open(t, s).Create(context.Background(), driver.Spec{Name: "Production Backend"})
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case made.ID != "key_u1v2w3x4", made.Name != "Production Backend", made.Value.Reveal() != "pk_live_f8a3b2c1d4e5f6g7h8i9j0k1l2m3n4o5",
			!made.CreatedAt.Equal(servicestest.At(t, "2026-02-13T10:00:00Z")), !made.LastUsedAt.IsZero(),
			made.Attributes["prefix"] != "pk_live_f8a...", made.Hint.Prefix != "pk_live_f8a", !made.Hint.Matches(made.Value):
			t.Errorf("%d: got %+v", status, made)
		}
		sent := s.Only(t)
		if sent.Method != http.MethodPost || sent.Path != "/api/v1/api-keys" || len(sent.Query) != 0 ||
			sent.Body != `{"name":"Production Backend"}` || sent.Header.Get("X-API-Key") != caller {
			t.Errorf("sent %+v", sent)
		}
	}
}

func TestCreate_answersThatLackSomething(t *testing.T) {
	t.Parallel()
	for body, kept := range map[string]bool{
		`{"key":"pk_live_1"}`:                                 true,
		`{"id":"k","key":"pk_live_1","created_at":"null"}`:    true,
		`{"id":"k","key":"pk_live_1","last_used_at":"never"}`: true,
		`{"id":"k","name":"n"}`:                               false,
		`{"id":"k","key":""}`:                                 false,
		`[]`:                                                  false,
		`<html>done</html>`:                                   false,
	} {
		s := servicestest.Always(t, servicestest.Answer{Status: http.StatusCreated, Body: body})
		made, err := open(t, s).Create(context.Background(), driver.Spec{Name: "n"})
		if kept {
			if err != nil || made.Value.Reveal() != "pk_live_1" || made.Name != "n" {
				t.Errorf("%s: got %+v, %v", body, made, err)
			}
		} else if e := servicestest.Failure(t, err); e.Effect != driver.EffectUnknown {
			t.Errorf("%s: got %#v", body, e)
		}
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	for _, answer := range []servicestest.Answer{servicestest.OK(`{ "detail": "API key revoked" }`), servicestest.OK(`{"detail":"API Key Revoked."}`)} {
		s := servicestest.Always(t, answer)
		if err := open(t, s).Revoke(context.Background(), "key/1 ?"); err != nil {
			t.Fatal(err)
		}
		if sent := s.Only(t); sent.Method != http.MethodDelete || sent.Path != "/api/v1/api-keys/key%2F1%20%3F" || sent.Body != "" {
			t.Errorf("sent %+v", sent)
		}
	}
	for _, answer := range []servicestest.Answer{{Status: http.StatusNoContent}, {Status: http.StatusOK}, servicestest.OK(`{"detail": "API key is about to be revoked"}`), servicestest.OK(`{"detail": ["API key revoked"]}`)} {
		err := open(t, servicestest.Always(t, answer)).Revoke(context.Background(), "key_1")
		if e := servicestest.Failure(t, err); e.Effect != driver.EffectUnknown {
			t.Errorf("%+v: got %v", answer, e)
		}
	}
	s := servicestest.Always(t, servicestest.Answer{Status: http.StatusNotFound, Body: `{"detail":"API key not found"}`})
	if err := open(t, s).Revoke(context.Background(), "key_1"); !driver.IsNotFound(err) {
		t.Errorf("got %v", err)
	}
	if e := servicestest.Failure(t, open(t, s).Revoke(context.Background(), "..")); e.Effect != driver.EffectNone || len(s.Requests()) != 1 {
		t.Errorf("an id that is a path must not be sent, got %v", e)
	}
}

func TestTenant(t *testing.T) {
	t.Parallel()
	s := servicestest.Serve(t, func(r servicestest.Request) servicestest.Answer {
		switch r.Method {
		case http.MethodPost:
			return servicestest.OK(documented)
		case http.MethodGet:
			return servicestest.OK(`[]`)
		}
		return servicestest.OK(`{"detail": "API key revoked"}`)
	})
	connected, err := Connect(config(s, "configured"))
	if err != nil {
		t.Fatal(err)
	}
	for scope, want := range map[string]string{"": "configured", "ten ant&1": "ten ant&1"} {
		svc, before := connected(scope), len(s.Requests())
		_, err1 := svc.Create(context.Background(), driver.Spec{Name: "n"})
		_, err2 := svc.List(context.Background(), driver.Query{})
		if err := svc.Revoke(context.Background(), "k"); err1 != nil || err2 != nil || err != nil {
			t.Fatal(err1, err2, err)
		}
		for _, r := range s.Requests()[before:] {
			if got := r.Query.Get("tenant_id"); got != want {
				t.Errorf("scope %q: %s with tenant %q", scope, r.Method, got)
			}
		}
	}
}

func TestConnect_refuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]services.Config{
		"EXPUNCT_API_KEY": servicestest.Config("https://api.pii-redactor.dev/api/v1", nil),
		"expunct.api_key": servicestest.Config("https://api.pii-redactor.dev/api/v1", map[string]string{"api_key": "two words"}),
		"expunct.base_url": servicestest.Config("http://api.pii-redactor.dev/api/v1",
			map[string]string{"api_key": caller}),
	} {
		_, err := Connect(c)
		if e := servicestest.Failure(t, err); e.Effect != driver.EffectNone || !strings.Contains(e.Error(), name) || strings.Contains(e.Error(), "two words") {
			t.Errorf("got %v, want it to name %s", e, name)
		}
	}
}

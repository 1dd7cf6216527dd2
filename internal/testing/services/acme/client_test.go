package acme_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/acme"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/servicestest"
)

const object = `{"id": "ak-1", "name": "ci", "note": "builds", "permissions": ["write", "read"], "environment": "production", "ending": "a1b2",
	"created_at": "2026-02-13T10:00:00Z", "last_used_at": null, "revoked_at": null}`

func open(t *testing.T, s *servicestest.Server) driver.Service {
	t.Helper()
	return servicestest.Connect(t, acme.Connect, servicestest.Config(s.URL, map[string]string{"api_key": "acme_live_caller"}))
}

// What only this service does: the suites cover the rest.

func TestList_followsTheCursor(t *testing.T) {
	t.Parallel()
	s := servicestest.Serve(t, func(r servicestest.Request) servicestest.Answer {
		switch r.Query.Get("cursor") {
		case "":
			return servicestest.OK(`{"items": [` + object + `], "next_cursor": "b/c+d"}`)
		case "b/c+d":
			return servicestest.OK(`{"items": [{"id": "ak-2", "name": "ci"}], "next_cursor": null}`)
		}
		return servicestest.Answer{Status: http.StatusUnprocessableEntity}
	})
	if keys := servicestest.ListAll(t, open(t, s), driver.StatusLive); len(keys) != 2 || keys[0].ID != "ak-1" || keys[1].ID != "ak-2" {
		t.Errorf("got %+v", keys)
	}
}

func TestUpdate_sendsBackWhatStays(t *testing.T) {
	t.Parallel()
	s := servicestest.Always(t, servicestest.OK(object))
	name := "renamed"
	if _, err := open(t, s).(driver.Updater).Update(context.Background(), "ak-1", driver.Changes{Name: &name}); err != nil {
		t.Fatal(err)
	}
	sent := s.Requests()
	if len(sent) != 2 || sent[0].Method != http.MethodGet || sent[1].Method != http.MethodPut ||
		sent[1].Body != `{"name":"renamed","note":"builds","permissions":["read","write"]}` {
		t.Errorf("sent %+v", sent)
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	for body, done := range map[string]bool{`{"id": "ak-1", "name": "ci", "revoked_at": "2026-02-13T10:00:00Z"}`: true, object: false} {
		s := servicestest.Always(t, servicestest.OK(body))
		if err := open(t, s).Revoke(context.Background(), "ak-1"); (err == nil) != done {
			t.Errorf("%s: got %v", body, err)
		}
		if sent := s.Only(t); sent.Method != http.MethodPost || sent.Path != "/v2/keys/ak-1/revoke" || sent.Body != "" {
			t.Errorf("sent %+v", sent)
		}
	}
}

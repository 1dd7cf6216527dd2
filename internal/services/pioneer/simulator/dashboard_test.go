package simulator_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	pioneer "github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/pioneer/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator/simulatortest"
)

// since2026 simulates servers since 2026-07-15.
func since2026() simulatortest.Service {
	s := simulated()
	s.Mount.Handler = pioneer.NewDashboard
	s.IDs = func(body any) []string { return simulatortest.Column(simulatortest.At(body, "keys"), "id") }
	return s
}

// A session creates keys, and nothing else does; an API key lists and revokes.
func TestDashboard_credentials(t *testing.T) {
	server := simulator.Run(t, since2026().Mount)
	key, store := since2026().Client(t, server), server.Store("pioneer")
	session, bearer := "Bearer "+store.Session(time.Hour), "Authorization"

	made := key.As("").Do(http.StatusOK, since2026().Create("ci"), bearer, session)
	record := store.Ledger()[0]
	if simulatortest.Text(made.JSON, "secret_key") != record.Value || simulatortest.Text(made.JSON, "id") != record.ID || simulatortest.Text(made.JSON, "key") != "" {
		t.Errorf("the create answered %s", made.Raw)
	}
	for name, c := range map[string]struct {
		credential string
		headers    []string
		status     int
	}{
		"API key":              {store.Admin(), nil, http.StatusForbidden},
		"API key of a user":    {record.Value, nil, http.StatusForbidden},
		"API key as a bearer":  {"", []string{bearer, "Bearer " + store.Admin()}, http.StatusForbidden},
		"API key and session":  {store.Admin(), []string{bearer, session}, http.StatusForbidden},
		"wrong key":            {"pio_sk_wrong", nil, http.StatusUnauthorized},
		"nothing":              {"", nil, http.StatusUnauthorized},
		"session that is over": {"", []string{bearer, "Bearer " + store.Session(-time.Hour)}, http.StatusUnauthorized},
	} {
		answer := key.As(c.credential).Do(c.status, since2026().Create("no"), c.headers...)
		if c.status == http.StatusForbidden && simulatortest.Text(answer.JSON, "detail") != "API key creation is only allowed from the web dashboard." {
			t.Errorf("%s: %s", name, answer.Raw)
		}
	}
	if ids := since2026().IDs(key.Do(http.StatusOK, since2026().List()).JSON); !slices.Equal(ids, []string{record.ID}) {
		t.Errorf("listed %v", ids)
	}
	if gone := key.Do(http.StatusOK, since2026().Revoke(record.ID)); simulatortest.At(gone.JSON, "success") != true {
		t.Errorf("the revoke answered %s", gone.Raw)
	}
	if answer := key.Do(http.StatusNotFound, since2026().Revoke(record.ID)); simulatortest.Text(answer.JSON, "detail") == "" {
		t.Errorf("the second revoke answered %s", answer.Raw)
	}
}

// The listing has every documented field, also of a key that has expired, which signs
// nothing any more.
func TestDashboard_listing(t *testing.T) {
	server := simulator.Run(t, since2026().Mount)
	key, store := since2026().Client(t, server), server.Store("pioneer")
	record := store.MintDraft(simulator.Draft{Name: "ended", Attributes: map[string]any{simulator.ExpiresAt: time.Now().Add(-time.Hour)}})
	listed := key.Do(http.StatusOK, since2026().List())
	row, _ := simulatortest.At(listed.JSON, "keys", 0).(map[string]any)
	for _, field := range []string{"id", "name", "created_at", "api_key_last_digits", "last_used_at", "expires_at", "team_id", "usage_tokens", "usage_cost", "request_count"} {
		if _, ok := row[field]; !ok {
			t.Errorf("%s is missing: %s", field, listed.Raw)
		}
	}
	if simulatortest.At(listed.JSON, "count") != 1.0 || len(row) != 10 {
		t.Errorf("listed %s", listed.Raw)
	}
	key.As(record.Value).Do(http.StatusUnauthorized, since2026().List())
	record = store.MintDraft(simulator.Draft{Name: "ended", Attributes: map[string]any{simulator.ExpiresAt: "2026-01-02T03:04:05Z"}}) // as by the control interface
	key.As(record.Value).Do(http.StatusUnauthorized, since2026().List())
	store.Quirk(simulator.Quirks{OutOfCredit: true})
	if denied := key.Do(http.StatusPaymentRequired, since2026().List()); simulatortest.Text(denied.JSON, "resolution_url") == "" {
		t.Errorf("out of credit: %s", denied.Raw)
	}
}

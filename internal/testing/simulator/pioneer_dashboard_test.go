package simulator_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// dashboardService simulates servers since 2026-07-15.
func dashboardService() Service {
	s := pioneerService()
	s.Mount.Handler = simulators.Named("pioneer").Generations["dashboard"]
	s.IDs = func(body any) []string { return Column(At(body, "keys"), "id") }
	return s
}

// A session creates keys, and nothing else does; an API key lists and revokes.
func TestPioneerDashboard_credentials(t *testing.T) {
	server := simulator.Run(t, dashboardService().Mount)
	key, store := dashboardService().Client(t, server), server.Store("pioneer")
	session, bearer := "Bearer "+store.Session(time.Hour), "Authorization"

	made := key.As("").Do(http.StatusOK, dashboardService().Create("ci"), bearer, session)
	record := store.Ledger()[0]
	if Text(made.JSON, "secret_key") != record.Value || Text(made.JSON, "id") != record.ID || Text(made.JSON, "key") != "" {
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
		answer := key.As(c.credential).Do(c.status, dashboardService().Create("no"), c.headers...)
		if c.status == http.StatusForbidden && Text(answer.JSON, "detail") != "API key creation is only allowed from the web dashboard." {
			t.Errorf("%s: %s", name, answer.Raw)
		}
	}
	if ids := dashboardService().IDs(key.Do(http.StatusOK, dashboardService().List()).JSON); !slices.Equal(ids, []string{record.ID}) {
		t.Errorf("listed %v", ids)
	}
	if gone := key.Do(http.StatusOK, dashboardService().Revoke(record.ID)); At(gone.JSON, "success") != true {
		t.Errorf("the revoke answered %s", gone.Raw)
	}
	if answer := key.Do(http.StatusNotFound, dashboardService().Revoke(record.ID)); Text(answer.JSON, "detail") == "" {
		t.Errorf("the second revoke answered %s", answer.Raw)
	}
}

// The listing has every documented field, also of a key that has expired, which signs
// nothing any more.
func TestPioneerDashboard_listing(t *testing.T) {
	server := simulator.Run(t, dashboardService().Mount)
	key, store := dashboardService().Client(t, server), server.Store("pioneer")
	record := store.MintDraft(simulator.Draft{Name: "ended", Attributes: map[string]any{simulator.ExpiresAt: time.Now().Add(-time.Hour)}})
	listed := key.Do(http.StatusOK, dashboardService().List())
	row, _ := At(listed.JSON, "keys", 0).(map[string]any)
	for _, field := range []string{"id", "name", "created_at", "api_key_last_digits", "last_used_at", "expires_at", "team_id", "usage_tokens", "usage_cost", "request_count"} {
		if _, ok := row[field]; !ok {
			t.Errorf("%s is missing: %s", field, listed.Raw)
		}
	}
	if At(listed.JSON, "count") != 1.0 || len(row) != 10 {
		t.Errorf("listed %s", listed.Raw)
	}
	key.As(record.Value).Do(http.StatusUnauthorized, dashboardService().List())
	record = store.MintDraft(simulator.Draft{Name: "ended", Attributes: map[string]any{simulator.ExpiresAt: "2026-01-02T03:04:05Z"}}) // as by the control interface
	key.As(record.Value).Do(http.StatusUnauthorized, dashboardService().List())
	store.Quirk(simulator.Quirks{OutOfCredit: true})
	if denied := key.Do(http.StatusPaymentRequired, dashboardService().List()); Text(denied.JSON, "resolution_url") == "" {
		t.Errorf("out of credit: %s", denied.Raw)
	}
}

package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// answered is an observer that has seen these answers, by step.
func answered(t *testing.T, route map[step]string, bodies map[step]string, statuses map[step]int) *observed {
	t.Helper()
	at := time.Date(2026, 8, 14, 10, 0, 0, 0, time.UTC)
	o := newObserved(func() time.Time { return at })
	for s, body := range bodies {
		o.begin(s)
		resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Date": {at.Format(http.TimeFormat)}}}
		if statuses[s] != 0 {
			resp.StatusCode = statuses[s]
		}
		o.keep(route[s], resp, []byte(body), at)
	}
	return o
}

// The answers that Pioneer documents since 2026-07-15 (fastino-ai/mintlify-docs,
// api-reference/api-keys.mdx) are within the same assumptions.
func TestPioneer_newerGeneration(t *testing.T) {
	t.Parallel()
	const row = `{"id": "5f3", "name": "ci", "created_at": "2026-08-14T10:00:00Z", "api_key_last_digits": "9f8e", "last_used_at": null, ` +
		`"expires_at": null, "team_id": null, "usage_tokens": 0, "usage_cost": 0.5, "request_count": 0}`
	o := answered(t,
		map[step]string{stepList: pioneerList, stepFind: pioneerList, stepCreate: pioneerCreate, stepRevoke: pioneerRevoke, stepUnknown: pioneerRevoke, stepRefused: pioneerList},
		map[step]string{
			stepList: `{"keys": [` + row + `], "count": 1}`,
			stepFind: `{"keys": [` + row + `], "count": 1}`,
			stepCreate: `{"secret_key": "pio_sk_abcd9f8e", "id": "5f3", "name": "ci", "created_at": "2026-08-14T10:00:00Z", "api_key_last_digits": "9f8e", ` +
				`"expires_at": null, "team_id": "t", "stripe_customer_created": false}`,
			stepRevoke:  `{"success": true, "message": null}`,
			stepUnknown: `{"detail": "API key not found"}`,
			stepRefused: `{"code": "invalid_key", "message": "no", "resolution_url": "https://pioneer.ai"}`,
		},
		map[step]int{stepUnknown: http.StatusNotFound, stepRefused: http.StatusUnauthorized})
	value := driver.NewSecret("pio_sk_abcd9f8e")
	o.minted, o.listed = driver.Minted{Value: value}, &driver.Key{Hint: driver.Hint{Suffix: "9f8e"}}
	o.facts = map[step]verdict{stepFind: {holds, ""}, stepGone: {holds, ""}}
	for _, a := range pioneer {
		if v := a.test(o); v.result != holds {
			t.Errorf("%s: %s: %s", v.result, a.text, v.seen)
		}
	}
	refused := answered(t, map[step]string{stepCreate: pioneerCreate},
		map[step]string{stepCreate: `{"detail": "API key creation is only allowed from the web dashboard."}`}, map[step]int{stepCreate: http.StatusForbidden})
	for _, a := range pioneer {
		if v := a.test(refused); v.result == differs {
			t.Errorf("%s: %s: %s", v.result, a.text, v.seen)
		}
	}
	failed := answered(t, map[step]string{stepRevoke: pioneerRevoke}, map[step]string{stepRevoke: `{"success": false, "message": "no"}`}, nil)
	differing := 0
	for _, a := range pioneer {
		if a.test(failed).result == differs {
			differing++
		}
	}
	if differing != 1 {
		t.Errorf("%d assumptions differ where a revoke says success: false", differing)
	}
}

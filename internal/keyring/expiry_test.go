package keyring_test

import (
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// A key whose time has passed for certain is found, and is not live; a clock that may
// be behind ends no key.
func TestRead_expired(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(0)
		end := time.Now().Add(time.Hour)
		k := a.Add(driver.Key{Name: "ends", ExpiresAt: end})
		live := func(want bool) {
			t.Helper()
			got, found, err := ringOf(a).Read(t.Context(), k.ID, time.Time{})
			if err != nil || !found || got.Live() != want || !want && !strings.Contains(got.EndedHow(), "expired on "+end.UTC().Format(time.RFC3339)) {
				t.Errorf("after %v: %+v, found %v, %v", time.Until(end), got, found, err)
			}
			all, err := ringOf(a).List(t.Context())
			if err != nil || (len(all) == 1) != want {
				t.Errorf("listed: %v, %v", all, err)
			}
		}
		live(true)
		wait(t.Context(), time.Hour)
		a.Uncertainty = time.Minute
		live(true)
		wait(t.Context(), time.Minute)
		live(false)
	})
}

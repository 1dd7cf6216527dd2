package keyring_test

import (
	"slices"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// Each state has a listing of its own, which own writes make stale; usable and
// live keys share one.
func TestKeys_byState(t *testing.T) {
	f := keyringtest.NewFull(2)
	off := driver.Attributes{"active": false}
	f.Add(driver.Key{ID: "off", Attributes: off, Disabled: true})
	f.Add(driver.Key{ID: "dead", RevokedAt: time.Unix(9, 0)})
	r := ringOf(f)
	want := map[driver.Status][]string{
		driver.StatusLive: {"key-00001", "key-00002"}, driver.StatusActive: {"key-00001", "key-00002"},
		driver.StatusInactive: {"off", "dead"}, driver.StatusAll: {"key-00001", "key-00002", "off", "dead"},
	}
	check := func(when string, calls int) {
		t.Helper()
		for range 2 {
			for status, want := range want {
				got := ids(must[[]driver.Key](t)(r.Keys(t.Context(), status)))
				if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
					t.Errorf("%s, %q: keys %v, want %v", when, status, got, want)
				}
			}
		}
		wantCalls(t, f, keyringtest.List, calls)
	}
	check("at first", 3)
	f.Edit("key-00001", func(k *driver.Key) { k.Disabled = true })
	must[driver.Key](t)(r.Update(t.Context(), "key-00001", driver.Changes{Attributes: off}))
	// The listing of live keys need not forget one that was switched off.
	want[driver.StatusActive] = []string{"key-00002"}
	want[driver.StatusInactive] = append(want[driver.StatusInactive], "key-00001")
	check("after one was switched off", 5)
	if err := r.Revoke(t.Context(), "key-00002", driver.Secret{}); err != nil {
		t.Fatal(err)
	}
	want[driver.StatusLive], want[driver.StatusActive] = []string{"key-00001"}, nil
	want[driver.StatusInactive] = append(want[driver.StatusInactive], "key-00002")
	check("after one was revoked", 7)
}

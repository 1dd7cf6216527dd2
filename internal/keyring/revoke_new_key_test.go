package keyring_test

import (
	"context"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// A "not found" about a key that another process created less than a minute ago is no
// proof either, until it is older or this process has tried to revoke it.
func TestRevoke_madeElsewhere(t *testing.T) {
	for name, tc := range map[string]struct {
		age   time.Duration
		shown time.Duration // when the service begins to know the key, 0: never
		took  time.Duration
		kind  driver.Kind // of the refusals until then
	}{
		"known late":          {time.Second, 8 * time.Second, 17500 * time.Millisecond, driver.KindNotFound},
		"known late, refused": {time.Second, 8 * time.Second, 17500 * time.Millisecond, driver.KindRejected},
		"gone":                {time.Second, 0, 77500 * time.Millisecond, driver.KindNotFound},
		"gone, old":           {time.Minute, 0, 0, driver.KindNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := keyringtest.New(1)
				start := time.Now()
				m := a.Add(driver.Key{Name: "theirs", CreatedAt: start.Add(-tc.age)})
				svc := lateListing{a, tc.shown + tc.age}
				if tc.shown == 0 {
					a.Kill(m.ID)
				}
				a.Before = func(_ context.Context, c keyringtest.Call) error {
					if c.Op == keyringtest.Revoke && time.Since(start) < tc.shown {
						return keyringtest.Refused(c.Op, tc.kind)
					}
					return nil
				}
				r := ringOf(svc)
				r.RecordCreation(m.ID, m.CreatedAt)
				if err := r.Revoke(t.Context(), m.ID, m.Value); err != nil || a.Key(m.ID).Live() || time.Since(start) != tc.took {
					t.Errorf("%v after %v, live %t", err, time.Since(start), a.Key(m.ID).Live())
				}
			})
		})
	}
}

// A listing that does not show a key yet is no proof that it is gone: one that was
// created a moment ago is revoked again until it must have been listed.
func TestRevoke_justMade(t *testing.T) {
	for lag, calls := range map[time.Duration]int{0: 2, 2 * time.Second: 2, 4 * time.Second: 2} {
		bubble(t, func(t *testing.T) {
			a := keyringtest.New(1)
			r := ringOf(lateListing{a, lag})
			m := must[driver.Minted](t)(r.Create(t.Context(), spec))
			a.Before = fails(keyringtest.Revoke, 1, keyringtest.Lost(keyringtest.Revoke))
			if err := r.Revoke(t.Context(), m.ID, m.Value); err != nil {
				t.Error(err)
			}
			wantIDs(t, a.Live(spec.Name))
			wantCalls(t, a, keyringtest.Revoke, calls)
		})
	}
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(1)
		r := ringOf(a)
		m := must[driver.Minted](t)(r.Create(t.Context(), spec))
		a.Kill(m.ID)
		if err := r.Revoke(t.Context(), m.ID, m.Value); err != nil {
			t.Errorf("gone in fact: %v", err)
		}
	})
}

package keyring_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// errFlaky is what some listings of the stress test fail with.
var errFlaky = &driver.Error{Service: "Test", Operation: "list", Kind: driver.KindServer, Effect: driver.EffectNone}

// Many writers, each of whom reads after each write what he has written, among
// readers, listings that fail, callers who give up, and keys that come and go
// from outside. Whatever a read that ends well says is at least as new as the
// last write before it.
func TestStress(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		svc   func(f keyringtest.Full) driver.Service
		set   func(a *keyringtest.Account)
		fresh time.Duration
	}{
		"by id, pages with totals": {func(f keyringtest.Full) driver.Service { return f }, func(a *keyringtest.Account) { a.PageSize, a.Totals = 20, true }, 0},
		"by id, pages in order":    {func(f keyringtest.Full) driver.Service { return f }, func(a *keyringtest.Account) { a.PageSize = 20 }, time.Millisecond},
		"by listing":               {func(f keyringtest.Full) driver.Service { return listingOnly{f.Account, f, f} }, func(*keyringtest.Account) {}, 0},
		"by listing, never fresh":  {func(f keyringtest.Full) driver.Service { return listingOnly{f.Account, f, f} }, func(*keyringtest.Account) {}, time.Nanosecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := keyringtest.NewFull(100)
			tc.set(f.Account)
			shuffle := func(_ context.Context, c keyringtest.Call) error {
				for range rand.IntN(8) {
					runtime.Gosched()
				}
				if c.Op == keyringtest.List && c.N > 1 && rand.IntN(10) == 0 {
					return errFlaky
				}
				return nil
			}
			r := keyring.New(tc.svc(f), keyring.Options{MaxAge: tc.fresh})
			_ = must[driver.Minted](t)(r.Create(t.Context(), driver.Spec{Name: "first"})) // the listing that it needs is there
			f.Before = shuffle
			f.After = func(ctx context.Context, c keyringtest.Call) error { _ = shuffle(ctx, keyringtest.Call{}); return nil }

			var writers, others sync.WaitGroup
			stop := make(chan struct{})
			var reads, proofs atomic.Int64
			for w := range 24 {
				writers.Go(func() {
					for round := range 2 {
						stressOneKey(t, r, fmt.Sprintf("w%d-%d", w, round), &proofs)
					}
				})
			}
			for range 24 {
				others.Go(func() {
					for !closed(stop) {
						ctx, cancel := context.WithCancel(t.Context())
						if rand.IntN(3) == 0 {
							go cancel()
						}
						id := fmt.Sprintf("key-%05d", 1+rand.IntN(200))
						k, found, err := r.Read(ctx, id, time.Time{})
						if err == nil && found && k.ID != id {
							t.Errorf("read %s, got %s", id, k.ID)
						}
						if err != nil && !errors.Is(err, errFlaky) && kindOf(err) != driver.KindCanceled && kindOf(err) != driver.KindMalformed {
							t.Error(err)
						}
						cancel()
						r.CachedByName("old")
						reads.Add(1)
					}
				})
			}
			for range 16 {
				others.Go(func() { // outside
					for range 20 {
						m := f.Add(driver.Key{Name: "outside"})
						f.Kill(m.ID)
						if k, found, err := r.Read(t.Context(), m.ID, time.Time{}); err == nil && found && (k.ID != m.ID || k.Name != "outside") {
							t.Errorf("read %s, got %+v", m.ID, k)
						}
					}
				})
			}
			writers.Wait()
			close(stop)
			others.Wait()
			t.Logf("%d reads, %d proofs, %d requests", reads.Load(), proofs.Load(), f.Requests())
			if proofs.Load() == 0 {
				t.Error("no write was ever read back")
			}
		})
	}
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// stressOneKey creates a key, changes it and revokes it, and reads it after each step.
func stressOneKey(t *testing.T, r *keyring.Ring, name string, proofs *atomic.Int64) {
	m, err := r.Create(t.Context(), driver.Spec{Name: name})
	if err != nil {
		t.Error(err)
		return
	}
	read := func(step string, right func(k driver.Key, found bool) bool) {
		k, found, err := r.Read(t.Context(), m.ID, time.Time{})
		if err != nil {
			return // a listing that failed proves nothing, and nothing is claimed
		}
		proofs.Add(1)
		if !right(k, found) {
			t.Errorf("%s: after the %s it reads as %+v, found %t", name, step, k, found)
		}
	}
	read("create", func(k driver.Key, found bool) bool { return found && k.Live() && k.Name == name })
	for i := range 3 {
		next := fmt.Sprintf("%s.%d", name, i)
		if _, err := r.Update(t.Context(), m.ID, driver.Changes{Name: &next}); err != nil {
			t.Error(err)
		}
		read("update", func(k driver.Key, found bool) bool { return found && k.Live() && k.Name == next })
		if keys, err := r.List(t.Context()); err == nil {
			for _, k := range keys {
				if k.ID == m.ID && k.Name != next {
					t.Errorf("%s: listed as %q after it became %q", name, k.Name, next)
				}
			}
		}
	}
	if err := r.Revoke(t.Context(), m.ID, driver.Secret{}); err != nil {
		t.Error(err)
	}
	read("revocation", func(k driver.Key, found bool) bool { return !found || !k.Live() })
}

package keyring_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

func TestCreate_sameNamesOneAfterTheOther(t *testing.T) {
	both(t, 5, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
		var mu sync.Mutex
		running := map[string]int{}
		a.After = func(ctx context.Context, c keyringtest.Call) error {
			if c.Op != keyringtest.Create {
				return nil
			}
			mu.Lock()
			if running[c.Name]++; running[c.Name] > 1 {
				t.Errorf("two creates of %q at once", c.Name)
			}
			mu.Unlock()
			wait(ctx, time.Second)
			mu.Lock()
			running[c.Name]--
			mu.Unlock()
			return nil
		}
		r := ringOf(svc)
		start := time.Now()
		var wg sync.WaitGroup
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			for range 4 {
				wg.Go(func() { _ = must[driver.Minted](t)(r.Create(t.Context(), driver.Spec{Name: name})) })
			}
		}
		wg.Wait()
		if took := time.Since(start); took != 4*time.Second {
			t.Errorf("took %v, want 4 rounds of a second", took)
		}
		wantCalls(t, a, keyringtest.Create, 20)
		wantCalls(t, a, keyringtest.List, 1)
	})
}

// Canceling after a request that creates a key was sent stops nothing of what
// makes its outcome known.
func TestCreate_canceledAfterSending(t *testing.T) {
	for name, tc := range map[string]struct {
		noID          bool
		after         keyringtest.Hook
		want          driver.Kind
		creates, live int
	}{
		"answered":               {false, nil, "", 1, 1},
		"answered without an id": {true, nil, "", 1, 1},
		"no answer":              {false, fails(keyringtest.Create, 0, lostCreate), driver.KindCanceled, 1, 0}, // its key is revoked, and no other is created
	} {
		t.Run(name, func(t *testing.T) {
			both(t, 1, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
				a.NoID = tc.noID
				ctx, cancel := context.WithCancel(t.Context())
				a.After = chain(only(keyringtest.Create, 0, func(context.Context) error { cancel(); return nil }))
				if tc.after != nil {
					a.After = chain(a.After, tc.after)
				}
				m, err := ringOf(svc).Create(ctx, spec)
				if kindOf(err) != tc.want {
					t.Errorf("got %v, want kind %q", err, tc.want)
				}
				if err == nil && (m.Value.IsZero() || m.ID == "") {
					t.Errorf("got %+v, want the key", m)
				}
				wantCalls(t, a, keyringtest.Create, tc.creates)
				if live := a.Live("new"); len(live) != tc.live {
					t.Errorf("live: %v", live)
				}
			})
		})
	}
}

// Canceled between the two requests: the first one's key is gone, no second one
// is created, and nothing is left open.
func TestCreate_canceledBetweenRequests(t *testing.T) {
	both(t, 1, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
		ctx, cancel := context.WithCancel(t.Context())
		a.After = chain(fails(keyringtest.Create, 0, lostCreate), only(keyringtest.Revoke, 1, func(context.Context) error { cancel(); return nil }))
		r := ringOf(svc)
		_, err := r.Create(ctx, spec)
		if kindOf(err) != driver.KindCanceled {
			t.Errorf("got %v, want the cancellation", err)
		}
		wantCalls(t, a, keyringtest.Create, 1)
		wantIDs(t, a.Live("new"))
		a.After = nil
		_ = must[driver.Minted](t)(r.Create(t.Context(), spec))
	})
}

func TestCreate_canceledWhileWaitingForTheName(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(1)
		a.After = only(keyringtest.Create, 1, func(ctx context.Context) error { wait(ctx, time.Minute); return nil })
		r := ringOf(a)
		var wg sync.WaitGroup
		wg.Go(func() { _ = must[driver.Minted](t)(r.Create(t.Context(), spec)) })
		wait(t.Context(), time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := r.Create(ctx, spec); kindOf(err) != driver.KindCanceled || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("the deadline was felt after %v", took)
		}
		if err := r.Reconcile(ctx, keyring.CreateWindow{Name: spec.Name}); kindOf(err) != driver.KindCanceled {
			t.Errorf("Reconcile: %v, want the deadline", err)
		}
		wg.Wait()
		wantCalls(t, a, keyringtest.Create, 1)
	})
}

// Looking for what a request did is bounded, though no cancel reaches it.
func TestCreate_isBounded(t *testing.T) {
	for name, tc := range map[string]struct {
		opts keyring.Options
		want time.Duration
	}{
		"default": {keyring.Options{}, 5 * time.Minute},
		"asked":   {keyring.Options{Timeout: time.Minute, CallTimeout: 20 * time.Second, ReconcileTimeout: 4 * time.Second}, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := keyringtest.New(1)
				a.Before = func(ctx context.Context, c keyringtest.Call) error {
					if c.Op == keyringtest.List && c.N > 1 {
						<-ctx.Done()
						return keyringtest.Lost(c.Op)
					}
					return fails(keyringtest.Create, 1, lostCreate)(ctx, c)
				}
				start := time.Now()
				_, err := keyring.New(a, tc.opts).Create(t.Context(), spec)
				_ = wantUnknownOutcome(t, err)
				if took := time.Since(start); took != tc.want {
					t.Errorf("took %v, want %v", took, tc.want)
				}
			})
		})
	}
}

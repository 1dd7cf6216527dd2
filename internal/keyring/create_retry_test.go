package keyring_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// limited is the answer of a service that limits requests.
var limited = &driver.Error{Service: "Test", Operation: "create", Kind: driver.KindRateLimit, Effect: driver.EffectNone, Status: 429}

// bare is the answer of a proxy that limits requests, perhaps those of others.
var bare = &driver.Error{Service: "Test", Operation: "create", Kind: driver.KindRateLimit, Status: 429}

// aDay is the answer of a service that limits requests for long.
var aDay = &driver.Error{Service: "Test", Operation: "create", Kind: driver.KindRateLimit, Effect: driver.EffectNone, Status: 429, RetryAfter: 24 * time.Hour}

// busy is the answer of a service that asks to try again later.
func busy(after time.Duration) error {
	return &driver.Error{Service: "Test", Operation: "create", Kind: driver.KindServer, Status: 503, RetryAfter: after}
}

// A create that is refused by a rate limit is sent again, once a listing that began
// afterwards shows that it had no effect. A key that shows there is its own.
func TestCreate_rateLimit(t *testing.T) {
	const lag = 5 * time.Second
	for name, tc := range map[string]struct {
		before, after keyringtest.Hook
		retries       int
		want          driver.Kind
		creates       int
		listings      int // besides the first
		live          int
		took          time.Duration
	}{
		"no effect":                      {before: fails(keyringtest.Create, 1, limited), creates: 2, listings: 1, live: 1},
		"created all the same":           {after: fails(keyringtest.Create, 1, limited), creates: 2, listings: 3, live: 1, took: lag},
		"a proxy's, no effect":           {before: fails(keyringtest.Create, 1, bare), creates: 2, listings: 8, live: 1, took: 10 * time.Second},
		"a proxy's, created":             {after: fails(keyringtest.Create, 1, bare), creates: 2, listings: 3, live: 1, took: lag},
		"always created, always refused": {after: fails(keyringtest.Create, 0, limited), retries: 1, want: driver.KindRateLimit, creates: 2, listings: 6, took: 2 * lag},
		"always refused":                 {before: fails(keyringtest.Create, 0, limited), retries: 3, want: driver.KindRateLimit, creates: 4, listings: 4, took: 15 * time.Second},
		"never to be repeated":           {before: fails(keyringtest.Create, 0, limited), retries: -1, want: driver.KindRateLimit, creates: 1, listings: 1},
		"nothing to be seen": {before: func(_ context.Context, c keyringtest.Call) error {
			if c.Op == keyringtest.Create {
				return limited
			}
			if c.N > 1 {
				return keyringtest.Refused(c.Op, driver.KindServer)
			}
			return nil
		}, want: driver.KindRateLimit, creates: 1, listings: 1},
		"asks for a day":             {before: fails(keyringtest.Create, 0, aDay), want: driver.KindRateLimit, creates: 1, listings: 1},
		"asks for a day, created":    {after: fails(keyringtest.Create, 0, aDay), want: driver.KindRateLimit, creates: 1, listings: 3, took: lag},
		"limited before it was sent": {before: fails(keyringtest.Create, 1, keyringtest.Refused(keyringtest.Create, driver.KindRateLimit)), want: driver.KindRateLimit, creates: 1},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := keyringtest.New(2)
				a.Before, a.After = tc.before, tc.after
				r := keyring.New(a, keyring.Options{MaxRetries: tc.retries})
				start := time.Now()
				m, err := r.Create(t.Context(), spec)
				if kindOf(err) != tc.want || (err == nil) != (tc.want == "") {
					t.Errorf("got %v, want kind %q", err, tc.want)
				}
				if u := (*keyring.OutcomeUnknownError)(nil); errors.As(err, &u) {
					t.Errorf("outcome unknown: %v", err)
				}
				wantCalls(t, a, keyringtest.Create, tc.creates)
				wantCalls(t, a, keyringtest.List, 1+tc.listings)
				if took := time.Since(start); took != tc.took {
					t.Errorf("took %v, want %v", took, tc.took)
				}
				if live := a.Live("new"); len(live) != tc.live || err == nil && live[0] != m.ID {
					t.Errorf("%v live, got %s", live, m.ID)
				}
			})
		})
	}
}

// Creates that are refused together share one listing.
func TestCreate_rateLimitSharesTheListing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(2)
		a.After = func(ctx context.Context, c keyringtest.Call) error {
			wait(ctx, time.Second)
			if c.Op == keyringtest.Create && c.N <= 10 {
				return limited
			}
			return nil
		}
		r := ringOf(a)
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() { _ = must[driver.Minted](t)(r.Create(t.Context(), driver.Spec{Name: fmt.Sprint("k", i)})) })
		}
		wg.Wait()
		wantCalls(t, a, keyringtest.Create, 20)
		// Each for itself would need three and one to see its key gone.
		if n := a.Calls(keyringtest.List); n > 10 {
			t.Errorf("%d listings", n)
		}
		if live := len(a.Live("")); live != 12 {
			t.Errorf("%d keys live", live)
		}
	})
}

// A service that asks to try again later is asked once more in the same run, after
// having looked for its key as long as it could have appeared.
func TestCreate_asksToTryAgain(t *testing.T) {
	const reconcile, lag = 10 * time.Second, 5 * time.Second
	late := func(a *keyringtest.Account, n int) keyringtest.Hook { // the first request takes effect before the nth answer
		return only(keyringtest.Create, n, func(context.Context) error {
			a.Add(driver.Key{ID: "late", Name: spec.Name})
			return nil
		})
	}
	none := func(*keyringtest.Account) keyringtest.Hook { return nil }
	for name, tc := range map[string]struct {
		before, after func(*keyringtest.Account) keyringtest.Hook
		want          driver.Kind
		open          bool
		creates       int
		live          int
		took          time.Duration
		suspects      int
	}{
		"once":          {before: hook(fails(keyringtest.Create, 1, busy(2*time.Second))), after: none, creates: 2, live: 1, took: reconcile},
		"asks for more": {before: hook(fails(keyringtest.Create, 1, busy(25*time.Second))), after: none, creates: 2, live: 1, took: 25 * time.Second},
		"asks for too much": {before: hook(fails(keyringtest.Create, 1, busy(2*time.Minute))), after: none,
			want: driver.KindServer, open: true, creates: 1, took: reconcile},
		"does not ask": {before: hook(fails(keyringtest.Create, 1, busy(0))), after: none, want: driver.KindServer, open: true, creates: 1, took: reconcile},
		"twice":        {before: hook(fails(keyringtest.Create, 0, busy(time.Second))), after: none, want: driver.KindServer, open: true, creates: 2, took: 2 * reconcile},
		"created":      {before: none, after: hook(fails(keyringtest.Create, 1, busy(time.Second))), creates: 2, live: 1, took: lag},
		"then refused": {before: func(*keyringtest.Account) keyringtest.Hook {
			return chain(fails(keyringtest.Create, 1, busy(time.Second)), fails(keyringtest.Create, 2, keyringtest.Refused(keyringtest.Create, driver.KindInvalid)))
		}, after: none, want: driver.KindInvalid, open: true, creates: 2, took: reconcile},
		"created late": {before: hook(fails(keyringtest.Create, 1, busy(time.Second))), after: func(a *keyringtest.Account) keyringtest.Hook { return late(a, 2) }, creates: 2, live: 1, took: reconcile + lag},
		"created late, not to be revoked": {before: func(*keyringtest.Account) keyringtest.Hook {
			return chain(fails(keyringtest.Create, 1, busy(time.Second)), fails(keyringtest.Revoke, 0, keyringtest.Refused(keyringtest.Revoke, driver.KindForbidden)))
		}, after: func(a *keyringtest.Account) keyringtest.Hook { return late(a, 2) }, creates: 2, live: 2, took: reconcile + lag, suspects: 1},
		"created late and used": {before: hook(fails(keyringtest.Create, 1, busy(time.Second))), after: func(a *keyringtest.Account) keyringtest.Hook {
			return only(keyringtest.Create, 2, func(context.Context) error {
				a.Add(driver.Key{ID: "late", Name: spec.Name, LastUsedAt: a.Now()})
				return nil
			})
		}, creates: 2, live: 2, took: reconcile},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, 2, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
				a.Before, a.After = tc.before(a), tc.after(a)
				r := ringOf(svc)
				start := time.Now()
				m, err := r.Create(t.Context(), spec)
				if kindOf(err) != tc.want || (err == nil) != (tc.want == "") {
					t.Errorf("got %v, want kind %q", err, tc.want)
				}
				if tc.open {
					if u := wantUnknownOutcome(t, err); !u.Window.From.Equal(start) {
						t.Errorf("the window begins %v after the first request", u.Window.From.Sub(start))
					}
				}
				if took := time.Since(start); took != tc.took {
					t.Errorf("took %v, want %v", took, tc.took)
				}
				wantCalls(t, a, keyringtest.Create, tc.creates)
				if live := a.Live(spec.Name); len(live) != tc.live {
					t.Errorf("%v live, want %d", live, tc.live)
				}
				if err == nil && (!a.Key(m.ID).Live() || m.ID == "late" || len(m.Suspects) != tc.suspects) {
					t.Errorf("got %+v", m)
				}
			})
		})
	}
}

// Interrupted before the second request, the first is still open.
func TestCreate_asksToTryAgainInterrupted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(1)
		ctx, cancel := context.WithCancel(t.Context())
		a.Before = only(keyringtest.Create, 1, func(context.Context) error { cancel(); return busy(30 * time.Second) })
		_, err := ringOf(a).Create(ctx, spec)
		if _ = wantUnknownOutcome(t, err); kindOf(err) != driver.KindCanceled || !strings.Contains(err.Error(), "interrupted") {
			t.Errorf("got %v", err)
		}
		wantCalls(t, a, keyringtest.Create, 1)
	})
}

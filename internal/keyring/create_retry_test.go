package keyring_test

import (
	"cmp"
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
		"a proxy's, no effect":           {before: fails(keyringtest.Create, 1, bare), creates: 2, listings: 7, live: 1, took: 10 * time.Second},
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

// A server error leaves the outcome open, also if the service asks to try again later.
func TestCreate_asksToTryAgain(t *testing.T) {
	both(t, 2, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
		a.Before = fails(keyringtest.Create, 1, &driver.Error{Service: "Test", Operation: "create", Kind: driver.KindServer, Status: 503, RetryAfter: time.Second})
		start := time.Now()
		_, err := ringOf(svc).Create(t.Context(), spec)
		if u := wantUnknownOutcome(t, err); kindOf(err) != driver.KindServer || !u.Window.From.Equal(start) || time.Since(start) != 10*time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		wantCalls(t, a, keyringtest.Create, 1)
	})
}

// A rate limit that may be a proxy's leaves the outcome open once it is not waited out any
// more, or if there is a key whose name the service may have changed.
func TestCreate_rateLimitOfAProxy(t *testing.T) {
	for name, shown := range map[string]string{"for good": "", "under another name": "NEW"} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := keyringtest.New(2)
				a.Before = only(keyringtest.Create, 0, func(context.Context) error {
					if shown != "" {
						a.Add(driver.Key{ID: "changed", Name: strings.ToLower(shown)})
					}
					return bare
				})
				_, err := keyring.New(a, keyring.Options{MaxRetries: 1}).Create(t.Context(), driver.Spec{Name: cmp.Or(shown, spec.Name)})
				u := wantUnknownOutcome(t, err)
				creates := 2
				if shown != "" {
					creates = 1
				}
				if len(u.Candidates) != 2-creates || kindOf(err) != driver.KindRateLimit {
					t.Errorf("got %v", err)
				}
				wantCalls(t, a, keyringtest.Create, creates)
				wantCalls(t, a, keyringtest.Revoke, 0)
			})
		})
	}
}

package keyring_test

import (
	"cmp"
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// both runs a test for a service that can be asked for one key and for one that
// can only list.
func both(t *testing.T, keys int, test func(t *testing.T, svc driver.Service, a *keyringtest.Account)) {
	t.Helper()
	f := keyringtest.NewFull(keys)
	t.Run("by id", func(t *testing.T) {
		bubble(t, func(t *testing.T) { test(t, f.Lookup, f.Account) })
	})
	a := keyringtest.New(keys)
	t.Run("by listing", func(t *testing.T) {
		bubble(t, func(t *testing.T) { test(t, a, a) })
	})
}

func TestRevoke(t *testing.T) {
	const lag = 2500 * time.Millisecond // between tries that find no key
	lost, refused := keyringtest.Lost(keyringtest.Revoke), keyringtest.Refused(keyringtest.Revoke, driver.KindForbidden)
	lies, conflict := keyringtest.Refused(keyringtest.Revoke, driver.KindNotFound), keyringtest.Refused(keyringtest.Revoke, driver.KindConflict)
	unconfirmed := &driver.Error{Service: "Test", Operation: "revoke", Kind: driver.KindMalformed, Status: 200}
	for _, tc := range []struct {
		name          string
		before, after keyringtest.Hook
		gone          bool // before Revoke is called
		want          driver.Kind
		calls         int
		pauses        int
		pause         time.Duration // 250 ms by default
		says          string
	}{
		{name: "plain", calls: 1},
		{name: "gone already", gone: true, calls: 1},
		{name: "refused", before: fails(keyringtest.Revoke, 0, refused), want: driver.KindForbidden, calls: 1},
		{name: "no answer, but done", after: fails(keyringtest.Revoke, 1, lost), calls: 1},
		{name: "no answer, not done, repeated", before: fails(keyringtest.Revoke, 1, lost), calls: 2, pauses: 1},
		{name: "no answer twice, then done", before: func(ctx context.Context, c keyringtest.Call) error {
			if c.Op == keyringtest.Revoke && c.N < 3 {
				return lost
			}
			return nil
		}, calls: 3, pauses: 2},
		{name: "never an answer", before: fails(keyringtest.Revoke, 0, lost), want: driver.KindConnection, calls: 3, pauses: 2, says: "still lives"},
		{name: "a 404 that lies", before: fails(keyringtest.Revoke, 0, lies), want: driver.KindNotFound, calls: 3, pauses: 2, pause: lag, says: "still lives"},
		{name: "a 404 that lies once", before: fails(keyringtest.Revoke, 1, lies), calls: 2, pauses: 1, pause: lag},
		{name: "a success that confirms nothing, but done", after: fails(keyringtest.Revoke, 1, unconfirmed), calls: 1},
		{name: "a success that confirms nothing, repeated", before: fails(keyringtest.Revoke, 1, unconfirmed), calls: 2, pauses: 1, pause: lag},
		{name: "nothing but successes that confirm nothing", before: fails(keyringtest.Revoke, 0, unconfirmed), want: driver.KindMalformed, calls: 3, pauses: 2, pause: lag, says: "still lives"},
		{name: "a conflict, gone already", gone: true, before: fails(keyringtest.Revoke, 0, conflict), calls: 1},
		{name: "invalid, gone already", gone: true, before: fails(keyringtest.Revoke, 0, keyringtest.Refused(keyringtest.Revoke, driver.KindInvalid)), calls: 1},
		{name: "a conflict with something else", before: fails(keyringtest.Revoke, 0, conflict), want: driver.KindConflict, calls: 1},
		{name: "a conflict, and nothing to be seen", before: func(_ context.Context, c keyringtest.Call) error {
			if c.Op == keyringtest.Revoke {
				return conflict
			}
			return keyringtest.Refused(c.Op, driver.KindServer)
		}, want: driver.KindConflict, calls: 1},
		{name: "no answer, and nothing to be seen", before: func(ctx context.Context, c keyringtest.Call) error {
			if c.Op == keyringtest.Revoke {
				return lost
			}
			return keyringtest.Refused(c.Op, driver.KindServer)
		}, want: driver.KindConnection, calls: 1, says: "could not be found out"},
		{name: "everything is 404", before: func(ctx context.Context, c keyringtest.Call) error {
			return keyringtest.Refused(c.Op, driver.KindNotFound)
		}, want: driver.KindNotFound, calls: 1, says: "could not be found out"},
		{name: "only the listing knows better", before: func(ctx context.Context, c keyringtest.Call) error {
			if c.Op == keyringtest.List {
				return nil
			}
			return keyringtest.Refused(c.Op, driver.KindNotFound)
		}, want: driver.KindNotFound, calls: 3, pauses: 2, pause: lag, says: "still lives"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			both(t, 3, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
				if tc.gone {
					a.Kill("key-00002")
				}
				a.Before, a.After = tc.before, tc.after
				start := time.Now()
				r := ringOf(svc)
				err := r.Revoke(t.Context(), "key-00002", driver.NewSecret("its value"))
				if kindOf(err) != tc.want || (err != nil) != (tc.want != "") {
					t.Errorf("got %v, want kind %q", err, tc.want)
				}
				if err != nil && !strings.Contains(err.Error(), tc.says) {
					t.Errorf("the error %q does not say %q", err, tc.says)
				}
				wantCalls(t, a, keyringtest.Revoke, tc.calls)
				if took := time.Since(start); took != time.Duration(tc.pauses)*cmp.Or(tc.pause, 250*time.Millisecond) {
					t.Errorf("took %v, want %d pauses", took, tc.pauses)
				}
				if live := a.Key("key-00002").Live(); live != (tc.want != "") {
					t.Errorf("the key lives: %t", live)
				}
				if len(a.Live("")) < 2 {
					t.Error("another key was touched")
				}
				a.Before = nil
				if err == nil {
					wantRead(t, r, "key-00002", false)
				}
			})
		})
	}
}

// A revocation that ended well is seen in the listing at hand, whatever it took.
func TestRevoke_isSeenWithoutListing(t *testing.T) {
	both(t, 4, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
		a.Forgets = true
		r := ringOf(svc)
		must[[]driver.Key](t)(r.List(t.Context()))
		a.After = fails(keyringtest.Revoke, 1, keyringtest.Lost(keyringtest.Revoke))
		a.Kill("key-00003")
		for _, id := range []string{"key-00001", "key-00002", "key-00003"} {
			if err := r.Revoke(t.Context(), id, driver.Secret{}); err != nil {
				t.Fatal(err)
			}
		}
		wantIDs(t, ids(must[[]driver.Key](t)(r.List(t.Context()))), "key-00004")
		wantCalls(t, a, keyringtest.List, 3) // two to see what became of the first and the third
	})
}

// A service that says 404 to everything, from the revocation on, has not revoked
// anything, although it listed keys a moment ago.
func TestRevoke_notFoundFromNowOn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		svc := keyringtest.NewFull(2)
		r := ringOf(svc)
		must[[]driver.Key](t)(r.List(t.Context()))
		svc.Before = func(_ context.Context, c keyringtest.Call) error {
			return keyringtest.Refused(c.Op, driver.KindNotFound)
		}
		if err := r.Revoke(t.Context(), "key-00001", driver.Secret{}); err == nil {
			t.Error("revoked, although nothing was")
		}
		// Nor if the listing shows the key that the service says not to know.
		svc.Before = func(_ context.Context, c keyringtest.Call) error {
			if c.Op == keyringtest.List {
				return nil
			}
			return keyringtest.Refused(c.Op, driver.KindNotFound)
		}
		if err := r.Revoke(t.Context(), "key-00001", driver.Secret{}); err == nil {
			t.Error("revoked, although it is listed")
		}
		svc.Before = nil
		wantRead(t, r, "key-00001", true)
	})
}

func TestRevoke_interruptedBetweenTries(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(1)
		ctx, cancel := context.WithCancel(t.Context())
		a.Before = fails(keyringtest.Revoke, 0, keyringtest.Lost(keyringtest.Revoke))
		r := keyring.New(a, keyring.Options{Sleep: func(ctx context.Context, d time.Duration) error {
			if d != 250*time.Millisecond {
				t.Errorf("paused for %v", d)
			}
			cancel()
			return ctx.Err()
		}})
		if err := r.Revoke(ctx, "key-00001", driver.Secret{}); err == nil {
			t.Error("no error")
		}
		wantCalls(t, a, keyringtest.Revoke, 1)
		r = ringOf(a)
		ctx, cancel = context.WithCancel(t.Context())
		go func() { wait(t.Context(), 100*time.Millisecond); cancel() }()
		start := time.Now()
		if err := r.Revoke(ctx, "key-00001", driver.Secret{}); kindOf(err) != driver.KindCanceled {
			t.Errorf("got %v, want the cancellation", err)
		}
		if took := time.Since(start); took != 100*time.Millisecond {
			t.Errorf("the cancel was felt after %v", took)
		}
	})
}

func TestRevokeUnused(t *testing.T) {
	since := time.Date(2026, 2, 13, 10, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name string
		used time.Time
		dead bool
		fail keyringtest.Op
		gone bool
		want driver.Kind
	}{
		{name: "never used", gone: true},
		{name: "used before", used: since.Add(-time.Second), gone: true},
		{name: "used in the same second, which may be after", used: since},
		{name: "used after", used: since.Add(time.Second)},
		{name: "gone already", used: since.Add(time.Second), dead: true, gone: true},
		{name: "not to be seen", fail: "read", want: driver.KindServer},
		{name: "not to be revoked", fail: keyringtest.Revoke, want: driver.KindForbidden},
	} {
		t.Run(tc.name, func(t *testing.T) {
			both(t, 2, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
				r := ringOf(svc)
				must[[]driver.Key](t)(r.List(t.Context())) // what is known is older than what happens now
				a.Edit("key-00001", func(k *driver.Key) { k.LastUsedAt = tc.used })
				if tc.dead {
					a.Kill("key-00001")
				}
				a.Before = func(_ context.Context, c keyringtest.Call) error {
					switch {
					case tc.fail == "read" && (c.Op == keyringtest.Get || c.Op == keyringtest.List):
						return keyringtest.Refused(c.Op, driver.KindServer)
					case tc.fail == c.Op:
						return keyringtest.Refused(c.Op, driver.KindForbidden)
					}
					return nil
				}
				gone, err := r.RevokeUnused(t.Context(), "key-00001", since)
				if gone != tc.gone || kindOf(err) != tc.want {
					t.Errorf("gone %t, %v; want %t, kind %q", gone, err, tc.gone, tc.want)
				}
				if live := a.Key("key-00001").Live(); live == tc.gone {
					t.Errorf("the key lives: %t", live)
				}
				if tc.dead || !tc.gone && tc.want == "" {
					wantCalls(t, a, keyringtest.Revoke, 0)
				}
			})
		})
	}
}

// What became of a key is looked up in a listing that begins after the
// revocation, not in one that was under way.
func TestRevoke_looksAnew(t *testing.T) {
	for name, pageSize := range map[string]int{"one page": 0, "three pages": 1} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := keyringtest.New(3)
				a.PageSize = pageSize
				a.After = chain(fails(keyringtest.Revoke, 0, keyringtest.Lost(keyringtest.Revoke)),
					only(keyringtest.List, 0, func(ctx context.Context) error { wait(ctx, 2*time.Second); return nil }))
				r := ringOf(a)
				var wg sync.WaitGroup
				wg.Go(func() { must[[]driver.Key](t)(r.List(t.Context())) })
				wait(t.Context(), time.Second)
				if err := r.Revoke(t.Context(), "key-00001", driver.Secret{}); err != nil {
					t.Error(err)
				}
				wantCalls(t, a, keyringtest.Revoke, 1)
				wantIDs(t, ids(must[[]driver.Key](t)(r.List(t.Context()))), "key-00002", "key-00003")
				wg.Wait()
			})
		})
	}
}

// Who waits for a listing only to begin the next can give up without failing those
// whom it serves.
func TestRevoke_givesUpWhileAnotherLists(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(3)
		a.PageSize = 1
		a.Before = chain(fails(keyringtest.Revoke, 0, keyringtest.Lost(keyringtest.Revoke)),
			only(keyringtest.List, 2, func(ctx context.Context) error { wait(ctx, 3*time.Second); return nil }))
		r := ringOf(a)
		var wg sync.WaitGroup
		wg.Go(func() { must[[]driver.Key](t)(r.List(t.Context())) })
		wait(t.Context(), time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Revoke(ctx, "key-00001", driver.Secret{}); err == nil {
			t.Error("no error")
		}
		wg.Wait()
		wantCalls(t, a, keyringtest.List, 3)
	})
}

// When those who wait for a listing and those who wait for it only to begin the
// next have all given up, it ends.
func TestRevoke_givesUpWithTheOthers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(3)
		a.PageSize = 1
		ended := time.Duration(0)
		start := time.Now()
		a.Before = chain(fails(keyringtest.Revoke, 0, keyringtest.Lost(keyringtest.Revoke)),
			only(keyringtest.List, 2, func(ctx context.Context) error {
				wait(ctx, time.Hour)
				ended = time.Since(start)
				return ctx.Err()
			}))
		r := ringOf(a)
		lister, giveUp := context.WithTimeout(t.Context(), 2*time.Second)
		defer giveUp()
		revoker, leave := context.WithTimeout(t.Context(), 3*time.Second)
		defer leave()
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := r.List(lister); kindOf(err) != driver.KindCanceled {
				t.Errorf("List: %v", err)
			}
		})
		wait(t.Context(), time.Second)
		if err := r.Revoke(revoker, "key-00001", driver.Secret{}); err == nil {
			t.Error("Revoke: no error")
		}
		wg.Wait()
		wait(t.Context(), time.Minute)
		synctest.Wait()
		if ended != 3*time.Second {
			t.Errorf("the listing that nobody waited for ended after %v, want 3s", ended)
		}
	})
}

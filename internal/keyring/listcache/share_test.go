package listcache_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

func TestRead_concurrentReadsShareOneListing(t *testing.T) {
	for name, pageSize := range map[string]int{"one page": 0, "five pages": 10} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := keyringtest.New(50)
				a.PageSize = pageSize
				a.After = keyringtest.Only(keyringtest.List, 0, func(ctx context.Context) error { keyringtest.Wait(ctx, time.Second); return nil })
				c := cacheOf(a)
				var wg sync.WaitGroup
				for _, id := range a.Live("") {
					wg.Go(func() { wantFound(t, c, id, true) })
				}
				wg.Wait()
				wantFound(t, c, "key-00001", true) // and the one who comes later
				want := 1
				if pageSize > 0 {
					want = 50 / pageSize
				}
				wantListings(t, a, want)
			})
		})
	}
}

func TestList_isFreshForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := keyringtest.New(1)
		c := cacheOf(a)
		list(t, c)
		a.Add(driver.Key{Name: "outside"})
		keyringtest.Wait(t.Context(), time.Minute-time.Nanosecond)
		if n := len(list(t, c)); n != 1 {
			t.Errorf("a fresh listing has %d keys, want the 1 it had", n)
		}
		keyringtest.Wait(t.Context(), time.Nanosecond)
		if n := len(list(t, c)); n != 2 {
			t.Errorf("after a minute the listing has %d keys, want 2", n)
		}
		wantListings(t, a, 2)
	})
}

// A listing that takes longer than one stays fresh serves everybody who comes while
// it is under way, and is fresh from its end on.
func TestList_slowerThanFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := keyringtest.New(40)
		a.PageSize = 10
		a.After = keyringtest.Only(keyringtest.List, 0, func(ctx context.Context) error { keyringtest.Wait(ctx, 70*time.Second); return nil })
		c := cacheOf(a)
		var wg sync.WaitGroup
		for i := range 20 {
			keyringtest.Wait(t.Context(), 12*time.Second) // the last one comes after 4 minutes
			wg.Go(func() { wantFound(t, c, fmt.Sprintf("key-%05d", i+1), true) })
		}
		keyringtest.Wait(t.Context(), 111*time.Second) // it has ended 59 s ago: it went from 12 to 292 s
		wantFound(t, c, "key-00040", true)
		wantListings(t, a, 4)
		keyringtest.Wait(t.Context(), time.Second)
		wantFound(t, c, "key-00040", true)
		wantListings(t, a, 8)
		wg.Wait()
	})
}

func TestList_oldestFirstAndTheCallersOwn(t *testing.T) {
	a := keyringtest.New(0)
	day := time.Date(2026, 2, 13, 10, 0, 0, 0, time.UTC)
	for id, created := range map[string]time.Time{"d": day, "b": day, "a": day.Add(time.Hour), "c": {}} {
		a.Add(driver.Key{ID: id, CreatedAt: created})
	}
	a.Edit("c", func(k *driver.Key) { k.CreatedAt = time.Time{} })
	a.Add(driver.Key{ID: "gone", CreatedAt: day, RevokedAt: day})
	c := cacheOf(revokedToo{a})
	first := list(t, c)
	wantIDs(t, ids(first), "c", "b", "d", "a")
	first[0].ID = "changed by the caller"
	wantIDs(t, ids(list(t, c)), "c", "b", "d", "a")
}

// revokedToo is a service whose default listing shows revoked keys.
type revokedToo struct{ *keyringtest.Account }

func (s revokedToo) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	q.Status = driver.StatusAll
	return s.Account.List(ctx, q)
}

// A failed listing is nobody's answer for long: those who wait for it get its
// error, the next call tries again.
func TestList_failure(t *testing.T) {
	for _, tc := range []struct {
		name       string
		fail, want int // the listing call that fails; calls after the second try
	}{{"first page", 1, 4}, {"later page", 2, 5}} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := keyringtest.New(30)
				a.PageSize = 10
				a.After = func(ctx context.Context, c keyringtest.Call) error {
					keyringtest.Wait(ctx, time.Second)
					return keyringtest.Fails(keyringtest.List, tc.fail, keyringtest.Refused(keyringtest.List, driver.KindServer))(ctx, c)
				}
				c := cacheOf(a)
				var wg sync.WaitGroup
				for range 5 {
					wg.Go(func() {
						if _, err := listLive(t.Context(), c); kindOf(err) != driver.KindServer {
							t.Errorf("a waiter got %v, want the service's failure", err)
						}
					})
				}
				wg.Wait()
				wantListings(t, a, tc.fail)
				if n := len(list(t, c)); n != 30 {
					t.Errorf("the next try lists %d keys, want 30", n)
				}
				wantListings(t, a, tc.want)
			})
		})
	}
}

// A caller who gives up gets an error at once and does not fail the others.
func TestList_oneGivesUp(t *testing.T) {
	for name, slow := range map[string]int{"first page": 1, "later page": 2} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := keyringtest.New(20)
				a.PageSize = 10
				a.After = keyringtest.Only(keyringtest.List, slow, func(ctx context.Context) error { keyringtest.Wait(ctx, time.Minute); return ctx.Err() })
				c := cacheOf(a)
				impatient, cancel := context.WithCancelCause(t.Context())
				reason := errors.New("interrupted")
				var wg sync.WaitGroup
				start := time.Now()
				wg.Go(func() {
					_, err := listLive(impatient, c)
					if kindOf(err) != driver.KindCanceled || !errors.Is(err, reason) || time.Since(start) != time.Second {
						t.Errorf("after %v: %v; want the cancellation at once", time.Since(start), err)
					}
				})
				for range 3 {
					wg.Go(func() { list(t, c) })
				}
				keyringtest.Wait(t.Context(), time.Second)
				cancel(reason)
				wg.Wait()
				wantListings(t, a, 2)
			})
		})
	}
}

// The last who gives up ends the listing, whatever comes of it then, and whoever
// comes next has one of his own.
func TestList_lastGivesUp(t *testing.T) {
	failed := keyringtest.Lost(keyringtest.List)
	for _, tc := range []struct {
		name  string
		takes time.Duration // from the cancel to the end of the call
		err   error
	}{{"failed", 0, failed}, {"done all the same", 0, nil}, {"failed later", time.Second, failed}, {"done later", time.Second, nil}} {
		for _, slow := range []int{1, 2} { // which page
			for _, next := range []time.Duration{0, time.Second / 2, 2 * time.Second} { // when somebody comes
				t.Run(fmt.Sprintf("%s, page %d, next after %v", tc.name, slow, next), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { lastGivesUp(t, slow, next, tc.takes, tc.err) })
				})
			}
		}
	}
}

func lastGivesUp(t *testing.T, slow int, next, takes time.Duration, outcome error) {
	a := keyringtest.New(20)
	a.PageSize = 10
	var ended atomic.Bool
	a.After = keyringtest.Only(keyringtest.List, slow, func(ctx context.Context) error {
		<-ctx.Done()
		keyringtest.Wait(context.WithoutCancel(ctx), takes)
		ended.Store(true)
		return outcome
	})
	c := cacheOf(a)
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	for range 3 {
		wg.Go(func() {
			if _, err := listLive(ctx, c); kindOf(err) != driver.KindCanceled {
				t.Errorf("got %v, want the cancellation", err)
			}
		})
	}
	synctest.Wait()
	cancel()
	wg.Wait()
	keyringtest.Wait(t.Context(), next)
	start := time.Now()
	if n := len(list(t, c)); n != 20 {
		t.Errorf("the next listing has %d keys, want 20", n)
	}
	if time.Since(start) > 0 {
		t.Errorf("the next listing waited %v for the one that was given up", time.Since(start))
	}
	before := a.Calls(keyringtest.List)
	list(t, c)
	wantListings(t, a, before)
	keyringtest.Wait(t.Context(), 2*time.Second)
	if !ended.Load() {
		t.Error("the listing that nobody waited for was not canceled")
	}
}

// What the context carries reaches the service, though its end does not.
func TestList_carriesValues(t *testing.T) {
	type key struct{}
	a := keyringtest.New(1)
	a.Before = func(ctx context.Context, _ keyringtest.Call) error {
		if ctx.Value(key{}) != "carried" {
			t.Error("the caller's values are lost")
		}
		return nil
	}
	if _, err := listLive(context.WithValue(t.Context(), key{}, "carried"), cacheOf(a)); err != nil {
		t.Error(err)
	}
}

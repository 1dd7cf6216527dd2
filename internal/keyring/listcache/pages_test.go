package listcache_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/listcache"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// paged returns an account of 45 keys on five pages.
func paged(ahead bool) *keyringtest.Account {
	a := keyringtest.New(45)
	a.PageSize, a.Totals = 10, ahead
	return a
}

// collect takes pages in until take says that it is enough.
func collect(ctx context.Context, c *listcache.Cache, enough func(all []string) bool) (all []string, err error) {
	for keys, e := range c.Pages(ctx) {
		all, err = append(all, ids(keys)...), e
		if enough != nil && enough(all) {
			break
		}
	}
	return all, err
}

func TestPages_comeOneByOne(t *testing.T) {
	for _, ahead := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			a := paged(ahead)
			a.After = keyringtest.Only(keyringtest.List, 0, func(ctx context.Context) error { keyringtest.Wait(ctx, time.Second); return nil })
			start := time.Now()
			var all []string
			for keys, err := range cacheOf(a).Pages(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, ids(keys)...)
				// The first page comes before the second is asked for.
				if page, took := len(all)/10, time.Since(start); len(all) == 10 && (took != time.Second || a.Calls(keyringtest.List) != 1) || !ahead && len(all) < 45 && took != time.Duration(page)*time.Second {
					t.Errorf("ahead %t: %d keys after %v and %d requests", ahead, len(all), took, a.Calls(keyringtest.List))
				}
			}
			slices.Sort(all)
			wantIDs(t, all, a.Live("")...)
			wantListings(t, a, 5)
		})
	}
}

// One who has enough ends the listing, unless others wait for it.
func TestPages_enough(t *testing.T) {
	for _, ahead := range []bool{false, true} {
		a := paged(ahead)
		c := cacheOf(a)
		all, err := collect(t.Context(), c, func(all []string) bool { return len(all) >= 10 })
		if err != nil || len(all) != 10 {
			t.Errorf("ahead %t: %d keys, %v", ahead, len(all), err)
		}
		wantListings(t, a, 1)
		if n := len(list(t, c)); n != 45 {
			t.Errorf("ahead %t: then a listing of %d keys", ahead, n)
		}
		wantListings(t, a, 5) // the first page is used again
	}
	synctest.Test(t, func(t *testing.T) {
		a := paged(false)
		ended := false
		a.After = keyringtest.Only(keyringtest.List, 3, func(ctx context.Context) error { <-ctx.Done(); ended = true; return ctx.Err() })
		c := cacheOf(a)
		all, err := collect(t.Context(), c, func(all []string) bool {
			synctest.Wait() // the next page has been asked for
			return len(all) >= 20
		})
		synctest.Wait()
		if err != nil || len(all) != 20 || !ended {
			t.Errorf("%d keys, %v; the listing goes on: %t", len(all), err, !ended)
		}
		if n := len(list(t, c)); n != 45 {
			t.Errorf("then a listing of %d keys", n)
		}
		wantListings(t, a, 3+5)
	})
	synctest.Test(t, func(t *testing.T) {
		a := paged(false)
		a.After = keyringtest.Only(keyringtest.List, 0, func(ctx context.Context) error { keyringtest.Wait(ctx, time.Second); return ctx.Err() })
		c := cacheOf(a)
		var others sync.WaitGroup
		others.Go(func() { list(t, c) })
		if _, err := collect(t.Context(), c, func(all []string) bool { return len(all) >= 20 }); err != nil {
			t.Error(err)
		}
		others.Wait()
		wantListings(t, a, 5)
	})
}

// Several who want pages, and those who want all keys, share one listing.
func TestPages_shared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := paged(true)
		a.After = keyringtest.Only(keyringtest.List, 0, func(ctx context.Context) error { keyringtest.Wait(ctx, time.Second); return nil })
		c := cacheOf(a)
		var all sync.WaitGroup
		for i := range 6 {
			status := []driver.Status{driver.StatusLive, driver.StatusActive}[i%2]
			all.Go(func() {
				keyringtest.Wait(t.Context(), time.Duration(i)*300*time.Millisecond)
				if keys, err := collect(t.Context(), c.OfStatus(status), nil); len(keys) != 45 || err != nil {
					t.Errorf("%d keys, %v", len(keys), err)
				}
				list(t, c.OfStatus(status))
			})
		}
		all.Wait()
		wantListings(t, a, 5)
	})
}

// A listing that is begun anew brings keys again; each is yielded once, and those
// that were removed meanwhile stay yielded.
func TestPages_begunAnew(t *testing.T) {
	a := paged(true)
	a.Before = keyringtest.Only(keyringtest.List, 2, func(context.Context) error { a.Kill("key-00001"); return nil })
	all, err := collect(t.Context(), cacheOf(a), nil)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	wantIDs(t, all, append([]string{"key-00001"}, a.Live("")...)...)
	if n := a.Calls(keyringtest.List); n <= 5 {
		t.Errorf("%d requests: the listing was not begun anew", n)
	}
}

// An error is the last that comes, on whichever page; so is the end of patience.
func TestPages_error(t *testing.T) {
	for page, yielded := range map[int]int{1: 0, 2: 10, 5: 40} {
		a := paged(false)
		a.Before = keyringtest.Fails(keyringtest.List, page, keyringtest.Refused(keyringtest.List, driver.KindServer))
		all, err := collect(t.Context(), cacheOf(a), nil)
		if kindOf(err) != driver.KindServer || len(all) > yielded || page < 3 && len(all) < yielded {
			t.Errorf("page %d fails: %d keys before it, %v", page, len(all), err)
		}
		wantListings(t, a, page)
	}
	a := keyringtest.New(15)
	a.PageSize = 10
	a.Before = func(_ context.Context, call keyringtest.Call) error {
		if call.List.Cursor == "" {
			return nil
		}
		return &driver.Error{Service: "Test", Kind: driver.KindMalformed, Effect: driver.EffectNone, Code: driver.CodeListingShifted}
	}
	if _, err := collect(t.Context(), cacheOf(a), nil); kindOf(err) != driver.KindMalformed {
		t.Errorf("a listing that is always inconsistent: %v", err)
	}
	for _, after := range []int{0, 10} {
		synctest.Test(t, func(t *testing.T) {
			a := paged(false)
			a.After = keyringtest.Only(keyringtest.List, 2, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if after == 0 {
				cancel()
			}
			all, err := collect(ctx, cacheOf(a), func([]string) bool { time.AfterFunc(time.Second, cancel); return false })
			if kindOf(err) != driver.KindCanceled || len(all) != after {
				t.Errorf("%d keys, %v", len(all), err)
			}
		})
	}
}

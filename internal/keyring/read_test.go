package keyring_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// Where a service cannot be asked for one key, absence is proven by a listing
// that began after the question, and by nothing else.
func TestRead_absentByListing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(2)
		r := ringOf(a)
		wantRead(t, r, "key-00001", true)
		added := a.Add(driver.Key{Name: "outside"})
		wantRead(t, r, added.ID, true) // not in the fresh listing, so it is not believed
		wantCalls(t, a, keyringtest.List, 2)
		wantRead(t, r, "nobody", false)
		wantCalls(t, a, keyringtest.List, 3)
		wait(t.Context(), time.Minute)
		wantRead(t, r, "nobody", false) // the stale listing is not asked first
		wantCalls(t, a, keyringtest.List, 4)
	})
}

// A listing that was under way when the question came proves nothing: its page
// may be older. Those who ask meanwhile share one that begins later.
func TestRead_absentByListingUnderWay(t *testing.T) {
	for name, pageSize := range map[string]int{"one page": 0, "three pages": 2} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := keyringtest.New(6)
				a.PageSize = pageSize
				a.After = only(keyringtest.List, 0, func(ctx context.Context) error { wait(ctx, 2*time.Second); return nil })
				r := ringOf(a)
				var wg sync.WaitGroup
				wg.Go(func() { must[[]driver.Key](t)(r.List(t.Context())) })
				wait(t.Context(), time.Second)
				added := a.Add(driver.Key{Name: "outside"})
				for range 10 {
					wg.Go(func() { wantRead(t, r, added.ID, true) })
					wg.Go(func() { wantRead(t, r, "nobody", false) })
				}
				wg.Wait()
				want := 2
				if pageSize > 0 {
					want = 4 + 4 // the added key is on a page of its own, for the first listing too
				}
				wantCalls(t, a, keyringtest.List, want)
			})
		})
	}
}

// A listing may be late: that a new key is absent proves nothing yet. For a key that is
// old, or of unknown age, it does at once.
func TestRead_listingIsLate(t *testing.T) {
	for _, tc := range []struct {
		name     string
		lag      time.Duration // of the service
		options  keyring.Options
		age      time.Duration
		unknown  bool
		found    bool
		took     time.Duration
		listings int
	}{
		{name: "listed by then", lag: 3 * time.Second, found: true, took: 3750 * time.Millisecond, listings: 5},
		{name: "listed in time", lag: 3 * time.Second, age: 2500 * time.Millisecond, found: true, took: 750 * time.Millisecond, listings: 3},
		{name: "listed 8 seconds later", lag: 8 * time.Second, found: true, took: 15750 * time.Millisecond, listings: 7},
		{name: "listed at the last moment", lag: time.Minute, found: true, took: time.Minute, listings: 9},
		{name: "gone", lag: time.Hour, took: time.Minute, listings: 9},
		{name: "gone, half as old", lag: time.Hour, age: 30 * time.Second, took: 30 * time.Second, listings: 8},
		{name: "gone, old", lag: time.Hour, age: time.Minute, listings: 1},
		{name: "gone, of unknown age", lag: time.Hour, unknown: true, listings: 1},
		{name: "gone, of tomorrow", lag: 48 * time.Hour, age: -24 * time.Hour, took: time.Minute, listings: 9},
		{name: "gone, option", lag: time.Hour, options: keyring.Options{NewKeyDelay: time.Second, PollInterval: time.Second}, took: time.Second, listings: 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := keyringtest.New(1)
				// By the service's clock, whatever ours says.
				a.Clock = func() time.Time { return time.Now().Add(-24 * time.Hour) }
				m := a.Add(driver.Key{Name: "new", CreatedAt: a.Now().Add(-tc.age)})
				born := m.CreatedAt
				if tc.unknown {
					born = time.Time{}
				}
				start := time.Now()
				k, found, err := keyring.New(lateListing{a, tc.lag}, tc.options).Read(t.Context(), m.ID, born)
				if err != nil || found != tc.found || found && k.ID != m.ID {
					t.Errorf("got %+v, found %t, %v", k, found, err)
				}
				if took := time.Since(start); took != tc.took {
					t.Errorf("took %v, want %v", took, tc.took)
				}
				wantCalls(t, a, keyringtest.List, tc.listings)
			})
		})
	}
	t.Run("gone, at a service whose clock is ahead", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			a := &clockByAnswer{Service: keyringtest.New(1), ahead: time.Hour}
			start := time.Now()
			if _, found, err := ringOf(a).Read(t.Context(), "gone", start); found || err != nil || time.Since(start) > 0 {
				t.Errorf("found %t, %v after %v: the key is an hour old", found, err, time.Since(start))
			}
		})
	})
	t.Run("revoked by this process", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			a := keyringtest.New(1)
			r := ringOf(a)
			m := must[driver.Minted](t)(r.Create(t.Context(), spec))
			if err := r.Revoke(t.Context(), m.ID, m.Value); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if _, found, err := r.Read(t.Context(), m.ID, m.CreatedAt); found || err != nil || time.Since(start) > 0 {
				t.Errorf("found %t, %v after %v", found, err, time.Since(start))
			}
		})
	})
	t.Run("asked for by id", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			f := keyringtest.NewFull(1)
			f.Before = chain(fails(keyringtest.Get, 1, keyringtest.Refused(keyringtest.Get, driver.KindNotFound)),
				fails(keyringtest.Get, 2, keyringtest.Refused(keyringtest.Get, driver.KindNotFound)))
			r := ringOf(f.Lookup)
			must[[]driver.Key](t)(r.List(t.Context()))
			m := f.Add(driver.Key{Name: "new"})
			if _, found, err := r.Read(t.Context(), m.ID, m.CreatedAt); !found || err != nil {
				t.Errorf("found %t, %v", found, err)
			}
			wantCalls(t, f, keyringtest.Get, 3)
		})
	})
	t.Run("interrupted", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			a := keyringtest.New(1)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, found, err := ringOf(a).Read(ctx, "new", a.Now()); kindOf(err) != driver.KindCanceled || found || !strings.Contains(err.Error(), "may be listed later") {
				t.Errorf("found %t, %v; want the deadline", found, err)
			}
		})
	})
	t.Run("a later listing fails", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			a := keyringtest.New(1)
			a.Before = fails(keyringtest.List, 2, keyringtest.Lost(keyringtest.List))
			if _, found, err := ringOf(a).Read(t.Context(), "new", a.Now()); kindOf(err) != driver.KindConnection || found {
				t.Errorf("found %t, %v; want the failure", found, err)
			}
		})
	})
}

// Where a service can be asked for one key, only its word counts.
func TestRead_byID(t *testing.T) {
	f := keyringtest.NewFull(2)
	r := ringOf(f)
	wantRead(t, r, "nobody", false)
	wantCalls(t, f, keyringtest.Get, 1)
	added := f.Add(driver.Key{Name: "outside"})
	wantRead(t, r, added.ID, true)
	f.Kill(added.ID)
	k, found, err := r.Read(t.Context(), added.ID, time.Time{})
	if err != nil || !found || k.Live() || k.Name != "outside" {
		t.Errorf("a revoked key reads as %+v, found %t, %v; want its record", k, found, err)
	}
	off := f.Add(driver.Key{Name: "off", Attributes: driver.Attributes{"active": false}})
	wantRead(t, r, off.ID, true)
	wantCalls(t, f, keyringtest.List, 1)
	f.Before = fails(keyringtest.Get, 0, keyringtest.Lost(keyringtest.Get))
	if _, found, err := r.Read(t.Context(), "nobody", time.Time{}); kindOf(err) != driver.KindConnection || found {
		t.Errorf("found %t, %v; want the failure", found, err)
	}
}

// A few keys in a large account are read by id; many are read by listing.
func TestRead_cost(t *testing.T) {
	for _, tc := range []struct {
		name            string
		keys, size      int
		read, together  int
		calls, mostGets int
	}{
		{"1 of 10,000", 10_000, 100, 1, 1, 2, 1},
		{"9 of 10,000", 10_000, 100, 9, 1, 10, 9},
		{"50 of 10,000", 10_000, 100, 50, 1, 109, 9},
		{"1,000 one by one", 1_000, 100, 1_000, 1, 11, 1},
		{"1,000 by tens", 1_000, 100, 1_000, 10, 11, 1},
		{"1,000 at once", 1_000, 100, 1_000, 1_000, 11, 1},
		{"120 by tens", 120, 100, 120, 10, 2, 0},
		{"100 by tens", 100, 100, 100, 10, 1, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := keyringtest.NewFull(tc.keys)
				f.PageSize, f.Totals = tc.size, true
				f.After = func(ctx context.Context, _ keyringtest.Call) error { wait(ctx, 10*time.Millisecond); return nil }
				r := ringOf(f)
				all := f.Live("")
				todo := make(chan string)
				var wg sync.WaitGroup
				for range tc.together {
					wg.Go(func() {
						for id := range todo {
							wantRead(t, r, id, true)
						}
					})
				}
				for i := range tc.read {
					todo <- all[len(all)-1-i] // the newest are on the last pages
				}
				close(todo)
				wg.Wait()
				if n := f.Requests(); n > tc.calls {
					t.Errorf("%d requests, want at most %d", n, tc.calls)
				}
				if n := f.Calls(keyringtest.Get); n > tc.mostGets {
					t.Errorf("%d keys were read by id, want at most %d", n, tc.mostGets)
				}
			})
		})
	}
}

// Where a service does not say how many keys there are, a few are read by id before
// all are listed.
func TestRead_costWithoutTotal(t *testing.T) {
	for read, calls := range map[int]int{1: 1 + 1, 3: 1 + 3, 4: 3 + 40, 1000: 3 + 40} {
		f := keyringtest.NewFull(2_000)
		f.PageSize = 50
		r := ringOf(f.Lookup)
		all := f.Live("")
		for i := range read {
			wantRead(t, r, all[len(all)-1-i], true)
		}
		if n := f.Requests(); n != calls {
			t.Errorf("%d keys: %d requests, want %d", read, n, calls)
		}
	}
}

// Of a key whose revoked_at cannot be read it is not known whether it lives: an error
// for that key, and no other.
func TestRead_unreadable(t *testing.T) {
	both(t, 3, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
		a.Edit("key-00002", func(k *driver.Key) { k.Unreadable = []string{driver.FieldRevokedAt} })
		a.Edit("key-00003", func(k *driver.Key) { k.Unreadable = []string{driver.FieldLastUsedAt} })
		r := ringOf(svc)
		wantRead(t, r, "key-00001", true)
		wantRead(t, r, "key-00003", true)
		if _, found, err := r.Read(t.Context(), "key-00002", time.Time{}); found || kindOf(err) != driver.KindMalformed || !strings.Contains(err.Error(), "key-00002") {
			t.Errorf("found %t, %v", found, err)
		}
		if gone, err := r.RevokeUnused(t.Context(), "key-00002", time.Now()); gone || kindOf(err) != driver.KindMalformed {
			t.Errorf("gone %t, %v", gone, err)
		}
		// That it cannot be read when a key was last used does not mean never.
		if gone, err := r.RevokeUnused(t.Context(), "key-00003", time.Now()); gone || err != nil {
			t.Errorf("gone %t, %v", gone, err)
		}
		wantIDs(t, a.Live(""), "key-00001", "key-00002", "key-00003")
	})
}

// The allowance for single reads is there again after a listing has been paid.
func TestRead_costOfALongRun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := keyringtest.NewFull(2_000)
		f.PageSize, f.Totals = 100, true
		r := ringOf(f)
		for round := range 3 {
			before := f.Requests()
			for range 5 {
				wantRead(t, r, "key-00001", true) // on the first page: costs nothing of it
			}
			wantRead(t, r, "key-01999", true)
			if n := f.Requests() - before; n != 2 {
				t.Errorf("round %d: %d requests, want 2", round, n)
			}
			must[[]driver.Key](t)(r.List(t.Context()))
			wait(t.Context(), time.Minute)
		}
	})
}

// clockByAnswer is a service whose clock is ahead of ours, which only its answers show.
type clockByAnswer struct {
	driver.Service
	ahead    time.Duration
	answered atomic.Bool
}

func (c *clockByAnswer) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	defer c.answered.Store(true)
	return c.Service.List(ctx, q)
}

func (c *clockByAnswer) Now() time.Time {
	if c.answered.Load() {
		return c.Service.Now().Add(c.ahead)
	}
	return c.Service.Now()
}

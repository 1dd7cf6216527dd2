package keyring_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// paged returns an account of 45 keys on five pages.
func paged(ahead bool) *keyringtest.Account {
	a := keyringtest.New(45)
	a.PageSize, a.Ahead = 10, ahead
	return a
}

// collect takes pages in until take says that it is enough.
func collect(ctx context.Context, r *keyring.Ring, status driver.Status, enough func(all []string) bool) (all []string, err error) {
	for keys, e := range r.Pages(ctx, status) {
		all, err = append(all, ids(keys)...), e
		if enough != nil && enough(all) {
			break
		}
	}
	return all, err
}

func TestPages_comeOneByOne(t *testing.T) {
	for _, ahead := range []bool{false, true} {
		bubble(t, func(t *testing.T) {
			a := paged(ahead)
			a.After = only(keyringtest.List, 0, func(ctx context.Context) error { wait(ctx, time.Second); return nil })
			start := time.Now()
			var all []string
			for keys, err := range ringOf(a).Pages(t.Context(), driver.StatusLive) {
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
			wantCalls(t, a, keyringtest.List, 5)
		})
	}
}

// One who has enough ends the listing, unless others wait for it.
func TestPages_enough(t *testing.T) {
	for _, ahead := range []bool{false, true} {
		a := paged(ahead)
		r := ringOf(a)
		all, err := collect(t.Context(), r, driver.StatusLive, func(all []string) bool { return len(all) >= 10 })
		if err != nil || len(all) != 10 {
			t.Errorf("ahead %t: %d keys, %v", ahead, len(all), err)
		}
		wantCalls(t, a, keyringtest.List, 1)
		if n := len(must[[]driver.Key](t)(r.List(t.Context()))); n != 45 {
			t.Errorf("ahead %t: then a listing of %d keys", ahead, n)
		}
		wantCalls(t, a, keyringtest.List, 5) // the first page is used again
	}
	bubble(t, func(t *testing.T) {
		a := paged(false)
		ended := false
		a.After = only(keyringtest.List, 3, func(ctx context.Context) error { <-ctx.Done(); ended = true; return ctx.Err() })
		r := ringOf(a)
		all, err := collect(t.Context(), r, driver.StatusLive, func(all []string) bool {
			synctest.Wait() // the next page has been asked for
			return len(all) >= 20
		})
		synctest.Wait()
		if err != nil || len(all) != 20 || !ended {
			t.Errorf("%d keys, %v; the listing goes on: %t", len(all), err, !ended)
		}
		if n := len(must[[]driver.Key](t)(r.List(t.Context()))); n != 45 {
			t.Errorf("then a listing of %d keys", n)
		}
		wantCalls(t, a, keyringtest.List, 3+5)
	})
	bubble(t, func(t *testing.T) {
		a := paged(false)
		a.After = only(keyringtest.List, 0, func(ctx context.Context) error { wait(ctx, time.Second); return ctx.Err() })
		r := ringOf(a)
		var others sync.WaitGroup
		others.Go(func() { must[[]driver.Key](t)(r.List(t.Context())) })
		if _, err := collect(t.Context(), r, driver.StatusLive, func(all []string) bool { return len(all) >= 20 }); err != nil {
			t.Error(err)
		}
		others.Wait()
		wantCalls(t, a, keyringtest.List, 5)
	})
}

// Several who want pages, and those who want all keys, share one listing.
func TestPages_shared(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := paged(true)
		a.After = only(keyringtest.List, 0, func(ctx context.Context) error { wait(ctx, time.Second); return nil })
		r := ringOf(a)
		var all sync.WaitGroup
		for i := range 6 {
			status := []driver.Status{driver.StatusLive, driver.StatusActive}[i%2]
			all.Go(func() {
				wait(t.Context(), time.Duration(i)*300*time.Millisecond)
				if keys, err := collect(t.Context(), r, status, nil); len(keys) != 45 || err != nil {
					t.Errorf("%d keys, %v", len(keys), err)
				}
				must[[]driver.Key](t)(r.Keys(t.Context(), status))
			})
		}
		all.Wait()
		wantCalls(t, a, keyringtest.List, 5)
	})
}

// A listing that is begun anew brings keys again; each is told once, and those
// that went in between stay told.
func TestPages_begunAnew(t *testing.T) {
	a := paged(true)
	a.Before = only(keyringtest.List, 2, func(context.Context) error { a.Kill("key-00001"); return nil })
	all, err := collect(t.Context(), ringOf(a), driver.StatusLive, nil)
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
	for page, told := range map[int]int{1: 0, 2: 10, 5: 40} {
		a := paged(false)
		a.Before = fails(keyringtest.List, page, keyringtest.Refused(keyringtest.List, driver.KindServer))
		all, err := collect(t.Context(), ringOf(a), driver.StatusLive, nil)
		if kindOf(err) != driver.KindServer || len(all) > told || page < 3 && len(all) < told {
			t.Errorf("page %d fails: %d keys before it, %v", page, len(all), err)
		}
		wantCalls(t, a, keyringtest.List, page)
	}
	for name, set := range neverAddsUp {
		a := keyringtest.New(15)
		a.PageSize = 10
		set(a)
		if _, err := collect(t.Context(), ringOf(a), driver.StatusLive, nil); kindOf(err) != driver.KindMalformed {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, after := range []int{0, 10} {
		bubble(t, func(t *testing.T) {
			a := paged(false)
			a.After = only(keyringtest.List, 2, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if after == 0 {
				cancel()
			}
			all, err := collect(ctx, ringOf(a), driver.StatusLive, func([]string) bool { time.AfterFunc(time.Second, cancel); return false })
			if kindOf(err) != driver.KindCanceled || len(all) != after {
				t.Errorf("%d keys, %v", len(all), err)
			}
		})
	}
}

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
				streamed, err := collect(t.Context(), r, status, nil)
				if slices.Sort(got); err != nil || !slices.Equal(got, slices.Sorted(slices.Values(want))) || !slices.Equal(slices.Sorted(slices.Values(streamed)), got) {
					t.Errorf("%s, %q: keys %v, pages %v (%v), want %v", when, status, got, streamed, err, want)
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

package listcache_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/listcache"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

func TestList_pages(t *testing.T) {
	for _, tc := range []struct {
		name       string
		keys, size int
		ignored    bool
		calls      int
	}{
		{"none", 0, 10, false, 1},
		{"one page", 10, 10, false, 1},
		{"one after the other", 45, 10, false, 5},
		{"paging ignored", 25, 10, true, 2},
		{"paging ignored, nothing there", 0, 10, true, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := keyringtest.New(tc.keys)
			a.PageSize, a.IgnorePaging = tc.size, tc.ignored
			wantIDs(t, ids(list(t, cacheOf(a))), a.Live("")...)
			wantListings(t, a, tc.calls)
		})
	}
}

// A total that counts other keys too, or something else each time, decides nothing.
func TestList_total(t *testing.T) {
	for name, announce := range map[string]func(page int) int{
		"counts others": func(int) int { return 1000 },
		"shrinks":       func(page int) int { return 1000 - page },
		"grows":         func(page int) int { return page },
	} {
		t.Run(name, func(t *testing.T) {
			a := keyringtest.New(15)
			a.PageSize, a.Totals = 10, true
			a.Before = keyringtest.Only(keyringtest.List, 0, func(context.Context) error {
				a.Announce = announce(a.Calls(keyringtest.List))
				return nil
			})
			c := cacheOf(a)
			wantIDs(t, ids(list(t, c)), a.Live("")...)
			if _, complete := c.CachedByName("old"); !complete {
				t.Error("the listing is not called complete")
			}
			wantListings(t, a, 2)
			wantFound(t, c, "nobody", false)
		})
	}
}

// endless is a service whose listing never ends.
type endless struct {
	*keyringtest.Account
	rows, bytes int
	came        int
}

func (s *endless) List(context.Context, driver.Query) (driver.Page, error) {
	p := driver.Page{Total: -1, Bytes: s.bytes, Next: "more"}
	for range s.rows {
		s.came++
		p.Keys = append(p.Keys, driver.Key{ID: fmt.Sprint(s.came)})
	}
	return p, nil
}

// A listing is bounded by what comes.
func TestList_endless(t *testing.T) {
	for name, s := range map[string]*endless{"keys": {rows: 5000}, "pages": {rows: 1}, "bytes": {rows: 1, bytes: 60 << 20}} {
		s.Account = keyringtest.New(0)
		_, err := listLive(t.Context(), cacheOf(s))
		if kindOf(err) != driver.KindTooLarge || s.came > driver.MaxListed+5000 {
			t.Errorf("%s: %v after %d keys", name, err, s.came)
		}
	}
	// Or by the time that an operation may take.
	synctest.Test(t, func(t *testing.T) {
		a := keyringtest.New(100)
		a.PageSize = 1
		a.Before = keyringtest.Only(keyringtest.List, 0, func(ctx context.Context) error { keyringtest.Wait(ctx, 70*time.Second); return ctx.Err() })
		start := time.Now()
		if _, err := listLive(t.Context(), cacheOf(a)); err == nil || time.Since(start) != 70*time.Second+5*time.Minute {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// swapping is a service whose pages overlap by a row. At first, rows have changed
// places by the time of the second page.
type swapping struct {
	*keyringtest.Account
	keys  []driver.Key
	times int // how often
	lists int
}

func (s *swapping) List(_ context.Context, q driver.Query) (driver.Page, error) {
	s.lists++
	if q.Cursor == "" {
		return driver.Page{Keys: s.keys[:10], Next: "2", Total: -1}, nil
	}
	rows := slices.Clone(s.keys[9:20])
	if s.times > 0 {
		s.times--
		rows[5] = s.keys[3]
	}
	return driver.Page{Keys: rows, Anchor: s.keys[9].ID, Total: -1}, nil
}

// A row that comes again where all must be new stands for one that was passed over:
// the listing is begun anew, and where that does not help, nothing is called gone.
func TestList_rowsThatChangePlaces(t *testing.T) {
	for times, want := range map[int]struct {
		found bool
		kind  driver.Kind
		lists int
	}{0: {true, "", 2}, 2: {true, "", 6}, 99: {false, driver.KindMalformed, 6}} {
		synctest.Test(t, func(t *testing.T) {
			s := &swapping{Account: keyringtest.New(20), times: times}
			s.keys = s.Keys()
			_, found, err := cacheOf(s).Find(t.Context(), s.keys[14].ID, listcache.AnyFresh)
			if found != want.found || kindOf(err) != want.kind || s.lists != want.lists {
				t.Errorf("%d times: found %t, %v, after %d requests", times, found, err, s.lists)
			}
		})
	}
}

package listcache_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/listcache"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

func TestList_pages(t *testing.T) {
	for _, tc := range []struct {
		name         string
		keys, size   int
		ahead, plain bool
		calls        int
		took         time.Duration
		together     int32
	}{
		{"none", 0, 10, false, false, 1, time.Second, 1},
		{"one page", 10, 10, false, false, 1, time.Second, 1},
		{"one after the other", 45, 10, false, false, 5, 5 * time.Second, 1},
		{"side by side", 200, 10, true, false, 20, 5 * time.Second, 6}, // 1, 6, 6, 6, 1
		{"side by side, last page short", 25, 10, true, false, 3, 2 * time.Second, 2},
		{"paging ignored", 25, 10, false, true, 2, 2 * time.Second, 1},
		{"paging ignored, total given", 25, 10, true, true, 2, 2 * time.Second, 1},
		{"paging ignored, nothing there", 0, 10, false, true, 2, 2 * time.Second, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := keyringtest.New(tc.keys)
				a.PageSize, a.Ahead, a.IgnorePaging = tc.size, tc.ahead, tc.plain
				var now, most atomic.Int32
				a.After = func(ctx context.Context, _ keyringtest.Call) error {
					most.Store(max(most.Load(), now.Add(1)))
					keyringtest.Wait(ctx, time.Second)
					now.Add(-1)
					return nil
				}
				start := time.Now()
				keys := list(t, cacheOf(a))
				wantIDs(t, ids(keys), a.Live("")...)
				wantListings(t, a, tc.calls)
				if took := time.Since(start); took != tc.took {
					t.Errorf("took %v, want %v", took, tc.took)
				}
				if most.Load() != tc.together {
					t.Errorf("%d pages were fetched side by side, want %d", most.Load(), tc.together)
				}
			})
		})
	}
}

// A total that counts other keys too, or something else each time, is only a hint.
func TestList_totalIsAHint(t *testing.T) {
	for name, tc := range map[string]struct {
		announce func(page int) int
		calls    int
	}{
		"counts others":          {func(int) int { return 1000 }, 2},
		"counts nearly anything": {func(int) int { return 1 << 40 }, 2},
		"shrinks":                {func(page int) int { return 1000 - page }, 3 * 2},
		"grows":                  {func(page int) int { return page }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			a := keyringtest.New(15)
			a.PageSize, a.Ahead = 10, true
			a.Before = keyringtest.Only(keyringtest.List, 0, func(context.Context) error {
				a.Announce = tc.announce(a.Calls(keyringtest.List))
				return nil
			})
			c := cacheOf(a)
			wantIDs(t, ids(list(t, c)), a.Live("")...)
			if _, complete := c.CachedByName("old"); !complete {
				t.Error("the listing is not called complete")
			}
			wantListings(t, a, tc.calls)
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
	p := driver.Page{Total: -1, Bytes: s.bytes, Next: []string{"more"}}
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
		return driver.Page{Keys: s.keys[:10], Next: []string{"2"}, Total: -1}, nil
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

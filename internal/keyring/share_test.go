package keyring_test

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

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

func TestRead_concurrentReadsShareOneListing(t *testing.T) {
	for name, pageSize := range map[string]int{"one page": 0, "five pages": 10} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := keyringtest.New(50)
				a.PageSize = pageSize
				a.After = only(keyringtest.List, 0, func(ctx context.Context) error { wait(ctx, time.Second); return nil })
				r := ringOf(a)
				var wg sync.WaitGroup
				for _, id := range a.Live("") {
					wg.Go(func() { wantRead(t, r, id, true) })
				}
				wg.Wait()
				wantRead(t, r, "key-00001", true) // and the one who comes later
				want := 1
				if pageSize > 0 {
					want = 50 / pageSize
				}
				wantCalls(t, a, keyringtest.List, want)
			})
		})
	}
}

func TestList_isFreshForAMinute(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(1)
		r := ringOf(a)
		must[[]driver.Key](t)(r.List(t.Context()))
		a.Add(driver.Key{Name: "outside"})
		wait(t.Context(), time.Minute-time.Nanosecond)
		if n := len(must[[]driver.Key](t)(r.List(t.Context()))); n != 1 {
			t.Errorf("a fresh listing has %d keys, want the 1 it had", n)
		}
		wait(t.Context(), time.Nanosecond)
		if n := len(must[[]driver.Key](t)(r.List(t.Context()))); n != 2 {
			t.Errorf("after a minute the listing has %d keys, want 2", n)
		}
		wantCalls(t, a, keyringtest.List, 2)
	})
}

// A listing that takes longer than one stays fresh serves everybody who comes while
// it is under way, and is fresh from its end on.
func TestList_slowerThanFresh(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(40)
		a.PageSize = 10
		a.After = only(keyringtest.List, 0, func(ctx context.Context) error { wait(ctx, 70*time.Second); return nil })
		r := ringOf(a)
		var wg sync.WaitGroup
		for i := range 20 {
			wait(t.Context(), 12*time.Second) // the last one comes after 4 minutes
			wg.Go(func() { wantRead(t, r, fmt.Sprintf("key-%05d", i+1), true) })
		}
		wait(t.Context(), 111*time.Second) // it has ended 59 s ago: it went from 12 to 292 s
		wantRead(t, r, "key-00040", true)
		wantCalls(t, a, keyringtest.List, 4)
		wait(t.Context(), time.Second)
		wantRead(t, r, "key-00040", true)
		wantCalls(t, a, keyringtest.List, 8)
		wg.Wait()
	})
}

func TestOptions_freshAndClock(t *testing.T) {
	a := keyringtest.New(1)
	now := time.Date(2026, 2, 13, 10, 0, 0, 0, time.UTC)
	r := keyring.New(a, keyring.Options{MaxAge: time.Hour, Now: func() time.Time { return now }})
	for i, step := range []struct {
		pass time.Duration
		want int
	}{{0, 1}, {59 * time.Minute, 1}, {time.Minute, 2}, {time.Hour - 1, 2}, {1, 3}} {
		now = now.Add(step.pass)
		must[[]driver.Key](t)(r.List(t.Context()))
		if got := a.Calls(keyringtest.List); got != step.want {
			t.Errorf("step %d: %d listings, want %d", i, got, step.want)
		}
	}
	a.Clock = func() time.Time { return now }
	if !r.Now().Equal(now) {
		t.Errorf("the ring's clock says %v, the service's %v", r.Now(), now)
	}
}

func TestOptions_defaults(t *testing.T) {
	o := keyring.Options{}.WithDefaults()
	for name, is := range map[string]struct{ got, want time.Duration }{
		"Fresh": {o.MaxAge, time.Minute}, "Settle": {o.ReconcileTimeout, 10 * time.Second}, "Lag": {o.ListingDelay, 5 * time.Second},
		"Poll":    {o.PollInterval, 250 * time.Millisecond},
		"Timeout": {o.Timeout, 5 * time.Minute}, "CallTimeout": {o.CallTimeout, 30 * time.Second},
	} {
		if is.got != is.want {
			t.Errorf("%s is %v by default, want %v", name, is.got, is.want)
		}
	}
	if o.Now == nil || o.Sleep == nil {
		t.Error("there is no clock by default")
	}
}

func TestList_oldestFirstAndTheCallersOwn(t *testing.T) {
	a := keyringtest.New(0)
	day := time.Date(2026, 2, 13, 10, 0, 0, 0, time.UTC)
	for id, created := range map[string]time.Time{"d": day, "b": day, "a": day.Add(time.Hour), "c": {}} {
		a.Add(driver.Key{ID: id, CreatedAt: created})
	}
	a.Edit("c", func(k *driver.Key) { k.CreatedAt = time.Time{} })
	a.Add(driver.Key{ID: "gone", CreatedAt: day, RevokedAt: day})
	r := ringOf(revokedToo{a})
	first := must[[]driver.Key](t)(r.List(t.Context()))
	wantIDs(t, ids(first), "c", "b", "d", "a")
	first[0].ID = "changed by the caller"
	wantIDs(t, ids(must[[]driver.Key](t)(r.List(t.Context()))), "c", "b", "d", "a")
}

// revokedToo is a service whose default listing shows revoked keys.
type revokedToo struct{ *keyringtest.Account }

func (s revokedToo) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	q.Status = driver.StatusAll
	return s.Account.List(ctx, q)
}

// A failed listing is nobody's answer for long: those who wait for it are told,
// the next call tries anew.
func TestList_failure(t *testing.T) {
	for _, tc := range []struct {
		name       string
		fail, want int // the listing call that fails; calls after the second try
	}{{"first page", 1, 4}, {"later page", 2, 5}} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := keyringtest.New(30)
				a.PageSize = 10
				a.After = func(ctx context.Context, c keyringtest.Call) error {
					wait(ctx, time.Second)
					return fails(keyringtest.List, tc.fail, keyringtest.Refused(keyringtest.List, driver.KindServer))(ctx, c)
				}
				r := ringOf(a)
				var wg sync.WaitGroup
				for range 5 {
					wg.Go(func() {
						if _, err := r.List(t.Context()); kindOf(err) != driver.KindServer {
							t.Errorf("a waiter got %v, want the service's failure", err)
						}
					})
				}
				wg.Wait()
				wantCalls(t, a, keyringtest.List, tc.fail)
				if n := len(must[[]driver.Key](t)(r.List(t.Context()))); n != 30 {
					t.Errorf("the next try lists %d keys, want 30", n)
				}
				wantCalls(t, a, keyringtest.List, tc.want)
			})
		})
	}
}

func TestRead_failedListingIsNoProof(t *testing.T) {
	for name, svc := range map[string]interface {
		driver.Service
		Calls(keyringtest.Op) int
	}{
		"listing only": &keyringtest.Account{Before: fails(keyringtest.List, 0, keyringtest.Lost(keyringtest.List))},
		"by id":        keyringtest.Lookup{Account: &keyringtest.Account{Before: fails(keyringtest.List, 0, keyringtest.Lost(keyringtest.List))}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, found, err := ringOf(svc).Read(t.Context(), "key-00001", time.Time{}); kindOf(err) != driver.KindConnection || found {
				t.Errorf("found %t, error %v; want the listing's failure", found, err)
			}
			wantCalls(t, svc, keyringtest.Get, 0)
		})
	}
}

// One who gives up is told at once and does not fail the others.
func TestList_oneGivesUp(t *testing.T) {
	for name, slow := range map[string]int{"first page": 1, "later page": 2} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := keyringtest.New(20)
				a.PageSize = 10
				a.After = only(keyringtest.List, slow, func(ctx context.Context) error { wait(ctx, time.Minute); return ctx.Err() })
				r := ringOf(a)
				impatient, cancel := context.WithCancelCause(t.Context())
				reason := errors.New("interrupted")
				var wg sync.WaitGroup
				start := time.Now()
				wg.Go(func() {
					_, err := r.List(impatient)
					if kindOf(err) != driver.KindCanceled || !errors.Is(err, reason) || time.Since(start) != time.Second {
						t.Errorf("after %v: %v; want to be told of the cancel at once", time.Since(start), err)
					}
				})
				for range 3 {
					wg.Go(func() { must[[]driver.Key](t)(r.List(t.Context())) })
				}
				wait(t.Context(), time.Second)
				cancel(reason)
				wg.Wait()
				wantCalls(t, a, keyringtest.List, 2)
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
					bubble(t, func(t *testing.T) { lastGivesUp(t, slow, next, tc.takes, tc.err) })
				})
			}
		}
	}
}

func lastGivesUp(t *testing.T, slow int, next, takes time.Duration, outcome error) {
	a := keyringtest.New(20)
	a.PageSize = 10
	var ended atomic.Bool
	a.After = only(keyringtest.List, slow, func(ctx context.Context) error {
		<-ctx.Done()
		wait(context.WithoutCancel(ctx), takes)
		ended.Store(true)
		return outcome
	})
	r := ringOf(a)
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	for range 3 {
		wg.Go(func() {
			if _, err := r.List(ctx); kindOf(err) != driver.KindCanceled {
				t.Errorf("got %v, want to be told of the cancel", err)
			}
		})
	}
	synctest.Wait()
	cancel()
	wg.Wait()
	wait(t.Context(), next)
	start := time.Now()
	if n := len(must[[]driver.Key](t)(r.List(t.Context()))); n != 20 {
		t.Errorf("the next listing has %d keys, want 20", n)
	}
	if time.Since(start) > 0 {
		t.Errorf("the next listing waited %v for the one that was given up", time.Since(start))
	}
	before := a.Calls(keyringtest.List)
	must[[]driver.Key](t)(r.List(t.Context()))
	wantCalls(t, a, keyringtest.List, before)
	wait(t.Context(), 2*time.Second)
	if !ended.Load() {
		t.Error("the listing that nobody waited for was not canceled")
	}
}

// A caller who has given up already is told so, and nothing is asked for him.
func TestList_canceledBefore(t *testing.T) {
	a := keyringtest.NewFull(1)
	r := ringOf(a)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.List(ctx); kindOf(err) != driver.KindCanceled {
		t.Errorf("List: %v", err)
	}
	if _, _, err := r.Read(ctx, "key-00001", time.Time{}); kindOf(err) != driver.KindCanceled {
		t.Errorf("Read: %v", err)
	}
	if _, err := r.Create(ctx, driver.Spec{Name: "x"}); kindOf(err) != driver.KindCanceled {
		t.Errorf("Create: %v", err)
	}
	if n := a.Requests(); n != 0 {
		t.Errorf("%d requests were sent", n)
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
	must[[]driver.Key](t)(ringOf(a).List(context.WithValue(t.Context(), key{}, "carried")))
}

package keyring_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// timeless is a service whose answer to a create has no time of creation.
type timeless struct{ *keyringtest.Account }

func (s timeless) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	m, err := s.Account.Create(ctx, spec)
	m.CreatedAt = time.Time{}
	return m, err
}

// coarse is a service whose listing has whole seconds.
type coarse struct{ *keyringtest.Account }

func (s coarse) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	p, err := s.Account.List(ctx, q)
	for i := range p.Keys {
		p.Keys[i].CreatedAt = p.Keys[i].CreatedAt.Truncate(time.Second)
	}
	return p, err
}

// If a service does not give the new key's id, it is looked up. If it could be one of
// several keys, the outcome is unknown, and the value is returned.
func TestCreate_idLookup(t *testing.T) {
	another := func(k driver.Key) func(a *keyringtest.Account) {
		return func(a *keyringtest.Account) {
			k.Name, k.CreatedAt = "new", a.Now().Add(time.Duration(len(k.Hint.Suffix))) // a hint of "" at the same moment
			a.Add(k)
		}
	}
	at := func(d time.Duration) func(a *keyringtest.Account) {
		return func(a *keyringtest.Account) { a.Add(driver.Key{Name: "new", CreatedAt: a.Now().Add(d)}) }
	}
	hint := func(a *keyringtest.Account) { // the record shows the end of the value
		a.Edit("key-00004", func(k *driver.Key) { k.Hint = driver.Hint{Prefix: "pk_live_", Suffix: "et00004"} })
	}
	each := func(all ...func(*keyringtest.Account)) func(*keyringtest.Account) {
		return func(a *keyringtest.Account) {
			for _, f := range all {
				f(a)
			}
		}
	}
	const lag = 5 * time.Second // after which a key that no evidence points at is listed again
	plain := func(a *keyringtest.Account) driver.Service { return a }
	noTimes := func(a *keyringtest.Account) driver.Service { return timeless{a} }
	for _, tc := range []struct {
		name       string
		svc        func(a *keyringtest.Account) driver.Service
		meanwhile  func(a *keyringtest.Account)
		noCreated  bool // the listing has no times
		open       bool
		candidates int
		took       time.Duration
		says       string
	}{
		{name: "unique", svc: plain, took: lag},
		{name: "whole seconds", svc: func(a *keyringtest.Account) driver.Service { return coarse{a} }, took: lag},
		{name: "listing without times", svc: plain, noCreated: true, took: lag},
		{name: "create without time", svc: noTimes, took: lag},
		{name: "no times at all", svc: noTimes, noCreated: true, took: lag},
		{name: "listed late", svc: func(a *keyringtest.Account) driver.Service { return lateListing{a, 3 * time.Second} }, took: 3750*time.Millisecond + lag},
		{name: "never listed", svc: func(a *keyringtest.Account) driver.Service { return lateListing{a, time.Hour} }, open: true, took: 10 * time.Second, says: "does not show which"},
		{name: "another of a second before", svc: plain, meanwhile: at(-time.Second), took: lag},
		{name: "another of a second later", svc: plain, meanwhile: at(time.Second), took: lag},
		{name: "create without time, an older one", svc: noTimes, meanwhile: at(-3001 * time.Millisecond), took: lag},
		{name: "create without time, one of the same moment", svc: noTimes, meanwhile: at(-3 * time.Second), open: true, candidates: 2, took: lag},
		{name: "two of one moment", svc: plain, meanwhile: another(driver.Key{}), open: true, candidates: 2, took: lag, says: "did not give its id"},
		{name: "two of one moment, hint decides", svc: plain, meanwhile: each(another(driver.Key{}), hint)},
		{name: "two of one moment, both look like it", svc: plain, meanwhile: each(another(driver.Key{Hint: driver.Hint{Suffix: "00004"}}), hint), open: true, candidates: 2, took: lag},
		{name: "two of one moment, neither looks like it", svc: plain, meanwhile: another(driver.Key{Hint: driver.Hint{Suffix: "ret"}}), open: true, candidates: 2, took: lag},
		{name: "two of one moment, the other one hides all", svc: plain, meanwhile: another(driver.Key{Hint: driver.Hint{Suffix: "xxxxx"}}), open: true, candidates: 2, took: lag},
		{name: "two of one moment, the other one contradicts", svc: plain, meanwhile: another(driver.Key{Hint: driver.Hint{Suffix: "9f8e"}}), took: lag},
		{name: "listing fails", svc: plain, meanwhile: func(a *keyringtest.Account) {
			a.Before = fails(keyringtest.List, 0, keyringtest.Refused(keyringtest.List, driver.KindServer))
		}, open: true, took: 10 * time.Second, says: "list: server"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := keyringtest.New(2)
				a.NoID, a.NoCreated = true, tc.noCreated
				a.Add(driver.Key{Name: "new", CreatedAt: a.Now().Add(-2 * time.Hour)}) // one of that name was there before
				a.After = only(keyringtest.Create, 1, func(context.Context) error {
					if tc.meanwhile != nil {
						tc.meanwhile(a)
					}
					return nil
				})
				r := ringOf(tc.svc(a))
				start := time.Now()
				m, err := r.Create(t.Context(), spec)
				if took := time.Since(start); took != tc.took {
					t.Errorf("took %v, want %v", took, tc.took)
				}
				if !m.Value.Equal(a.Value("key-00004")) {
					t.Error("the value is lost")
				}
				if !a.Key("key-00004").Live() || a.Calls(keyringtest.Revoke) > 0 || a.Calls(keyringtest.Create) != 1 {
					t.Error("looking a key up revoked or created one")
				}
				if !tc.open {
					if err != nil || m.ID != "key-00004" || m.Name != "new" {
						t.Fatalf("got %+v, %v", m.Key, err)
					}
					if known := tc.svc(a) != driver.Service(timeless{a}) || !tc.noCreated; m.CreatedAt.IsZero() == known {
						t.Errorf("created at %v", m.CreatedAt)
					}
					wantRead(t, r, m.ID, true)
					return
				}
				u := wantUnknownOutcome(t, err)
				if len(u.Candidates) != tc.candidates || u.Window.Name != "new" || !u.Window.From.Equal(start) || !u.Window.To.Equal(time.Now()) {
					t.Errorf("outcome unknown: %+v", u)
				}
				if !strings.Contains(err.Error(), tc.says) {
					t.Errorf("the error %q does not say %q", err, tc.says)
				}
				if _, err := r.Create(t.Context(), spec); kindOf(err) != driver.KindUnresolved && kindOf(err) != driver.KindServer {
					t.Errorf("the next create of that name: %v; want it blocked", err)
				}
				wantCalls(t, a, keyringtest.Create, 1)
			})
		})
	}
}

// Keys created side by side are looked up together, also while a listing that began
// too early for some of them is under way.
func TestCreate_idLookupsShareListings(t *testing.T) {
	for name, pageSize := range map[string]int{"one page": 0, "five pages": 4} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := keyringtest.New(8)
				a.NoID, a.PageSize = true, pageSize
				var listings atomic.Int32
				a.After = func(ctx context.Context, c keyringtest.Call) error {
					if c.Op == keyringtest.Create {
						wait(ctx, time.Duration(10*c.N)*time.Millisecond) // answers come one by one
						return nil
					}
					if c.List.Cursor == "" {
						listings.Add(1)
					}
					wait(ctx, 100*time.Millisecond)
					return nil
				}
				r := ringOf(a)
				made := make([]driver.Minted, 10)
				var wg sync.WaitGroup
				for i := range made {
					wg.Go(func() {
						made[i] = must[driver.Minted](t)(r.Create(t.Context(), driver.Spec{Name: fmt.Sprint("n", i)}))
					})
				}
				wg.Wait()
				for i, m := range made {
					if k := a.Key(m.ID); k.Name != fmt.Sprint("n", i) || !a.Value(m.ID).Equal(m.Value) {
						t.Errorf("key %d is taken for %+v", i, k)
					}
				}
				if n := listings.Load(); n > 1+3 {
					t.Errorf("%d listings, want one before the creates and at most 3 for the lookups", n)
				}
			})
		})
	}
}

// The same name again and again: each create finds its own key.
func TestCreate_idLookupOfOneName(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(0)
		a.NoID = true
		r := ringOf(a)
		var wg sync.WaitGroup
		var mu sync.Mutex
		seen := map[string]bool{}
		for range 10 {
			wg.Go(func() {
				m := must[driver.Minted](t)(r.Create(t.Context(), spec))
				mu.Lock()
				defer mu.Unlock()
				if seen[m.ID] || !a.Value(m.ID).Equal(m.Value) {
					t.Errorf("key %s belongs to another create", m.ID)
				}
				seen[m.ID] = true
			})
		}
		wg.Wait()
	})
}

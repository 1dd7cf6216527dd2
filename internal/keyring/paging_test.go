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

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// inconsistent is a listing that never adds up, by each way in which that shows.
var inconsistent = map[string]func(a *keyringtest.Account){
	"a page that does not fit": func(a *keyringtest.Account) {
		a.Before = func(_ context.Context, c keyringtest.Call) error {
			if c.List.Cursor == "" {
				return nil
			}
			return &driver.Error{Service: "Test", Operation: "list", Kind: driver.KindMalformed, Effect: driver.EffectNone, Code: "listing_shifted"}
		}
	},
}

// A listing that does not add up is begun anew, and then an error: never proof
// that a key is gone.
func TestList_inconsistent(t *testing.T) {
	for name, set := range inconsistent {
		t.Run(name, func(t *testing.T) {
			a := keyringtest.New(15)
			a.PageSize = 10
			set(a)
			r := ringOf(a)
			_, err := r.List(t.Context())
			if kindOf(err) != driver.KindMalformed {
				t.Errorf("got %v, want KindMalformed", err)
			}
			wantCalls(t, a, keyringtest.List, 3*2)
			if _, found, err := r.Read(t.Context(), "key-99999", time.Time{}); kindOf(err) != driver.KindMalformed || found {
				t.Errorf("an unknown key: found %t, %v; want the listing's failure", found, err)
			}
			if _, err := r.Create(t.Context(), driver.Spec{Name: "new"}); kindOf(err) != driver.KindMalformed {
				t.Errorf("a create: %v; want the listing's failure", err)
			}
			wantCalls(t, a, keyringtest.Create, 0)
			if _, complete := r.CachedByName("old"); complete {
				t.Error("what was seen is called complete")
			}
		})
	}
}

// A page that comes again in place of the next one, and may be cut off, proves no key
// absent; those on it are there.
func TestList_repeatedPage(t *testing.T) {
	a := keyringtest.New(100)
	a.IgnorePaging, a.Cut = true, true
	r := ringOf(a)
	for range 3 {
		wantRead(t, r, "key-00100", true)
	}
	wantCalls(t, a, keyringtest.List, 2)
	absent := func(what string, err error) {
		t.Helper()
		if kindOf(err) != driver.KindMalformed || !strings.Contains(err.Error(), "the same full page came again") {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, found, err := r.Read(t.Context(), "nobody", time.Time{})
	absent("read", err)
	_, err = r.List(t.Context())
	absent("list", err)
	_, err = r.FindByName(t.Context(), "old")
	absent("by name", err)
	_, err = r.Create(t.Context(), spec)
	absent("create", err)
	seen, _ := r.CachedByName("old")
	if _, complete := r.CachedByName("old"); found || complete || len(seen) != 100 || a.Calls(keyringtest.Create) > 0 {
		t.Errorf("found %t, complete %t, seen %d", found, complete, len(seen))
	}
	// Who can be asked for the one key knows.
	f := keyringtest.NewFull(100)
	f.IgnorePaging, f.Cut = true, true
	r = ringOf(f.Lookup)
	wantRead(t, r, "nobody", false)
}

// Keys that come and go while a listing runs, by whom and on which page.
func TestList_keysComeAndGoMeanwhile(t *testing.T) {
	gone := func(id string) func(*testing.T, *keyring.Ring, *keyringtest.Account) {
		return func(t *testing.T, r *keyring.Ring, _ *keyringtest.Account) {
			if err := r.Revoke(t.Context(), id, driver.Secret{}); err != nil {
				t.Error(err)
			}
		}
	}
	kill := func(id string) func(*testing.T, *keyring.Ring, *keyringtest.Account) {
		return func(_ *testing.T, _ *keyring.Ring, a *keyringtest.Account) { a.Kill(id) }
	}
	for name, tc := range map[string]struct {
		change func(*testing.T, *keyring.Ring, *keyringtest.Account)
		calls  int // 3 pages; 2 more where the second shows that the listing has to be begun anew
	}{
		"nothing":                       {func(*testing.T, *keyring.Ring, *keyringtest.Account) {}, 3},
		"own removal, page done":        {gone("key-00005"), 5},
		"own removal, page to come":     {gone("key-00025"), 3},
		"outside removal, page done":    {kill("key-00005"), 5},
		"outside removal, page to come": {kill("key-00025"), 3},
		"outside create": {func(_ *testing.T, _ *keyring.Ring, a *keyringtest.Account) {
			a.Add(driver.Key{Name: "theirs"})
		}, 4},
		"own update, page to come": {func(t *testing.T, r *keyring.Ring, _ *keyringtest.Account) {
			must[driver.Key](t)(r.Update(t.Context(), "key-00025", driver.Changes{Name: ptr("x")}))
		}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := keyringtest.NewFull(30)
				f.PageSize, f.Totals = 10, true
				f.Before = func(ctx context.Context, c keyringtest.Call) error {
					if c.Op == keyringtest.List && c.N > 1 && c.N <= 3 {
						wait(ctx, 2*time.Second)
					}
					return nil
				}
				r := ringOf(listingOnly{f.Account, f, f})
				var wg sync.WaitGroup
				wg.Go(func() {
					must[[]driver.Key](t)(r.List(t.Context()))
				})
				wait(t.Context(), time.Second)
				tc.change(t, r, f.Account)
				wg.Wait()
				wantCalls(t, f, keyringtest.List, tc.calls)
				want := f.Live("")
				got := ids(must[[]driver.Key](t)(r.List(t.Context())))
				wantIDs(t, got, want...)
			})
		})
	}
}

// While a listing that changes have disturbed is begun anew, own writes wait, so
// that they cannot disturb it again.
func TestList_ownWritesWaitForARepeatedListing(t *testing.T) {
	a := keyringtest.New(20)
	a.PageSize, a.Totals = 10, true
	r := ringOf(a)
	var wg sync.WaitGroup
	var revokedAfter atomic.Int32
	a.Before = func(_ context.Context, c keyringtest.Call) error {
		switch {
		case c.Op == keyringtest.List && c.N == 2:
			a.Kill("key-00001")
		case c.Op == keyringtest.List && c.N == 3:
			started := make(chan struct{})
			wg.Go(func() {
				close(started)
				// A value that is not the credential's: no listing comes first.
				if err := r.Revoke(context.Background(), "key-00002", driver.NewSecret("v")); err != nil {
					t.Error(err)
				}
			})
			<-started
			time.Sleep(20 * time.Millisecond) // a write that does not wait would be through by now
		case c.Op == keyringtest.Revoke:
			revokedAfter.Store(int32(a.Calls(keyringtest.List)))
		}
		return nil
	}
	a.Signer = driver.NewSecret("credential")
	must[[]driver.Key](t)(r.List(t.Context()))
	wg.Wait()
	if n := revokedAfter.Load(); n != 4 {
		t.Errorf("the revocation was sent after %d pages, want it held back until all 4 had come", n)
	}
	wantRead(t, r, "key-00002", false)
}

// Own writes that are done hold nothing back.
func TestList_repeatedAfterOwnWrites(t *testing.T) {
	f := keyringtest.NewFull(20)
	f.PageSize, f.Totals = 10, true
	r := keyring.New(f, keyring.Options{MaxAge: time.Nanosecond})
	m := must[driver.Minted](t)(r.Create(t.Context(), spec))
	must[driver.Key](t)(r.Update(t.Context(), m.ID, driver.Changes{Name: ptr("x")}))
	m, _, err := r.Rotate(t.Context(), f.Key(m.ID), driver.Secret{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Revoke(t.Context(), m.ID, driver.Secret{}); err != nil {
		t.Fatal(err)
	}
	calls := f.Calls(keyringtest.List)
	f.Before = only(keyringtest.List, calls+2, func(context.Context) error { f.Kill("key-00001"); return nil })
	if keys := must[[]driver.Key](t)(r.List(t.Context())); len(keys) != 19 {
		t.Errorf("listed %d keys, want 19", len(keys))
	}
	wantCalls(t, f, keyringtest.List, calls+4)
}

// A page with keys that this process has just created is not a page that comes again.
func TestList_pageOfOwnKeysGoesOn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(2)
		a.PageSize = 2
		r := ringOf(a)
		first := must[driver.Minted](t)(r.Create(t.Context(), driver.Spec{Name: "first"}))
		wait(t.Context(), time.Minute)
		a.Before = only(keyringtest.List, 3, func(ctx context.Context) error {
			// Page 2 is on its way, because of the first key; now it brings own ones.
			a.Kill(first.ID)
			for i := range 3 {
				if _, err := r.Create(ctx, driver.Spec{Name: fmt.Sprint("n", i)}); err != nil {
					return err
				}
			}
			a.Add(driver.Key{ID: "theirs", Name: "theirs"})
			return nil
		})
		wantRead(t, r, "theirs", true)
	})
}

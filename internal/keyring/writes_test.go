package keyring_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// ownWrites are what this process can do to a key, and how a read shows it.
var ownWrites = map[string]struct {
	do   func(ctx context.Context, r *keyring.Ring) (id string, err error)
	live bool
	name string
}{
	"create": {func(ctx context.Context, r *keyring.Ring) (string, error) {
		m, err := r.Create(ctx, driver.Spec{Name: "new"})
		return m.ID, err
	}, true, "new"},
	"update": {func(ctx context.Context, r *keyring.Ring) (string, error) {
		k, err := r.Update(ctx, "key-00004", driver.Changes{Name: ptr("renamed")})
		return k.ID, err
	}, true, "renamed"},
	"revoke": {func(ctx context.Context, r *keyring.Ring) (string, error) {
		return "key-00004", r.Revoke(ctx, "key-00004", driver.NewSecret("another"))
	}, false, ""},
	"rotate": {func(ctx context.Context, r *keyring.Ring) (string, error) {
		m, _, err := r.Rotate(ctx, driver.Key{ID: "key-00004", Name: "old"}, driver.NewSecret("another"))
		if err == nil && m.ID == "key-00004" {
			err = fmt.Errorf("the new key has the old id")
		}
		return "key-00004", err
	}, false, ""},
}

// listingOnly hides what a service can do besides listing, from reads.
type listingOnly struct {
	driver.Service
	driver.Updater
	driver.Rotator
}

// A read that begins after an own write shows it, also when the listing that
// serves it was under way: the page with the key may be from before the
// write and come after it, or the other way round.
func TestRead_showsOwnWrites(t *testing.T) {
	for name, w := range ownWrites {
		for _, pageSize := range []int{0, 2, 3} {
			for delayed := 1; delayed <= 3; delayed++ {
				for _, madeBefore := range []bool{true, false} {
					for _, byID := range []bool{true, false} {
						t.Run(fmt.Sprintf("%s/page size %d/call %d late/page from before %t/by id %t", name, pageSize, delayed, madeBefore, byID), func(t *testing.T) {
							bubble(t, func(t *testing.T) {
								f := keyringtest.NewFull(6)
								f.PageSize = pageSize
								f.Signer = driver.NewSecret("credential")
								late := only(keyringtest.List, delayed+1, func(ctx context.Context) error { wait(ctx, 2*time.Second); return nil })
								var svc driver.Service = f
								if !byID {
									svc = listingOnly{f.Account, f, f}
								}
								r := keyring.New(svc, keyring.Options{MaxAge: time.Nanosecond})
								if pageSize == 0 {
									must[[]driver.Key](t)(r.List(t.Context()))
								} else {
									f.Add(driver.Key{Name: "one call more"}) // calls count from 2 on
									f.Before = nil
									must[driver.Page](t)(f.List(t.Context(), driver.Query{}))
								}
								r = ringOf(svc)
								if madeBefore {
									f.After = late
								} else {
									f.Before = late
								}
								var wg sync.WaitGroup
								wg.Go(func() { must[[]driver.Key](t)(r.List(t.Context())) })
								wait(t.Context(), time.Second)
								id, err := w.do(t.Context(), r)
								if err != nil {
									t.Fatal(err)
								}
								k := wantRead(t, r, id, w.live)
								if w.live && k.Name != w.name {
									t.Errorf("the key reads as %q, want %q", k.Name, w.name)
								}
								listed := must[[]driver.Key](t)(r.List(t.Context()))
								shown := false
								for _, k := range listed {
									shown = shown || k.ID == id && k.Name == w.name
								}
								if shown != w.live {
									t.Errorf("the listing shows the key as it is now: %t, want %t", shown, w.live)
								}
								wg.Wait()
								if k := wantRead(t, r, id, w.live); w.live && k.Name != w.name {
									t.Errorf("later the key reads as %q, want %q", k.Name, w.name)
								}
							})
						})
					}
				}
			}
		}
	}
}

// A page from before a write that comes after it, in the middle of a
// listing, does not undo the write for those who read before the listing ends.
func TestRead_latePageUndoesNothing(t *testing.T) {
	for _, name := range []string{"update", "revoke"} {
		w := ownWrites[name]
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := keyringtest.NewFull(6)
				f.PageSize = 2
				f.After = func(ctx context.Context, c keyringtest.Call) error {
					if c.Op == keyringtest.List && c.N > 1 {
						wait(ctx, 2*time.Second) // page 2 from 0 to 2 s, page 3 from 2 to 4 s
					}
					return nil
				}
				r := ringOf(f)
				var wg sync.WaitGroup
				wg.Go(func() { must[[]driver.Key](t)(r.List(t.Context())) })
				wait(t.Context(), time.Second)
				id, err := w.do(t.Context(), r)
				if err != nil {
					t.Fatal(err)
				}
				wait(t.Context(), 2*time.Second) // page 2 has come, page 3 has not
				if k := wantRead(t, r, id, w.live); w.live && k.Name != w.name {
					t.Errorf("the key reads as %q, want %q", k.Name, w.name)
				}
				seen, _ := r.CachedByName("old")
				if len(seen) == 0 {
					t.Error("nothing is seen in the listing under way")
				}
				for _, k := range seen {
					if k.ID == id {
						t.Errorf("key %s is shown as it was", id)
					}
				}
				wg.Wait()
			})
		})
	}
}

// Own writes are in the listing at hand: nobody lists anew because of them.
func TestRead_ownWritesCostNoListing(t *testing.T) {
	a := keyringtest.New(3)
	r := ringOf(a)
	for i := range 5 {
		m := must[driver.Minted](t)(r.Create(t.Context(), driver.Spec{Name: fmt.Sprint("n", i)}))
		wantRead(t, r, m.ID, true)
	}
	wantCalls(t, a, keyringtest.List, 1)
}

// What an own write said is not held against what a later listing shows.
func TestRead_outsideChangeAfterOwnWrite(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := keyringtest.NewFull(3)
		r := ringOf(f)
		must[driver.Key](t)(r.Update(t.Context(), "key-00002", driver.Changes{Name: ptr("mine")}))
		m := must[driver.Minted](t)(r.Create(t.Context(), driver.Spec{Name: "made"}))
		f.Edit("key-00002", func(k *driver.Key) { k.Name = "theirs" })
		f.Kill(m.ID)
		wait(t.Context(), time.Minute)
		if k := wantRead(t, r, "key-00002", true); k.Name != "theirs" {
			t.Errorf("the key reads as %q, want what it is now", k.Name)
		}
		wantRead(t, r, m.ID, false)
		if keys := must[[]driver.Key](t)(r.List(t.Context())); len(keys) != 3 {
			t.Errorf("listed %v, want the 3 that live", ids(keys))
		}
	})
}

func TestUpdate(t *testing.T) {
	f := keyringtest.NewFull(1)
	r := ringOf(f)
	if _, err := ringOf(f.Account).Update(t.Context(), "key-00001", driver.Changes{Name: ptr("x")}); err == nil {
		t.Error("a service that cannot update has updated")
	}
	k := must[driver.Key](t)(r.Update(t.Context(), "key-00001", driver.Changes{Attributes: driver.Attributes{"active": false}}))
	if k.Attributes["active"] != false || k.Name != "old" {
		t.Errorf("updated to %+v", k)
	}
	if _, err := r.Update(t.Context(), "key-9", driver.Changes{Name: ptr("x")}); !driver.IsNotFound(err) {
		t.Errorf("got %v, want not found", err)
	}
	for want, c := range map[bool]driver.Changes{true: {Attributes: driver.Attributes{}}, false: {Attributes: driver.Attributes{"a": nil}}} {
		if c.Empty() != want {
			t.Errorf("%+v is empty: %t", c, c.Empty())
		}
	}
	if (driver.Changes{Name: ptr("")}).Empty() {
		t.Error("an empty name is a change")
	}
}

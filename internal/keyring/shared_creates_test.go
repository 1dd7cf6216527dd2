package keyring_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// twoRings are two Rings of one account: of the scope that the credential belongs to,
// and of one that is named.
func twoRings(svc driver.Service) (own, named *keyring.Ring) {
	shared := &keyring.SharedCreates{}
	return keyring.New(svc, keyring.Options{Creates: shared}), keyring.New(svc, keyring.Options{Creates: shared, Scope: "t1"})
}

// What one Ring creates is not what another one has lost, if their scopes may be one.
func TestSharedCreates_lostCreate(t *testing.T) {
	for name, made := range map[string]bool{"without effect": false, "with effect": true} {
		t.Run(name, func(t *testing.T) {
			both(t, 1, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
				own, named := twoRings(svc)
				_ = must[driver.Minted](t)(own.Create(t.Context(), driver.Spec{Name: "other"})) // its listing is there
				theirs := must[driver.Minted](t)(named.Create(t.Context(), spec))
				wait(t.Context(), time.Second)
				lost := fails(keyringtest.Create, 3, lostCreate)
				if made {
					a.After = lost
				} else {
					a.Before = lost
				}
				m, err := own.Create(t.Context(), spec)
				if !made {
					if u := wantUnknownOutcome(t, err); len(u.Candidates) > 0 {
						t.Errorf("candidates: %s", keyring.Describe(u.Candidates))
					}
					wantIDs(t, a.Live(spec.Name), theirs.ID)
					return
				}
				if err != nil {
					t.Error(err)
				}
				wantIDs(t, a.Live(spec.Name), theirs.ID, m.ID)
			})
		})
	}
}

// Creates of one name run one after the other, whichever Ring they are of.
func TestSharedCreates_oneAfterTheOther(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(1)
		own, named := twoRings(a)
		a.After = only(keyringtest.Create, 0, func(ctx context.Context) error { wait(ctx, time.Second); return nil })
		start := time.Now()
		var wg sync.WaitGroup
		for _, r := range []*keyring.Ring{own, named} {
			wg.Go(func() { _ = must[driver.Minted](t)(r.Create(t.Context(), spec)) })
		}
		wg.Wait()
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// No key of a name is created while an earlier create of it is open.
func TestSharedCreates_unknownOutcomeBlocks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(1)
		own, named := twoRings(a)
		elsewhere := keyring.New(a, keyring.Options{Scope: "t2"})
		a.Before = fails(keyringtest.Create, 1, lostCreate)
		_, err := named.Create(t.Context(), spec)
		u := wantUnknownOutcome(t, err)
		if _, err := own.Create(t.Context(), spec); kindOf(err) != driver.KindUnresolved {
			t.Errorf("a create of that name: %v; want it blocked", err)
		}
		_ = must[driver.Minted](t)(elsewhere.Create(t.Context(), spec))
		if err := named.Reconcile(t.Context(), u.Window, a.Live(spec.Name)...); err != nil {
			t.Error(err)
		}
		_ = must[driver.Minted](t)(own.Create(t.Context(), spec))
	})
}

// Scopes that are certainly two do not get in each other's way.
func TestSharedCreates_twoScopes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shared := &keyring.SharedCreates{}
		one, two := keyringtest.New(1), keyringtest.New(1)
		r1 := keyring.New(one, keyring.Options{Creates: shared, Scope: "t1"})
		r2 := keyring.New(two, keyring.Options{Creates: shared, Scope: "t2"})
		must[[]driver.Key](t)(r2.List(t.Context()))
		one.Before = fails(keyringtest.Create, 1, lostCreate)
		_, err := r1.Create(t.Context(), spec)
		_ = wantUnknownOutcome(t, err)
		m1 := must[driver.Minted](t)(r1.Create(t.Context(), driver.Spec{Name: "another"}))
		m2 := must[driver.Minted](t)(r2.Create(t.Context(), spec)) // numbered alike
		if m1.ID != m2.ID {
			t.Errorf("%s, %s", m1.ID, m2.ID)
		}
		wantCalls(t, two, keyringtest.List, 1)
	})
}

// A listing that is older than a sibling's write decides nothing.
func TestSharedCreates_listingsGetOutdated(t *testing.T) {
	both(t, 1, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
		own, named := twoRings(svc)
		for _, r := range []*keyring.Ring{own, named} {
			must[[]driver.Key](t)(r.List(t.Context()))
		}
		m := must[driver.Minted](t)(named.Create(t.Context(), spec))
		wantRead(t, own, m.ID, true)
		if same := must[[]driver.Key](t)(own.FindByName(t.Context(), spec.Name)); len(same) != 1 {
			t.Errorf("duplicates by the other Ring: %v", same)
		}
		if same, complete := own.CachedByName(spec.Name); len(same) != 1 || !complete {
			t.Errorf("seen by the other Ring: %v, complete %t", same, complete)
		}
		if err := own.Revoke(t.Context(), m.ID, driver.Secret{}); err != nil {
			t.Fatal(err)
		}
		if same, _ := named.CachedByName(spec.Name); len(same) != 0 {
			t.Errorf("seen after the revocation: %v", same)
		}
		wantRead(t, named, m.ID, false)
		before := a.Calls(keyringtest.List)
		wantRead(t, named, m.ID, false)
		must[[]driver.Key](t)(named.List(t.Context()))
		if n := a.Calls(keyringtest.List) - before; n > 1 { // a service without Get is asked anew for what is not there
			t.Errorf("%d listings without a write", n)
		}
	})
}

// What somebody in this process holds, or has created in another Ring, is not what
// an earlier process has lost.
func TestReconcile_sparesWhatIsHeld(t *testing.T) {
	for name, held := range map[string]bool{"held": true, "created by a sibling": false} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := keyringtest.New(1)
				from := a.Now()
				shared := &keyring.SharedCreates{}
				var id string
				if held {
					id = a.Add(driver.Key{Name: spec.Name}).ID
				} else {
					id = must[driver.Minted](t)(keyring.New(a, keyring.Options{Creates: shared, Scope: "t1"}).Create(t.Context(), spec)).ID
				}
				r := keyring.New(a, keyring.Options{Creates: shared, IsHeld: func(asked string) bool { return held && asked == id }})
				w := keyring.CreateWindow{Name: spec.Name, From: from, To: from.Add(time.Second)}
				if claimed := must[[]string](t)(r.HeldCandidates(t.Context(), w)); len(claimed) != 1 || claimed[0] != id {
					t.Errorf("claimed %v, want %s", claimed, id)
				}
				if err := r.Reconcile(t.Context(), w); err != nil {
					t.Error(err)
				}
				wantIDs(t, a.Live(spec.Name), id)
				wantCalls(t, a, keyringtest.Revoke, 0)
				if x := r.AddNotCreated(w, "theirs"); !held && len(x.NotCreated) != 2 || x.NotCreated[len(x.NotCreated)-1] != "theirs" {
					t.Errorf("extended to %v", x.NotCreated)
				}
			})
		})
	}
}

// HeldCandidates waits a little for holders to come, and no longer.
func TestHeldCandidates_waitsForHolders(t *testing.T) {
	for name, comes := range map[string]time.Duration{"at once": 0, "a little later": 2 * time.Second, "never": time.Hour} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := keyringtest.New(1)
				start := a.Now()
				id := a.Add(driver.Key{Name: spec.Name}).ID
				r := keyring.New(a, keyring.Options{IsHeld: func(asked string) bool { return asked == id && a.Now().Sub(start) >= comes }})
				w := keyring.CreateWindow{Name: spec.Name, From: start, To: start.Add(time.Second)}
				claimed := must[[]string](t)(r.HeldCandidates(t.Context(), w))
				if took := a.Now().Sub(start); len(claimed) == 1 != (comes < time.Minute) || took != min(comes, 5*time.Second) {
					t.Errorf("claimed %v after %v", claimed, took)
				}
				wantCalls(t, a, keyringtest.List, 1)
			})
		})
	}
}

package keyring_test

import (
	"context"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

func TestReconcile(t *testing.T) {
	type key = driver.Key
	from := time.Date(2026, 2, 13, 10, 0, 0, 0, time.UTC)
	w := keyring.CreateWindow{Name: "new", From: from, To: from.Add(10 * time.Second)}
	mine := key{ID: "mine", Name: "new", CreatedAt: from.Add(time.Second)}
	with := func(change func(*key)) key { k := mine; change(&k); return k }
	for _, tc := range []struct {
		name   string
		keys   []key
		held   []string
		hook   keyringtest.Hook
		noTime bool
		open   int // candidates of an OutcomeUnknownError
		want   driver.Kind
		fails  bool // without a kind
		gone   bool
	}{
		{name: "none"},
		{name: "one", keys: []key{mine}, gone: true},
		{name: "several", keys: []key{mine, with(func(k *key) { k.ID = "2" })}, open: 2},
		{name: "used", keys: []key{with(func(k *key) { k.LastUsedAt = from.Add(time.Hour) })}},
		{name: "another name", keys: []key{with(func(k *key) { k.Name = "New" })}},
		{name: "first moment", keys: []key{with(func(k *key) { k.CreatedAt = from.Add(-3 * time.Second) })}, gone: true},
		{name: "too early", keys: []key{with(func(k *key) { k.CreatedAt = from.Add(-3001 * time.Millisecond) })}},
		{name: "last moment", keys: []key{with(func(k *key) { k.CreatedAt = from.Add(13 * time.Second) })}, gone: true},
		{name: "too late", keys: []key{with(func(k *key) { k.CreatedAt = from.Add(13*time.Second + 1) })}},
		{name: "held", keys: []key{mine}, held: []string{"x", "mine"}},
		{name: "revoked", keys: []key{with(func(k *key) { k.RevokedAt = from.Add(time.Hour) })}},
		{name: "unknown time", keys: []key{mine}, noTime: true, open: 1},
		{name: "one among others", keys: []key{
			mine,
			{ID: "a", Name: "new", CreatedAt: from.Add(-time.Hour)},
			{ID: "b", Name: "new", CreatedAt: from.Add(time.Hour)},
			{ID: "c", Name: "new", CreatedAt: from.Add(time.Second), LastUsedAt: from.Add(time.Minute)},
			{ID: "d", Name: "new", CreatedAt: from.Add(time.Second)},
		}, held: []string{"d"}, gone: true},
		{name: "listing fails", keys: []key{mine}, hook: fails(keyringtest.List, 0, keyringtest.Refused(keyringtest.List, driver.KindServer)), want: driver.KindServer},
		{name: "not to be revoked", keys: []key{mine}, hook: fails(keyringtest.Revoke, 0, keyringtest.Refused(keyringtest.Revoke, driver.KindForbidden)), want: driver.KindForbidden},
	} {
		t.Run(tc.name, func(t *testing.T) {
			both(t, 3, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
				revoked := map[string]bool{}
				for _, k := range tc.keys {
					a.Add(k)
					revoked[k.ID] = !k.Live()
				}
				a.NoCreated, a.Before = tc.noTime, tc.hook
				err := ringOf(svc).Reconcile(t.Context(), w, tc.held...)
				if kindOf(err) != tc.want || (err != nil) != (tc.want != "" || tc.open > 0) {
					t.Errorf("got %v, want kind %q", err, tc.want)
				}
				if tc.open > 0 {
					if u := wantUnknownOutcome(t, err); len(u.Candidates) != tc.open || u.Window.ID() != w.ID() || u.Window.Name != "new" {
						t.Errorf("outcome unknown: %+v", u)
					}
				}
				for _, k := range a.Keys() {
					if want := revoked[k.ID] || tc.gone && k.ID == "mine"; k.Live() == want {
						t.Errorf("key %s lives: %t", k.ID, k.Live())
					}
				}
			})
		})
	}
}

// After a revocation that is answered but not carried out the outcome is still unknown.
func TestReconcile_stillThere(t *testing.T) {
	both(t, 0, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
		m := a.Add(driver.Key{Name: "new"})
		w := keyring.CreateWindow{Name: "new", From: a.Now(), To: a.Now()}
		a.After = func(_ context.Context, c keyringtest.Call) error {
			if c.Op == keyringtest.Revoke {
				a.Edit(m.ID, func(k *driver.Key) { k.RevokedAt = time.Time{} })
			}
			return nil
		}
		if err := ringOf(svc).Reconcile(t.Context(), w); err == nil {
			t.Error("the outcome counts as known while the key still lives")
		}
	})
}

// In the process itself, reconciling a window unblocks its name. Another window, or one
// whose outcome stays unknown, does not. Keys that the process has created since are
// not candidates.
func TestReconcile_unblocks(t *testing.T) {
	for _, noID := range []bool{false, true} {
		both(t, 1, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
			r := ringOf(svc)
			before := must[driver.Minted](t)(r.Create(t.Context(), spec)) // of this process, in the same moment
			a.NoID = noID
			a.After = func(_ context.Context, c keyringtest.Call) error {
				switch c.Op {
				case keyringtest.Create:
					a.Add(driver.Key{ID: "theirs", Name: "new"})
					if !noID {
						return lostCreate
					}
				default:
				}
				return nil
			}
			_, err := r.Create(t.Context(), spec)
			u := wantUnknownOutcome(t, err)
			a.After = nil
			a.NoID = false
			blocked := func(want bool) {
				t.Helper()
				if _, err := r.Create(t.Context(), spec); (kindOf(err) == driver.KindUnresolved) != want {
					t.Errorf("the next create: %v; want it blocked: %t", err, want)
				}
			}
			if err := r.Reconcile(t.Context(), u.Window); err == nil {
				t.Error("two candidates were reconciled")
			}
			blocked(true)
			if err := r.Reconcile(t.Context(), keyring.CreateWindow{Name: spec.Name, From: u.Window.From.Add(-time.Hour), To: u.Window.To.Add(-time.Hour)}); err != nil {
				t.Error(err)
			}
			blocked(true)
			a.Kill("theirs")
			if err := r.Reconcile(t.Context(), u.Window); err != nil {
				t.Error(err)
			}
			wantIDs(t, a.Live("new"), before.ID)
			blocked(false)
			if err := r.Reconcile(t.Context(), u.Window); (err != nil) != u.Window.Certain {
				t.Errorf("reconciled once more: %v", err)
			}
			if len(a.Live("new")) != 2 {
				t.Error("a key of this process was taken for the lost one")
			}
		})
	}
}

// Finding no key makes the outcome known too.
func TestReconcile_noKeyUnblocks(t *testing.T) {
	both(t, 1, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
		a.Before = fails(keyringtest.Create, 1, lostCreate)
		r := ringOf(svc)
		_, err := r.Create(t.Context(), spec)
		w, _ := keyring.ParseCreateWindow(wantUnknownOutcome(t, err).Window.ID())
		if err := r.Reconcile(t.Context(), w); err != nil {
			t.Error(err)
		}
		_ = must[driver.Minted](t)(r.Create(t.Context(), spec))
	})
}

// What was there before a create, and what this process has created under the same
// name, is remembered with the create that was left open: the next process, which
// knows nothing of either, must not take it for what is looked for.
func TestReconcile_sparesWhatWasKnown(t *testing.T) {
	for name, effect := range map[string]bool{"without effect": false, "with effect": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := keyringtest.New(1)
				neighbour := a.Add(driver.Key{Name: spec.Name, CreatedAt: a.Now()})
				r := keyring.New(a, keyring.Options{})
				sibling := must[driver.Minted](t)(r.Create(t.Context(), spec))
				// The second create is cut, and so is every listing after it.
				cut := func(_ context.Context, c keyringtest.Call) error {
					if c.Op == keyringtest.Create && !effect || c.Op == keyringtest.List {
						return keyringtest.Lost(c.Op)
					}
					return nil
				}
				a.Before = cut
				a.After = only(keyringtest.Create, 2, func(context.Context) error { return lostCreate })
				_, err := r.Create(t.Context(), spec)
				u := wantUnknownOutcome(t, err)
				a.Before, a.After = nil, nil
				w, ok := keyring.ParseCreateWindow(u.Window.ID())
				if !ok {
					t.Fatalf("%q", u.Window.ID())
				}
				if err := ringOf(a).Reconcile(t.Context(), w); err != nil {
					t.Fatal(err)
				}
				wantIDs(t, a.Live(spec.Name), neighbour.ID, sibling.ID)
			})
		})
	}
}

// As long as the window is open, or the listing may be late, finding no key
// is no result yet.
func TestReconcile_waitsForTheWindow(t *testing.T) {
	for name, made := range map[string]bool{"made": true, "not made": false} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := keyringtest.New(1)
				start := time.Now()
				w := keyring.CreateWindow{Name: "new", From: a.Now(), To: a.Now().Add(10 * time.Second)}
				if made {
					a.Add(driver.Key{Name: "new"})
				}
				wait(t.Context(), 2*time.Second)
				if err := ringOf(lateListing{a, 4 * time.Second}).Reconcile(t.Context(), w); err != nil {
					t.Error(err)
				}
				wantIDs(t, a.Live("new"))
				if took := time.Since(start); took < 15*time.Second {
					t.Errorf("reconciled after %v", took)
				}
				if err := ringOf(a).Reconcile(t.Context(), w); err != nil || time.Since(start) > 20*time.Second {
					t.Errorf("once it is over: %v after %v", err, time.Since(start))
				}
			})
		})
	}
}

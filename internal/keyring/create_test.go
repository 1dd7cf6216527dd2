package keyring_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

var spec = driver.Spec{Name: "new", Attributes: driver.Attributes{"scopes": []string{"a"}}}

var lostCreate = keyringtest.Lost(keyringtest.Create)

// lateListing is a service whose listing shows a key only some time after its creation.
type lateListing struct {
	*keyringtest.Account
	lag time.Duration
}

func (l lateListing) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	p, err := l.Account.List(ctx, q)
	p.Keys = slices.DeleteFunc(p.Keys, func(k driver.Key) bool { return l.Now().Sub(k.CreatedAt) < l.lag })
	return p, err
}

// wantUnknownOutcome returns the OutcomeUnknownError that err must be.
func wantUnknownOutcome(t *testing.T, err error) *keyring.OutcomeUnknownError {
	t.Helper()
	var u *keyring.OutcomeUnknownError
	if !errors.As(err, &u) {
		t.Fatalf("got %v, want an OutcomeUnknownError", err)
	}
	return u
}

// both hooks, one after the other.
func chain(hooks ...keyringtest.Hook) keyringtest.Hook {
	return func(ctx context.Context, c keyringtest.Call) error {
		for _, h := range hooks {
			if err := h(ctx, c); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestCreate(t *testing.T) {
	both(t, 5, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
		r := ringOf(svc)
		must[[]driver.Key](t)(r.List(t.Context())) // which is the listing that the create needs
		m := must[driver.Minted](t)(r.Create(t.Context(), spec))
		if k := a.Key(m.ID); !k.Live() || k.Name != "new" || k.Attributes["scopes"] == nil || !m.Value.Equal(a.Value(m.ID)) {
			t.Errorf("made %+v", m)
		}
		if k := wantRead(t, r, m.ID, true); !k.CreatedAt.Equal(m.CreatedAt) || k.Name != "new" {
			t.Errorf("reads as %+v", k)
		}
		if a.Requests() != 2 {
			t.Errorf("%d requests, want one listing and one create", a.Requests())
		}
	})
}

func TestCreate_outcomes(t *testing.T) {
	const lag = 5 * time.Second // after which a key that shows alone is listed again
	refused := keyringtest.Refused(keyringtest.Create, driver.KindInvalid)
	noEffect, effect := fails(keyringtest.Create, 1, lostCreate), fails(keyringtest.Create, 1, lostCreate)
	for _, tc := range []struct {
		name          string
		before, after func(a *keyringtest.Account) keyringtest.Hook
		lag           time.Duration // of the listing; only for a service that lists
		want          driver.Kind   // "": success
		open          bool          // the outcome is unknown
		candidates    int
		creates, live int
		took          time.Duration
		sentAfter     time.Duration // when the request of unknown outcome was sent
		says          string
	}{
		{name: "success", creates: 1, live: 1},
		{name: "refused", before: hook(fails(keyringtest.Create, 1, refused)), want: driver.KindInvalid, creates: 1},
		{name: "no answer, created", after: hook(effect), creates: 2, live: 1, took: lag},
		{name: "no answer, created, shown late", after: hook(effect), lag: 3 * time.Second, creates: 2, live: 1, took: 3750*time.Millisecond + lag},
		{name: "no answer, created, shown last thing", after: hook(effect), lag: 10 * time.Second, creates: 2, live: 1, took: 10*time.Second + lag},
		{name: "no answer, created, shown too late", after: hook(effect), lag: 11 * time.Second, want: driver.KindConnection, open: true, creates: 1, live: 1, took: 10 * time.Second},
		{name: "no answer, not created", before: hook(noEffect), want: driver.KindConnection, open: true, creates: 1, took: 10 * time.Second, says: "no new key"},
		{name: "no answer twice, created", after: hook(fails(keyringtest.Create, 0, lostCreate)), want: driver.KindConnection, open: true, candidates: 1, creates: 2, live: 1, took: 2 * lag, sentAfter: lag},
		{
			name: "no answer, created, then not created", after: hook(effect), before: hook(fails(keyringtest.Create, 2, lostCreate)),
			want: driver.KindConnection, open: true, creates: 2, took: lag + 10*time.Second, sentAfter: lag,
		},
		{name: "no answer, created, then refused", after: hook(effect), before: hook(fails(keyringtest.Create, 2, refused)), want: driver.KindInvalid, creates: 2, took: lag},
		{name: "several candidates", after: func(a *keyringtest.Account) keyringtest.Hook {
			return only(keyringtest.Create, 1, func(context.Context) error { a.Add(driver.Key{Name: "new"}); return lostCreate })
		}, want: driver.KindConnection, open: true, candidates: 2, creates: 1, live: 2, says: "it may have created any of these keys"},
		{name: "theirs is shown before ours", after: func(a *keyringtest.Account) keyringtest.Hook {
			return only(keyringtest.Create, 1, func(context.Context) error {
				a.Add(driver.Key{Name: "new", CreatedAt: a.Now().Add(-2 * time.Second)})
				return lostCreate
			})
		}, lag: 3 * time.Second, want: driver.KindConnection, open: true, candidates: 2, creates: 1, live: 2, took: 1750*time.Millisecond + lag, says: "it may have created any of these keys"},
		{name: "nothing to be seen", after: func(a *keyringtest.Account) keyringtest.Hook {
			return only(keyringtest.Create, 1, func(context.Context) error {
				a.Before = fails(keyringtest.List, 0, keyringtest.Refused(keyringtest.List, driver.KindServer))
				return lostCreate
			})
		}, want: driver.KindConnection, open: true, creates: 1, live: 1, took: 10 * time.Second, says: "whether it created a key could not be found out: Test: list: server"},
		{name: "nothing to be seen at first", after: func(a *keyringtest.Account) keyringtest.Hook {
			return only(keyringtest.Create, 1, func(context.Context) error {
				a.Before = fails(keyringtest.List, a.Calls(keyringtest.List)+1, keyringtest.Refused(keyringtest.List, driver.KindServer))
				return lostCreate
			})
		}, creates: 2, live: 1, took: 250*time.Millisecond + lag},
		{
			name: "not to be revoked", after: hook(effect), before: hook(fails(keyringtest.Revoke, 0, keyringtest.Refused(keyringtest.Revoke, driver.KindForbidden))),
			want: driver.KindConnection, open: true, candidates: 1, creates: 1, live: 1, took: lag, says: "could not be revoked: Test: revoke: forbidden",
		},
		{name: "revoked, but still there", after: func(a *keyringtest.Account) keyringtest.Hook {
			return chain(effect, only(keyringtest.Revoke, 0, func(context.Context) error {
				a.Edit("key-00006", func(k *driver.Key) { k.RevokedAt = time.Time{} })
				return nil
			}))
		}, want: driver.KindConnection, open: true, candidates: 1, creates: 1, live: 1, took: lag + 5*time.Second, says: "key-00006 still lives"},
		{name: "an error of no kind", before: hook(fails(keyringtest.Create, 1, errors.New("boom"))), open: true, creates: 1, took: 10 * time.Second, says: "boom"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			both(t, 5, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
				if tc.lag > 0 {
					svc = lateListing{a, tc.lag}
				}
				if tc.before != nil {
					a.Before = tc.before(a)
				}
				if tc.after != nil {
					a.After = tc.after(a)
				}
				r := ringOf(svc)
				start := time.Now()
				m, err := r.Create(t.Context(), spec)
				if kindOf(err) != tc.want || (err == nil) != (tc.want == "" && !tc.open) {
					t.Errorf("got %v, want kind %q", err, tc.want)
				}
				if took := time.Since(start); took != tc.took {
					t.Errorf("took %v, want %v", took, tc.took)
				}
				wantCalls(t, a, keyringtest.Create, tc.creates)
				live := a.Live("new")
				if len(live) != tc.live {
					t.Errorf("%v live, want %d", live, tc.live)
				}
				if len(a.Live("old")) != 5 {
					t.Error("a key of another name was touched")
				}
				if err == nil {
					wantIDs(t, live, m.ID)
					if tc.lag > 0 {
						return // what a late listing shows is not certain
					}
					for _, k := range a.Keys()[5:] {
						wantRead(t, r, k.ID, k.ID == m.ID)
					}
					return
				}
				if !m.Value.IsZero() || m.ID != "" {
					t.Errorf("a failed create returns a key: %+v", m)
				}
				if !strings.Contains(err.Error(), tc.says) {
					t.Errorf("the error %q does not say %q", err, tc.says)
				}
				a.Before, a.After = nil, nil
				if tc.open {
					u := wantUnknownOutcome(t, err)
					if u.Window.Name != "new" || len(u.Candidates) != tc.candidates || !u.Window.From.Equal(start.Add(tc.sentAfter)) || u.Window.To.Before(start.Add(10*time.Second)) {
						t.Errorf("outcome unknown: %+v", u)
					}
					if _, err := r.Create(t.Context(), spec); kindOf(err) != driver.KindUnresolved {
						t.Errorf("the next create of that name: %v; want it blocked", err)
					}
					wantCalls(t, a, keyringtest.Create, tc.creates)
					_ = must[driver.Minted](t)(r.Create(t.Context(), driver.Spec{Name: "another"}))
				} else {
					_ = must[driver.Minted](t)(r.Create(t.Context(), spec))
				}
			})
		})
	}
}

func hook(h keyringtest.Hook) func(*keyringtest.Account) keyringtest.Hook {
	return func(*keyringtest.Account) keyringtest.Hook { return h }
}

// Options say how long and how often an unclear answer is looked into.
func TestCreate_reconcileOptions(t *testing.T) {
	a := keyringtest.New(0)
	a.Before = fails(keyringtest.Create, 0, lostCreate)
	now := time.Date(2026, 2, 13, 10, 0, 0, 0, time.UTC)
	var pauses []time.Duration
	r := keyring.New(a, keyring.Options{
		ReconcileTimeout: 10 * time.Second, PollInterval: time.Second, Now: func() time.Time { return now },
		Sleep: func(_ context.Context, d time.Duration) error {
			pauses = append(pauses, d)
			now = now.Add(d)
			return nil
		},
	})
	_, err := r.Create(t.Context(), spec)
	_ = wantUnknownOutcome(t, err)
	if want := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 3 * time.Second}; !slices.Equal(pauses, want) {
		t.Errorf("paused %v, want %v", pauses, want)
	}
	wantCalls(t, a, keyringtest.List, 1+5)

	stopped := errors.New("stopped")
	r = keyring.New(a, keyring.Options{Sleep: func(context.Context, time.Duration) error { return stopped }})
	_, err = r.Create(t.Context(), spec)
	_ = wantUnknownOutcome(t, err)
	if !errors.Is(err, stopped) || kindOf(err) != driver.KindConnection {
		t.Errorf("got %v, want the failure and what stopped the search", err)
	}
	wantCalls(t, a, keyringtest.Create, 2)
}

// A first listing that fails is the end of it: nothing is created.
func TestCreate_needsAListing(t *testing.T) {
	both(t, 5, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
		a.Before = fails(keyringtest.List, 1, keyringtest.Refused(keyringtest.List, driver.KindUnauthorized))
		r := ringOf(svc)
		_, err := r.Create(t.Context(), spec)
		if kindOf(err) != driver.KindUnauthorized || !strings.Contains(err.Error(), "nothing was created") {
			t.Errorf("got %v, want the listing's failure", err)
		}
		wantCalls(t, a, keyringtest.Create, 0)
		for range 3 {
			_ = must[driver.Minted](t)(r.Create(t.Context(), spec)) // the name was unlocked
		}
		wantCalls(t, a, keyringtest.List, 2)
	})
}

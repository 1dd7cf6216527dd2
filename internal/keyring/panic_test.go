package keyring_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// thrown is what the tests panic with: it must come out nowhere.
const thrown = "sk_live_thrown"

// panics makes the n-th call of op panic.
func panics(op keyringtest.Op, n int) keyringtest.Hook {
	return only(op, n, func(context.Context) error { panic(thrown) })
}

// reports collects the panics that a Ring reports.
type reports struct {
	mu  sync.Mutex
	all []*keyring.Panic
}

func (r *reports) add(_ context.Context, p *keyring.Panic) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, p)
}

// wantOne expects one report, which says where and not what.
func (r *reports) wantOne(t *testing.T, where string) {
	t.Helper()
	if len(r.all) != 1 {
		t.Fatalf("%d panics were reported, want 1", len(r.all))
	}
	p := r.all[0]
	if !strings.Contains(p.Stack, where) || p.Type != "string" {
		t.Errorf("type %s, stack without %s:\n%s", p.Type, where, p.Stack)
	}
	if strings.Contains(p.Stack+p.Type+p.Error(), thrown) || strings.Contains(p.Stack, "0x") {
		t.Errorf("the report holds a value:\n%s", p.Stack)
	}
}

// Whatever call of an adapter panics, the operation fails with words of its own.
func TestPanic_isAnError(t *testing.T) {
	for op, act := range map[keyringtest.Op]func(ctx context.Context, r *keyring.Ring) error{
		keyringtest.List: func(ctx context.Context, r *keyring.Ring) error { _, err := r.List(ctx); return err },
		keyringtest.Get: func(ctx context.Context, r *keyring.Ring) error {
			_, _, err := r.Read(ctx, "key-00009", time.Time{})
			return err
		},
		keyringtest.Update: func(ctx context.Context, r *keyring.Ring) error {
			_, err := r.Update(ctx, "key-00001", driver.Changes{})
			return err
		},
		keyringtest.Self: func(ctx context.Context, r *keyring.Ring) error { return r.Guard(ctx, "key-00001", driver.Secret{}) },
	} {
		t.Run(string(op), func(t *testing.T) {
			a := keyringtest.NewFull(3)
			a.Before = panics(op, 1)
			seen := reports{}
			r := keyring.New(a, keyring.Options{OnPanic: seen.add})
			err := act(t.Context(), r)
			if kindOf(err) != driver.KindBug || strings.Contains(err.Error(), thrown) {
				t.Errorf("%v, want a bug without what was thrown", err)
			}
			var p *keyring.Panic
			if !errors.As(err, &p) {
				t.Errorf("%v does not hold the panic", err)
			}
			seen.wantOne(t, "keyringtest.(*Account).call")
			if err := act(t.Context(), r); err != nil {
				t.Errorf("the next call: %v", err)
			}
		})
	}
}

// A create that panics after its request went out is as ambiguous as one whose
// answer was lost, and is handled like that.
func TestPanic_inCreateIsReconciled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(2)
		a.After = panics(keyringtest.Create, 1)
		seen := reports{}
		m, err := keyring.New(a, keyring.Options{OnPanic: seen.add}).Create(t.Context(), spec)
		if err != nil || m.Value.IsZero() {
			t.Fatalf("%v, %v", m, err)
		}
		wantCalls(t, a, keyringtest.Create, 2)
		wantIDs(t, a.Live(spec.Name), m.ID)
		seen.wantOne(t, "keyringtest.(*Account).call")
	})
}

// A revocation that panics is looked into like one without an answer.
func TestPanic_inRevokeIsReconciled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(2)
		a.After = panics(keyringtest.Revoke, 1)
		if err := ringOf(a).Revoke(t.Context(), "key-00001", driver.Secret{}); err != nil {
			t.Fatal(err)
		}
		wantCalls(t, a, keyringtest.Revoke, 1)
		wantIDs(t, a.Live("old"), "key-00002")
	})
}

// A panic in the engine itself, with a key created and its value lost, leaves the
// create open, so that the next apply looks for its key.
func TestPanic_inTheEngineLeavesTheOutcomeUnknown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(1)
		a.NoID = true // so that the engine has to look for the key, and to wait until it is listed
		seen := reports{}
		r := keyring.New(lateListing{a, time.Second}, keyring.Options{
			OnPanic: seen.add,
			Sleep:   func(context.Context, time.Duration) error { panic(thrown) },
		})
		_, err := r.Create(t.Context(), spec)
		u := wantUnknownOutcome(t, err)
		if u.Window.Name != spec.Name || u.Window.From.IsZero() || kindOf(err) != driver.KindBug || strings.Contains(err.Error(), thrown) {
			t.Errorf("%+v", u)
		}
		seen.wantOne(t, "keyring_test.TestPanic_inTheEngine")
		wait(t.Context(), 2*time.Second)
		if err := ringOf(a).Reconcile(t.Context(), u.Window); err != nil {
			t.Fatal(err)
		}
		wantIDs(t, a.Live(spec.Name))
	})
}

// clockless is a service whose clock panics from a request for a key on. So does what
// returns its credential.
type clockless struct {
	*keyringtest.Account
	broken *atomic.Bool
}

func (s clockless) Now() time.Time {
	if s.broken.Load() {
		panic(thrown)
	}
	return s.Account.Now()
}

func (s clockless) Credential() driver.Secret {
	if s.broken.Load() {
		panic(thrown)
	}
	return s.Account.Credential()
}

// A clock that panics once a key has been created costs neither the key nor, if the answer
// is lost, what the next apply needs to find it.
func TestPanic_inTheClock(t *testing.T) {
	for _, lost := range []bool{false, true} {
		bubble(t, func(t *testing.T) {
			s := clockless{keyringtest.New(1), &atomic.Bool{}}
			s.After = only(keyringtest.Create, 1, func(context.Context) error {
				if s.broken.Store(true); lost {
					return lostCreate
				}
				return nil
			})
			var panics atomic.Int32
			r := keyring.New(s, keyring.Options{OnPanic: func(context.Context, *keyring.Panic) { panics.Add(1) }})
			m, err := r.Create(t.Context(), spec)
			if s.broken.Store(false); panics.Load() == 0 {
				t.Error("no panic was reported")
			}
			if !lost {
				if err != nil {
					t.Fatal(err)
				}
				wantIDs(t, s.Live(spec.Name), m.ID)
				return
			}
			u := wantUnknownOutcome(t, err) // its key cannot be revoked without knowing the credential
			if strings.Contains(err.Error(), thrown) {
				t.Errorf("got %v", err)
			}
			wait(t.Context(), time.Minute)
			if err := ringOf(s).Reconcile(t.Context(), u.Window); err != nil {
				t.Error(err)
			}
			wantIDs(t, s.Live(spec.Name))
		})
	}
}

// A credential that cannot be read revokes nothing.
func TestPanic_inTheCredential(t *testing.T) {
	s := clockless{keyringtest.New(2), &atomic.Bool{}}
	s.broken.Store(true)
	err := ringOf(s).Revoke(t.Context(), "key-00001", driver.Secret{})
	if kindOf(err) != driver.KindBug || strings.Contains(err.Error(), thrown) {
		t.Errorf("got %v", err)
	}
	wantCalls(t, s, keyringtest.Revoke, 0)
}

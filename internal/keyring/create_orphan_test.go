package keyring_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// decoys are keys that a create of the name "clé" has not made, by when they come
// to be: before the first listing, after it, or while the create is on its way.
var decoys = map[string]struct {
	when int
	key  func(now time.Time) driver.Key
}{
	"there before":             {0, func(now time.Time) driver.Key { return driver.Key{Name: "clé"} }},
	"there before, of the day": {0, func(now time.Time) driver.Key { return driver.Key{Name: "clé", CreatedAt: now.Add(time.Second)} }},
	"created since, but earlier": {1, func(now time.Time) driver.Key {
		return driver.Key{Name: "clé", CreatedAt: now.Add(-3001 * time.Millisecond)}
	}},
	"another name":      {2, func(time.Time) driver.Key { return driver.Key{Name: "clef"} }},
	"other case":        {2, func(time.Time) driver.Key { return driver.Key{Name: "Clé"} }},
	"decomposed accent": {2, func(time.Time) driver.Key { return driver.Key{Name: "cle\u0301"} }},
	"cyrillic c":        {2, func(time.Time) driver.Key { return driver.Key{Name: "\u0441lé"} }},
	"space behind":      {2, func(time.Time) driver.Key { return driver.Key{Name: "clé "} }},
	"zero width space":  {2, func(time.Time) driver.Key { return driver.Key{Name: "clé\u200b"} }},
	"no name":           {2, func(time.Time) driver.Key { return driver.Key{} }},
	"longer":            {2, func(time.Time) driver.Key { return driver.Key{Name: "clé-2"} }},
	"used":              {2, func(now time.Time) driver.Key { return driver.Key{Name: "clé", LastUsedAt: now} }},
	"revoked":           {2, func(now time.Time) driver.Key { return driver.Key{Name: "clé", RevokedAt: now} }},
	"switched off": {2, func(time.Time) driver.Key {
		return driver.Key{Name: "clé", Attributes: driver.Attributes{"active": false}}
	}},
}

// A create without an answer revokes the key that it created and no other: none if it
// created none.
func TestCreate_decoysAreNeverRevoked(t *testing.T) {
	all := make([]string, 0, len(decoys))
	for name := range decoys {
		all = append(all, name)
	}
	sets := map[string][]string{"all": all}
	for _, name := range all {
		sets[name] = []string{name}
	}
	for set, names := range sets {
		for _, made := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, made %t", set, made), func(t *testing.T) {
				both(t, 1, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
					times := 1
					if set == "all" {
						times = 300
					}
					theirs := map[string]time.Time{} // by id: when it was revoked
					add := func(when int) {
						for _, name := range names {
							for range times {
								if d := decoys[name]; d.when == when {
									k := a.Add(d.key(a.Now())).Key
									theirs[k.ID] = k.RevokedAt
								}
							}
						}
					}
					add(0)
					r := ringOf(svc)
					for range 2 { // created by this process
						theirs[must[driver.Minted](t)(r.Create(t.Context(), driver.Spec{Name: "clé"})).ID] = time.Time{}
					}
					add(1)
					onTheWay := only(keyringtest.Create, 3, func(context.Context) error { add(2); return lostCreate })
					if made {
						a.After = onTheWay
					} else {
						a.Before = onTheWay
					}
					m, err := r.Create(t.Context(), driver.Spec{Name: "clé"})
					if made {
						if err != nil || !a.Key(m.ID).Live() {
							t.Errorf("got %+v, %v; want the second request to succeed", m, err)
						}
						wantCalls(t, a, keyringtest.Revoke, 1)
					} else {
						if u := wantUnknownOutcome(t, err); len(u.Candidates) > 0 {
							t.Errorf("candidates: %s", keyring.Describe(u.Candidates))
						}
						wantCalls(t, a, keyringtest.Revoke, 0)
					}
					for _, k := range a.Keys() {
						if was, ok := theirs[k.ID]; ok && !k.RevokedAt.Equal(was) {
							t.Errorf("somebody else's key was revoked: %s", keyring.Describe([]driver.Key{k}))
						}
					}
				})
			})
		}
	}
}

// Without times of creation in the listing no key is revoked.
func TestCreate_unknownTimesAreNoGround(t *testing.T) {
	both(t, 1, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
		a.NoCreated = true
		a.After = fails(keyringtest.Create, 1, lostCreate)
		_, err := ringOf(svc).Create(t.Context(), spec)
		_ = wantUnknownOutcome(t, err)
		wantCalls(t, a, keyringtest.Revoke, 0)
		wantCalls(t, a, keyringtest.Create, 1)
	})
}

// The service's clock decides what has been created since, not ours.
func TestCreate_serviceClock(t *testing.T) {
	for _, offset := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		bubble(t, func(t *testing.T) {
			a := keyringtest.New(1)
			a.Clock = func() time.Time { return time.Now().Add(offset) }
			a.After = fails(keyringtest.Create, 1, lostCreate)
			r := ringOf(a)
			m := must[driver.Minted](t)(r.Create(t.Context(), spec))
			wantIDs(t, a.Live("new"), m.ID)
			a.Before = fails(keyringtest.Create, 0, lostCreate)
			_, err := r.Create(t.Context(), spec)
			if u := wantUnknownOutcome(t, err); !u.Window.From.Equal(a.Now().Add(-10*time.Second)) || !u.Window.To.Equal(a.Now()) {
				t.Errorf("the window is %+v, want it by the service's clock", u.Window)
			}
		})
	}
}

// misjudged is a service whose clock is estimated badly.
type misjudged struct {
	*keyringtest.Account
	off time.Duration
}

func (m misjudged) Now() time.Time            { return m.Account.Now().Add(m.off) }
func (m misjudged) ClockError() time.Duration { return m.off.Abs() }

// While the clock is uncertain, the window in which a lost key is looked for is as much
// wider, in this process and in the next.
func TestCreate_uncertainClock(t *testing.T) {
	for _, off := range []time.Duration{15 * time.Second, -15 * time.Second} {
		bubble(t, func(t *testing.T) {
			a := keyringtest.New(1)
			svc := misjudged{a, off}
			a.After = fails(keyringtest.Create, 1, lostCreate)
			m := must[driver.Minted](t)(ringOf(svc).Create(t.Context(), spec))
			wantIDs(t, a.Live("new"), m.ID)

			a.After = fails(keyringtest.Create, 0, lostCreate)
			a.Before = fails(keyringtest.List, a.Calls(keyringtest.List)+2, keyringtest.Lost(keyringtest.List))
			_, err := ringOf(svc).Create(t.Context(), spec)
			u := wantUnknownOutcome(t, err)
			if len(a.Live("new")) != 2 {
				t.Fatalf("off by %v: %d keys; want one that was lost", off, len(a.Live("new")))
			}
			a.Before, a.After = nil, nil
			if err := ringOf(a).Reconcile(t.Context(), u.Window); err != nil {
				t.Error(err)
			}
			wantIDs(t, a.Live("new"), m.ID)
		})
	}
}

// queued is a service whose creates wait before they are sent.
type queued struct {
	*keyringtest.Account
	wait func(ctx context.Context)
}

func (q queued) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	q.wait(ctx) // the account says when the request is sent: after that
	return q.Account.Create(ctx, spec)
}

// A key that somebody else creates before the request is sent is not the request's.
func TestCreate_waitsBeforeSending(t *testing.T) {
	for name, made := range map[string]bool{"without effect": false, "with effect": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := keyringtest.New(1)
				var theirs driver.Minted
				hook := fails(keyringtest.Create, 1, lostCreate)
				if made {
					a.After = hook
				} else {
					a.Before = hook
				}
				r := ringOf(queued{a, func(ctx context.Context) {
					if theirs.ID == "" {
						wait(ctx, 20*time.Second)
						theirs = a.Add(driver.Key{Name: spec.Name})
						wait(ctx, 40*time.Second)
					}
				}})
				m, err := r.Create(t.Context(), spec)
				if made != (err == nil) {
					t.Fatal(err)
				}
				if !made {
					if u := wantUnknownOutcome(t, err); !u.Window.From.Equal(a.Now().Add(-10 * time.Second)) {
						t.Errorf("the window begins %v before the end", a.Now().Sub(u.Window.From))
					}
					wantIDs(t, a.Live(spec.Name), theirs.ID)
					return
				}
				wantIDs(t, a.Live(spec.Name), theirs.ID, m.ID)
			})
		})
	}
}

// A key that a complete listing showed before the request was sent is not its key, even
// if it was created at nearly the same time.
func TestCreate_listedBeforeSending(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(1)
		a.Before = fails(keyringtest.Create, 1, lostCreate)
		var r *keyring.Ring
		r = ringOf(queued{a, func(ctx context.Context) {
			wait(ctx, 2*time.Minute)
			a.Add(driver.Key{ID: "theirs", Name: spec.Name})
			wait(ctx, time.Second)
			must[[]driver.Key](t)(r.List(ctx))
			wait(ctx, time.Second)
		}})
		_, err := r.Create(t.Context(), spec)
		u := wantUnknownOutcome(t, err)
		wantIDs(t, ids(u.Candidates))
		wantIDs(t, u.Window.NotCreated, "theirs")
		wantIDs(t, a.Live(spec.Name), "theirs")
	})
}

// renaming is a service that trims names and gives no ids.
type renaming struct{ *keyringtest.Account }

func (s renaming) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	spec.Name = strings.TrimSpace(spec.Name)
	m, err := s.Account.Create(ctx, spec)
	m.Name = spec.Name
	return m, err
}

// A key whose name the service has changed is looked up by the name that it has.
func TestCreate_nameChangedByTheService(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(1)
		a.NoID = true
		m := must[driver.Minted](t)(ringOf(renaming{a}).Create(t.Context(), driver.Spec{Name: " new "}))
		wantIDs(t, a.Live("new"), m.ID)
	})
}

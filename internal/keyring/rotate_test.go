package keyring_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

var lostRotate = keyringtest.Lost(keyringtest.Rotate)

// The account of these tests has the key key-00001, named "old"; what rotations
// create has higher numbers.
func TestRotate(t *testing.T) {
	refused := keyringtest.Refused(keyringtest.Rotate, driver.KindForbidden)
	for _, tc := range []struct {
		name          string
		before, after keyringtest.Hook
		noID          bool
		want          driver.Kind
		open          []string // the candidates of an OutcomeUnknownError; nil: another outcome
		rotates       int
		live          []string // when all is done
		resolves      []string // what lives after the open ones have been resolved
		says          string
	}{
		{name: "success", rotates: 1, live: []string{"key-00002"}},
		{name: "success, id to be looked up", noID: true, rotates: 1, live: []string{"key-00002"}},
		{name: "refused", before: fails(keyringtest.Rotate, 1, refused), want: driver.KindForbidden, rotates: 1, live: []string{"key-00001"}},
		{name: "no answer, done", after: fails(keyringtest.Rotate, 1, lostRotate), rotates: 2, live: []string{"key-00003"}},
		{
			name: "no answer, not done", before: fails(keyringtest.Rotate, 1, lostRotate), want: driver.KindConnection,
			open: []string{}, rotates: 1, live: []string{"key-00001"}, resolves: []string{"key-00001"},
		},
		{
			name: "no answer twice, done", after: fails(keyringtest.Rotate, 0, lostRotate), want: driver.KindConnection,
			open: []string{"key-00003"}, rotates: 2, live: []string{"key-00003"}, resolves: []string{},
		},
		{
			name: "no answer, done, then refused", after: fails(keyringtest.Rotate, 1, lostRotate), before: fails(keyringtest.Rotate, 2, refused),
			want: driver.KindForbidden, open: []string{"key-00002"}, rotates: 2, live: []string{"key-00002"}, resolves: []string{},
		},
		{
			name: "no answer, done, then no answer, not done", after: fails(keyringtest.Rotate, 1, lostRotate), before: fails(keyringtest.Rotate, 2, lostRotate),
			want: driver.KindConnection, open: []string{"key-00002"}, rotates: 2, live: []string{"key-00002"}, resolves: []string{},
		},
		{
			name: "the old key cannot be seen", want: driver.KindConnection, open: []string{"key-00002"}, rotates: 1, live: []string{"key-00002"}, resolves: []string{},
			after: fails(keyringtest.Rotate, 1, lostRotate), before: fails(keyringtest.Get, 0, keyringtest.Refused(keyringtest.Get, driver.KindServer)), says: "may be somebody else's",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := keyringtest.NewFull(1)
				f.NoID, f.Before, f.After = tc.noID, tc.before, tc.after
				r := ringOf(f)
				wantRead(t, r, "key-00001", true)
				m, _, err := r.Rotate(t.Context(), f.Key("key-00001"), f.Value("key-00001"))
				if kindOf(err) != tc.want || (err != nil) != (tc.want != "") {
					t.Errorf("got %v, want kind %q", err, tc.want)
				}
				wantCalls(t, f, keyringtest.Rotate, tc.rotates)
				wantCalls(t, f, keyringtest.Revoke, 0)
				wantIDs(t, f.Live(""), tc.live...)
				f.Before, f.After = nil, nil
				if err == nil {
					wantIDs(t, []string{m.ID}, tc.live...)
					if !m.Value.Equal(f.Value(m.ID)) {
						t.Error("the value is another key's")
					}
				}
				for _, k := range f.Keys() {
					wantRead(t, r, k.ID, k.Live())
				}
				wantIDs(t, ids(must[[]driver.Key](t)(r.List(t.Context()))), tc.live...)
				if tc.open == nil {
					return
				}
				u := wantUnknownOutcome(t, err)
				wantIDs(t, ids(u.Candidates), tc.open...)
				if !strings.Contains(err.Error(), tc.says) {
					t.Errorf("the error %q does not say %q", err, tc.says)
				}
				if _, err := r.Create(t.Context(), driver.Spec{Name: "old"}); kindOf(err) != driver.KindUnresolved {
					t.Errorf("a create of that name: %v; want it blocked", err)
				}
				w, ok := keyring.ParseCreateWindow(u.Window.ID())
				if !ok {
					t.Fatal("the window cannot be kept")
				}
				if err := ringOf(f).Reconcile(t.Context(), w, "key-00001"); err != nil {
					t.Error(err)
				}
				wantIDs(t, f.Live(""), tc.resolves...)
			})
		})
	}
}

// An answer that shows the old key alive names it as still to be revoked, whichever
// rotation it is of.
func TestRotate_oldKeyLives(t *testing.T) {
	for name, tc := range map[string]struct {
		after     keyringtest.Hook
		unrevoked string
	}{
		"at once":                {nil, "key-00001"},
		"after one that is lost": {fails(keyringtest.Rotate, 1, lostRotate), "key-00002"},
	} {
		bubble(t, func(t *testing.T) {
			f := keyringtest.NewFull(1)
			f.RotateKeeps = true
			f.After = tc.after
			if tc.after != nil {
				f.Before = only(keyringtest.Get, 1, func(context.Context) error { f.Kill("key-00001"); return nil })
			}
			r := ringOf(f)
			m, unrevoked, err := r.Rotate(t.Context(), f.Key("key-00001"), f.Value("key-00001"))
			if err != nil || unrevoked != tc.unrevoked || m.ID == unrevoked {
				t.Fatalf("%s: %s, left %q, %v", name, m.ID, unrevoked, err)
			}
			wantRead(t, r, unrevoked, true)
			wantRead(t, r, m.ID, true)
		})
	}
}

// As long as the old key lives, a new one of its name is somebody else's.
func TestRotate_somebodyElsesKey(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := keyringtest.NewFull(1)
		f.Before = only(keyringtest.Rotate, 1, func(context.Context) error {
			f.Add(driver.Key{ID: "theirs", Name: "old"})
			return lostRotate
		})
		_, _, err := ringOf(f).Rotate(t.Context(), f.Key("key-00001"), driver.Secret{})
		wantIDs(t, ids(wantUnknownOutcome(t, err).Candidates), "theirs")
		wantCalls(t, f, keyringtest.Rotate, 1)
		wantIDs(t, f.Live(""), "key-00001", "theirs")
	})
}

// Canceled between the two requests, the successor without a value is not forgotten.
func TestRotate_canceledBetweenRequests(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := keyringtest.NewFull(1)
		ctx, cancel := context.WithCancel(t.Context())
		f.After = only(keyringtest.Rotate, 1, func(context.Context) error { cancel(); return lostRotate })
		_, _, err := ringOf(f).Rotate(ctx, f.Key("key-00001"), driver.Secret{})
		u := wantUnknownOutcome(t, err)
		wantIDs(t, ids(u.Candidates), "key-00002")
		if kindOf(err) != driver.KindCanceled {
			t.Errorf("got %v, want the cancellation", err)
		}
		wait(t.Context(), time.Minute)
		if err := ringOf(f).Reconcile(t.Context(), u.Window); err != nil {
			t.Error(err)
		}
		wantIDs(t, f.Live(""))
	})
}

func TestRotate_nothingSent(t *testing.T) {
	f := keyringtest.NewFull(1)
	if _, _, err := ringOf(f.Account).Rotate(t.Context(), f.Key("key-00001"), driver.Secret{}); err == nil {
		t.Error("a service that cannot rotate has rotated")
	}
	f.Before = fails(keyringtest.List, 0, keyringtest.Refused(keyringtest.List, driver.KindServer))
	if _, _, err := ringOf(f).Rotate(t.Context(), f.Key("key-00001"), driver.Secret{}); kindOf(err) != driver.KindServer {
		t.Errorf("got %v, want the listing's failure", err)
	}
	wantCalls(t, f, keyringtest.Rotate, 0)
}

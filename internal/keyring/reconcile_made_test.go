package keyring_test

import (
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// A key that was certainly created and that no listing shows keeps the outcome unknown
// until it is listed: absence proves nothing.
func TestReconcile_certainlyMade(t *testing.T) {
	type key = driver.Key
	for name, tc := range map[string]struct {
		theirs *key // created by somebody else at the same time
		hint   bool // the listing shows what it says of our value
		value  bool // the caller has the value
		exact  bool // times are
		hidden bool // still
		gone   bool // revoked by hand
		used   bool
		done   bool
	}{
		"never shown":              {hidden: true},
		"shown late":               {done: true},
		"revoked by hand":          {gone: true},
		"two, nothing decides":     {theirs: &key{}},
		"two, the time decides":    {theirs: &key{}, exact: true, done: true},
		"two, the value decides":   {theirs: &key{}, hint: true, value: true, done: true},
		"two, no value":            {theirs: &key{}, hint: true},
		"theirs alone contradicts": {theirs: &key{Hint: driver.Hint{Suffix: "9f8e"}}, value: true, hidden: true},
		"used, but by its value":   {hint: true, value: true, used: true, done: true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := keyringtest.New(1)
				a.NoID = true
				if tc.exact {
					wait(t.Context(), 7*time.Millisecond)
				}
				r := ringOf(hiding{a, a.Now()})
				m, err := r.Create(t.Context(), spec)
				u := wantUnknownOutcome(t, err)
				if m.Value.IsZero() || !u.Window.Certain || !u.Window.CreatedAt.Equal(m.CreatedAt) || len(u.Candidates) > 0 {
					t.Fatalf("got %+v, %+v", m, u)
				}
				mine := a.Live(spec.Name)[0]
				shown := a.Value(mine).Reveal()[13:]
				a.Edit(mine, func(k *key) {
					if tc.hint {
						k.Hint = driver.Hint{Suffix: shown}
					}
					if tc.used {
						k.LastUsedAt = k.CreatedAt.Add(time.Second)
					}
				})
				if tc.theirs != nil {
					k := *tc.theirs
					k.ID, k.Name, k.CreatedAt = "theirs", spec.Name, a.Key(mine).CreatedAt.Add(time.Nanosecond)
					a.Add(k)
				}
				if tc.gone {
					a.Kill(mine)
				}
				wait(t.Context(), time.Hour)
				w, ok := keyring.ParseCreateWindow(u.Window.ID())
				if !ok || w.ID() != u.Window.ID() {
					t.Fatalf("%q is read as %+v", u.Window.ID(), w)
				}
				if tc.value {
					w.Value = m.Value
				}
				var svc driver.Service = a
				if tc.hidden {
					svc = delaying{a, func() string { return mine }, time.Hour * 24}
				}
				err = ringOf(svc).Reconcile(t.Context(), w)
				if (err == nil) != tc.done {
					t.Errorf("reconciled: %v", err)
				}
				if err != nil && !wantUnknownOutcome(t, err).Window.Certain {
					t.Errorf("the error does not say that it was created: %v", err)
				}
				if live := a.Key(mine).Live(); live == (tc.done || tc.gone) {
					t.Errorf("the key lives: %t", live)
				}
				if tc.theirs != nil && !a.Key("theirs").Live() {
					t.Error("somebody else's key was revoked")
				}
			})
		})
	}
}

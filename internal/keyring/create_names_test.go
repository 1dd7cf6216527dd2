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

// changing is a service that keeps other names than it is asked for. It answers a
// create with the name that it keeps, or with the one it was asked for.
type changing struct {
	*keyringtest.Account
	change func(string) string
	echoes bool
}

func (s changing) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	asked := spec.Name
	spec.Name = s.change(asked)
	m, err := s.Account.Create(ctx, spec)
	if s.echoes {
		m.Name = asked
	}
	return m, err
}

func cutTo(n int) func(string) string {
	return func(name string) string { return name[:min(n, len(name))] }
}

// After a lost answer, a key whose name the service may have changed is named, and never
// revoked: it may be somebody else's.
func TestCreate_lostUnderAnotherName(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(string) string
		asked  string
	}{
		"trimmed":    {change: strings.TrimSpace, asked: " Web key "},
		"lower case": {change: strings.ToLower, asked: " Web key "},
		"both":       {change: func(s string) string { return strings.ToLower(strings.TrimSpace(s)) }, asked: " Web key "},
		"cut off":    {change: cutTo(20), asked: "a name that is longer than that"},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, 1, func(t *testing.T, _ driver.Service, a *keyringtest.Account) {
				r := ringOf(changing{a, tc.change, false})
				a.After = fails(keyringtest.Create, 1, lostCreate)
				_, err := r.Create(t.Context(), driver.Spec{Name: tc.asked})
				live := a.Live(tc.change(tc.asked))
				u := wantUnknownOutcome(t, err)
				if len(u.Candidates) != 1 || len(live) != 1 || u.Candidates[0].ID != live[0] || !strings.Contains(err.Error(), "may have changed") {
					t.Errorf("outcome unknown: %+v: %v; live %v", u, err, live)
				}
				wantCalls(t, a, keyringtest.Revoke, 0)
				// Nor does another process revoke it, or take the outcome for known.
				wait(t.Context(), time.Minute)
				w, _ := keyring.ParseCreateWindow(u.Window.ID())
				if err := ringOf(a).Reconcile(t.Context(), w); err == nil || !strings.Contains(err.Error(), live[0]) {
					t.Errorf("reconciled: %v", err)
				}
				wantCalls(t, a, keyringtest.Revoke, 0)
				a.Kill(live[0])
				if err := ringOf(a).Reconcile(t.Context(), w); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// Where the answer has no id, the key is found under the name that was asked for, and
// under one that the service may have changed it to.
func TestCreate_foundUnderAnotherName(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(string) string
		echoes bool
		asked  string
	}{
		"trimmed, the answer repeats":  {change: strings.TrimSpace, echoes: true, asked: " new "},
		"lowered, the answer repeats":  {change: strings.ToLower, echoes: true, asked: "New"},
		"cut off, the answer repeats":  {change: cutTo(20), echoes: true, asked: "a name that is longer than that"},
		"the answer says it otherwise": {change: func(s string) string { return s }, asked: "new"},
	} {
		for _, exact := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					if exact {
						wait(t.Context(), time.Millisecond)
					}
					a := keyringtest.New(1)
					a.NoID = true
					var svc driver.Service = changing{a, tc.change, tc.echoes}
					if name == "the answer says it otherwise" {
						svc = misnaming{a}
					}
					m, err := ringOf(svc).Create(t.Context(), driver.Spec{Name: tc.asked})
					if live := a.Live(tc.change(tc.asked)); err != nil || len(live) != 1 || m.ID != live[0] {
						t.Errorf("got %+v, %v; live %v", m.Key, err, live)
					}
				})
			})
		}
	}
}

// misnaming is a service whose answer to a create has another name than its listing.
type misnaming struct{ *keyringtest.Account }

func (s misnaming) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	m, err := s.Account.Create(ctx, spec)
	m.Name = "key " + spec.Name
	return m, err
}

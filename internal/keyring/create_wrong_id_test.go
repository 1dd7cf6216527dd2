package keyring_test

import (
	"context"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// An id that cannot be the new key's, because it was known before the request left,
// is not believed: the key is found in the listing, or left open with its value.
func TestCreate_idOfAnotherKey(t *testing.T) {
	for name, tc := range map[string]struct {
		id     func(t *testing.T, r *keyring.Ring, f keyringtest.Full) string // that the answer gives
		record bool                                                           // the answer has the other key's record
		hidden bool                                                           // no listing shows the new key
	}{
		"listed at the beginning": {id: func(*testing.T, *keyring.Ring, keyringtest.Full) string { return "key-00001" }},
		"all of its record":       {id: func(*testing.T, *keyring.Ring, keyringtest.Full) string { return "key-00001" }, record: true},
		"and never listed":        {id: func(*testing.T, *keyring.Ring, keyringtest.Full) string { return "key-00001" }, hidden: true},
		"listed since": {id: func(t *testing.T, r *keyring.Ring, f keyringtest.Full) string {
			theirs := f.Add(driver.Key{ID: "theirs", Name: "another"})
			wait(t.Context(), 2*time.Minute)
			_, _ = r.List(t.Context())
			return theirs.ID
		}},
		"created by this process": {id: func(t *testing.T, r *keyring.Ring, _ keyringtest.Full) string {
			m, _ := r.Create(t.Context(), driver.Spec{Name: "mine"})
			return m.ID
		}},
		"a marker of ours": {id: func(*testing.T, *keyring.Ring, keyringtest.Full) string {
			return keyring.CreateWindow{Name: "old"}.ID()
		}},
	} {
		for _, rotate := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					f := keyringtest.NewFull(1)
					wait(t.Context(), time.Millisecond)
					mine := f.Add(driver.Key{Name: "new", CreatedAt: f.Now().Add(-time.Hour)})
					lie := ""
					svc := keyringtest.Answering(f, func(m *driver.Minted) {
						if lie == "" {
							return
						}
						if m.ID = lie; tc.record {
							m.Key = f.Key(lie)
						}
					})
					var r *keyring.Ring
					switch {
					case !tc.hidden:
						r = ringOf(svc)
					case rotate:
						return // what hides cannot rotate
					default:
						r = ringOf(hiding{svc, f.Now()})
					}
					_ = must[driver.Minted](t)(r.Create(t.Context(), driver.Spec{Name: "first"})) // so that the listing is there
					known := tc.id(t, r, f)
					before := len(f.Keys())
					lie = known
					var m driver.Minted
					var err error
					if rotate {
						m, _, err = r.Rotate(t.Context(), mine.Key, mine.Value)
					} else {
						m, err = r.Create(t.Context(), spec)
					}
					made := f.Keys()[before]
					if !m.Value.Equal(f.Value(made.ID)) {
						t.Error("the value is lost")
					}
					if tc.hidden {
						if u := wantUnknownOutcome(t, err); !u.Window.Certain || len(u.Candidates) > 0 {
							t.Errorf("outcome unknown: %+v", u)
						}
					} else if err != nil || m.ID != made.ID {
						t.Errorf("got %+v, %v; want %s", m.Key, err, made.ID)
					}
					wantCalls(t, f, keyringtest.Revoke, 0)
				})
			})
		}
	}
}

// hiding is a service whose listing never shows what was created from a time on.
type hiding struct {
	driver.Service
	from time.Time
}

func (h hiding) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	p, err := h.Service.List(ctx, q)
	var shown []driver.Key
	for _, k := range p.Keys {
		if k.CreatedAt.Before(h.from) {
			shown = append(shown, k)
		}
	}
	p.Keys = shown
	return p, err
}

// A key of the same name that somebody else creates at the same time is listed first, ours later.
// Neither the first match nor the tolerance decides, but evidence does, else a
// second listing.
func TestCreate_namesakeShowsFirst(t *testing.T) {
	type key = driver.Key
	for name, tc := range map[string]struct {
		theirs key           // besides its name
		apart  time.Duration // from ours
		hint   bool          // the listing shows what it says of our value
		coarse bool          // times are whole seconds
		late   time.Duration // how long after theirs ours shows
		ours   bool          // ours is found; else nothing is taken
		took   time.Duration
	}{
		"its value contradicts":                  {theirs: key{Hint: driver.Hint{Prefix: "pk_live_", Suffix: "9f8e7d"}}, coarse: true, late: 3 * time.Second, ours: true, took: 8750 * time.Millisecond},
		"its value contradicts, ours decides":    {theirs: key{Hint: driver.Hint{Prefix: "pk_live_", Suffix: "9f8e7d"}}, hint: true, coarse: true, late: 3 * time.Second, ours: true, took: 3750 * time.Millisecond},
		"ours shows its value":                   {hint: true, coarse: true, late: 3 * time.Second, ours: true, took: 5 * time.Second},
		"nothing distinguishes them":             {coarse: true, late: 3 * time.Second, took: 5 * time.Second},
		"53 ms apart, by exact times":            {apart: 53 * time.Millisecond, ours: true},
		"53 ms apart, by exact times, ours late": {apart: 53 * time.Millisecond, late: 3 * time.Second, ours: true, took: 5 * time.Second},
		"the very same time, by the value":       {hint: true, ours: true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := keyringtest.New(1)
				a.NoID = true
				wait(t.Context(), 123*time.Millisecond)
				var theirs, ours string
				a.After = only(keyringtest.Create, 1, func(context.Context) error {
					ours = a.Live(spec.Name)[0]
					if tc.hint {
						shown := a.Value(ours).Reveal()[13:]
						a.Edit(ours, func(k *key) { k.Hint = driver.Hint{Prefix: "pk_live_", Suffix: shown} })
					}
					k := tc.theirs
					k.ID, k.Name, k.CreatedAt = "theirs", spec.Name, a.Key(ours).CreatedAt.Add(tc.apart)
					theirs = a.Add(k).ID
					return nil
				})
				var svc driver.Service = delaying{a, func() string { return ours }, tc.late}
				if tc.coarse {
					svc = wholeSeconds{svc}
				}
				r := ringOf(svc)
				start := time.Now()
				m, err := r.Create(t.Context(), spec)
				if tc.ours && (err != nil || m.ID != ours) {
					t.Errorf("got %s, %v; want %s", m.ID, err, ours)
				}
				if !tc.ours {
					if u := wantUnknownOutcome(t, err); len(u.Candidates) != 2 || !u.Window.Certain {
						t.Errorf("outcome unknown: %+v", u)
					}
				}
				if took := time.Since(start); took != tc.took {
					t.Errorf("took %v, want %v", took, tc.took)
				}
				if !m.Value.Equal(a.Value(ours)) || !a.Key(theirs).Live() {
					t.Error("the value is lost, or theirs was revoked")
				}
			})
		})
	}
}

// delaying is a service whose listing shows one key late.
type delaying struct {
	*keyringtest.Account
	id   func() string
	late time.Duration
}

func (s delaying) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	p, err := s.Account.List(ctx, q)
	var shown []driver.Key
	for _, k := range p.Keys {
		if k.ID != s.id() || s.Now().Sub(k.CreatedAt) >= s.late {
			shown = append(shown, k)
		}
	}
	p.Keys = shown
	return p, err
}

// wholeSeconds is a service whose times are whole seconds.
type wholeSeconds struct{ driver.Service }

func (s wholeSeconds) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	m, err := s.Service.Create(ctx, spec)
	m.CreatedAt = m.CreatedAt.Truncate(time.Second)
	return m, err
}

func (s wholeSeconds) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	p, err := s.Service.List(ctx, q)
	for i := range p.Keys {
		p.Keys[i].CreatedAt = p.Keys[i].CreatedAt.Truncate(time.Second)
	}
	return p, err
}

// What a record shows contradicts a value only if none of it is in there.
func TestHint_contradicts(t *testing.T) {
	value := driver.NewSecret("pk_live_9f8e7d6c3b2a1d0e")
	for hint, want := range map[driver.Hint]bool{
		{}:                                       false,
		{Prefix: "pk_live_"}:                     false,
		{Prefix: "pk_live_9f8"}:                  false,
		{Prefix: "pk_live_", Suffix: "9f8e7d6c"}: false, // from the middle
		{Prefix: "pk_live_", Suffix: "9F8E"}:     false,
		{Suffix: "1d0e"}:                         false,
		{Suffix: "zz"}:                           false, // too little
		{Prefix: "pk_live_####1d0e"}:             false,
		{Prefix: "pk_live_xxxxx"}:                false,
		{Suffix: "abcd"}:                         true,
		{Prefix: "pk_live_f8a"}:                  true,
		{Prefix: "pk_live_f8a", Suffix: "1d0e"}:  false,
	} {
		if got := hint.Contradicts(value); got != want {
			t.Errorf("%+v: %t", hint, got)
		}
	}
	if (driver.Hint{Suffix: "abcd"}).Contradicts(driver.Secret{}) {
		t.Error("nothing is contradicted where no value is known")
	}
}

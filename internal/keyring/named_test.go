package keyring_test

import (
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

func TestNamed(t *testing.T) {
	off := keyring.Attributes{"active": false}
	t.Run("live ones, oldest first", func(t *testing.T) {
		f := keyringtest.NewFull(3)
		f.Add(keyring.Key{ID: "younger", Name: "mine"})
		f.Add(keyring.Key{ID: "older", Name: "mine", CreatedAt: time.Unix(1, 0)})
		f.Add(keyring.Key{ID: "off", Name: "mine", Attributes: off})
		f.Add(keyring.Key{ID: "case", Name: "Mine"})
		wantIDs(t, ids(must[[]keyring.Key](t)(ringOf(f).Named(t.Context(), "mine"))), "older", "younger")
		wantCalls(t, f, keyringtest.List, 1)
	})
	t.Run("switched off", func(t *testing.T) {
		f := keyringtest.NewFull(3)
		f.PageSize = 2
		for range 3 {
			f.Add(keyring.Key{Name: "mine", RevokedAt: time.Unix(9, 0)})
		}
		f.Add(keyring.Key{ID: "off", Name: "mine", Attributes: off})
		f.Add(keyring.Key{ID: "another", Name: "another", Attributes: off})
		wantIDs(t, ids(must[[]keyring.Key](t)(ringOf(f).Named(t.Context(), "mine"))), "off")
		wantCalls(t, f, keyringtest.List, 2+3)
	})
	t.Run("paging ignored", func(t *testing.T) {
		f := keyringtest.NewFull(1)
		f.IgnorePaging = true
		f.Add(keyring.Key{ID: "off", Name: "mine", Attributes: off})
		wantIDs(t, ids(must[[]keyring.Key](t)(ringOf(f).Named(t.Context(), "mine"))), "off")
		wantIDs(t, ids(must[[]keyring.Key](t)(ringOf(f).Named(t.Context(), "nobody's"))))
	})
	for name, call := range map[string]int{"listing fails": 1, "listing of the others fails": 2} {
		t.Run(name, func(t *testing.T) {
			f := keyringtest.NewFull(1)
			f.Before = fails(keyringtest.List, call, keyringtest.Lost(keyringtest.List))
			if found, err := ringOf(f).Named(t.Context(), "mine"); kindOf(err) != keyring.KindConnection || found != nil {
				t.Errorf("got %v, %v; want the failure", found, err)
			}
		})
	}
}

func TestSeen(t *testing.T) {
	f := keyringtest.NewFull(25)
	f.PageSize, f.Ahead = 10, true
	f.Add(keyring.Key{ID: "younger", Name: "mine"})
	f.Add(keyring.Key{ID: "older", Name: "mine", CreatedAt: time.Unix(1, 0)})
	r := ringOf(f)
	check := func(when string, complete bool, want ...string) {
		t.Helper()
		before := f.Requests()
		keys, got := r.Seen("mine")
		if got != complete {
			t.Errorf("%s: complete %t, want %t", when, got, complete)
		}
		wantIDs(t, ids(keys), want...)
		if f.Requests() != before {
			t.Errorf("%s: a request was sent", when)
		}
	}
	check("before any listing", false)
	must[string](t)(r.Home(t.Context(), "workspace_id"))
	check("after the first page", false)
	must[[]keyring.Key](t)(r.List(t.Context()))
	check("after all pages", true, "older", "younger")
	if err := r.Revoke(t.Context(), "younger", keyring.Secret{}); err != nil {
		t.Fatal(err)
	}
	check("after a revocation", true, "older")
	must[keyring.Key](t)(r.Update(t.Context(), "older", keyring.Changes{Name: ptr("theirs")}))
	check("after a new name", true)
	m := must[keyring.Minted](t)(r.Create(t.Context(), keyring.Spec{Name: "mine"}))
	check("after a create", true, m.ID)
}

// A service whose keys all fit on one page has told everything with it.
func TestSeen_onePage(t *testing.T) {
	f := keyringtest.NewFull(0)
	f.PageSize, f.Ahead = 10, true
	m := f.Add(keyring.Key{Name: "mine"})
	r := ringOf(f)
	wantRead(t, r, m.ID, true)
	if keys, complete := r.Seen("mine"); !complete || len(keys) != 1 {
		t.Errorf("seen %v, complete %t", ids(keys), complete)
	}
	f.Before = fails(keyringtest.List, 0, keyringtest.Lost(keyringtest.List))
	r = ringOf(f)
	if _, err := r.List(t.Context()); err == nil {
		t.Error("no error")
	}
	if _, complete := r.Seen("mine"); complete {
		t.Error("a listing that failed is called complete")
	}
}

func TestHome(t *testing.T) {
	f := keyringtest.NewFull(0)
	r := ringOf(f)
	if home, err := r.Home(t.Context(), "workspace_id"); err != nil || home != "" {
		t.Errorf("home of nothing: %q, %v", home, err)
	}
	f.PageSize = 10
	for _, attributes := range []keyring.Attributes{nil, {"workspace_id": nil}, {"workspace_id": "w1", "key_type": "live"}} {
		for range 3 {
			f.Add(keyring.Key{Attributes: attributes})
		}
	}
	r = ringOf(f)
	for range 20 {
		if home, err := r.Home(t.Context(), "workspace_id"); err != nil || home != "w1" {
			t.Fatalf("home: %q, %v", home, err)
		}
	}
	wantCalls(t, f, keyringtest.List, 2)
	f.Before = fails(keyringtest.List, 0, keyringtest.Lost(keyringtest.List))
	if home, err := ringOf(f).Home(t.Context(), "workspace_id"); kindOf(err) != keyring.KindConnection || home != "" {
		t.Errorf("home: %q, %v; want the failure", home, err)
	}
}

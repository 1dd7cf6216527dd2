package keyring_test

import (
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

func TestFindByName(t *testing.T) {
	off := driver.Attributes{"active": false}
	t.Run("live ones, oldest first", func(t *testing.T) {
		f := keyringtest.NewFull(3)
		f.Add(driver.Key{ID: "younger", Name: "mine"})
		f.Add(driver.Key{ID: "older", Name: "mine", CreatedAt: time.Unix(1, 0)})
		f.Add(driver.Key{ID: "off", Name: "mine", Attributes: off})
		f.Add(driver.Key{ID: "case", Name: "Mine"})
		wantIDs(t, ids(must[[]driver.Key](t)(ringOf(f).FindByName(t.Context(), "mine"))), "older", "younger")
		wantCalls(t, f, keyringtest.List, 1)
	})
	t.Run("switched off", func(t *testing.T) {
		f := keyringtest.NewFull(3)
		f.PageSize = 2
		for range 3 {
			f.Add(driver.Key{Name: "mine", RevokedAt: time.Unix(9, 0)})
		}
		f.Add(driver.Key{ID: "off", Name: "mine", Attributes: off})
		f.Add(driver.Key{ID: "another", Name: "another", Attributes: off})
		wantIDs(t, ids(must[[]driver.Key](t)(ringOf(f).FindByName(t.Context(), "mine"))), "off")
		wantCalls(t, f, keyringtest.List, 2+3)
	})
	t.Run("paging ignored", func(t *testing.T) {
		f := keyringtest.NewFull(1)
		f.IgnorePaging = true
		f.Add(driver.Key{ID: "off", Name: "mine", Attributes: off})
		wantIDs(t, ids(must[[]driver.Key](t)(ringOf(f).FindByName(t.Context(), "mine"))), "off")
		wantIDs(t, ids(must[[]driver.Key](t)(ringOf(f).FindByName(t.Context(), "nobody's"))))
	})
	for name, call := range map[string]int{"listing fails": 1, "listing of the others fails": 2} {
		t.Run(name, func(t *testing.T) {
			f := keyringtest.NewFull(1)
			f.Before = fails(keyringtest.List, call, keyringtest.Lost(keyringtest.List))
			if found, err := ringOf(f).FindByName(t.Context(), "mine"); kindOf(err) != driver.KindConnection || found != nil {
				t.Errorf("got %v, %v; want the failure", found, err)
			}
		})
	}
}

func TestCachedByName(t *testing.T) {
	f := keyringtest.NewFull(25)
	f.PageSize, f.Totals = 10, true
	f.Add(driver.Key{ID: "younger", Name: "mine"})
	f.Add(driver.Key{ID: "older", Name: "mine", CreatedAt: time.Unix(1, 0)})
	r := ringOf(f)
	check := func(when string, complete bool, want ...string) {
		t.Helper()
		before := f.Requests()
		keys, got := r.CachedByName("mine")
		if got != complete {
			t.Errorf("%s: complete %t, want %t", when, got, complete)
		}
		wantIDs(t, ids(keys), want...)
		if f.Requests() != before {
			t.Errorf("%s: a request was sent", when)
		}
	}
	check("before any listing", false)
	must[string](t)(r.CredentialScope(t.Context(), "workspace_id"))
	check("after the first page", false)
	must[[]driver.Key](t)(r.List(t.Context()))
	check("after all pages", true, "older", "younger")
	if err := r.Revoke(t.Context(), "younger", driver.Secret{}); err != nil {
		t.Fatal(err)
	}
	check("after a revocation", true, "older")
	must[driver.Key](t)(r.Update(t.Context(), "older", driver.Changes{Name: ptr("theirs")}))
	check("after a new name", true)
	m := must[driver.Minted](t)(r.Create(t.Context(), driver.Spec{Name: "mine"}))
	check("after a create", true, m.ID)
}

// One page is a complete listing if it has all keys.
func TestCachedByName_onePage(t *testing.T) {
	f := keyringtest.NewFull(0)
	f.PageSize, f.Totals = 10, true
	m := f.Add(driver.Key{Name: "mine"})
	r := ringOf(f)
	wantRead(t, r, m.ID, true)
	if keys, complete := r.CachedByName("mine"); !complete || len(keys) != 1 {
		t.Errorf("seen %v, complete %t", ids(keys), complete)
	}
	f.Before = fails(keyringtest.List, 0, keyringtest.Lost(keyringtest.List))
	r = ringOf(f)
	if _, err := r.List(t.Context()); err == nil {
		t.Error("no error")
	}
	if _, complete := r.CachedByName("mine"); complete {
		t.Error("a listing that failed is called complete")
	}
}

func TestCredentialScope(t *testing.T) {
	f := keyringtest.NewFull(0)
	r := ringOf(f)
	if home, err := r.CredentialScope(t.Context(), "workspace_id"); err != nil || home != "" {
		t.Errorf("home of nothing: %q, %v", home, err)
	}
	f.PageSize = 10
	for _, attributes := range []driver.Attributes{nil, {"workspace_id": nil}, {"workspace_id": "w1", "key_type": "live"}} {
		for range 3 {
			f.Add(driver.Key{Attributes: attributes})
		}
	}
	r = ringOf(f)
	for range 20 {
		if home, err := r.CredentialScope(t.Context(), "workspace_id"); err != nil || home != "w1" {
			t.Fatalf("home: %q, %v", home, err)
		}
	}
	wantCalls(t, f, keyringtest.List, 2)
	f.Before = fails(keyringtest.List, 0, keyringtest.Lost(keyringtest.List))
	if home, err := ringOf(f).CredentialScope(t.Context(), "workspace_id"); kindOf(err) != driver.KindConnection || home != "" {
		t.Errorf("home: %q, %v; want the failure", home, err)
	}
}

package simulator_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func TestStore_seed(t *testing.T) {
	store := newStore(noon)
	made := store.Seed(3, func(i int) string { return fmt.Sprint("key ", i) })
	store.Seed(2, func(int) string { return "later" })
	var got []string
	for _, r := range store.Ledger() {
		got = append(got, fmt.Sprintf("%s %s by %s", r.Name, r.CreatedAt.Sub(noon), r.CreatedBy))
	}
	want := []string{"key 0 -2s by outside", "key 1 -1s by outside", "key 2 0s by outside", "later 1ms by outside", "later 2ms by outside"}
	if !slices.Equal(got, want) || made[2].Name != "key 2" {
		t.Errorf("seeded %q, want %q", got, want)
	}
}

// TestStore_listings compares every page of every selection with what a plain
// filter over the ledger says, while keys come, go and are switched off.
func TestStore_listings(t *testing.T) {
	store := newStore(noon)
	store.Seed(300, func(i int) string { return fmt.Sprint(i % 7) })
	random := rand.New(rand.NewPCG(1, 2))
	selects := map[simulator.Status]func(simulator.Record) bool{
		simulator.StatusAll:      func(simulator.Record) bool { return true },
		simulator.StatusLive:     simulator.Record.Live,
		simulator.StatusActive:   func(r simulator.Record) bool { return r.Live() && r.Active },
		simulator.StatusInactive: func(r simulator.Record) bool { return !r.Live() || !r.Active },
	}
	for range 200 {
		ledger := store.Ledger()
		id := ledger[random.IntN(len(ledger))].ID
		switch random.IntN(4) {
		case 0:
			_ = store.Revoke(id) // it may be revoked already
		case 1:
			_ = store.Update(id, func(r *simulator.Record) { r.Active = !r.Active })
		case 2:
			store.Mint("new")
		case 3:
			store.MintDraft(simulator.Draft{Name: "elsewhere", Scope: "b"})
		}
		for status, selected := range selects {
			want := slices.DeleteFunc(store.Ledger(), func(r simulator.Record) bool { return r.Scope != "" || !selected(r) })
			q := simulator.Query{Status: status, Offset: random.IntN(len(want) + 2), Limit: 1 + random.IntN(100)}
			page := store.List(q)
			first := min(q.Offset, len(want))
			rows := want[first:min(first+q.Limit, len(want))]
			same := slices.EqualFunc(page.Records, rows, func(a, b simulator.Record) bool { return a.ID == b.ID })
			if !same || page.Total != len(want) || page.More != (first+q.Limit < len(want)) {
				t.Fatalf("%+v has %d rows of %d, more: %v; want %d of %d", q, len(page.Records), page.Total, page.More, len(rows), len(want))
			}
		}
	}
}

func TestStore_outsideChanges(t *testing.T) {
	store := newStore(noon)
	key := store.Mint("a")
	long := noon.AddDate(-1, 0, 0)
	if err := store.Update(key.ID, func(r *simulator.Record) { r.Name, r.CreatedAt, r.Attributes["note"] = "b", long, "kept" }); err != nil {
		t.Fatal(err)
	}
	if err := store.Use(key.ID); err != nil {
		t.Fatal(err)
	}
	got, found := store.Get(key.ID)
	if !found || got.Name != "b" || !got.CreatedAt.Equal(long) || got.Attributes["note"] != "kept" || got.Uses != 1 || !got.LastUsedAt.Equal(noon) {
		t.Errorf("the key is %+v", got)
	}
	if key.Attributes["note"] != nil {
		t.Error("a record that was given out earlier has changed")
	}
	if err := store.Revoke(key.ID); err != nil {
		t.Fatal(err)
	}
	got, _ = store.Get(key.ID)
	events := fmt.Sprint(got.History)
	want := fmt.Sprint([]simulator.Event{{At: noon, What: simulator.Created, By: "outside"}, {At: noon, What: simulator.Updated, By: "outside"}, {At: noon, What: simulator.Revoked, By: "outside"}})
	if events != want || got.RevokedBy != simulator.Outside || got.Active {
		t.Errorf("the key's history is %s, want %s", events, want)
	}
	for what, err := range map[string]error{
		"revoke again":      store.Revoke(key.ID),
		"use it":            store.Use(key.ID),
		"update it":         store.Update(key.ID, func(*simulator.Record) {}),
		"revoke a stranger": store.Revoke("nobody"),
		"use a stranger":    store.Use("nobody"),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	if _, found := store.Get("nobody"); found {
		t.Error("a stranger was found")
	}
}

func TestStore_uniqueNamesFollowRenamesAndRevokes(t *testing.T) {
	store := newStore(noon)
	store.Quirk(simulator.Quirks{UniqueNames: true})
	create := func(name string) error {
		_, err := store.Create(t.Context(), simulator.Draft{Name: name})
		return err
	}
	if create("a") != nil || create("a") == nil {
		t.Fatal("the second key of a name was not refused")
	}
	first := store.Ledger()[0]
	_ = store.Update(first.ID, func(r *simulator.Record) { r.Name = "b" })
	if err := create("a"); err != nil {
		t.Errorf("the name is free after a rename: %v", err)
	}
	if create("b") == nil {
		t.Error("the new name is taken")
	}
	_ = store.Revoke(first.ID)
	if err := create("b"); err != nil {
		t.Errorf("the name is free after a revoke: %v", err)
	}
	store.Mint("b") // from outside anything goes
}

// TestStore_untrueListings: totals and pages that are not what was asked for.
func TestStore_untrueListings(t *testing.T) {
	store := newStore(noon)
	made := store.Seed(7, func(i int) string { return fmt.Sprint(i) })
	_ = store.Revoke(made[6].ID) // it lives
	for quirks, want := range map[simulator.Quirks]string{
		{}:                   "2 of 6, more: true, 3 4",
		{Total: 1e10}:        "2 of 10000000000, more: true, 3 4",
		{TotalAll: true}:     "2 of 7, more: true, 3 4",
		{IgnoreOffset: true}: "2 of 6, more: true, 0 1",
		{PageCap: 1}:         "1 of 6, more: true, 3",
		{PageCap: 1, IgnoreOffset: true, Total: 3}: "1 of 3, more: true, 0",
	} {
		store.Quirk(quirks)
		page := store.List(simulator.Query{Offset: 3, Limit: 2})
		got := fmt.Sprintf("%d of %d, more: %v,", len(page.Records), page.Total, page.More)
		for _, r := range page.Records {
			got += " " + r.Name
		}
		if got != want {
			t.Errorf("%+v: %s, want %s", quirks, got, want)
		}
	}
}

// TestStore_renamesAreFormed: names that are given later become others, too.
func TestStore_renamesAreFormed(t *testing.T) {
	store := newStore(noon)
	key := store.Mint("As It Was ") // before the service began to do so
	store.Quirk(simulator.Quirks{Names: simulator.NamesTrimmed})
	for _, test := range []struct {
		edit func(*simulator.Record)
		want string
	}{
		{func(r *simulator.Record) { r.Active = false }, "As It Was "},
		{func(r *simulator.Record) { r.Name = " b " }, "b"},
	} {
		_ = store.Update(key.ID, test.edit) // it lives
		if now, _ := store.Get(key.ID); now.Name != test.want {
			t.Errorf("the key is called %q, want %q", now.Name, test.want)
		}
	}
}

func TestRandom(t *testing.T) {
	seen := map[rune]bool{}
	for _, c := range simulator.Base62("", 5000) {
		seen[c] = true
	}
	if len(seen) != 62 {
		t.Errorf("5000 characters have only %d different ones", len(seen))
	}
	if u := simulator.UUID(); len(u) != 36 || u[14] != '4' || u == simulator.UUID() {
		t.Errorf("%q is no random UUID", u)
	}
}

func BenchmarkStore_page(b *testing.B) {
	store := newStore(noon)
	store.Seed(100_000, func(i int) string { return fmt.Sprint(i) })
	b.ResetTimer()
	for b.Loop() {
		store.List(simulator.Query{Offset: 50_000, Limit: 100})
	}
}

// TestStore_delayBy: delays are those of whoever takes them over.
func TestStore_delayBy(t *testing.T) {
	server := simulator.Run(t, toyMount)
	store, client := server.Store("toy"), toyService().Client(t, server)
	var waited atomic.Int64
	store.DelayBy(func(_ context.Context, d time.Duration) bool {
		return waited.Add(int64(d)) < int64(2*time.Hour)
	})
	for _, after := range []bool{false, true} {
		store.Fault(simulator.Fault{Kind: simulator.FaultDelay, Delay: time.Hour, After: after})
		_, err := client.Try(toyService().Create("x"))
		if cut := err != nil; cut != after {
			t.Errorf("after %v: %v", time.Duration(waited.Load()), err)
		}
	}
	if n, d := len(store.Ledger()), time.Duration(waited.Load()); n != 2 || d != 2*time.Hour {
		t.Errorf("%d keys after %v", n, d)
	}
}

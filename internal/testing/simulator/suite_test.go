package simulator_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// TestConformance runs for each service of the provider, the examples and the toy.
func TestConformance(t *testing.T) {
	services := []Service{toyService(), basicService(), acmeService(), pioneerService(), onepinService(), expunctService()}
	for _, s := range simulators.Services() {
		if !slices.ContainsFunc(services, func(tested Service) bool { return tested.Mount.Name == s.Key.Name }) {
			t.Errorf("%s has no simulator test: add its requests to this list", s.Key.Title)
		}
	}
	for _, s := range services {
		t.Run(s.Mount.Name, func(t *testing.T) {
			for name, test := range map[string]func(*testing.T, Service){
				"life": life, "refusals": refusals, "clock": clock, "counters": counters, "concurrent": concurrent,
				"tolerances": tolerances, "error shapes": shapes, "broken answers": brokenAnswers,
				"broken connections": brokenConnections, "delays": delays, "fault order": faultOrder,
				"listing lag": listingLag, "bare answers": bare, "not revoked": notRevoked, "other fields": fields,
				"namesake": namesake, "untrue records": untrueRecords,
			} {
				t.Run(name, func(t *testing.T) { test(t, s) })
			}
		})
	}
}

// start runs a fresh server for one test.
func (s Service) start(t *testing.T) (*Client, *simulator.Store, *simulator.Server) {
	t.Helper()
	server := simulator.Run(t, s.Mount)
	client, store := s.Client(t, server), server.Store(s.Mount.Name)
	return client, store, server
}

// life follows one key from its making to its end.
func life(t *testing.T, s Service) {
	c, store, _ := s.start(t)
	made := c.Do(http.StatusCreated, s.Create("first"))
	ledger := store.Ledger()
	if len(ledger) != 1 {
		t.Fatalf("the ledger has %d keys after one create", len(ledger))
	}
	key := ledger[0]
	if key.Name != "first" || !key.Live() || !key.Active || key.CreatedBy != simulator.Admin || key.Uses != 0 {
		t.Errorf("a new key is %+v", key)
	}
	if value := s.Value(made.JSON); value == "" || value != key.Value {
		t.Errorf("the answer to the create has %q, the ledger has %q", value, key.Value)
	}
	own := c.As(key.Value)
	if ids := s.IDs(own.Do(http.StatusOK, s.List()).JSON); !slices.Equal(ids, []string{key.ID}) {
		t.Errorf("the listing has %q, want only %q", ids, key.ID)
	}
	if used, _ := store.Get(key.ID); used.Uses != 1 || used.LastUsedAt.IsZero() {
		t.Errorf("a key that signed one request has %d uses, the last at %v", used.Uses, used.LastUsedAt)
	}
	own.Do(http.StatusCreated, s.Create("second"))
	second := store.Ledger()[1]
	if second.CreatedBy != key.ID {
		t.Errorf("the second key was made by %q, want %q", second.CreatedBy, key.ID)
	}
	own.Do(s.Revoked, s.Revoke(key.ID))
	own.Do(http.StatusUnauthorized, s.List())
	c.Do(http.StatusNotFound, s.Revoke(key.ID))
	gone, _ := store.Get(key.ID)
	what := make([]simulator.What, 0, 2)
	for _, event := range gone.History {
		what = append(what, event.What)
	}
	if gone.Live() || gone.Active || gone.RevokedBy != key.ID || !slices.Equal(what, []simulator.What{simulator.Created, simulator.Revoked}) {
		t.Errorf("a revoked key is %+v", gone)
	}
	if ids := s.IDs(c.Do(http.StatusOK, s.List()).JSON); !slices.Equal(ids, []string{second.ID}) {
		t.Errorf("the listing has %q after the revoke, want only %q", ids, second.ID)
	}
	if live := store.Live(); len(live) != 1 || live[0].ID != second.ID {
		t.Errorf("%d keys are live, want the second", len(live))
	}
}

// refusals are requests that change nothing.
func refusals(t *testing.T, s Service) {
	c, store, _ := s.start(t)
	off := store.Mint("switched off")
	if err := store.Update(off.ID, func(r *simulator.Record) { r.Active = false }); err != nil {
		t.Fatal(err)
	}
	for _, credential := range []string{"", "nonsense", off.Value} {
		c.As(credential).Do(http.StatusUnauthorized, s.Create("x"))
	}
	wrongHeader := []string{"Authorization", "Bearer " + store.Admin()}
	if s.Bearer {
		wrongHeader = []string{"X-API-Key", store.Admin()}
	}
	if a, err := c.As("").Try(s.Create("x"), wrongHeader...); err != nil || a.Status != http.StatusUnauthorized {
		t.Errorf("a credential in the wrong header was answered with %d, %v", a.Status, err)
	}
	c.Do(http.StatusNotFound, Request{Method: http.MethodGet, Path: "/no/such/route"})
	c.Do(http.StatusUnprocessableEntity, s.Create(""))
	invalid := s.Create("x")
	invalid.Body = "{"
	c.Do(http.StatusUnprocessableEntity, invalid)
	c.Do(http.StatusNotFound, s.Revoke("00000000-0000-4000-8000-000000000000"))
	if n := len(store.Ledger()); n != 1 {
		t.Errorf("refused requests made %d keys", n-1)
	}
}

// clock: every time in an answer is the store's.
func clock(t *testing.T, s Service) {
	now := time.Date(2031, 5, 6, 7, 8, 9, 123456789, time.UTC)
	server := simulator.RunAt(t, func() time.Time { return now }, s.Mount)
	a := s.Client(t, server).Do(http.StatusCreated, s.Create("x"))
	if date := a.Header.Get("Date"); date != "Tue, 06 May 2031 07:08:09 GMT" {
		t.Errorf("Date is %q", date)
	}
	if a.Header.Get("X-Request-Id") == "" {
		t.Error("the answer has no request id")
	}
	store := server.Store(s.Mount.Name)
	store.Mint("y")
	ledger := store.Ledger()
	if want := now.Truncate(time.Millisecond); !ledger[0].CreatedAt.Equal(want) || !ledger[1].CreatedAt.Equal(want.Add(time.Millisecond)) {
		t.Errorf("keys were made at %v and %v, want %v and a millisecond later", ledger[0].CreatedAt, ledger[1].CreatedAt, want)
	}
}

// counters count what came, answered or not.
func counters(t *testing.T, s Service) {
	c, store, _ := s.start(t)
	listed := len(c.Do(http.StatusOK, s.List()).Raw)
	c.As("").Do(http.StatusUnauthorized, s.List())
	store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultCut})
	if _, err := c.Try(s.Create("x")); err == nil {
		t.Error("a cut connection gave an answer")
	}
	c.Do(http.StatusNotFound, Request{Method: http.MethodGet, Path: "/else"})
	if r := store.Requests(); r[simulator.OpList] != 2 || r[simulator.OpCreate] != 1 || r["unknown"] != 1 || store.Total() != 4 {
		t.Errorf("counted %v, %d in all", r, store.Total())
	}
	if store.Bytes() <= int64(listed) {
		t.Errorf("counted %d bytes, the first answer alone had %d", store.Bytes(), listed)
	}
	store.Reset()
	if store.Total() != 0 || store.Bytes() != 0 {
		t.Errorf("after a reset there are %d requests and %d bytes", store.Total(), store.Bytes())
	}
}

// concurrent creates and revokes keys concurrently.
func concurrent(t *testing.T, s Service) {
	c, store, _ := s.start(t)
	const n = 40
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if a, err := c.Try(s.Create(fmt.Sprint("key ", i))); err != nil || a.Status != http.StatusCreated {
				t.Errorf("create: %d, %v", a.Status, err)
			}
		})
		wg.Go(func() {
			r := store.Mint("outside")
			if a, err := c.Try(s.Revoke(r.ID)); err != nil || a.Status != s.Revoked {
				t.Errorf("revoke: %d, %v", a.Status, err)
			}
			_ = store.Ledger()
		})
	}
	wg.Wait()
	ledger := store.Ledger()
	if len(ledger) != 2*n || len(store.Live()) != n {
		t.Errorf("%d keys, %d live; want %d and %d", len(ledger), len(store.Live()), 2*n, n)
	}
	ids := map[string]bool{}
	for i, r := range ledger {
		ids[r.ID], ids[r.Value] = true, true
		if i > 0 && !r.CreatedAt.After(ledger[i-1].CreatedAt) {
			t.Fatalf("key %d was made at %v, the one before it at %v", i, r.CreatedAt, ledger[i-1].CreatedAt)
		}
	}
	if len(ids) != 4*n {
		t.Errorf("%d different ids and values among %d keys", len(ids), len(ledger))
	}
}

// listingLag: a key that exists is listed later.
func listingLag(t *testing.T, s Service) {
	var passed atomic.Int64
	began := time.Now()
	server := simulator.RunAt(t, func() time.Time { return began.Add(time.Duration(passed.Load())) }, s.Mount)
	c := s.Client(t, server)
	server.Store(s.Mount.Name).Quirk(simulator.Quirks{ListingLag: time.Minute})
	c.Do(http.StatusCreated, s.Create("late"))
	passed.Store(int64(59 * time.Second))
	if ids := s.IDs(c.Do(http.StatusOK, s.List()).JSON); len(ids) != 0 {
		t.Errorf("a new key is listed before the lag is over: %q", ids)
	}
	passed.Store(int64(61 * time.Second))
	if ids := s.IDs(c.Do(http.StatusOK, s.List()).JSON); len(ids) != 1 {
		t.Errorf("after the lag the listing has %q", ids)
	}
	store := server.Store(s.Mount.Name)
	store.Quirk(simulator.Quirks{ListingEnd: store.Ledger()[0].CreatedAt.Add(time.Millisecond)})
	c.Do(http.StatusCreated, s.Create("never listed"))
	passed.Store(int64(24 * time.Hour))
	if ids := s.IDs(c.Do(http.StatusOK, s.List()).JSON); !slices.Equal(ids, []string{store.Ledger()[0].ID}) {
		t.Errorf("the listing has %q, and not only the first of %d keys", ids, len(store.Ledger()))
	}
}

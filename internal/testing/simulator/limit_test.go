package simulator_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// TestLimit follows limits of 3 requests in 10 seconds through a burst and what
// comes after it.
func TestLimit(t *testing.T) {
	start := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	type request struct {
		at    string // after the start
		after string // Retry-After, "taken" for none
	}
	for algorithm, requests := range map[simulator.Algorithm][]request{
		simulator.LimitFixed: {
			{"0s", "taken"}, {"2s", "taken"}, {"4s", "taken"}, {"4.5s", "6"}, {"9.9s", "1"},
			{"10s", "taken"}, {"10s", "taken"}, {"12s", "taken"}, {"12s", "8"}, {"40s", "taken"}, {"49s", "taken"},
		},
		simulator.LimitSliding: {
			{"0s", "taken"}, {"2s", "taken"}, {"4s", "taken"}, {"4.5s", "6"}, {"9.9s", "1"},
			{"10s", "taken"}, {"10s", "2"}, {"12s", "taken"}, {"13s", "1"}, {"40s", "taken"},
		},
		simulator.LimitBucket: {
			{"0s", "taken"}, {"0s", "taken"}, {"0s", "taken"}, {"0s", "4"}, {"1s", "3"},
			{"3.4s", "taken"}, {"3.4s", "4"}, {"60s", "taken"}, {"60s", "taken"}, {"60s", "taken"}, {"60s", "4"},
		},
	} {
		now := start
		server := simulator.RunAt(t, func() time.Time { return now }, toyMount)
		store, client := server.Store("toy"), toyService().Client(t, server)
		if err := store.Limit(simulator.Limit{Requests: 3, Window: 10 * time.Second, Algorithm: algorithm}); err != nil {
			t.Fatal(err)
		}
		refused := 0
		for i, r := range requests {
			d, err := time.ParseDuration(r.at)
			if err != nil {
				t.Fatal(err)
			}
			now = start.Add(d)
			a, err := client.Try(toyService().List())
			if err != nil {
				t.Fatal(err)
			}
			got := a.Header.Get("Retry-After")
			if a.Status == http.StatusOK {
				got = "taken"
			} else {
				refused++
			}
			if got != r.after || a.Status != http.StatusOK && a.Status != http.StatusTooManyRequests {
				t.Errorf("%q: request %d, after %s: status %d, %q; want %q", algorithm, i, r.at, a.Status, got, r.after)
			}
		}
		if store.Limited() != refused || store.Total() != len(requests) {
			t.Errorf("%q: %d of %d requests count as refused, want %d of %d", algorithm, store.Limited(), store.Total(), refused, len(requests))
		}
	}
}

func TestLimit_headers(t *testing.T) {
	now := time.Date(2031, 5, 6, 7, 8, 9, 500_000_000, time.UTC)
	for form, want := range map[string]string{
		simulator.RetrySeconds: "60", simulator.RetryDate: "Tue, 06 May 2031 07:09:10 GMT", simulator.RetryAbsent: "", "soon": "soon",
	} {
		server := simulator.RunAt(t, func() time.Time { return now }, toyMount)
		store, client := server.Store("toy"), toyService().Client(t, server)
		limit := simulator.Limit{Operation: simulator.OpCreate, Requests: 1, Window: time.Minute, RetryAfter: form}
		if err := store.Limit(limit, simulator.Limit{Requests: 9, Window: time.Hour}); err != nil {
			t.Fatal(err)
		}
		store.Fault(simulator.Fault{Operation: simulator.OpCreate, Skip: 1, Kind: simulator.FaultStatus})
		client.Do(http.StatusCreated, toyService().Create("x"))
		a := client.Do(http.StatusTooManyRequests, toyService().Create("y"))
		if got := a.Header.Get("Retry-After"); got != want {
			t.Errorf("%q: Retry-After is %q, want %q", form, got, want)
		}
		client.Do(http.StatusOK, toyService().List()) // another operation
		if len(store.Ledger()) != 1 || store.PendingFaults() != 1 {
			t.Errorf("a refused request created a key or met a fault: %d keys, %d faults left", len(store.Ledger()), store.PendingFaults())
		}
		store.Reset()
		if err := store.Limit(); err != nil || store.Limited() != 0 {
			t.Errorf("%d requests count as refused after a reset, %v", store.Limited(), err)
		}
		client.Do(http.StatusInternalServerError, toyService().Create("y")) // the fault
		client.Do(http.StatusCreated, toyService().Create("y"))
	}
}

func TestLimit_refuses(t *testing.T) {
	store := newStore(noon)
	for _, l := range []simulator.Limit{{Requests: 1}, {Window: time.Second}, {Requests: 1, Window: time.Second, Algorithm: "leaky"}} {
		if err := store.Limit(l); err == nil {
			t.Errorf("%+v was accepted", l)
		}
	}
}

func TestParseLimit(t *testing.T) {
	for text, want := range map[string]simulator.Limit{
		"100/1m":      {Requests: 100, Window: time.Minute},
		"create=5/1s": {Operation: "create", Requests: 5, Window: time.Second},
	} {
		if got, err := simulator.ParseLimit(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "100", "100/", "/1m", "0/1m", "-1/1m", "5/0s", "5/1m,sliding", "5/minute", "a=b/1m"} {
		if l, err := simulator.ParseLimit(text); err == nil {
			t.Errorf("%q was read as %+v", fmt.Sprint(text), l)
		}
	}
}

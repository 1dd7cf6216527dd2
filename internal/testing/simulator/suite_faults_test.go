package simulator_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// both runs a test with a fault before and after the change. The number of keys
// in the ledger shows whether the change was made.
func both(t *testing.T, s Service, f simulator.Fault, check func(t *testing.T, c *Client, store *simulator.Store)) {
	t.Helper()
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprintf("%s/after=%v", f.Kind, after), func(t *testing.T) {
			c, store, server := s.start(t)
			f.Operation, f.After = simulator.OpCreate, after
			store.Fault(f)
			check(t, c, store)
			want := 0
			if after {
				want = 1
			}
			if n := len(store.Ledger()); n != want {
				t.Errorf("%d keys were made, want %d", n, want)
			}
			if store.PendingFaults() != 0 || server.Strays() != 0 {
				t.Errorf("%d faults are left, %d requests went astray", store.PendingFaults(), server.Strays())
			}
			c.Do(http.StatusCreated, s.Create("next")) // a fault happens once
		})
	}
}

// brokenAnswers are answers that are complete in HTTP.
func brokenAnswers(t *testing.T, s Service) {
	for _, test := range []struct {
		fault simulator.Fault
		want  int
		check func(Answer) bool
	}{
		{simulator.Fault{Kind: simulator.FaultStatus}, 500, func(a Answer) bool { return a.JSON != nil }},
		{simulator.Fault{Kind: simulator.FaultStatus, Status: 503, RetryAfter: "7"}, 503, func(a Answer) bool { return a.Header.Get("Retry-After") == "7" }},
		{simulator.Fault{Kind: simulator.FaultStatus, Status: 418, Body: `{"odd": true}`}, 418, func(a Answer) bool { return At(a.JSON, "odd") == true }},
		{simulator.Fault{Kind: simulator.FaultHTML}, 200, func(a Answer) bool { return strings.HasPrefix(a.Raw, "<!DOCTYPE html>") }},
		{simulator.Fault{Kind: simulator.FaultHTML, Status: 502}, 502, func(a Answer) bool { return strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") }},
		{simulator.Fault{Kind: simulator.FaultGarbage}, 200, func(a Answer) bool { return a.JSON == nil && a.Header.Get("Content-Type") == "application/json" }},
		{simulator.Fault{Kind: simulator.FaultRedirect}, 307, func(a Answer) bool { return strings.HasPrefix(a.Header.Get("Location"), "http://127.0.0.1:") }},
		{simulator.Fault{Kind: simulator.FaultHugeBody}, 200, func(a Answer) bool { return len(a.Raw) == 2<<20 }},
		{simulator.Fault{Kind: simulator.FaultRateLimit}, 429, func(a Answer) bool { return a.Header.Get("Retry-After") == "1" }},
		{
			simulator.Fault{
				Kind: simulator.FaultRateLimit, RetryAfter: "Wed, 21 Oct 2026 07:28:00 GMT",
				Header: map[string]string{"X-RateLimit-Reason": "daily_spend_cap_exceeded"},
			}, 429, func(a Answer) bool {
				return a.Header.Get("Retry-After") == "Wed, 21 Oct 2026 07:28:00 GMT" && a.Header.Get("X-RateLimit-Reason") != ""
			},
		},
	} {
		both(t, s, test.fault, func(t *testing.T, c *Client, _ *simulator.Store) {
			if a := c.Do(test.want, s.Create("x")); !test.check(a) {
				t.Errorf("the answer is %v %.200s", a.Header, a.Raw)
			}
		})
	}
	t.Run("no value", func(t *testing.T) {
		c, store, _ := s.start(t)
		store.Fault(simulator.Fault{Kind: simulator.FaultNoValue})
		a := c.Do(http.StatusCreated, s.Create("x"))
		if len(store.Live()) != 1 || strings.Contains(a.Raw, store.Live()[0].Value) || s.Value(a.JSON) != "" {
			t.Errorf("%d live keys; the answer is %s", len(store.Live()), a.Raw)
		}
	})
	t.Run("huge listing", func(t *testing.T) {
		c, store, _ := s.start(t)
		store.Fault(simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultHugeBody})
		if a := c.Do(http.StatusOK, s.List()); len(a.Raw) != 65<<20 {
			t.Errorf("the listing has %d bytes", len(a.Raw))
		}
	})
}

// brokenConnections are answers that do not come, or not completely.
func brokenConnections(t *testing.T, s Service) {
	both(t, s, simulator.Fault{Kind: simulator.FaultCut}, func(t *testing.T, c *Client, _ *simulator.Store) {
		if a, err := c.Try(s.Create("x")); err == nil {
			t.Errorf("a cut connection gave an answer: %d", a.Status)
		}
	})
	both(t, s, simulator.Fault{Kind: simulator.FaultHalfBody}, func(t *testing.T, c *Client, _ *simulator.Store) {
		a, err := c.Try(s.Create("x"))
		if err == nil || a.Status/100 != 2 || a.Raw == "" {
			t.Errorf("half a body came as %d %q, %v", a.Status, a.Raw, err)
		}
	})
}

// delays are answers that take their time, and clients that do not wait.
func delays(t *testing.T, s Service) {
	const delay = 150 * time.Millisecond
	for _, after := range []bool{false, true} {
		c, store, _ := s.start(t)
		store.Fault(simulator.Fault{Kind: simulator.FaultDelay, Delay: delay, After: after})
		began := time.Now()
		c.Do(http.StatusCreated, s.Create("slow"))
		if took := time.Since(began); took < delay {
			t.Errorf("after=%v: the answer came within %v", after, took)
		}
		// The client gives up at the moment that the delay begins.
		want, moment := 1, simulator.Arrived
		if after {
			want, moment = 2, simulator.Changed
		}
		ctx, giveUp := context.WithCancel(t.Context())
		store.Watch(func(_ simulator.Exchange, m simulator.Moment) {
			if m == moment {
				giveUp()
			}
		})
		store.Fault(simulator.Fault{Kind: simulator.FaultDelay, Delay: time.Hour, After: after})
		if _, err := c.try(ctx, s.Create("given up")); err == nil {
			t.Errorf("after=%v: an answer that takes an hour came", after)
		}
		giveUp()
		if n := len(store.Ledger()); n != want {
			t.Errorf("after=%v: %d keys were made, want %d", after, n, want)
		}
	}
	c, store, _ := s.start(t)
	store.SetLatency(delay)
	began := time.Now()
	if c.Do(http.StatusOK, s.List()); time.Since(began) < delay {
		t.Errorf("with latency the answer came within %v", time.Since(began))
	}
}

// faultOrder: faults wait for their operation, let some pass, and repeat.
func faultOrder(t *testing.T, s Service) {
	c, store, _ := s.start(t)
	store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultStatus, Status: 503, Skip: 1, Times: 2})
	store.Fault(simulator.Fault{Kind: simulator.FaultStatus, Status: 500, Times: -1})
	c.Do(500, s.List())
	c.Do(500, s.Create("passes the first fault")) // and meets the second
	c.Do(503, s.Create("x"))
	c.Do(503, s.Create("x"))
	c.Do(500, s.Create("x"))
	c.Do(500, s.List())
	store.ClearFaults()
	c.Do(http.StatusCreated, s.Create("y"))
	store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: 500, After: true})
	c.Do(500, s.Revoke(store.Live()[0].ID))
	if n := len(store.Live()); n != 0 {
		t.Errorf("a fault after the revoke left %d live keys", n)
	}
}

package httpclient

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }

// Without a limit no request waits, whatever else goes wrong.
func TestLimiterCostsNothingWithoutALimit(t *testing.T) {
	var n atomic.Int64
	bubble(t, func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1)%3 == 0 {
			w.WriteHeader(http.StatusNotFound)
		}
	}, func(cfg *Config) {
		cfg.Sleep = func(context.Context, time.Duration) error { return errors.New("a request waits") }
	}, func(t *testing.T, c *Client) {
		began := time.Now()
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				for range 100 {
					if _, err := send(t.Context(), c, http.MethodGet, "/", "", Call{}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if took := time.Since(began); took != 100*latency {
			t.Errorf("1000 requests of 10 workers took %s, want %s", took, 100*latency)
		}
	})
	// Nor is anything allocated for it.
	l, cfg := &limiter{}, Config{Now: time.Now}
	if allocs := testing.AllocsPerRun(100, func() {
		pauses, _ := l.wait(t.Context(), cfg)
		l.answered(pauses, true, false, 0, cfg)
	}); allocs != 0 {
		t.Errorf("%v allocations for a request that does not wait", allocs)
	}
}

// After a pause requests leave one by one and in turn, and few of them are refused.
func TestLimiterAtAFixedWindow(t *testing.T) {
	for _, header := range []string{"", "1", "none"} {
		w := &window{requests: 100, length: time.Minute, header: header}
		bubble(t, w.answer, nil, func(t *testing.T, c *Client) {
			began := time.Now()
			slowest := sendConcurrently(t, c, 10, 1000)
			if took := time.Since(began); took > 13*time.Minute+30*time.Second {
				t.Errorf("Retry-After %q: 1000 requests at 100 a minute took %s, want at most 1.5 times 9 minutes", header, took)
			}
			if n := len(w.refused); n > 50 {
				t.Errorf("Retry-After %q: %d requests were refused, want at most 50", header, n)
			}
			if len(w.granted) != 1000 {
				t.Errorf("%d requests were granted, want 1000", len(w.granted))
			}
			// The first pause, and the 10 that wait in turn.
			if slowest > 95*time.Second {
				t.Errorf("one request waited %s", slowest)
			}
			spaced := w.granted[100:]
			for i := 5; i < len(spaced); i++ {
				if within := spaced[i].Sub(spaced[i-5]); within < time.Second {
					t.Fatalf("6 requests arrived within %s, %s after the start", within, spaced[i].Sub(began))
				}
			}
		})
	}
}

// Once a limit has been removed, requests leave at once again.
func TestLimiterRecovers(t *testing.T) {
	w := &window{requests: 100, length: time.Minute}
	bubble(t, w.answer, nil, func(t *testing.T, c *Client) {
		sendConcurrently(t, c, 10, 300)
		w.mu.Lock()
		w.lifted = true
		w.mu.Unlock()
		sendConcurrently(t, c, 10, 600)
		began := time.Now()
		sendConcurrently(t, c, 10, 1000)
		if took := time.Since(began); took != 100*latency {
			t.Errorf("1000 requests took %s long after the limit was lifted, want %s", took, 100*latency)
		}
	})
}

// Requests of others in the first window do not slow the later ones down.
func TestLimiterBeginsInAUsedWindow(t *testing.T) {
	w := &window{requests: 100, length: time.Minute}
	bubble(t, w.answer, nil, func(t *testing.T, c *Client) {
		w.began, w.taken = time.Now(), 95
		began := time.Now()
		sendConcurrently(t, c, 10, 500)
		if took := time.Since(began); took > 7*time.Minute {
			t.Errorf("500 requests at 100 a minute took %s, with the first minute used up", took)
		}
	})
}

// A refusal counts as a retry, but not that of a request that was under way when the
// limit was met, nor does waiting.
func TestLimiterRetries(t *testing.T) {
	w := &window{requests: 40, length: 30 * time.Second}
	bubble(t, w.answer, func(cfg *Config) { cfg.MaxRetries = 1 }, func(t *testing.T, c *Client) {
		sendConcurrently(t, c, 30, 200)
		if len(w.refused) < 20 {
			t.Errorf("%d requests were refused, want most of 30 that were under way", len(w.refused))
		}
	})
	var attempts atomic.Int64
	refuse := func(w http.ResponseWriter, _ *http.Request) {
		attempts.Add(1)
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, slowDown)
	}
	// Each pause is twice as long as the one before; a minute is the longest.
	for retries, want := range map[int]time.Duration{0: 0, 1: 5 * time.Second, 2: 15 * time.Second, 4: 75 * time.Second, 6: 195 * time.Second} {
		attempts.Store(0)
		bubble(t, refuse, func(cfg *Config) { cfg.MaxRetries = retries }, func(t *testing.T, c *Client) {
			began := time.Now()
			resp, err := send(t.Context(), c, http.MethodPost, "/", "payload", Call{})
			wantStatus(t, resp, err, http.StatusTooManyRequests)
			took := time.Since(began) - time.Duration(retries+1)*latency
			if attempts.Load() != int64(retries+1) || took != want {
				t.Errorf("%d retries: %d attempts, %s of waiting; want %s", retries, attempts.Load(), took, want)
			}
		})
	}
}

// A request that cannot be sent before the deadline fails at once, also if only
// because others wait before it; the error says why.
func TestLimiterFailsBeforeTheDeadline(t *testing.T) {
	w := &window{requests: 1, length: time.Minute}
	bubble(t, w.answer, nil, func(t *testing.T, c *Client) {
		sendConcurrently(t, c, 1, 1)
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		_, err := send(ctx, c, http.MethodPost, "/", "payload", Call{})
		wantError(t, err, KindRateLimit, false)
		e := errorOf(t, err)
		if e.Status != http.StatusTooManyRequests || !strings.Contains(err.Error(), "could be sent in 1m0s") || !e.SentAt.Equal(began) {
			t.Errorf("%+v: %v", e, err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %s to fail", took)
		}
		go func() { _, _ = send(t.Context(), c, http.MethodGet, "/", "", Call{}) }()
		time.Sleep(time.Second)
		_, err = send(ctx, c, http.MethodGet, "/", "", Call{})
		wantError(t, err, KindRateLimit, false)
		if took := time.Since(began); took > 2*time.Second || !errorOf(t, err).SentAt.IsZero() {
			t.Errorf("after %s: %v", took, err)
		}
		sendConcurrently(t, c, 3, 3) // and the turn is free
	})
	synctest.Test(t, func(t *testing.T) {
		l, cfg := &limiter{rate: 1, next: time.Now()}, Config{Now: time.Now, Sleep: sleep}
		// As many wait as fit into the time that is left.
		for i := range 12 {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			go func() {
				if _, err := l.wait(ctx, cfg); (err != nil) != (i > 9) {
					t.Errorf("request %d of 12: %v", i, err)
				}
			}()
			synctest.Wait()
		}
		time.Sleep(time.Minute)
	})
}

// A canceled wait passes the turn on.
func TestLimiterCancel(t *testing.T) {
	w := &window{requests: 1, length: time.Minute}
	bubble(t, w.answer, nil, func(t *testing.T, c *Client) {
		ctx, cancel := context.WithCancel(t.Context())
		sendConcurrently(t, c, 1, 1)
		failed := make(chan error)
		for range 5 {
			go func() {
				_, err := send(ctx, c, http.MethodPost, "/", "payload", Call{})
				failed <- err
			}()
		}
		time.Sleep(10 * time.Second)
		cancel()
		for range 5 {
			wantError(t, <-failed, KindCanceled, false)
		}
		sendConcurrently(t, c, 1, 1)
	})
}

// The service is believed once about how long to pause; several processes resume over
// a quarter of the pause, at most a second.
func TestLimiterPause(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		refusals             int
		asked, pause, spread time.Duration
	}{
		{asked: 0, pause: firstPause, spread: time.Second},
		{asked: 2 * time.Second, pause: 2 * time.Second, spread: 500 * time.Millisecond},
		{asked: time.Minute, pause: time.Minute, spread: time.Second},
		{refusals: 1, pause: 2 * firstPause, spread: time.Second},
		{refusals: 1, asked: time.Second, pause: 2 * firstPause, spread: time.Second},
		{refusals: 1, asked: 30 * time.Second, pause: 30 * time.Second, spread: time.Second},
		{refusals: 8, pause: MaxRetryAfter, spread: time.Second},
	} {
		l := &limiter{}
		l.refusals = tc.refusals
		cfg := Config{Now: func() time.Time { return at(0) }, Jitter: func(d time.Duration) time.Duration { return d }}
		if !l.answered(0, false, true, tc.asked, cfg) || l.answered(0, false, true, tc.asked, cfg) {
			t.Error("only the first refusal is news")
		}
		if want := at(0).Add(tc.pause + tc.spread); !l.next.Equal(want) {
			t.Errorf("%+v: the next request leaves at %s, want %s", tc, l.next, want)
		}
	}
}

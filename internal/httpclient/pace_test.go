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
	"time"
)

func seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }

// Nobody was limited: no request waits, whatever else goes wrong.
func TestPaceCostsNothingWithoutALimit(t *testing.T) {
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
	// The hot path allocates nothing either.
	p, cfg := newPace(), Config{Now: time.Now}
	if allocs := testing.AllocsPerRun(100, func() {
		l, _ := p.enter(t.Context(), cfg)
		p.answered(l, verdict{granted: true}, false, cfg)
	}); allocs != 0 {
		t.Errorf("%v allocations for a request that nothing holds back", allocs)
	}
}

// After a pause the requests come back one by one, nobody is passed over, and few
// of them are refused.
func TestPaceAgainstAWindow(t *testing.T) {
	l := &limiter{requests: 100, window: time.Minute}
	bubble(t, l.answer, nil, func(t *testing.T, c *Client) {
		began := time.Now()
		slowest := crowd(t, c, 10, 1000)
		if took := time.Since(began); took > 11*time.Minute+15*time.Second {
			t.Errorf("1000 requests at 100 a minute took %s, want at most 1.25 times 9 minutes", took)
		}
		if n := len(l.refused); n > 20 {
			t.Errorf("%d requests were refused, want at most 20", n)
		}
		// 60 s for the first pause, and the 10 that wait in turn.
		if slowest > 75*time.Second {
			t.Errorf("one request waited %s", slowest)
		}
		paced := l.granted[100:]
		for i := 5; i < len(paced); i++ {
			if within := paced[i].Sub(paced[i-5]); within < time.Second {
				t.Fatalf("6 requests arrived within %s, %s after the start", within, paced[i].Sub(began))
			}
		}
	})
}

// A limit that is lifted is forgotten: in the end the requests leave as they come.
func TestPaceRecovers(t *testing.T) {
	l := &limiter{requests: 100, window: time.Minute}
	bubble(t, l.answer, nil, func(t *testing.T, c *Client) {
		crowd(t, c, 10, 300)
		l.mu.Lock()
		l.lifted = true
		l.mu.Unlock()
		crowd(t, c, 10, 1000)
		began := time.Now()
		crowd(t, c, 10, 1000)
		if took := time.Since(began); took > 2*100*latency {
			t.Errorf("1000 requests took %s long after the limit was lifted, want about %s", took, 100*latency)
		}
		crowd(t, c, 10, 3000)
		c.pace.mu.Lock()
		defer c.pace.mu.Unlock()
		if c.pace.limited {
			t.Errorf("requests are still paced, every %s", c.pace.speed.interval())
		}
	})
}

// What others have used up of a window says nothing of the rate.
func TestPaceBeginsInAUsedWindow(t *testing.T) {
	l := &limiter{requests: 100, window: time.Minute}
	bubble(t, l.answer, nil, func(t *testing.T, c *Client) {
		l.began, l.taken = time.Now(), 95
		began := time.Now()
		crowd(t, c, 10, 500)
		if took := time.Since(began); took > 7*time.Minute {
			t.Errorf("500 requests at 100 a minute took %s, of which the first was used up", took)
		}
	})
}

// A request is charged for a refusal in its turn, not for one of the crowd that
// was under way when the limit was met, nor for waiting.
func TestPaceBudget(t *testing.T) {
	l := &limiter{requests: 40, window: 30 * time.Second}
	bubble(t, l.answer, func(cfg *Config) { cfg.MaxRetries = 1 }, func(t *testing.T, c *Client) {
		crowd(t, c, 30, 200)
		if len(l.refused) < 20 {
			t.Errorf("%d requests were refused, want most of 30 that were under way", len(l.refused))
		}
	})
	var tries atomic.Int64
	refuse := func(w http.ResponseWriter, _ *http.Request) {
		tries.Add(1)
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, slowDown)
	}
	for retries, want := range map[int]time.Duration{0: 0, 1: 60 * time.Second, 2: 60 * time.Second, 4: 60 * time.Second} {
		tries.Store(0)
		bubble(t, refuse, func(cfg *Config) { cfg.MaxRetries = retries }, func(t *testing.T, c *Client) {
			began := time.Now()
			resp, err := send(t.Context(), c, http.MethodPost, "/", "payload", Call{})
			wantStatus(t, resp, err, http.StatusTooManyRequests)
			// The last try comes when a minute has passed since the first refusal.
			took := time.Since(began) - time.Duration(retries+1)*latency
			if tries.Load() != int64(retries+1) || took < want-time.Duration(retries)*latency || took > want+time.Second {
				t.Errorf("%d retries: %d tries, %s of waiting; want %s", retries, tries.Load(), took, want)
			}
		})
	}
}

// A wait that cannot end in time is not begun, and one in the queue ends with the
// deadline; both say why.
func TestPaceEndsWithTheDeadline(t *testing.T) {
	l := &limiter{requests: 1, window: time.Minute}
	bubble(t, l.answer, nil, func(t *testing.T, c *Client) {
		crowd(t, c, 1, 1)
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		_, err := send(ctx, c, http.MethodPost, "/", "payload", Call{})
		wantFault(t, err, FaultRateLimit, false)
		if faultOf(t, err).Status != http.StatusTooManyRequests || !strings.Contains(err.Error(), "may leave in 1m0s") {
			t.Errorf("%+v: %v", faultOf(t, err), err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %s to fail", took)
		}
		// The head of the queue waits for the window's end; the others behind it.
		go func() { _, _ = send(t.Context(), c, http.MethodGet, "/", "", Call{}) }()
		time.Sleep(time.Second)
		_, err = send(ctx, c, http.MethodGet, "/", "", Call{})
		wantFault(t, err, FaultRateLimit, false)
		if took := time.Since(began); took != 40*time.Second || !strings.Contains(err.Error(), "others were waiting") {
			t.Errorf("after %s: %v", took, err)
		}
		crowd(t, c, 3, 3) // and nobody is left holding the turn
	})
}

// A canceled wait gives the turn on.
func TestPaceCancel(t *testing.T) {
	l := &limiter{requests: 1, window: time.Minute}
	bubble(t, l.answer, nil, func(t *testing.T, c *Client) {
		ctx, cancel := context.WithCancel(t.Context())
		crowd(t, c, 1, 1)
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
			wantFault(t, <-failed, FaultCanceled, false)
		}
		crowd(t, c, 1, 1)
	})
}

// However the clock jumps, no wait is longer than what it was when it began, and
// the pace stays usable.
func TestPaceWhenTheClockJumps(t *testing.T) {
	for _, jump := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		l := &limiter{requests: 100, window: time.Minute}
		var by atomic.Int64
		bubble(t, l.answer, func(cfg *Config) {
			cfg.Now = func() time.Time { return time.Now().Add(time.Duration(by.Load())).Round(0) }
		}, func(t *testing.T, c *Client) {
			began := time.Now()
			time.AfterFunc(30*time.Second, func() { by.Store(int64(jump)) })
			time.AfterFunc(100*time.Second, func() { by.Store(0) })
			crowd(t, c, 10, 600)
			if took := time.Since(began); took > 9*time.Minute {
				t.Errorf("with a jump by %s, 600 requests at 100 a minute took %s", jump, took)
			}
		})
	}
}

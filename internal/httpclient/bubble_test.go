package httpclient

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// memory is a network in memory: in a bubble of package synctest, who waits on a
// socket would keep the clock from going on.
type memory struct {
	accepted chan net.Conn
	closed   chan struct{}
}

func (m memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.accepted:
		return c, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

func (m memory) Close() error   { close(m.closed); return nil }
func (m memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (m memory) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case m.accepted <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// bubble runs a test on a clock that jumps ahead when everybody waits, with a
// client of a server that answers after 100 ms.
func bubble(t *testing.T, answer http.HandlerFunc, change func(*Config), test func(t *testing.T, c *Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := memory{make(chan net.Conn), make(chan struct{})}
		server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(latency)
			answer(w, r)
		})}
		go func() { _ = server.Serve(m) }()
		defer func() { _ = server.Close() }()
		c, _ := newTestClient(t, "http://127.0.0.1", func(cfg *Config) {
			cfg.Sleep, cfg.Now, cfg.Dial = nil, nil, m.dial
			if change != nil {
				change(cfg)
			}
		})
		defer c.CloseIdle()
		test(t, c)
	})
}

const latency = 100 * time.Millisecond

// slowDown is the service's own refusal of a request over its limit.
const slowDown = `{"error":"rate_limited","message":"slow down"}`

// window takes so many requests in a window that its first one begins.
type window struct {
	requests int
	length   time.Duration
	header   string // of Retry-After; "" is the seconds that are left

	mu      sync.Mutex
	began   time.Time
	taken   int
	granted []time.Time
	refused []time.Time
	lifted  bool
}

func (l *window) answer(w http.ResponseWriter, _ *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Sub(l.began) >= l.length {
		l.began, l.taken = now, 0
	}
	if l.taken >= l.requests && !l.lifted {
		l.refused = append(l.refused, now)
		after := l.header
		if after == "" {
			after = seconds(l.length - now.Sub(l.began))
		}
		w.Header().Set("Retry-After", after)
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, slowDown)
		return
	}
	l.taken++
	l.granted = append(l.granted, now)
}

// sendConcurrently sends n requests by so many workers, each the next one as soon as its
// last was answered, and returns how long the slowest took.
func sendConcurrently(t *testing.T, c *Client, workers, n int) (slowest time.Duration) {
	t.Helper()
	next := make(chan struct{})
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range next {
				began := time.Now()
				resp, err := send(t.Context(), c, http.MethodPost, "/", "payload", Call{})
				if err != nil || resp.Status != http.StatusOK {
					t.Errorf("after %s: %v, %v", time.Since(began), resp, err)
				}
				mu.Lock()
				slowest = max(slowest, time.Since(began))
				mu.Unlock()
			}
		})
	}
	for range n {
		next <- struct{}{}
	}
	close(next)
	wg.Wait()
	return slowest
}

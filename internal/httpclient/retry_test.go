package httpclient

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestStatusesThatAreRepeated(t *testing.T) {
	const html = "<html><title>Too many requests</title></html>"
	capped := http.Header{"X-Ratelimit-Reason": {"daily_spend_cap_exceeded"}}
	tests := []struct {
		status int
		header http.Header
		body   string
		// tries for a GET or an idempotent call, and for any other
		harmless, other int64
	}{
		{status: 200, harmless: 1, other: 1},
		{status: 400, harmless: 1, other: 1},
		{status: 401, harmless: 1, other: 1},
		{status: 402, harmless: 1, other: 1},
		{status: 403, harmless: 1, other: 1},
		{status: 404, harmless: 1, other: 1},
		{status: 408, harmless: 1, other: 1},
		{status: 409, harmless: 1, other: 1},
		{status: 422, harmless: 1, other: 1},
		{status: 429, body: slowDown, harmless: 4, other: 4},
		{status: 429, harmless: 4, other: 1}, // may be anybody's: proves nothing about the service
		{status: 429, body: "slow down", harmless: 4, other: 1},
		{status: 429, body: `{}`, harmless: 4, other: 1},
		{status: 429, body: html, harmless: 4, other: 1},
		{status: 429, header: capped, harmless: 1, other: 1},
		{status: 429, header: capped, body: html, harmless: 1, other: 1},
		{status: 500, harmless: 4, other: 1},
		{status: 501, harmless: 1, other: 1},
		{status: 502, harmless: 4, other: 1},
		{status: 503, harmless: 4, other: 1},
		{status: 504, harmless: 4, other: 1},
		{status: 520, harmless: 1, other: 1},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.status, tt.header != nil, tt.body), func(t *testing.T) {
			var tries atomic.Int64
			srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if body, _ := io.ReadAll(r.Body); r.Method != http.MethodGet && string(body) != "payload" {
					t.Errorf("try %d has body %q", tries.Load(), body)
				}
				tries.Add(1)
				for name, values := range tt.header {
					w.Header()[name] = values
				}
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			})
			c, _ := newTestClient(t, srv.URL, nil)
			for _, call := range []struct {
				method, body string
				call         Call
				want         int64
			}{
				{http.MethodGet, "", Call{}, tt.harmless},
				{http.MethodPatch, "payload", Call{Idempotent: true}, tt.harmless},
				{http.MethodDelete, "payload", Call{}, tt.other},
				{http.MethodPost, "payload", Call{}, tt.other},
				{http.MethodPost, "payload", Call{SingleShot: true}, 1}, // whoever sent it looks first
				{http.MethodPost, "payload", Call{SingleShot: true, Idempotent: true}, 1},
			} {
				tries.Store(0)
				resp, err := send(t.Context(), c, call.method, "/", call.body, call.call)
				wantStatus(t, resp, err, tt.status)
				if tries.Load() != call.want {
					t.Errorf("%s %+v: %d tries, want %d", call.method, call.call, tries.Load(), call.want)
				}
			}
		})
	}
}

// hijack answers with raw bytes and closes the connection.
func hijack(w http.ResponseWriter, raw string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(conn, raw)
	_ = conn.Close()
}

func TestCutAnswersAreSentAndAmbiguous(t *testing.T) {
	for name, raw := range map[string]string{
		"no answer":       "",
		"half a header":   "HTTP/1.1 200 OK\r\nContent-Le",
		"half a body":     "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"key\":",
		"half a chunk":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"key\"",
		"no last chunk":   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n",
		"not HTTP":        "SSH-2.0-OpenSSH_9.6\r\n\r\n",
		"broken gzip":     "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
		"other protocol":  "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
		"endless header":  "HTTP/1.1 200 OK\r\nX-A: " + strings.Repeat("a", 2*maxHeaderBytes) + "\r\n\r\n",
		"malformed chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			var tries atomic.Int64
			srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				tries.Add(1)
				hijack(w, raw)
			})
			c, _ := newTestClient(t, srv.URL, nil)
			_, err := send(t.Context(), c, http.MethodPost, "/", "payload", Call{SingleShot: true})
			wantError(t, err, KindConnection, true)
			if tries.Load() != 1 {
				t.Errorf("a POST of unknown outcome was sent %d times", tries.Load())
			}
			tries.Store(0)
			_, err = send(t.Context(), c, http.MethodGet, "/", "", Call{})
			wantError(t, err, KindConnection, true)
			if tries.Load() < 4 { // net/http may add its own repeats of a GET
				t.Errorf("a GET was sent %d times, want 4", tries.Load())
			}
		})
	}
}

// closedPort is an address on loopback where nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func TestRefusedConnectionIsRepeatedEvenForPost(t *testing.T) {
	addr := closedPort(t)
	c, clock := newTestClient(t, "http://"+addr, nil)
	_, err := send(t.Context(), c, http.MethodPost, "/", "payload", Call{SingleShot: true})
	wantError(t, err, KindConnection, false)
	if want := []time.Duration{125 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond}; !slices.Equal(clock.sleeps(), want) {
		t.Errorf("waits %v, want %v", clock.sleeps(), want)
	}

	// The server comes up while the client waits.
	var requests atomic.Int64
	clock.asleep = func(time.Duration) {
		clock.asleep = nil
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Error(err)
			return
		}
		srv := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) })}
		go func() { _ = srv.Serve(l) }()
		t.Cleanup(func() { _ = srv.Close() })
	}
	resp, err := send(t.Context(), c, http.MethodPost, "/", "payload", Call{SingleShot: true})
	wantStatus(t, resp, err, 200)
	if requests.Load() != 1 {
		t.Errorf("%d requests", requests.Load())
	}
}

// Sent speaks of all tries: a refused connection does not undo an earlier try
// whose outcome is unknown, and a documented refusal has no outcome.
func TestSentSpansTheTries(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   string
		sent   bool
	}{{503, "", true}, {503, slowDown, true}, {429, "", true}, {429, "slow down", true}, {429, slowDown, false}} {
		srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tt.status)
			_, _ = io.WriteString(w, tt.body)
		})
		c, clock := newTestClient(t, srv.URL, nil)
		clock.asleep = func(time.Duration) { clock.asleep = nil; c.CloseIdle(); srv.Close() }
		_, err := send(t.Context(), c, http.MethodDelete, "/", "", Call{Idempotent: true})
		wantError(t, err, KindConnection, tt.sent)
	}
}

func TestNamesThatDoNotResolve(t *testing.T) {
	for _, tt := range []struct {
		err  *net.DNSError
		want bool
	}{
		{&net.DNSError{Err: "no such host", Name: "x.test", IsNotFound: true}, false},
		{&net.DNSError{Err: "server misbehaving", Name: "x.test", IsTemporary: true}, true},
		{&net.DNSError{Err: "i/o timeout", Name: "x.test", IsTimeout: true}, true},
	} {
		c, clock := newTestClient(t, "https://x.test", nil)
		c.singleShot.Proxy = nil
		c.singleShot.DialContext = func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: tt.err}
		}
		_, err := send(t.Context(), c, http.MethodPost, "/", "payload", Call{SingleShot: true})
		wantError(t, err, KindDNS, false)
		if repeated := len(clock.sleeps()) == 3; repeated != tt.want {
			t.Errorf("%v: repeated %v, want %v", tt.err, repeated, tt.want)
		}
		if !strings.Contains(err.Error(), "x.test") {
			t.Errorf("%q does not name the host", err)
		}
	}
}

func TestBackoffGrowsUpToItsCap(t *testing.T) {
	c, _ := newTestClient(t, "https://x.test", func(cfg *Config) {
		cfg.Jitter = func(d time.Duration) time.Duration { return d - 1 }
	})
	for repeats, want := range map[int]time.Duration{
		0: 250*time.Millisecond - 1, 1: 500*time.Millisecond - 1, 5: 8*time.Second - 1, 6: 10*time.Second - 1, 1000: 10*time.Second - 1,
	} {
		if got := c.waitAfter(outcome{err: &TransportError{}}, repeats); got != want {
			t.Errorf("after %d repeats: %v, want %v", repeats, got, want)
		}
	}
}

package httpclient

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// SentAt is the time of the last request that was sent: after the waits between attempts,
// after the credential was renewed, and not that of an attempt that sent nothing.
func TestSentAt(t *testing.T) {
	const (
		expired   = `{"error":"unauthorized","message":"the token has expired"}`
		fetching  = 20 * time.Second // a program takes to print a token
		afterWait = latency + 7*time.Second
	)
	var requests atomic.Int64
	// unavailable is how a server answers the first request that asks for 7 s of patience.
	unavailable := func(w http.ResponseWriter, status int, body string) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
	broken := errors.New("no connection")
	for name, tt := range map[string]struct {
		answer func(w http.ResponseWriter, nth int64)
		change func(cfg *Config)
		call   Call
		want   time.Duration // from the beginning
		fails  bool
	}{
		"one attempt":        {answer: func(http.ResponseWriter, int64) {}, call: Call{SingleShot: true}},
		"credential fetched": {answer: func(http.ResponseWriter, int64) {}, call: Call{SingleShot: true, Signer: &signer{authorize: slowly(fetching, nil)}}, want: fetching},
		"after a refusal":    {answer: first(func(w http.ResponseWriter) { unavailable(w, 503, "") }), call: Call{Idempotent: true}, want: afterWait},
		"after a rate limit": {answer: first(func(w http.ResponseWriter) { unavailable(w, 429, slowDown) }), want: afterWait},
		"second one breaks": {answer: func(w http.ResponseWriter, nth int64) {
			if nth == 1 {
				unavailable(w, 503, "")
			} else {
				hijack(w, "")
			}
		}, call: Call{Idempotent: true}, change: func(cfg *Config) { cfg.MaxRetries = 1 }, want: afterWait, fails: true},
		"credential renewed":  {answer: first(func(w http.ResponseWriter) { w.WriteHeader(http.StatusUnauthorized); _, _ = io.WriteString(w, expired) }), call: renewing(fetching, nil), want: latency + fetching},
		"renewed, then fails": {answer: first(func(w http.ResponseWriter) { w.WriteHeader(http.StatusUnauthorized); _, _ = io.WriteString(w, expired) }), call: renewing(fetching, broken), fails: true},
		"no connection later": {answer: first(func(w http.ResponseWriter) { unavailable(w, 503, "") }), call: Call{Idempotent: true}, change: func(cfg *Config) {
			dial, dials := cfg.Dial, 0
			cfg.MaxRetries = 1
			cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if dials++; dials > 1 {
					return nil, broken
				}
				return dial(ctx, network, address)
			}
		}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			requests.Store(0)
			bubble(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Connection", "close") // so that each attempt dials
				tt.answer(w, requests.Add(1))
			}, tt.change, func(t *testing.T, c *Client) {
				began := time.Now()
				resp, err := send(t.Context(), c, http.MethodPost, "/", "payload", tt.call)
				if (err != nil) != tt.fails {
					t.Fatal(resp, err)
				}
				var sentAt time.Time
				if err != nil {
					sentAt = errorOf(t, err).SentAt
				} else {
					sentAt = resp.SentAt
				}
				if got := sentAt.Sub(began); got != tt.want {
					t.Errorf("sent after %s, want %s", got, tt.want)
				}
			})
		})
	}
}

// TestSentAt_nothingSent: where nothing was sent there is no time.
func TestSentAt_nothingSent(t *testing.T) {
	c, _ := newTestClient(t, "http://"+closedPort(t), nil)
	_, err := send(t.Context(), c, http.MethodPost, "/", "payload", Call{SingleShot: true})
	wantError(t, err, KindConnection, false)
	if at := errorOf(t, err).SentAt; !at.IsZero() {
		t.Errorf("sent at %s", at)
	}
}

// first answers the first request in a way of its own.
func first(answer func(http.ResponseWriter)) func(http.ResponseWriter, int64) {
	return func(w http.ResponseWriter, nth int64) {
		if nth == 1 {
			answer(w)
		}
	}
}

// slowly sets a credential after a while, or fails.
func slowly(d time.Duration, err error) func(context.Context, http.Header) error {
	return func(_ context.Context, h http.Header) error {
		time.Sleep(d)
		h.Set("Authorization", "Bearer token")
		return err
	}
}

// renewing is a call whose second credential takes a while, or fails.
func renewing(d time.Duration, err error) Call {
	s := &signer{authorize: slowly(0, nil)}
	s.renew = func(context.Context, http.Header) bool { s.authorize = slowly(d, err); return true }
	return Call{SingleShot: true, Signer: s}
}

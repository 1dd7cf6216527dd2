package httpclient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

func TestRetryAfterIsObeyed(t *testing.T) {
	const unsaid, limited = 125 * time.Millisecond, firstPause
	for value, waits := range map[string]map[int]time.Duration{
		"7":       {503: 7 * time.Second, 429: 7 * time.Second},
		"60":      {503: time.Minute, 429: time.Minute},
		"rubbish": {503: unsaid, 429: limited},
		"":        {503: unsaid, 429: limited},
		"0":       {503: unsaid, 429: limited},
	} {
		for status, want := range waits {
			var tries atomic.Int64
			srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if tries.Add(1) == 1 {
					w.Header().Set("Retry-After", value)
					w.WriteHeader(status)
				}
			})
			c, clock := newTestClient(t, srv.URL, nil)
			resp, err := send(t.Context(), c, http.MethodGet, "/", "", Call{})
			wantStatus(t, resp, err, 200)
			if got := clock.sleeps(); !slices.Equal(got, []time.Duration{want}) {
				t.Errorf("%d, Retry-After %q: waits %v, want %v", status, value, got, want)
			}
		}
	}
}

// A server that asks for more than a minute gets no second request, and no wait: the
// answer says how long it asks for. So does one that asks for more than the caller has.
func TestRetryAfterThatIsTooLong(t *testing.T) {
	for after, d := range map[string]time.Duration{"61": time.Minute, "86400": time.Minute, "30": 20 * time.Second} {
		for _, status := range []int{429, 500, 502, 503, 504} {
			if status == 429 && d < time.Minute {
				continue // see TestPaceEndsWithTheDeadline
			}
			for _, call := range []Call{{}, {SingleShot: true}, {Idempotent: true}} {
				var tries atomic.Int64
				bubble(t, func(w http.ResponseWriter, _ *http.Request) {
					tries.Add(1)
					w.Header().Set("Retry-After", after)
					w.WriteHeader(status)
					_, _ = io.WriteString(w, slowDown)
				}, nil, func(t *testing.T, c *Client) {
					ctx, cancel := context.WithTimeout(t.Context(), d)
					defer cancel()
					began := time.Now()
					resp, err := send(ctx, c, http.MethodPatch, "/", "payload", call)
					wantStatus(t, resp, err, status)
					if took := time.Since(began); tries.Load() != 1 || took > latency {
						t.Errorf("%d, Retry-After %s, %+v: %d tries in %s", status, after, call, tries.Load(), took)
					}
					// Nor is anybody else made to wait.
					began = time.Now()
					if _, err := send(ctx, c, http.MethodPatch, "/", "payload", call); err != nil || time.Since(began) > latency {
						t.Errorf("%d, Retry-After %s: the next request took %s: %v", status, after, time.Since(began), err)
					}
				})
			}
		}
	}
}

func TestRetryAfter(t *testing.T) {
	const day = "Fri, 13 Feb 2026 "
	for value, want := range map[string]time.Duration{
		"0": 0, "5": 5 * time.Second, " 5 ": 5 * time.Second, "1.5": 1500 * time.Millisecond, "60": time.Minute, "61": 61 * time.Second, "86400": 24 * time.Hour,
		day + "10:00:30 GMT": 30 * time.Second, day + "12:00:00 GMT": 2 * time.Hour, day + "09:00:00 GMT": 0, "Friday, 13-Feb-26 10:00:30 GMT": 30 * time.Second,
		"-1": 0, "1e3": 0, "inf": 0, "NaN": 0, "0x10": 0, "": 0, ".": 0, "1.2.3": 0, "soon": 0, "5 seconds": 0, "2026-02-13T10:00:30Z": 0,
	} {
		// A date is relative to the answer's own.
		if got := retryAfter(http.Header{"Date": {day + "10:00:00 GMT"}, "Retry-After": {value}}); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
	if got := retryAfter(http.Header{"Retry-After": {"Fri, 31 Dec 9999 23:59:59 GMT"}}); got < 24*time.Hour {
		t.Errorf("without a date: %v", got)
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "0", "120", "-5", "1.5", "9e99", "Fri, 13 Feb 2026 10:00:30 GMT", "Friday, 13-Feb-26 10:00:30 GMT", "garbage"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if d := retryAfter(http.Header{"Retry-After": {value}}); d < 0 {
			t.Errorf("%q: %v", value, d)
		}
	})
}

// A cancel ends the waits at once.
func TestCancelEndsWaits(t *testing.T) {
	for _, tt := range []struct {
		status int
		sent   bool
	}{{429, false}, {503, true}} {
		bubble(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(tt.status)
			_, _ = io.WriteString(w, slowDown)
		}, nil, func(t *testing.T, c *Client) {
			ctx, cancel := context.WithCancel(t.Context())
			began := time.Now()
			time.AfterFunc(time.Second, cancel)
			_, err := send(ctx, c, http.MethodDelete, "/", "", Call{Idempotent: true})
			wantError(t, err, KindCanceled, tt.sent)
			e := errorOf(t, err)
			if e.Status != tt.status || !errors.Is(err, context.Canceled) {
				t.Errorf("%+v", e)
			}
			if took := time.Since(began); took != time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestCanceledBeforehandSendsNothing(t *testing.T) {
	srv := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, call := range []Call{{}, {SingleShot: true}} {
		c, _ := newTestClient(t, srv.URL, nil)
		_, err := send(ctx, c, http.MethodPost, "/", "payload", call)
		wantError(t, err, KindCanceled, false)
	}
}

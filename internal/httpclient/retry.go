package httpclient

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// MaxRetryAfter is how long a server may ask to wait before a retry. An answer
	// that asks for more is final.
	MaxRetryAfter = 60 * time.Second
	// firstBackoff and maxBackoff bound the waits that the server does not set.
	firstBackoff = 250 * time.Millisecond
	maxBackoff   = 10 * time.Second
)

// repeatable reports whether sending the request twice is harmless whatever
// became of the first.
func repeatable(method string, call Call) bool {
	return !call.Fresh && (call.Repeatable || method == http.MethodGet || method == http.MethodHead)
}

// limited reports whether the answer is a rate limit that clears by itself soon.
// An account's daily spend cap is none: it stays until 00:00 UTC.
func (t try) limited() bool {
	return t.status() == http.StatusTooManyRequests && t.resp != nil && !t.problem.SpendCap && t.asked <= MaxRetryAfter
}

// worthRepeating decides whether another try may help and does no harm.
//
//   - harmless calls: after cut connections, timeouts, 429, 500, 502, 503, 504;
//   - neither, if the server asks to wait longer than MaxRetryAfter;
//   - all others: only when the server saw no request, or refused it with a 429
//     of its own (one of a proxy's proves nothing).
//
// Other statuses mean the same the second time: 401, 402, 403, 404 and the rest
// are for the caller. So are redirects, oversized answers, failed handshakes,
// names that do not exist and missing credentials.
func (t try) worthRepeating(harmless bool) bool {
	if t.err != nil {
		if t.err.Sent && !harmless {
			return false
		}
		switch t.err.Fault {
		case FaultConnection, FaultTimeout:
			return true
		case FaultDNS:
			return temporary(t.err)
		}
		return false
	}
	if t.asked > MaxRetryAfter {
		return false
	}
	switch t.resp.StatusCode {
	case http.StatusTooManyRequests:
		return t.limited() && (harmless || t.problem.FromAPI)
	case http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return harmless
	}
	return false
}

// waitAfter is how long to wait after a try: what the server asked for, else
// jittered exponential backoff by the number of repeats so far.
func (c *Client) waitAfter(t try, repeats int) time.Duration {
	if t.asked > 0 {
		return t.asked
	}
	d := maxBackoff
	if repeats < 16 { // beyond, the shift would be over the cap anyway
		d = min(firstBackoff<<repeats, maxBackoff)
	}
	return d/2 + c.cfg.Jitter(d/2)
}

// retryAfter reads the header, taking dates relative to the answer's own Date
// where there is one.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	d, _ := ParseRetryAfter(h.Get("Retry-After"), now)
	return d
}

// ParseRetryAfter reads a Retry-After header: seconds, or an HTTP date relative
// to now. The result is not negative; ok is false for anything that is neither, and
// for negative seconds.
func ParseRetryAfter(value string, now time.Time) (d time.Duration, ok bool) {
	value = strings.TrimSpace(value)
	// Only digits and a point: ParseFloat reads much more than that.
	if value != "" && strings.Trim(value, "0123456789.") == "" {
		seconds, err := strconv.ParseFloat(value, 64)
		switch {
		case seconds >= longest.Seconds(): // infinite with ErrRange, too
			return longest, true
		case err != nil:
			return 0, false
		}
		return time.Duration(math.Ceil(seconds * float64(time.Second))), true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return max(date.Sub(now), 0), true
}

// longest is the longest wait that can be counted.
const longest = time.Duration(math.MaxInt64)

// sleep is the real Config.Sleep.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

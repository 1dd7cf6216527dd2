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

// isIdempotent reports whether sending the request twice is harmless, whether or not
// the first one was carried out.
func isIdempotent(method string, call Call) bool {
	return !call.SingleShot && (call.Idempotent || method == http.MethodGet || method == http.MethodHead)
}

// limited reports whether the answer is a rate limit that ends by itself soon.
// An account's daily spend cap is none: it stays until 00:00 UTC.
func (o outcome) limited() bool {
	return o.status() == http.StatusTooManyRequests && o.answer != nil && !o.problem.SpendCap && o.asked <= MaxRetryAfter
}

// worthRepeating decides whether another attempt may help and does no harm.
//
//   - idempotent calls: after cut connections, timeouts, 429, 500, 502, 503, 504;
//   - all others: only when the server saw no request, or refused it with a 429
//     of its own (one of a proxy proves nothing);
//   - none, if the server asks to wait longer than MaxRetryAfter.
//
// Other statuses mean the same the second time. So do redirects, oversized answers,
// failed handshakes, names that do not exist and missing credentials.
func (o outcome) worthRepeating(idempotent bool) bool {
	if o.err != nil {
		if o.err.Sent && !idempotent {
			return false
		}
		switch o.err.Kind {
		case KindConnection, KindTimeout:
			return true
		case KindDNS:
			return temporary(o.err)
		}
		return false
	}
	if o.asked > MaxRetryAfter {
		return false
	}
	switch o.answer.Status {
	case http.StatusTooManyRequests:
		return o.limited() && (idempotent || o.problem.FromAPI)
	case http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return idempotent
	}
	return false
}

// waitAfter is how long to wait before the next attempt: what the server asked for,
// else jittered exponential backoff by the number of repeats so far.
func (c *Client) waitAfter(o outcome, repeats int) time.Duration {
	if o.asked > 0 {
		return o.asked
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

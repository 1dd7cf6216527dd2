package httpclient

import (
	"context"
	"net/http"
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

// limited reports whether the answer is a rate limit that ends by itself soon.
// An account's daily spend cap is none: it stays until 00:00 UTC.
func (o outcome) limited() bool {
	return o.answer != nil && o.answer.Status == http.StatusTooManyRequests && !o.problem.SpendCap && o.problem.RetryAfter <= MaxRetryAfter
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
		return (idempotent || !o.err.Ambiguous) &&
			(o.err.Kind == KindConnection || o.err.Kind == KindTimeout || o.err.Kind == KindDNS && isTemporary(o.err))
	}
	switch o.answer.Status {
	case http.StatusTooManyRequests:
		return o.limited() && (idempotent || o.problem.FromAPI)
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return idempotent && o.problem.RetryAfter <= MaxRetryAfter
	}
	return false
}

// waitAfter is how long to wait before the next attempt: what the server asked for,
// else jittered exponential backoff by the number of repeats so far.
func (c *Client) waitAfter(o outcome, repeats int) time.Duration {
	if o.problem.RetryAfter > 0 {
		return o.problem.RetryAfter
	}
	d := min(firstBackoff<<min(repeats, 16), maxBackoff)
	return d/2 + c.cfg.Jitter(d/2)
}

// retryAfter reads the header: seconds, or a date, which is relative to the answer's own
// Date where there is one. 0 is anything else.
func retryAfter(h http.Header) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := time.ParseDuration(value + "s"); err == nil {
		return max(seconds, 0)
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(date.Sub(now), 0)
}

// sleep is the real Config.Sleep.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

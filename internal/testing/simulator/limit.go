package simulator

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limit is how many requests a store takes: at most so many within a window. A
// request over the limit is answered with 429, costs nothing of the limit and
// reaches neither a fault nor the service.
type Limit struct {
	// Operation is what is counted: [OpCreate] and its like, "" for all requests
	// together.
	Operation string `json:"operation,omitempty"`
	// Requests and Window are the limit: at least 1 within more than nothing.
	Requests int           `json:"requests"`
	Window   time.Duration `json:"window"`
	// Algorithm is how it is counted.
	Algorithm Algorithm `json:"algorithm,omitempty"`
	// RetryAfter is the header's value: [RetrySeconds], [RetryDate],
	// [RetryAbsent] or a text that is sent as it is, such as "1".
	RetryAfter string `json:"retry_after,omitempty"`
}

// Algorithm is how a [Limit] counts.
type Algorithm string

// The algorithms that services use.
const (
	// LimitFixed counts from the window's first request to its end; then the
	// count begins anew.
	LimitFixed Algorithm = ""
	// LimitSliding counts what was taken within one window before the request.
	LimitSliding Algorithm = "sliding"
	// LimitBucket is a bucket of Requests tokens that fills within one window.
	LimitBucket Algorithm = "bucket"
)

// Forms of [Limit.RetryAfter].
const (
	RetrySeconds = ""       // seconds until the next request is taken, rounded up
	RetryDate    = "date"   // the time when it is, rounded up
	RetryAbsent  = "absent" // no header
)

// ParseLimit reads a limit as people write it on a command line:
//
//	[operation=]requests/window[,algorithm][,retry-after=value]
//
// such as "100/1m" or "create=10/1s,sliding,retry-after=absent".
func ParseLimit(text string) (l Limit, err error) {
	rate, options, _ := strings.Cut(text, ",")
	if operation, rest, found := strings.Cut(rate, "="); found {
		l.Operation, rate = operation, rest
	}
	requests, window, _ := strings.Cut(rate, "/")
	if l.Requests, err = strconv.Atoi(requests); err != nil {
		return Limit{}, fmt.Errorf("a limit such as 100/1m: %w", err)
	}
	if l.Window, err = time.ParseDuration(window); err != nil {
		return Limit{}, fmt.Errorf("a limit such as 100/1m: %w", err)
	}
	for option := range strings.SplitSeq(options, ",") {
		if value, found := strings.CutPrefix(option, "retry-after="); found {
			l.RetryAfter = value
		} else if option != "fixed" {
			l.Algorithm = Algorithm(option)
		}
	}
	return l, l.check()
}

// limiter is a limit and what was taken of it.
type limiter struct {
	Limit
	taken  []time.Time // fixed and sliding, within the window
	tokens float64     // bucket
	filled time.Time
}

// check reports what is wrong with a limit.
func (l Limit) check() error {
	if l.Requests < 1 || l.Window <= 0 {
		return fmt.Errorf("a limit takes at least 1 request in a window longer than 0, not %d in %s", l.Requests, l.Window)
	}
	if l.Algorithm != LimitFixed && l.Algorithm != LimitSliding && l.Algorithm != LimitBucket {
		return fmt.Errorf("there is no limit that counts as %q", l.Algorithm)
	}
	return nil
}

// wait returns how long it is until a request is taken; 0 is now.
func (l *limiter) wait(now time.Time) time.Duration {
	switch l.Algorithm {
	case LimitBucket:
		if !l.filled.IsZero() {
			l.tokens += now.Sub(l.filled).Seconds() * float64(l.Requests) / l.Window.Seconds()
		}
		if l.filled.IsZero() || l.tokens > float64(l.Requests) {
			l.tokens = float64(l.Requests)
		}
		l.filled = now
		return time.Duration(math.Ceil((1 - min(l.tokens, 1)) * float64(l.Window) / float64(l.Requests)))
	case LimitSliding:
		l.taken = slices.DeleteFunc(l.taken, func(t time.Time) bool { return now.Sub(t) >= l.Window })
	default:
		if len(l.taken) > 0 && now.Sub(l.taken[0]) >= l.Window {
			l.taken = l.taken[:0]
		}
	}
	if len(l.taken) < l.Requests {
		return 0
	}
	return l.Window - now.Sub(l.taken[0])
}

// take counts a request.
func (l *limiter) take(now time.Time) {
	l.tokens--
	l.taken = append(l.taken, now)
	if l.Algorithm == LimitBucket {
		l.taken = nil
	}
}

// refusal is the answer to a request that would be taken after wait.
func (l *limiter) refusal(now time.Time, wait time.Duration) *Problem {
	p := &Problem{Status: http.StatusTooManyRequests, Code: "rate_limited", Message: "too many requests"}
	seconds := int64(math.Ceil(wait.Seconds()))
	switch l.RetryAfter {
	case RetryAbsent:
	case RetrySeconds:
		p.Header = map[string]string{"Retry-After": strconv.FormatInt(seconds, 10)}
	case RetryDate:
		end := now.Add(wait + time.Second - 1).UTC()
		p.Header = map[string]string{"Retry-After": end.Format(http.TimeFormat)}
	default:
		p.Header = map[string]string{"Retry-After": l.RetryAfter}
	}
	return p
}

// admit counts a request with all limits that it falls under, or returns the
// refusal by the one that lasts longest, and then counts with none.
func (t *traffic) admit(op string, now time.Time) *Problem {
	t.mu.Lock()
	defer t.mu.Unlock()
	var longest *limiter
	var wait time.Duration
	for _, l := range t.limits {
		if l.Operation == "" || l.Operation == op {
			if w := l.wait(now); w > wait {
				longest, wait = l, w
			}
		}
	}
	if longest != nil {
		t.limited++
		return longest.refusal(now, wait)
	}
	for _, l := range t.limits {
		if l.Operation == "" || l.Operation == op {
			l.take(now)
		}
	}
	return nil
}

// Limit sets how many requests the store takes, in place of what it was; no
// limits are none. An error says which one makes no sense; then nothing changes.
func (st *Store) Limit(limits ...Limit) error {
	fresh := make([]*limiter, len(limits))
	for i, l := range limits {
		if err := l.check(); err != nil {
			return err
		}
		fresh[i] = &limiter{Limit: l}
	}
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	st.traffic.limits = fresh
	return nil
}

// Limited returns how many requests were over a limit.
func (st *Store) Limited() int {
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	return st.traffic.limited
}

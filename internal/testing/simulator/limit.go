package simulator

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limit is how many requests a store accepts within a window. A request over the limit
// is answered with 429, counts for no limit and meets no fault.
type Limit struct {
	// Operation is what is counted: [OpCreate] …, "" for all requests together.
	Operation string
	Requests  int           // at least 1
	Window    time.Duration // more than 0
	Algorithm Algorithm
	// RetryAfter is the header's value: [RetrySeconds], [RetryDate], [RetryAbsent] or
	// any text, such as "1".
	RetryAfter string
}

// Algorithm is how a [Limit] counts.
type Algorithm string

// The algorithms of limits.
const (
	LimitFixed   Algorithm = ""        // windows that begin with a request
	LimitSliding Algorithm = "sliding" // the window before each request
	LimitBucket  Algorithm = "bucket"  // as many tokens, refilled within one window
)

// Forms of [Limit.RetryAfter].
const (
	RetrySeconds = ""       // seconds until the next request is accepted, rounded up
	RetryDate    = "date"   // the time of that, rounded up
	RetryAbsent  = "absent" // no header
)

// ParseLimit reads a limit: [operation=]requests/window, such as "100/1m" or
// "create=10/1s".
func ParseLimit(text string) (l Limit, err error) {
	rate := text
	if operation, rest, found := strings.Cut(text, "="); found {
		l.Operation, rate = operation, rest
	}
	requests, window, _ := strings.Cut(rate, "/")
	var notANumber error
	l.Requests, notANumber = strconv.Atoi(requests)
	l.Window, err = time.ParseDuration(window)
	if err := errors.Join(notANumber, err); err != nil {
		return Limit{}, fmt.Errorf("a limit such as 100/1m: %w", err)
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

// wait returns how long it is until a request is accepted; 0 is now.
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

// refusal is the answer to a request that would be accepted after wait.
func (l *limiter) refusal(now time.Time, wait time.Duration) *Problem {
	switch l.RetryAfter {
	case RetryAbsent:
		return tooMany("")
	case RetrySeconds:
		return tooMany(strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	case RetryDate:
		return tooMany(now.Add(wait + time.Second - 1).UTC().Format(http.TimeFormat))
	default:
		return tooMany(l.RetryAfter)
	}
}

// admit counts a request with all limits that it falls under, or returns the refusal by
// the one with the longest wait. t.mu is held.
func (t *traffic) admit(op string, now time.Time) *Problem {
	var longest *limiter
	var counting []*limiter
	var wait time.Duration
	for _, l := range t.limits {
		if l.Operation == "" || l.Operation == op {
			counting = append(counting, l)
			if w := l.wait(now); w > wait {
				longest, wait = l, w
			}
		}
	}
	if longest != nil {
		return longest.refusal(now, wait)
	}
	for _, l := range counting {
		l.take(now)
	}
	return nil
}

// Limit sets how many requests the store accepts, in place of earlier limits. If one of
// them makes no sense, it returns an error and changes nothing.
func (st *Store) Limit(limits ...Limit) error {
	all := make([]*limiter, len(limits))
	for i, l := range limits {
		if err := l.check(); err != nil {
			return err
		}
		all[i] = &limiter{Limit: l}
	}
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	st.traffic.limits = all
	return nil
}

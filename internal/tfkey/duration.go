package tfkey

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// minDuration is the shortest rotation interval or overlap: a shorter one would fall due again
// while it is being applied.
const minDuration = time.Minute

const day = 24 * time.Hour

// ParseDuration reads a duration such as "90d", "720h" or "1d12h": days of 24 hours, then what
// time.ParseDuration reads. Zero, negative and overlong durations are errors.
func ParseDuration(s string) (time.Duration, error) {
	bad := func(why string) (time.Duration, error) {
		return 0, fmt.Errorf("%q is not a duration: %s; write for example 90d, 720h or 1d12h", s, why)
	}
	var total time.Duration
	rest := s
	if days, after, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 32)
		if err != nil {
			return bad("the days are not a whole number")
		}
		if n > uint64(math.MaxInt64/day) {
			return bad("it is too long")
		}
		total, rest = time.Duration(n)*day, after
		if rest == "" {
			rest = "0s"
		}
		if strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "+") {
			return bad("there is a sign in the middle")
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil {
		return bad("its units are d, h, m and s")
	}
	if d > math.MaxInt64-total {
		return bad("it is too long")
	}
	if total += d; total <= 0 {
		return bad("it is not positive")
	}
	return total, nil
}

// parseInterval is ParseDuration with the lower bound of a rotation.
func parseInterval(s string) (time.Duration, error) {
	d, err := ParseDuration(s)
	if err == nil && d < minDuration {
		return 0, fmt.Errorf("%q is too short: at least one minute", s)
	}
	return d, err
}

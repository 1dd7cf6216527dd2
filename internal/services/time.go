package services

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// layouts are the ways in which services write times. Fractional seconds need
// none of their own.
var layouts = []string{
	time.RFC3339,
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05",
	time.DateOnly,
}

// Seconds since 1970 before 1973 are taken for something else, such as a compact date,
// and anything from leastMillis on counts milliseconds.
const leastSeconds, leastMillis = 1e8, 1e11

// ParseTime reads a service's time tolerantly: RFC 3339 with or without
// fractional seconds, ISO 8601 without a zone (UTC), with a space for the T or
// without a time, or a number of seconds or milliseconds since 1970.
// "" and the literal string "null", which OnePin's Create Api Key page shows, are
// the zero time. Anything else is an error: a time that cannot be read must not
// pass for "never".
func ParseTime(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "" || strings.EqualFold(text, "null") {
		return time.Time{}, nil
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil && strings.Trim(text, ".0123456789") == "" && n >= leastSeconds && n < 1000*leastMillis {
		if n < leastMillis {
			n *= 1000
		}
		return time.UnixMilli(int64(math.Round(n))).UTC(), nil
	}
	for _, layout := range layouts {
		t, err := time.Parse(layout, text)
		// A zone can push the edges of the calendar out of what can be written.
		if t = t.UTC(); err == nil && t.Year() >= 1 && t.Year() <= 9999 {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%.40q is not a time", text)
}

// dateOnly reports whether a text is a date without a time.
func dateOnly(text string) bool {
	_, err := time.Parse(time.DateOnly, strings.TrimSpace(text))
	return err == nil
}

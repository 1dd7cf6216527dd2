package services

import (
	"fmt"
	"strings"
	"time"

	"github.com/oapi-codegen/nullable"
)

// layouts are the ways in which services write times. Fractional seconds need
// none of their own.
var layouts = []string{
	time.RFC3339,
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05",
}

// ParseTime reads a service's time tolerantly: RFC 3339 with or without
// fractional seconds, ISO 8601 without a zone (UTC) or with a space for the T.
// "" and the literal string "null", which OnePin's Create Api Key page shows, are
// the zero time. Anything else is an error: a time that cannot be read must not
// pass for "never".
func ParseTime(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "" || strings.EqualFold(text, "null") {
		return time.Time{}, nil
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

// Times reads the times of one record. Err is the first failure.
type Times struct{ Err error }

// Read returns the time that a field holds; zero if it holds none.
func (t *Times) Read(field, text string) time.Time {
	parsed, err := ParseTime(text)
	if err != nil && t.Err == nil {
		t.Err = fmt.Errorf("%s: %w", field, err)
	}
	return parsed
}

// Told returns what an optional field holds, or the zero value.
func Told[T any](field *T) T {
	if field == nil {
		var none T
		return none
	}
	return *field
}

// NotNull returns what a nullable field holds, or the zero value.
func NotNull[T any](field nullable.Nullable[T]) T {
	value, _ := field.Get()
	return value
}

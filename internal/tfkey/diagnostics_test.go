package tfkey

import (
	"math"
	"testing"
	"time"
)

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"too long": "too long.", "too long.": "too long.", "too long. ": "too long.", "too long..": "too long.",
		"too long (request id 7e57)": "too long (request id 7e57).", "too long:": "too long.",
		"no!": "no!", "why?": "why?", "and so on…": "and so on…", "and so on...": "and so on...",
	} {
		if got := Sentence(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestInWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "less than a second", time.Millisecond: "less than a second", time.Second: "1 second", 59 * time.Second: "59 seconds", time.Minute: "1 minute",
		90 * time.Second: "1 minute 30 seconds", time.Hour: "1 hour", 24 * time.Hour: "1 day", 24*time.Hour + 30*time.Second: "1 day 30 seconds",
		50*time.Hour + 5*time.Minute + time.Second: "2 days 2 hours", math.MaxInt64: "106751 days 23 hours",
	} {
		if got := inWords(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}

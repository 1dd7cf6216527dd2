package tfkey

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// The documented form, and everything that only looks like it.
func TestParseExpiringName(t *testing.T) {
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	if got := expiringName("ci", at.In(time.FixedZone("", 3600)).Add(time.Millisecond)); got != "ci [ephemeral until 2030-01-02T03:04:05Z]" {
		t.Errorf("the form has changed, and keys of the old one are out there: %q", got)
	}
	for s, want := range map[string]string{
		"ci [ephemeral until 2030-01-02T03:04:05Z]":                                        "ci",
		" ci [ephemeral until 2030-01-02T03:04:05Z]":                                       " ci",
		"ci [ephemeral until 2029-01-02T03:04:05Z] [ephemeral until 2030-01-02T03:04:05Z]": "ci [ephemeral until 2029-01-02T03:04:05Z]",
		"[ephemeral until 2030-01-02T03:04:05Z] [ephemeral until 2030-01-02T03:04:05Z]":    "[ephemeral until 2030-01-02T03:04:05Z]",
	} {
		if name, expires, ok := parseExpiringName(s); !ok || name != want || !expires.Equal(at) {
			t.Errorf("%q: %q, %s, %v", s, name, expires, ok)
		}
	}
	for _, s := range []string{
		"", "ci", expiryOpen + expiryClose, "ci" + expiryOpen + expiryClose, "ci [ephemeral until 2030-01-02T03:04:05Z",
		"ci [ephemeral until 2030-01-02T03:04:05z]", "ci [ephemeral until 2030-01-02t03:04:05Z]", "ci [ephemeral until 2030-01-02T03:04:05.0Z]",
		"ci [ephemeral until 2030-01-02T03:04:05,0Z]", "ci [ephemeral until 2030-01-02T03:04:05+00:00]", "ci [ephemeral until 2030-01-02T04:04:05+01:00]",
		"ci [ephemeral until 2030-01-02T3:04:05Z]", "ci [ephemeral until 2030-02-30T03:04:05Z]", "ci [ephemeral until 2030-01-02T24:00:00Z]",
		"ci [ephemeral until 2030-01-02T03:04:60Z]", "ci [ephemeral until 2030-01-02 03:04:05Z]", "ci [ephemeral until 2030-01-02T03:04:05Z] ",
		"ci [ephemeral until  2030-01-02T03:04:05Z]", "ci[ephemeral until 2030-01-02T03:04:05Z]", "ci [Ephemeral until 2030-01-02T03:04:05Z]",
		"ci [ephemeral until 1893553445]", "ci [ephemeral until 10000-01-02T03:04:05Z]",
	} {
		if name, expires, ok := parseExpiringName(s); ok {
			t.Errorf("%q is read as %q, %s", s, name, expires)
		}
	}
}

// What is written is read again, takes the room that is kept for it, and nothing
// is read that would not be written so.
func TestParseExpiringName_roundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"ci", expiryOpen, expiryClose, "a" + expiryOpen + "b" + expiryClose})).Draw(t, "name")
		at := time.Unix(rapid.Int64Range(0, 253402300799).Draw(t, "at"), 0)
		s := expiringName(name, at)
		got, expires, ok := parseExpiringName(s)
		if !ok || got != name || !expires.Equal(at) {
			t.Fatalf("%q is read as %q, %s, %v", s, got, expires, ok)
		}
		if utf8.ValidString(name) && utf8.RuneCountInString(s) != utf8.RuneCountInString(name)+expirySpan {
			t.Fatalf("%q takes %d characters more than its name, not %d", s, utf8.RuneCountInString(s)-utf8.RuneCountInString(name), expirySpan)
		}
		bytes := []byte(s)
		i := rapid.IntRange(0, len(bytes)-1).Draw(t, "where")
		bytes[i] = rapid.Byte().Draw(t, "what")
		if name, expires, ok := parseExpiringName(string(bytes)); ok && expiringName(name, expires) != string(bytes) {
			t.Fatalf("%q is read, and written otherwise", bytes)
		}
	})
}

// Keys of one name do not count as leftovers of another, whatever the names.
func TestParseExpiringName_names(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.StringN(0, 8, -1).Draw(t, "a")
		b := rapid.OneOf(rapid.StringN(0, 8, -1), rapid.Just(strings.ToUpper(a)), rapid.Just(" "+a), rapid.Just(expiringName(a, time.Unix(0, 0)))).Draw(t, "b")
		name, _, ok := parseExpiringName(expiringName(b, time.Unix(1893553445, 0)))
		if !ok || (name == a) != (a == b) {
			t.Fatalf("a key of %q counts as one of %q: %v", b, a, name == a)
		}
	})
}

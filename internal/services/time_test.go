package services_test

import (
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
)

func TestParseTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 13, 10, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-02-13T10:00:00Z":             at,
		"2026-02-13T10:00:00.25Z":          at.Add(250 * time.Millisecond),
		"2026-02-13T10:00:00.123456+00:00": at.Add(123456 * time.Microsecond),
		"2026-02-13T12:00:00+02:00":        at,
		"2026-02-13T12:00:00+0200":         at,
		"2026-02-13T10:00:00":              at,
		"2026-02-13T10:00:00.5":            at.Add(500 * time.Millisecond),
		"2026-02-13 10:00:00":              at,
		"2026-02-13 10:00:00+00:00":        at,
		"2026-02-13":                       at.Truncate(24 * time.Hour),
		"1770976800":                       at,
		"1770976800.25":                    at.Add(250 * time.Millisecond),
		"1770976800250":                    at.Add(250 * time.Millisecond),
		"null":                             {},
		"":                                 {},
	} {
		if got, err := services.ParseTime(text); err != nil || !got.Equal(want) {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"never", "yesterday", "0", "2026-02-30T10:00:00Z", "20260213", "-1770976800", "1e18", "0x7000000000", "Inf", "170000000000000000"} {
		if got, err := services.ParseTime(text); err == nil {
			t.Errorf("%q: got %v, want an error: it must not pass for never", text, got)
		}
	}
}

func FuzzTime(f *testing.F) {
	for _, seed := range []string{"2026-02-13T10:00:00Z", "2026-02-13 10:00:00.5", "null", "", "x", "2026-02-13T10:00:00+0200"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := services.ParseTime(text)
		if err != nil {
			if !got.IsZero() {
				t.Errorf("%q: %v along with %v", text, got, err)
			}
			return
		}
		if got.IsZero() {
			return
		}
		again, err := services.ParseTime(got.Format(time.RFC3339Nano))
		if err != nil || !again.Equal(got) {
			t.Errorf("%q: %v read again is %v, %v", text, got, again, err)
		}
	})
}

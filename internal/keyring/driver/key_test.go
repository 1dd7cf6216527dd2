package driver_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

func TestHint_Matches(t *testing.T) {
	const value = "pk_live_f8a3b2c1d4"
	for _, tc := range []struct {
		prefix, suffix string
		want           bool
	}{
		{"pk_live_f8a", "", true},
		{"pk_live_f8", "", false}, // two characters besides what all keys share
		{"pk_live_f8", "4", true},
		{"pk_live_", "", false},
		{"", "", false},
		{"", "1d4", true},
		{"", "d4", false},
		{"pk_live_", "1d4", true},
		{"pk_live_f8b", "", false},
		{"pk_live_", "1d5", false},
		{"pk_live_f8a", "1d5", false},
		{"f8a", "", false},
		{value, "", true},
		{"pk_live_f8a3b2c1", "d4", true},
		{"pk_live_f8a3b2c1d", "d4", false}, // overlapping: they show more than there is
		{value + "x", "", false},
		{"pk_live_", "f8a3b2", true}, // the characters after the prefix
		{"pk_live_", "f8", false},
		{"pk_live_f8", "a3b", true},
		{"pk_live_", "8a3", false},
		{"", "pk_live_f8a", false},
	} {
		h := driver.Hint{Prefix: tc.prefix, Suffix: tc.suffix}
		if got := h.Matches(driver.NewSecret(value)); got != tc.want {
			t.Errorf("%+v matches: %t", h, got)
		}
		if h.Matches(driver.Secret{}) {
			t.Errorf("%+v matches no value", h)
		}
	}
}

func TestError(t *testing.T) {
	cause := errors.New("cause")
	for want, e := range map[string]*driver.Error{
		"OnePin: create the key: 422 invalid: too long; name: at most 120 (request id 7e57)": {
			Service: "OnePin", Operation: "create the key", Kind: driver.KindInvalid, Status: 422, Message: "too long",
			Fields: []driver.FieldError{{Field: "name", Message: "at most 120"}}, RequestID: "7e57",
		},
		"Pioneer: list the keys: timeout": {Service: "Pioneer", Operation: "list the keys", Kind: driver.KindTimeout, Err: cause},
		"Expunct: list the keys: 404 not found; a: b; c: d": {
			Service: "Expunct", Operation: "list the keys", Kind: driver.KindNotFound, Status: 404,
			Fields: []driver.FieldError{{Field: "a", Message: "b"}, {Field: "c", Message: "d"}},
		},
	} {
		if e.Error() != want {
			t.Errorf("got %q, want %q", e, want)
		}
		wrapped := fmt.Errorf("around: %w", e)
		if driver.IsNotFound(wrapped) != (e.Kind == driver.KindNotFound) {
			t.Errorf("%v is not found: %t", e, driver.IsNotFound(wrapped))
		}
		if errors.Is(wrapped, cause) != (e.Err != nil) {
			t.Errorf("the cause of %v is lost", e)
		}
	}
	if driver.IsNotFound(nil) || driver.IsNotFound(cause) {
		t.Error("something else is called not found")
	}
	var zero driver.Error
	if zero.Effect != driver.EffectUnknown {
		t.Error("an error that says nothing of its effect claims to have none")
	}
}

// A use in the second of the time that is asked about may have come after it.
func TestKey_UsedSince(t *testing.T) {
	at := time.Date(2026, 8, 14, 10, 0, 0, 700_000_000, time.UTC)
	for used, want := range map[time.Time]bool{
		{}:                                 false,
		at.Add(-time.Second):               false,
		at.Truncate(time.Second):           true,
		at:                                 true,
		at.Add(time.Nanosecond):            true,
		at.Truncate(time.Second).Add(-1e6): false,
	} {
		if got := (driver.Key{LastUsedAt: used}).UsedSince(at); got != want {
			t.Errorf("used %s: %t", used, got)
		}
	}
	if (driver.Key{}).UsedSince(time.Time{}) {
		t.Error("a key that was never used")
	}
}

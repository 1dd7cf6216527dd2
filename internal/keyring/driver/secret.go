package driver

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// Redacted stands wherever a Secret is formatted, logged or encoded.
const Redacted = "(redacted)"

// Secret is a key value or a credential. Whatever formats, logs or encodes it
// sees a fixed text instead; only [Secret.Reveal] gives the value away, so a
// search for that name finds every place where a value leaves this type.
//
// The value is behind a pointer because fmt calls no methods on unexported
// fields, nor for a verb it rejects: it prints what it finds by reflection, which
// is then an address.
type Secret struct{ value *string }

// NewSecret wraps a value.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{value: &value}
}

// Reveal returns the value itself; "" when there is none.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether there is no value.
func (s Secret) IsZero() bool { return s.value == nil }

// Equal compares two values in constant time. Two empty secrets are not equal:
// nothing known is no proof of sameness.
func (s Secret) Equal(other Secret) bool {
	return !s.IsZero() && subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// Format implements fmt.Formatter: every verb prints the same fixed text.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// String implements fmt.Stringer.
func (s Secret) String() string { return Redacted }

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return Redacted }

// MarshalText implements encoding.TextMarshaler, and with it JSON, XML and TOML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(Redacted) }

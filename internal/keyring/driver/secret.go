package driver

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what a Secret prints, logs and encodes as.
const Redacted = "(redacted)"

// Secret is a key's value or a credential. Formatting, logging and encoding yield a
// fixed text. Only [Secret.Reveal] returns the value, so a search for that name finds
// every place where a value leaves this type.
//
// The value is behind a pointer because fmt calls no methods on unexported fields: it
// prints what reflection finds, which is then an address.
type Secret struct{ value *string }

// NewSecret wraps a value.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{value: &value}
}

// Reveal returns the value; "" if there is none.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether there is no value.
func (s Secret) IsZero() bool { return s.value == nil }

// Equal compares two values in constant time. Two empty secrets are not equal: unknown
// values need not be the same.
func (s Secret) Equal(other Secret) bool {
	return !s.IsZero() && subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// Format implements fmt.Formatter.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// String implements fmt.Stringer.
func (s Secret) String() string { return Redacted }

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return Redacted }

// MarshalText implements encoding.TextMarshaler, and with it JSON, XML and TOML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(Redacted) }

package driver

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Key is what a service says about one API key; never its value.
type Key struct {
	// ID is the service's identifier of the key. Empty only in the answer to a
	// create at a service that does not give it there.
	ID string

	// Name is the human-readable name. Services do not keep names unique.
	Name string

	// CreatedAt is when the service created the key; zero if it does not say.
	CreatedAt time.Time

	// LastUsedAt is when the key was last used; zero if never, or if the service does
	// not say.
	LastUsedAt time.Time

	// RevokedAt is when the key was revoked; zero while it is live.
	RevokedAt time.Time

	// ExpiresAt is when the key stops working by itself; zero if never, or if the
	// service does not say.
	ExpiresAt time.Time

	// Expired reports that ExpiresAt has certainly passed. The engine sets it.
	Expired bool

	// DateOnly reports that CreatedAt is a day without a time, so that the order of two
	// such times means nothing.
	DateOnly bool

	// Unreadable are the fields of the record that could not be read, by the service's
	// names. A time among them is zero here, which does not mean "never".
	Unreadable []string

	// Disabled reports that the key does not work, and could be enabled again unless it
	// is revoked.
	Disabled bool

	// Hint is the part of the value that the record shows.
	Hint Hint

	// Attributes are the service's own properties of a key.
	Attributes Attributes
}

// The names of times in Unreadable.
const (
	FieldCreatedAt  = "created_at"
	FieldLastUsedAt = "last_used_at"
	FieldRevokedAt  = "revoked_at"
	FieldExpiresAt  = "expires_at"
)

// Live reports whether the key is neither revoked nor expired. A disabled key is live.
// So is one whose RevokedAt is unreadable; see [Key.CheckConclusive].
func (k Key) Live() bool { return k.RevokedAt.IsZero() && !k.Expired }

// EndedHow says how and when a key that is not live ended: "was revoked on …".
func (k Key) EndedHow() string {
	what, at := "was revoked", k.RevokedAt
	if at.IsZero() && k.Expired {
		what, at = "expired", k.ExpiresAt
	}
	return fmt.Sprintf("%s on %s", what, at.UTC().Format(time.RFC3339Nano))
}

// UsedSince reports whether the key was used after a time, or may have been. Services
// truncate times to seconds.
func (k Key) UsedSince(t time.Time) bool {
	used := !k.LastUsedAt.IsZero() && !k.LastUsedAt.Before(t.Truncate(time.Second))
	return used || slices.Contains(k.Unreadable, FieldLastUsedAt)
}

// CheckConclusive is an error if it is unknown whether the key has been revoked.
func (k Key) CheckConclusive() error {
	if !slices.Contains(k.Unreadable, FieldRevokedAt) {
		return nil
	}
	return &Error{
		Service: "the service", Operation: "read the key", Kind: KindMalformed, Effect: EffectNone,
		Message: fmt.Sprintf("the %s of key %s (%q) cannot be read, so it is unknown whether the key has been revoked", FieldRevokedAt, k.ID, k.Name),
	}
}

// Attributes are a service's own properties of a key, by attribute name. Values are
// string, int64, float64, bool, []string (a set: the order means nothing), time.Time,
// or nil for null. The service did not say anything about a name that is missing.
type Attributes map[string]any

// Hint is what a record shows of a key's value.
type Hint struct {
	// Prefix and Suffix are the first and last characters of the value, without dots
	// between them. Suffix may also be what follows Prefix: OnePin's Create Api Key page
	// can be read both ways.
	Prefix, Suffix string
}

// MinHint is how many characters a hint must show to count as evidence, besides a
// conventional prefix such as "pk_live_".
const MinHint = 3

// Shown is how many characters the hint shows of the part that differs between keys.
func (h Hint) Shown() int {
	return len(h.Prefix[strings.LastIndexByte(h.Prefix, '_')+1:]) + len(h.Suffix)
}

// Matches reports whether the value fits the hint. A hint that shows only what all keys
// of a service share matches nothing.
func (h Hint) Matches(value Secret) bool {
	v := value.Reveal()
	return h.Shown() >= MinHint && len(v) >= len(h.Prefix)+len(h.Suffix) && strings.HasPrefix(v, h.Prefix) &&
		(strings.HasSuffix(v, h.Suffix) || h.Prefix != "" && strings.HasPrefix(v[len(h.Prefix):], h.Suffix))
}

// Contradicts reports whether the hint belongs to another key's value: it shows
// enough, and no three characters in a row of it occur in this value. Services do not
// document how they mask values, so any place in the value will do.
func (h Hint) Contradicts(value Secret) bool {
	v := strings.ToLower(value.Reveal())
	enough := false
	for _, part := range []string{h.Prefix[strings.LastIndexByte(h.Prefix, '_')+1:], h.Suffix} {
		part = strings.ToLower(part)
		for i := 0; i+MinHint <= len(part); i++ {
			shown := part[i : i+MinHint]
			if strings.Count(shown, shown[:1]) == MinHint {
				continue // the mask, such as "***"
			}
			if strings.Contains(v, shown) {
				return false
			}
			enough = true
		}
	}
	return enough && v != ""
}

// Minted is a key that has just been created, with its value. The service gives the
// value only this once.
type Minted struct {
	Key
	Value Secret
	// SentAt is when the request was sent, by this machine's clock; zero if unknown.
	SentAt time.Time
}

// Spec describes a key to create.
type Spec struct {
	Name string
	// Attributes has only what is asked for; the service chooses the rest.
	Attributes Attributes
}

// Changes are the properties of a key to change; nothing else is sent.
type Changes struct {
	Name       *string
	Attributes Attributes
}

// Empty reports whether there is nothing to change.
func (c Changes) Empty() bool { return c.Name == nil && len(c.Attributes) == 0 }

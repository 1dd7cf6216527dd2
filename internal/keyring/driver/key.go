package driver

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Key is what a service tells of one API key; never its value.
type Key struct {
	// ID is the service's identifier of the key. Empty only in the answer to a
	// create at a service that does not tell it there (see [Ring.Create]).
	ID string

	// Name is the human-readable name. Services do not keep names unique.
	Name string

	// CreatedAt is when the service made the key; zero if it does not tell.
	CreatedAt time.Time

	// LastUsedAt is when the key was last used; zero if never, or if the
	// service does not tell.
	LastUsedAt time.Time

	// RevokedAt is when the key was revoked; zero while it is live.
	RevokedAt time.Time

	// ExpiresAt is when the key ends by itself; zero if never, or if the service
	// does not tell.
	ExpiresAt time.Time

	// Expired says that ExpiresAt has passed for certain. The [Ring] sets it.
	Expired bool

	// DateOnly says that the service tells the day of CreatedAt and no time, so that
	// nothing can be concluded from the order of two such times.
	DateOnly bool

	// Unreadable are the fields of the record that could not be read, by the
	// service's names; their values are missing here. That a time is among them must
	// not pass for "never".
	Unreadable []string

	// Disabled says that the key is switched off: it does not work, and could be
	// switched on again unless it is revoked.
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

// Live reports whether the key has been neither revoked nor expired. A key that is
// switched off but could be switched on again is live, and so is one whose RevokedAt
// is unreadable: [Ring.Read] fails for that one.
func (k Key) Live() bool { return k.RevokedAt.IsZero() && !k.Expired }

// EndedHow says how and when a key that is not live ended: "was revoked on …".
func (k Key) EndedHow() string {
	what, at := "was revoked", k.RevokedAt
	if at.IsZero() && k.Expired {
		what, at = "expired", k.ExpiresAt
	}
	return fmt.Sprintf("%s on %s", what, at.UTC().Format(time.RFC3339Nano))
}

// UsedSince reports whether the key was used after a time, or may have been: services
// cut times to seconds.
func (k Key) UsedSince(t time.Time) bool {
	used := !k.LastUsedAt.IsZero() && !k.LastUsedAt.Before(t.Truncate(time.Second))
	return used || slices.Contains(k.Unreadable, FieldLastUsedAt)
}

// CheckConclusive fails for a key of which it is not known whether it has been revoked.
func (k Key) CheckConclusive() error {
	if !slices.Contains(k.Unreadable, FieldRevokedAt) {
		return nil
	}
	return &Error{
		Service: "the service", Operation: "read the key", Kind: KindMalformed, Effect: EffectNone,
		Message: fmt.Sprintf("the %s of key %s (%q) cannot be read, so it is not known whether the key has been revoked", FieldRevokedAt, k.ID, k.Name),
	}
}

// Attributes are a service's own properties of a key, by attribute name. Values
// are string, int64, float64, bool, []string (a set: order carries no meaning),
// time.Time, or nil for null. A name that is missing was not told.
type Attributes map[string]any

// Hint is what a record shows of a key's value, to recognise it by.
type Hint struct {
	// Prefix and Suffix are the first and last characters of the value, without
	// dots or other filling. Suffix may also be what follows Prefix: OnePin's Create Api
	// Key page shows the two ways to read it.
	Prefix, Suffix string
}

// MinHint is how many characters of a value, besides a conventional prefix such
// as "pk_live_", a hint must show before it counts as evidence.
const MinHint = 3

// Shown is how many characters the hint shows of what differs between keys.
func (h Hint) Shown() int {
	return len(h.Prefix[strings.LastIndexByte(h.Prefix, '_')+1:]) + len(h.Suffix)
}

// Matches reports whether the value looks like this hint. A hint that shows only
// what all keys of a service share is no evidence and matches nothing.
func (h Hint) Matches(value Secret) bool {
	v := value.Reveal()
	return h.Shown() >= MinHint && len(v) >= len(h.Prefix)+len(h.Suffix) && strings.HasPrefix(v, h.Prefix) &&
		(strings.HasSuffix(v, h.Suffix) || h.Prefix != "" && strings.HasPrefix(v[len(h.Prefix):], h.Suffix))
}

// Contradicts reports whether the hint shows that a value is another key's: enough
// of it, and nothing that occurs anywhere in the value. How services mask values is
// not documented, so three characters in a row from whatever place are no
// contradiction.
func (h Hint) Contradicts(value Secret) bool {
	v := strings.ToLower(value.Reveal())
	enough := false
	for _, part := range []string{h.Prefix[strings.LastIndexByte(h.Prefix, '_')+1:], h.Suffix} {
		part = strings.ToLower(part)
		for i := 0; i+MinHint <= len(part); i++ {
			shown := part[i : i+MinHint]
			if strings.Count(shown, shown[:1]) == MinHint {
				continue // what stands for the hidden part
			}
			if strings.Contains(v, shown) {
				return false
			}
			enough = true
		}
	}
	return enough && v != ""
}

// Minted is a key that has just been made, with its value, which the service
// tells only this once.
type Minted struct {
	Key
	Value Secret
	// SentAt is when the request left, after all waits, by this machine's clock; zero
	// if that is not known.
	SentAt time.Time
	// Suspects are keys that an earlier request, to which no answer came, may have
	// made, and that were not revoked.
	Suspects []Key
}

// Spec describes a key to make.
type Spec struct {
	Name string
	// Attributes holds only what is asked for; the service chooses the rest.
	Attributes Attributes
}

// Changes are the properties of a key to change; nothing else is sent.
type Changes struct {
	Name       *string
	Attributes Attributes
}

// Empty reports whether there is nothing to change.
func (c Changes) Empty() bool { return c.Name == nil && len(c.Attributes) == 0 }

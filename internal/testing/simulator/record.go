package simulator

import (
	"time"

	"github.com/oapi-codegen/nullable"
)

// Who changed a key, if it was not another key.
const (
	// Admin is the store's administrator; see [Store.Admin].
	Admin = "admin"
	// Outside is whoever uses Go or the control interface instead of the service's
	// API, such as a colleague in the web console.
	Outside = "outside"
)

// Record is one key with its history. It is a copy; its Attributes and History are
// shared with the store and must not be changed.
type Record struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Scope string `json:"scope,omitempty"` // workspace or tenant; "" at services without
	Value string `json:"value"`

	CreatedAt  time.Time `json:"created_at"` // strictly increasing within a store
	CreatedBy  string    `json:"created_by"` // a key's id, [Admin] or [Outside]
	UpdatedAt  time.Time `json:"updated_at"`
	LastUsedAt time.Time `json:"last_used_at,omitzero"` // zero: never
	Uses       int       `json:"uses"`                  // requests signed with it
	RevokedAt  time.Time `json:"revoked_at,omitzero"`   // zero: live
	RevokedBy  string    `json:"revoked_by,omitempty"`

	RotatedFrom string `json:"rotated_from,omitempty"` // id of the key that this one replaces
	RotatedTo   string `json:"rotated_to,omitempty"`   // id of the key that replaces it

	// Active is false for a key that is switched off or revoked.
	Active bool `json:"active"`

	// Attributes are the service's own properties of a key.
	Attributes map[string]any `json:"attributes,omitempty"`

	// History is oldest first, without uses.
	History []Event `json:"history"`
}

// Event is one change of a key.
type Event struct {
	At   time.Time `json:"at"`
	What What      `json:"what"`
	By   string    `json:"by"` // a key's id, [Admin] or [Outside]
}

// What happened to a key.
type What string

// The events of a key.
const (
	Created What = "created"
	Updated What = "updated"
	Rotated What = "rotated" // which revokes it
	Revoked What = "revoked"
)

// Live reports whether the key has not been revoked.
func (r Record) Live() bool { return r.RevokedAt.IsZero() }

// ExpiresAt is the attribute for the time, a time.Time or a string in RFC 3339, from
// which on a key is refused.
const ExpiresAt = "expires_at"

// Expiry is when a key expires; zero if never.
func (r Record) Expiry() time.Time {
	switch end := r.Attributes[ExpiresAt].(type) {
	case time.Time:
		return end
	case string:
		at, _ := time.Parse(time.RFC3339, end) // zero if it is no time
		return at
	default:
		return time.Time{}
	}
}

// usable reports whether a key can sign requests.
func (r Record) usable(now time.Time) bool {
	end := r.Expiry()
	return r.Live() && r.Active && (end.IsZero() || now.Before(end))
}

// Draft describes a key to create.
type Draft struct {
	Name  string `json:"name"`
	Scope string `json:"scope,omitempty"` // "" is the administrator's own
	// Attributes override those of the [Protocol].
	Attributes map[string]any `json:"-"`
}

// Status selects records in a listing.
type Status string

// The statuses of a listing.
const (
	StatusLive     Status = ""        // not revoked, switched on or off
	StatusActive   Status = "active"  // not revoked and switched on
	StatusInactive Status = "revoked" // revoked or switched off
	StatusAll      Status = "all"
)

func (s Status) selects(r Record) bool {
	switch s {
	case StatusActive:
		return r.Active
	case StatusInactive:
		return !r.Active
	case StatusAll:
		return true
	default:
		return r.Live()
	}
}

// Query asks for one page of one scope's records.
type Query struct {
	Scope  string
	Status Status
	Offset int
	Limit  int // rows at most; 0 is all, for services that do not page
}

// Page is the answer to a [Query].
type Page struct {
	Records []Record
	Total   int  // rows of all pages
	Limit   int  // the limit that was applied, after quirks
	More    bool // whether rows follow this page
}

// Timestamp writes a time as the services do: RFC 3339 in UTC.
func Timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// NullTime is [Timestamp], null for the zero time.
func NullTime(t time.Time) nullable.Nullable[string] {
	if t.IsZero() {
		return nullable.NewNullNullable[string]()
	}
	return nullable.NewNullableWithValue(Timestamp(t))
}

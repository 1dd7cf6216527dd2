package simulator

import "time"

// Who is named in a ledger when it was not an API key of the store.
const (
	// Admin is the id of the store's administrator; see [Store.Admin].
	Admin = "admin"
	// Outside is whoever acts through Go or the control interface instead of
	// the service's own API: a colleague in the web console, as it were.
	Outside = "outside"
)

// Record is one key's entry in the ledger of a store, with its whole life. It
// is a copy; its Attributes and History are shared with the store and must not
// be written to.
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

	RotatedFrom string `json:"rotated_from,omitempty"` // id of the key whose successor this is
	RotatedTo   string `json:"rotated_to,omitempty"`   // id of its successor

	// Active is false for a key that is switched off or revoked.
	Active bool `json:"active"`

	// Attributes are the service's own properties of a key.
	Attributes map[string]any `json:"attributes,omitempty"`

	// History is what happened to the key, oldest first. Uses are counted, not
	// listed.
	History []Event `json:"history"`
}

// Live reports whether the key has not been revoked.
func (r Record) Live() bool { return r.RevokedAt.IsZero() }

// ExpiresAt is the attribute that holds the time from which on the key is refused: a
// time.Time, or a string in RFC 3339 where the control interface sets it.
const ExpiresAt = "expires_at"

// Expiry is when a key expires; zero if never.
func (r Record) Expiry() time.Time {
	switch end := r.Attributes[ExpiresAt].(type) {
	case time.Time:
		return end
	case string:
		at, _ := time.Parse(time.RFC3339, end) // what is none never comes
		return at
	default:
		return time.Time{}
	}
}

// expired reports whether a key's time has passed.
func (r Record) expired(now time.Time) bool {
	end := r.Expiry()
	return !end.IsZero() && !now.Before(end)
}

// Event is one thing that happened to a key.
type Event struct {
	At   time.Time `json:"at"`
	What What      `json:"what"`
	By   string    `json:"by"` // a key's id, [Admin] or [Outside]
}

// What happened to a key.
type What string

// The things that happen to a key.
const (
	Created What = "created"
	Updated What = "updated"
	Rotated What = "rotated" // and thereby revoked
	Revoked What = "revoked"
)

// Draft describes a key to make.
type Draft struct {
	Name  string `json:"name"`
	Scope string `json:"scope,omitempty"` // "" is the administrator's own
	// Attributes are laid over the defaults of the [Protocol].
	Attributes map[string]any `json:"attributes,omitempty"`
}

// Status selects records in a listing.
type Status string

// The selections of a listing.
const (
	StatusLive     Status = ""        // not revoked, switched on or off
	StatusActive   Status = "active"  // not revoked and switched on
	StatusInactive Status = "revoked" // revoked or switched off
	StatusAll      Status = "all"
)

// Query asks for one page of one scope's records.
type Query struct {
	Scope  string
	Status Status
	Offset int // rows to pass over
	Limit  int // rows at most; 0 is no limit, for services that do not page
}

// Page is the answer to a [Query].
type Page struct {
	Records []Record
	Total   int  // rows of the whole listing
	Limit   int  // the limit that was applied, after quirks
	More    bool // whether rows follow this page
}

// Timestamp writes a time as the services do: RFC 3339 in UTC, with as many
// digits of a second as there are.
func Timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

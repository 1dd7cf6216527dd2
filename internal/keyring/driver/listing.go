package driver

// Query selects a page of a listing.
type Query struct {
	// Status selects keys by their state.
	Status Status
	// Cursor is "" for the first page, else Next of the page before.
	Cursor string
}

// Status selects keys by their state.
type Status string

// The states that can be listed.
const (
	StatusLive     Status = ""        // what the service lists by default; disabled keys may be missing
	StatusActive   Status = "active"  // usable now
	StatusInactive Status = "revoked" // disabled or revoked; none where a service forgets those
	StatusAll      Status = "all"     // everything the service remembers
)

// Selects reports whether a listed key has that state. A listing may show more than
// was asked for.
func (s Status) Selects(k Key) bool {
	switch s {
	case StatusLive:
		return k.Live()
	case StatusActive:
		return k.Live() && !k.Disabled
	default:
		return true
	}
}

// Page is one page of a listing.
type Page struct {
	Keys []Key
	// Next is the cursor of the page that follows, which may be empty; "" after the last
	// page.
	Next string
	// MayHaveMore reports that there may be more keys even if the next page is the same
	// again: the service says so, or the page has the requested or default length.
	MayHaveMore bool
	// Anchor is the id of a row that the page before had too, if the adapter lets pages
	// overlap. The rows after it must all be new. If not, rows have moved between the
	// pages, and some may be on neither.
	Anchor string
	// Total is how many keys there are according to the service; -1 if it does not say.
	// It is a hint only.
	Total int
	// Bytes is how long the rows were in the answer.
	Bytes int
}

// CodeListingShifted is the Code of the error for a page that does not continue the
// one before it because rows were added or removed meanwhile. The listing is then
// fetched again.
const CodeListingShifted = "listing_shifted"

// MaxListed is how many keys a listing may have. An account with 100,000 keys stays
// well below.
const MaxListed = 200_000

// TooLong is the error of a listing that exceeds a limit.
func TooLong(message string) *Error {
	return &Error{Service: "the service", Operation: "list the keys", Kind: KindTooLarge, Effect: EffectNone, Message: message}
}

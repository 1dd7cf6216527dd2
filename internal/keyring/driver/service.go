package driver

import (
	"context"
	"time"
)

// Service is the port to one service, in one scope (workspace or tenant) and
// with one credential. It holds only what differs between services; sharing,
// settling, retrying and guarding are the [Ring]'s. Methods may be called
// concurrently. Every error is an [*Error] (or wraps one).
type Service interface {
	// Create makes a key: one request, never repeated by the implementation
	// after it may have had an effect. Canceling ctx ends waits before the
	// request, but never the request itself: an answer that holds a key must not
	// be abandoned. It ends in bounded time. The key's ID is empty when the service
	// does not tell it. An answer without a value is an error with
	// EffectUnknown.
	Create(ctx context.Context, spec Spec) (Minted, error)

	// List returns one page of the listing. The zero Query asks for the first
	// page of live keys.
	List(ctx context.Context, q Query) (Page, error)

	// Revoke revokes a key for good. Only the confirmation that the service documents
	// is success; any other answer is an *Error with EffectUnknown. A key that does
	// not exist (any more) is one whose Kind is KindNotFound.
	Revoke(ctx context.Context, id string) error

	// Credential is the key that requests are signed with now; zero when that
	// is not known, or is not an API key of this service.
	Credential() Secret

	// Now is the service's clock, as far as its answers have told.
	Now() time.Time

	// ClockError is how far Now may be off, beyond the second or two that are never told
	// apart: an answer that took its time tells little.
	ClockError() time.Duration
}

// departure is the context key of what [Departs] returns.
type departure struct{}

// Departs returns what implementations of [Service.Create] and [Rotator.Rotate]
// call each time that a request leaves, once all waits before it are over: what
// was made before the last one is not what it made. It is never nil.
func Departs(ctx context.Context) func() {
	if f, ok := ctx.Value(departure{}).(func()); ok {
		return f
	}
	return func() {}
}

// WithDeparts returns a context whose [Departs] is f.
func WithDeparts(ctx context.Context, f func()) context.Context {
	return context.WithValue(ctx, departure{}, f)
}

// Getter is implemented by services that can be asked for one key.
type Getter interface {
	// Get returns a key, a revoked one too. Unknown ids are KindNotFound.
	Get(ctx context.Context, id string) (Key, error)
}

// Updater is implemented by services that can change a key in place.
type Updater interface {
	// Update changes what c names and returns the key as it is then. Repeating
	// it with the same changes is harmless.
	Update(ctx context.Context, id string, c Changes) (Key, error)
}

// Rotator is implemented by services that can replace a key's value by a call
// of their own. The old key dies at once.
type Rotator interface {
	// Rotate revokes the key and returns its successor, which has a new ID, and
	// whether the answer shows the old key revoked. What Create promises about
	// repetition and cancellation holds here too.
	Rotate(ctx context.Context, id string) (m Minted, revoked bool, err error)
}

// CreateChecker is implemented by services whose credential may list and revoke keys
// and yet not create them.
type CreateChecker interface {
	// CreateProblem says why the service will probably refuse to create keys, judging by
	// its answers so far, and which setting would change that; "" if nothing speaks
	// against creating. It sends nothing.
	CreateProblem() string
}

// Identifier is implemented by services that can say who is calling.
type Identifier interface {
	// Self returns the id of the API key that requests are signed with, "" when
	// the credential is not an API key.
	Self(ctx context.Context) (id string, err error)
}

// Query selects a page of a listing.
type Query struct {
	// Status selects keys by their state; the zero value asks for what the
	// service lists by default.
	Status Status
	// Cursor is "" for the first page, else one of an earlier page's Next.
	Cursor string
}

// Status selects keys by their state, for services that keep revoked ones.
type Status string

// The states that can be asked for.
const (
	StatusLive     Status = ""        // what the service lists by default; a key that is switched off may be missing
	StatusActive   Status = "active"  // usable now
	StatusInactive Status = "revoked" // switched off or revoked; no keys where a service forgets those
	StatusAll      Status = "all"     // everything the service remembers
)

// Selects reports whether a listed key is of that state, as far as the listing
// may be behind own writes or show more than it was asked for.
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
	// Next are the cursors of the pages that follow: none after the last, and
	// several where they may be fetched side by side. A page that follows may turn
	// out to be empty.
	Next []string
	// MayHaveMore says that there may be more keys than the page has, even if the next page
	// is the same again: the service says so, or the page is as long as it was asked
	// for or as it is by default.
	MayHaveMore bool
	// Anchor, if it is not empty, is the id of a row of this page that the page
	// before it had too: no row behind it may have come before, or rows have
	// changed places, and others were passed over.
	Anchor string
	// Total is how many keys the whole listing has by the service's word; -1 where it
	// gives none. It may be wrong, so it is a hint only.
	Total int
	// Bytes is how long the rows were in the answer.
	Bytes int
}

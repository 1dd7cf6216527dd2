package driver

import (
	"context"
	"time"
)

// Service is one service, in one scope (workspace or tenant) and with one credential.
type Service interface {
	// Create creates a key with one request. See the package comment for what it must
	// promise about repeating and canceling. It ends in bounded time. The key's ID is
	// empty if the answer does not give it. An answer without a value is an error with
	// EffectUnknown.
	Create(ctx context.Context, spec Spec) (Minted, error)

	// List returns one page of the listing. The zero Query asks for the first page of
	// the live keys.
	List(ctx context.Context, q Query) (Page, error)

	// Revoke revokes a key for good. Only the confirmation that the service documents
	// is success; any other answer is an error with EffectUnknown. For a key that does
	// not exist, or no longer does, it is KindNotFound.
	Revoke(ctx context.Context, id string) error

	// Credential is the API key that requests are signed with now; zero if that is
	// unknown or not an API key of this service.
	Credential() Secret

	// Now is the service's clock, estimated from its answers.
	Now() time.Time

	// ClockError is how far Now may be off, beyond a second or two. The time that an
	// answer took makes it uncertain.
	ClockError() time.Duration
}

// Getter is implemented by services that can return one key.
type Getter interface {
	// Get returns a key, also a revoked one. For an unknown id it is KindNotFound.
	Get(ctx context.Context, id string) (Key, error)
}

// Updater is implemented by services that can change a key in place.
type Updater interface {
	// Update changes what c names and returns the key as it is then. Repeating it with
	// the same changes must be harmless.
	Update(ctx context.Context, id string, c Changes) (Key, error)
}

// Rotator is implemented by services that can replace a key by a call of their own.
type Rotator interface {
	// Rotate revokes the key and returns its successor, which has a new ID. revoked
	// reports whether the answer shows that the old key was revoked. It must keep
	// Create's promises about repeating and canceling.
	Rotate(ctx context.Context, id string) (m Minted, revoked bool, err error)
}

// CreateChecker is implemented by services whose credential may be able to list and
// revoke keys, but not to create them.
type CreateChecker interface {
	// CreateProblem says why the service will probably refuse to create keys, judging
	// by its answers so far, and which setting would change that; "" if there is no
	// reason to expect it. It sends nothing.
	CreateProblem() string
}

// Identifier is implemented by services that can say which key signs the requests.
type Identifier interface {
	// Self returns the id of that key, "" if the credential is not an API key.
	Self(ctx context.Context) (id string, err error)
}

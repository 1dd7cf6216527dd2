package tfkey

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// Accounts is what the provider hands to its resources and data sources: one
// Account a service, by Definition.Name.
type Accounts map[string]*Account

// Account is one configured service. It connects when it is first used, so that
// a service nobody uses needs no credential.
type Account struct {
	// Scope is the configured workspace or tenant, "" where none is.
	Scope string
	// Unknown names the provider attributes whose values Terraform does not know
	// yet; while there are any, the account cannot be used.
	Unknown []string
	// CheckCredentials: the first plan of a key asks whether the credential is accepted.
	CheckCredentials bool
	// Connect opens the service. It is called once.
	Connect func() (func(scope string) driver.Service, error)
	// Delivery says whether what is made still reaches Terraform; nil: always.
	Delivery *Delivery
	// Options tune the Rings.
	Options keyring.Options

	connect sync.Once
	open    func(scope string) driver.Service
	err     error

	managed managedKeys
	creates keyring.SharedCreates // of all Rings: two scopes may be the same one
	// refreshed: a key has been read, which Terraform asks for only before it plans.
	refreshed atomic.Bool
	// answered: a key has been read without an error, so that the fast path is worth trying.
	answered atomic.Bool
	// unlisted: a listing has failed that a plan can do without; it is not tried again
	// for each key.
	unlisted atomic.Bool

	checked atomic.Bool // whether CheckCredentials has been heeded

	mu     sync.Mutex
	rings  map[string]*keyring.Ring
	values map[string]driver.Secret // values made in this run, by id
}

// ring returns the Ring of a scope; "" means the account's own. attribute names
// the scope in the service's records: a credential that has a scope by itself is
// recognised by it, so that naming that scope explicitly does not open a second
// Ring on the same keys.
func (a *Account) ring(ctx context.Context, attribute, scope string) (*keyring.Ring, error) {
	a.connect.Do(func() { a.open, a.err = a.Connect() })
	if a.err != nil {
		return nil, a.err
	}
	own := a.ringOf(a.Scope)
	if scope == "" || scope == a.Scope {
		return own, nil
	}
	if a.Scope == "" {
		home, err := own.CredentialScope(ctx, attribute)
		if err != nil {
			return nil, err
		}
		if home == scope {
			return own, nil
		}
	}
	return a.ringOf(scope), nil
}

// createDoubt says why the service will probably refuse to create keys, see
// [driver.CreateChecker]. It sends nothing.
func (a *Account) createDoubt() string {
	a.connect.Do(func() { a.open, a.err = a.Connect() })
	if a.err != nil {
		return ""
	}
	return a.ringOf(a.Scope).CreateProblem()
}

func (a *Account) ringOf(scope string) *keyring.Ring {
	a.mu.Lock()
	defer a.mu.Unlock()
	r, ok := a.rings[scope]
	if !ok {
		if a.rings == nil {
			a.rings = map[string]*keyring.Ring{}
		}
		options := a.Options
		options.Scope, options.Creates, options.IsHeld = scope, &a.creates, a.managed.isManaged
		r = keyring.New(a.open(scope), options)
		a.rings[scope] = r
	}
	return r
}

// rfc3339 formats a time for Terraform: UTC, with the fraction the service told.
func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

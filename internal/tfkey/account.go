package tfkey

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// Accounts is what resources and data sources get from the provider: an Account for each
// service, by its name.
type Accounts map[string]*Account

// Account is one configured service. It connects when it is first used, so that a service that
// is not used needs no credential.
type Account struct {
	// Definition is that of a declared service; nil for others.
	Definition *definition.Service
	// Scope is the configured workspace or tenant; "" if there is none.
	Scope string
	// Unknown names the provider attributes whose values Terraform does not know
	// yet; while there are any, the account cannot be used.
	Unknown []string
	// CheckCredentials asks the service once, before the first plan of a key, whether it
	// accepts the credential.
	CheckCredentials bool
	// Connect opens the service. It is called once.
	Connect func() (func(scope string) driver.Service, error)
	// Delivery says whether an answer still reaches Terraform; nil: always.
	Delivery *Delivery
	// Options tune the Rings.
	Options keyring.Options

	connect sync.Once
	open    func(scope string) driver.Service
	err     error

	managed managedKeys
	creates keyring.SharedCreates // of all Rings: two scopes may be the same one
	// refreshed is set once a key has been read, which Terraform does only before it plans.
	refreshed atomic.Bool
	// answered is set once a key has been read without an error: only then is the fast path
	// tried.
	answered atomic.Bool
	// unlisted is set after a listing that a plan can do without has failed, so that not every
	// key tries it again.
	unlisted atomic.Bool

	checked atomic.Bool // the credential has been checked

	mu     sync.Mutex
	rings  map[string]*keyring.Ring
	values map[string]driver.Secret // created or given in this run, by id
}

// ring returns the Ring of a scope; "" is the account's own. A credential may belong to a
// scope by itself, which the records show in attribute: naming that scope must not open a
// second Ring on the same keys.
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

// createProblem says why the service will probably refuse to create keys, see
// [driver.CreateChecker]. It sends nothing.
func (a *Account) createProblem() string {
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

// rfc3339 formats a time for Terraform, in UTC and with the fraction of a second that the
// service gave.
func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

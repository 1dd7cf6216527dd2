package tfkey

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
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
	// Connect connects to the service. It is called once.
	Connect func() (func(scope string) driver.Service, error)
	// Creates reads what other providers keep of a create at a declared service.
	Creates CreateReader
	// Delivery says whether a response still reaches Terraform; nil: always.
	Delivery *Delivery
	// Options tune the Rings.
	Options keyring.Options

	connect   sync.Once
	serviceIn func(scope string) driver.Service
	err       error

	managed managedKeys
	creates keyring.SharedCreates // of all Rings: two scopes may be the same one

	refreshed atomic.Bool // a key has been read, which Terraform does only before it plans
	hasRead   atomic.Bool // without an error: only then is the fast path tried
	unlisted  atomic.Bool // a listing that a plan can do without has failed: no key tries it again
	checked   atomic.Bool // the credential has been checked

	mu     sync.Mutex
	rings  map[string]*keyring.Ring
	values map[string]driver.Secret // created or given in this run, by id
}

// ring returns the Ring of a scope; "" is the account's default. A credential may belong to a
// scope by itself, which the records show in attribute: naming that scope must not create a
// second Ring on the same keys.
func (a *Account) ring(ctx context.Context, attribute, scope string) (*keyring.Ring, error) {
	standard, err := a.defaultRing()
	if err != nil || scope == "" || scope == a.Scope {
		return standard, err
	}
	if a.Scope == "" {
		credentialScope, err := standard.CredentialScope(ctx, attribute)
		if err != nil || credentialScope == scope {
			return standard, err
		}
	}
	return a.ringIn(scope), nil
}

// defaultRing connects, and returns the Ring of the account's default scope.
func (a *Account) defaultRing() (*keyring.Ring, error) {
	a.connect.Do(func() { a.serviceIn, a.err = a.Connect() })
	if a.err != nil {
		return nil, a.err
	}
	return a.ringIn(a.Scope), nil
}

func (a *Account) ringIn(scope string) *keyring.Ring {
	a.mu.Lock()
	defer a.mu.Unlock()
	r, ok := a.rings[scope]
	if !ok {
		if a.rings == nil {
			a.rings = map[string]*keyring.Ring{}
		}
		options := a.Options
		options.Scope, options.Creates, options.IsHeld = scope, &a.creates, a.managed.isManaged
		r = keyring.New(a.serviceIn(scope), options)
		a.rings[scope] = r
	}
	return r
}

// setValue keeps a value of this run in memory, for apikeys_key_value. Two keys of one id, in
// two scopes, have none.
func (a *Account) setValue(id string, value driver.Secret) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.values == nil {
		a.values = map[string]driver.Secret{}
	}
	if earlier, ok := a.values[id]; ok && !earlier.Equal(value) {
		value = driver.Secret{}
	}
	a.values[id] = value
}

// value returns a value of this run; zero if several keys have that id.
func (a *Account) value(id string) (driver.Secret, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	value, ok := a.values[id]
	return value, ok
}

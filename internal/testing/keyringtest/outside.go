package keyringtest

import (
	"slices"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Add creates a key without the engine. An empty ID or CreatedAt is filled in.
func (a *Account) Add(k driver.Key) driver.Minted {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.mint(k)
}

// Edit changes a key without the engine.
func (a *Account) Edit(id string, change func(*driver.Key)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if k := a.find(id); k != nil {
		change(k)
	}
}

// Kill revokes a key without the engine.
func (a *Account) Kill(id string) {
	a.Edit(id, func(k *driver.Key) { k.RevokedAt = a.Now() })
}

// Key returns a key as it is now, also a revoked one; the zero Key if there never was
// one of that id.
func (a *Account) Key(id string) driver.Key {
	a.mu.Lock()
	defer a.mu.Unlock()
	if k := a.find(id); k != nil {
		return *k
	}
	return driver.Key{}
}

// Value is the value of a key.
func (a *Account) Value(id string) driver.Secret {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.values[id]
}

// Keys returns every key there ever was, in the order of creation.
func (a *Account) Keys() []driver.Key {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.keys)
}

// Live returns the ids of the live keys of that name, or of all names if it is "", in the
// order of creation.
func (a *Account) Live(name string) []string {
	var ids []string
	for _, k := range a.Keys() {
		if k.Live() && (name == "" || k.Name == name) {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

// Calls is how many calls of that kind there have been.
func (a *Account) Calls(op Op) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls[op]
}

// Requests is how many calls of all kinds there have been.
func (a *Account) Requests() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, calls := range a.calls {
		n += calls
	}
	return n
}

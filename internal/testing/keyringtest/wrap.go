package keyringtest

import (
	"context"
	"sync"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Hooked wraps a service with hooks that may fail a call, delay it or panic; nil hooks do
// nothing. An error of after replaces the answer of a call that has had its effect. The
// wrapped service has all optional abilities, Getter and Updater, or none, as svc has.
func Hooked(svc driver.Service, before, after Hook) driver.Service {
	return wrap(svc, &wrapper{before: before, after: after})
}

// Answering is like [Hooked]: change changes the answers to creates and rotations.
func Answering(svc driver.Service, change func(*driver.Minted)) driver.Service {
	return wrap(svc, &wrapper{minted: change})
}

// Altered is like [Hooked]: change changes the keys in the answers to creates and
// rotations and in listings.
func Altered(svc driver.Service, change func(*driver.Key)) driver.Service {
	return wrap(svc, &wrapper{minted: func(m *driver.Minted) { change(&m.Key) }, listed: change})
}

func wrap(svc driver.Service, w *wrapper) driver.Service {
	w.Service, w.calls = svc, map[Op]int{}
	switch svc := svc.(type) {
	case abilities:
		return wrappedFull{wrappedLookup{w, svc}, svc}
	case lookup:
		return wrappedLookup{w, svc}
	}
	return w
}

// lookup are the abilities that many services have.
type lookup interface {
	driver.Getter
	driver.Updater
}

// abilities are all that a service can have.
type abilities interface {
	lookup
	driver.Rotator
	driver.Identifier
}

type wrapper struct {
	driver.Service
	before, after Hook
	minted        func(*driver.Minted)
	listed        func(*driver.Key)

	mu    sync.Mutex
	calls map[Op]int
}

// around does a call between the hooks.
func around[T any](ctx context.Context, w *wrapper, c Call, call func() (T, error)) (result T, err error) {
	w.mu.Lock()
	w.calls[c.Op]++
	c.N = w.calls[c.Op]
	w.mu.Unlock()
	if w.before != nil {
		if err := w.before(ctx, c); err != nil {
			return result, err
		}
	}
	if result, err = call(); err != nil || w.after == nil {
		return result, err
	}
	if err = w.after(ctx, c); err != nil {
		if m, ok := any(result).(driver.Minted); ok {
			err = setSentAt(err, m.SentAt)
		}
		var none T
		return none, err
	}
	return result, nil
}

// create does a call that creates a key, and changes its answer.
func (w *wrapper) create(ctx context.Context, call Call, create func() (driver.Minted, error)) (driver.Minted, error) {
	m, err := around(ctx, w, call, create)
	if err == nil && w.minted != nil {
		w.minted(&m)
	}
	return m, err
}

// Create implements driver.Service.
func (w *wrapper) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	return w.create(ctx, Call{Op: Create, Name: spec.Name}, func() (driver.Minted, error) { return w.Service.Create(ctx, spec) })
}

// List implements driver.Service.
func (w *wrapper) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	p, err := around(ctx, w, Call{Op: List, List: q}, func() (driver.Page, error) { return w.Service.List(ctx, q) })
	if w.listed != nil {
		for i := range p.Keys {
			w.listed(&p.Keys[i])
		}
	}
	return p, err
}

// Revoke implements driver.Service.
func (w *wrapper) Revoke(ctx context.Context, id string) error {
	_, err := around(ctx, w, Call{Op: Revoke, ID: id}, func() (struct{}, error) { return struct{}{}, w.Service.Revoke(ctx, id) })
	return err
}

type wrappedLookup struct {
	*wrapper
	lookup lookup
}

// Get implements driver.Getter.
func (w wrappedLookup) Get(ctx context.Context, id string) (driver.Key, error) {
	return around(ctx, w.wrapper, Call{Op: Get, ID: id}, func() (driver.Key, error) { return w.lookup.Get(ctx, id) })
}

// Update implements driver.Updater.
func (w wrappedLookup) Update(ctx context.Context, id string, c driver.Changes) (driver.Key, error) {
	return around(ctx, w.wrapper, Call{Op: Update, ID: id}, func() (driver.Key, error) { return w.lookup.Update(ctx, id, c) })
}

type wrappedFull struct {
	wrappedLookup
	all abilities
}

// Rotate implements driver.Rotator.
func (w wrappedFull) Rotate(ctx context.Context, id string) (m driver.Minted, revoked bool, err error) {
	m, err = w.create(ctx, Call{Op: Rotate, ID: id}, func() (m driver.Minted, err error) {
		m, revoked, err = w.all.Rotate(ctx, id)
		return m, err
	})
	return m, revoked && err == nil, err
}

// Self implements driver.Identifier.
func (w wrappedFull) Self(ctx context.Context) (string, error) {
	return around(ctx, w.wrapper, Call{Op: Self}, func() (string, error) { return w.all.Self(ctx) })
}

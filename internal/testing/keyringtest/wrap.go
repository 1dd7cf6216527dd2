package keyringtest

import (
	"context"
	"sync"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Hooked wraps a service: before and after are called around each call, with the number
// of calls of its kind, and may fail it, delay it or panic. An error of after replaces
// the answer of a call that has had its effect. Nil hooks do nothing. The wrapped
// service has all optional abilities, or Getter and Updater, or none, as svc has them.
func Hooked(svc driver.Service, before, after Hook) driver.Service {
	return wrap(svc, &changes{before: before, after: after})
}

// Answering wraps a service like [Hooked]: change changes the answers to creates and
// rotations.
func Answering(svc driver.Service, change func(*driver.Minted)) driver.Service {
	return wrap(svc, &changes{minted: change})
}

// Altered wraps a service like [Hooked]: change changes the keys in the answers to
// creates and rotations and in listings.
func Altered(svc driver.Service, change func(*driver.Key)) driver.Service {
	return wrap(svc, &changes{minted: func(m *driver.Minted) { change(&m.Key) }, listed: change})
}

func wrap(svc driver.Service, c *changes) driver.Service {
	c.calls = map[Op]int{}
	w := wrapped{svc, c}
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

type changes struct {
	before, after Hook
	minted        func(*driver.Minted)
	listed        func(*driver.Key)

	mu    sync.Mutex
	calls map[Op]int
}

// around does a call between the hooks.
func around[T any](ctx context.Context, changes *changes, c Call, call func() (T, error)) (result T, err error) {
	changes.mu.Lock()
	changes.calls[c.Op]++
	c.N = changes.calls[c.Op]
	changes.mu.Unlock()
	if changes.before != nil {
		if err := changes.before(ctx, c); err != nil {
			return result, err
		}
	}
	if result, err = call(); err != nil || changes.after == nil {
		return result, err
	}
	if err = changes.after(ctx, c); err != nil {
		if m, ok := any(result).(driver.Minted); ok {
			err = setSentAt(err, m.SentAt)
		}
		var none T
		return none, err
	}
	return result, nil
}

// create does a call that creates a key, and changes its answer.
func (c *changes) create(ctx context.Context, call Call, create func() (driver.Minted, error)) (driver.Minted, error) {
	m, err := around(ctx, c, call, create)
	if err == nil && c.minted != nil {
		c.minted(&m)
	}
	return m, err
}

type wrapped struct {
	driver.Service
	changes *changes
}

// Create implements driver.Service.
func (w wrapped) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	return w.changes.create(ctx, Call{Op: Create, Name: spec.Name}, func() (driver.Minted, error) { return w.Service.Create(ctx, spec) })
}

// List implements driver.Service.
func (w wrapped) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	p, err := around(ctx, w.changes, Call{Op: List, List: q}, func() (driver.Page, error) { return w.Service.List(ctx, q) })
	if w.changes.listed != nil {
		for i := range p.Keys {
			w.changes.listed(&p.Keys[i])
		}
	}
	return p, err
}

// Revoke implements driver.Service.
func (w wrapped) Revoke(ctx context.Context, id string) error {
	_, err := around(ctx, w.changes, Call{Op: Revoke, ID: id}, func() (struct{}, error) { return struct{}{}, w.Service.Revoke(ctx, id) })
	return err
}

type wrappedLookup struct {
	wrapped
	lookup lookup
}

// Get implements driver.Getter.
func (w wrappedLookup) Get(ctx context.Context, id string) (driver.Key, error) {
	return around(ctx, w.changes, Call{Op: Get, ID: id}, func() (driver.Key, error) { return w.lookup.Get(ctx, id) })
}

// Update implements driver.Updater.
func (w wrappedLookup) Update(ctx context.Context, id string, c driver.Changes) (driver.Key, error) {
	return around(ctx, w.changes, Call{Op: Update, ID: id}, func() (driver.Key, error) { return w.lookup.Update(ctx, id, c) })
}

type wrappedFull struct {
	wrappedLookup
	all abilities
}

// Rotate implements driver.Rotator.
func (w wrappedFull) Rotate(ctx context.Context, id string) (m driver.Minted, revoked bool, err error) {
	m, err = w.changes.create(ctx, Call{Op: Rotate, ID: id}, func() (m driver.Minted, err error) {
		m, revoked, err = w.all.Rotate(ctx, id)
		return m, err
	})
	return m, revoked && err == nil, err
}

// Self implements driver.Identifier.
func (w wrappedFull) Self(ctx context.Context) (string, error) {
	return around(ctx, w.changes, Call{Op: Self}, func() (string, error) { return w.all.Self(ctx) })
}

package keyringtest

import (
	"context"
	"sync"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Hooked wraps a service: before and after see each call, with the number of
// calls of its kind, and may fail it, hold it up or panic. Nil hooks see nothing.
// What after returns hides the answer of a call that has had its effect. Of the
// optional abilities the wrapped service has all, or Getter and Updater, or none,
// as svc has them.
func Hooked(svc driver.Service, before, after Hook) driver.Service {
	return wrap(svc, &hooks{before: before, after: after, calls: map[Op]int{}})
}

// Answering wraps a service like [Hooked]: answer changes what it says of the keys
// that it has created.
func Answering(svc driver.Service, answer func(*driver.Minted)) driver.Service {
	return wrap(svc, &hooks{answer: answer, calls: map[Op]int{}})
}

func wrap(svc driver.Service, all *hooks) driver.Service {
	h := hooked{Service: svc, hooks: all}
	able, _ := svc.(able)
	k := hookedKeeper{hooked: h, able: able}
	if able, ok := svc.(abilities); ok {
		return hookedFully{hookedKeeper: k, all: able}
	}
	if able != nil {
		return k
	}
	return h
}

// able are those that many services have.
type able interface {
	driver.Getter
	driver.Updater
}

// abilities are all that a service can have besides.
type abilities interface {
	able
	driver.Rotator
	driver.Identifier
}

type hooks struct {
	before, after Hook
	answer        func(*driver.Minted)

	mu    sync.Mutex
	calls map[Op]int
}

// around does a call between the hooks.
func around[T any](ctx context.Context, h *hooks, c Call, call func() (T, error)) (result T, err error) {
	h.mu.Lock()
	h.calls[c.Op]++
	c.N = h.calls[c.Op]
	h.mu.Unlock()
	if h.before != nil {
		if err := h.before(ctx, c); err != nil {
			return result, err
		}
	}
	if result, err = call(); err != nil || h.after == nil {
		return result, err
	}
	if err = h.after(ctx, c); err != nil {
		if m, ok := any(result).(driver.Minted); ok {
			err = setSentAt(err, m.SentAt)
		}
		var none T
		return none, err
	}
	return result, nil
}

// answered is a created key as the wrapped service is to answer.
func (h *hooks) answered(m driver.Minted, err error) (driver.Minted, error) {
	if err == nil && h.answer != nil {
		h.answer(&m)
	}
	return m, err
}

type hooked struct {
	driver.Service
	hooks *hooks
}

// Create implements driver.Service.
func (h hooked) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	return h.hooks.answered(around(ctx, h.hooks, Call{Op: Create, Name: spec.Name}, func() (driver.Minted, error) { return h.Service.Create(ctx, spec) }))
}

// List implements driver.Service.
func (h hooked) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	return around(ctx, h.hooks, Call{Op: List, List: q}, func() (driver.Page, error) { return h.Service.List(ctx, q) })
}

// Revoke implements driver.Service.
func (h hooked) Revoke(ctx context.Context, id string) error {
	_, err := around(ctx, h.hooks, Call{Op: Revoke, ID: id}, func() (struct{}, error) { return struct{}{}, h.Service.Revoke(ctx, id) })
	return err
}

type hookedKeeper struct {
	hooked
	able able
}

// Get implements driver.Getter.
func (h hookedKeeper) Get(ctx context.Context, id string) (driver.Key, error) {
	return around(ctx, h.hooks, Call{Op: Get, ID: id}, func() (driver.Key, error) { return h.able.Get(ctx, id) })
}

// Update implements driver.Updater.
func (h hookedKeeper) Update(ctx context.Context, id string, c driver.Changes) (driver.Key, error) {
	return around(ctx, h.hooks, Call{Op: Update, ID: id}, func() (driver.Key, error) { return h.able.Update(ctx, id, c) })
}

type hookedFully struct {
	hookedKeeper
	all abilities
}

// Rotate implements driver.Rotator.
func (h hookedFully) Rotate(ctx context.Context, id string) (m driver.Minted, revoked bool, err error) {
	m, err = around(ctx, h.hooks, Call{Op: Rotate, ID: id}, func() (m driver.Minted, err error) {
		m, revoked, err = h.all.Rotate(ctx, id)
		return m, err
	})
	m, err = h.hooks.answered(m, err)
	return m, revoked && err == nil, err
}

// Self implements driver.Identifier.
func (h hookedFully) Self(ctx context.Context) (string, error) {
	return around(ctx, h.hooks, Call{Op: Self}, func() (string, error) { return h.all.Self(ctx) })
}

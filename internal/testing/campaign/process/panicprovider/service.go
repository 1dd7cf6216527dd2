package main

import (
	"context"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// basic is an adapter with a fault.
type basic struct {
	driver.Service
	fault *fault
}

// able is what an adapter can do that has every ability.
type able interface {
	driver.Service
	driver.Getter
	driver.Updater
	driver.Rotator
	driver.Identifier
}

// full is an adapter with every ability, and a fault.
type full struct {
	basic
	able able
}

// faulty puts a fault into an adapter. Adapters have every ability or none.
func faulty(f *fault, s driver.Service) driver.Service {
	b := basic{s, f}
	if a, ok := s.(able); ok {
		return full{b, a}
	}
	return b
}

// nothing is what most calls make.
var nothing driver.Secret

// Create implements driver.Service.
func (b basic) Create(ctx context.Context, spec driver.Spec) (m driver.Minted, err error) {
	b.fault.around("Create", b.Service.Credential(), func() driver.Secret { m, err = b.Service.Create(ctx, spec); return m.Value })
	return m, err
}

// List implements driver.Service.
func (b basic) List(ctx context.Context, q driver.Query) (p driver.Page, err error) {
	b.fault.around("List", b.Service.Credential(), func() driver.Secret { p, err = b.Service.List(ctx, q); return nothing })
	return p, err
}

// Revoke implements driver.Service.
func (b basic) Revoke(ctx context.Context, id string) (err error) {
	b.fault.around("Revoke", b.Service.Credential(), func() driver.Secret { err = b.Service.Revoke(ctx, id); return nothing })
	return err
}

// Credential implements driver.Service.
func (b basic) Credential() (s driver.Secret) {
	b.fault.around("Credential", b.Service.Credential(), func() driver.Secret { s = b.Service.Credential(); return nothing })
	return s
}

// Now implements driver.Service.
func (b basic) Now() (t time.Time) {
	b.fault.around("Now", b.Service.Credential(), func() driver.Secret { t = b.Service.Now(); return nothing })
	return t
}

// Get implements driver.Getter.
func (f full) Get(ctx context.Context, id string) (k driver.Key, err error) {
	f.fault.around("Get", f.Service.Credential(), func() driver.Secret { k, err = f.able.Get(ctx, id); return nothing })
	return k, err
}

// Update implements driver.Updater.
func (f full) Update(ctx context.Context, id string, c driver.Changes) (k driver.Key, err error) {
	f.fault.around("Update", f.Service.Credential(), func() driver.Secret { k, err = f.able.Update(ctx, id, c); return nothing })
	return k, err
}

// Rotate implements driver.Rotator.
func (f full) Rotate(ctx context.Context, id string) (m driver.Minted, revoked bool, err error) {
	f.fault.around("Rotate", f.Service.Credential(), func() driver.Secret { m, revoked, err = f.able.Rotate(ctx, id); return m.Value })
	return m, revoked, err
}

// Self implements driver.Identifier.
func (f full) Self(ctx context.Context) (id string, err error) {
	f.fault.around("Self", f.Service.Credential(), func() driver.Secret { id, err = f.able.Self(ctx); return nothing })
	return id, err
}

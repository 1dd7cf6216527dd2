package keyringtest

import (
	"context"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Altered wraps a service: alter may change what creates, rotates and listings say
// of keys. Of the optional abilities it has as many as [Hooked].
func Altered(svc driver.Service, alter func(*driver.Key)) driver.Service {
	h := altered{Service: svc, alter: alter}
	able, _ := svc.(able)
	if all, ok := svc.(abilities); ok {
		return alteredFully{altered: h, all: all}
	}
	if able != nil {
		return alteredKeeper{altered: h, able: able}
	}
	return h
}

type altered struct {
	driver.Service
	alter func(*driver.Key)
}

// Create implements driver.Service.
func (a altered) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	m, err := a.Service.Create(ctx, spec)
	if err == nil {
		a.alter(&m.Key)
	}
	return m, err
}

// List implements driver.Service.
func (a altered) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	p, err := a.Service.List(ctx, q)
	for i := range p.Keys {
		a.alter(&p.Keys[i])
	}
	return p, err
}

type alteredKeeper struct {
	altered
	able
}

// all are the optional abilities, under a name of their own.
type all = abilities

type alteredFully struct {
	altered
	all
}

// Rotate implements driver.Rotator.
func (a alteredFully) Rotate(ctx context.Context, id string) (m driver.Minted, revoked bool, err error) {
	m, revoked, err = a.all.Rotate(ctx, id)
	if err == nil {
		a.alter(&m.Key)
	}
	return m, revoked, err
}

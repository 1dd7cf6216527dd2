package keyringtest

import (
	"context"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// Altered wraps a service: alter may change what creates, rotates and listings say
// of keys. Of the optional abilities it has as many as [Hooked].
func Altered(svc keyring.Service, alter func(*keyring.Key)) keyring.Service {
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
	keyring.Service
	alter func(*keyring.Key)
}

// Create implements keyring.Service.
func (a altered) Create(ctx context.Context, spec keyring.Spec) (keyring.Minted, error) {
	m, err := a.Service.Create(ctx, spec)
	if err == nil {
		a.alter(&m.Key)
	}
	return m, err
}

// List implements keyring.Service.
func (a altered) List(ctx context.Context, q keyring.Query) (keyring.Page, error) {
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

// Rotate implements keyring.Rotator.
func (a alteredFully) Rotate(ctx context.Context, id string) (m keyring.Minted, revoked bool, err error) {
	m, revoked, err = a.all.Rotate(ctx, id)
	if err == nil {
		a.alter(&m.Key)
	}
	return m, revoked, err
}

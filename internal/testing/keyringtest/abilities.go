package keyringtest

import (
	"context"
	"maps"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// Lookup is an Account that can be asked for one key.
type Lookup struct{ *Account }

// Full is an Account with every ability.
type Full struct{ Lookup }

// Get implements keyring.Getter.
func (l Lookup) Get(ctx context.Context, id string) (k keyring.Key, err error) {
	err = l.call(ctx, Call{Op: Get, ID: id}, func() error {
		found := l.find(id)
		if found == nil || l.Forgets && !found.Live() {
			return Refused(Get, keyring.KindNotFound)
		}
		k = *found
		return nil
	})
	return k, err
}

// Update implements keyring.Updater.
func (f Full) Update(ctx context.Context, id string, c keyring.Changes) (k keyring.Key, err error) {
	err = f.call(ctx, Call{Op: Update, ID: id}, func() error {
		found := f.find(id)
		if found == nil {
			return Refused(Update, keyring.KindNotFound)
		}
		if c.Name != nil {
			found.Name = *c.Name
		}
		found.Attributes = maps.Clone(found.Attributes)
		if found.Attributes == nil {
			found.Attributes = keyring.Attributes{}
		}
		maps.Copy(found.Attributes, c.Attributes)
		k = *found
		return nil
	})
	return k, err
}

// Rotate implements keyring.Rotator.
func (f Full) Rotate(ctx context.Context, id string) (m keyring.Minted, revoked bool, err error) {
	err = f.call(ctx, Call{Op: Rotate, ID: id}, func() error {
		old := f.find(id)
		if old == nil || !old.Live() {
			return Refused(Rotate, keyring.KindNotFound)
		}
		if revoked = !f.RotateKeeps; revoked {
			old.RevokedAt = f.Now()
		}
		m = f.mint(keyring.Key{Name: old.Name, Attributes: maps.Clone(old.Attributes)})
		return nil
	})
	m, err = f.answer(m, err)
	return m, revoked && err == nil, err
}

// Self implements keyring.Identifier.
func (f Full) Self(ctx context.Context) (id string, err error) {
	err = f.call(ctx, Call{Op: Self}, func() error { id = f.SelfID; return nil })
	return id, err
}

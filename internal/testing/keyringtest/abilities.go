package keyringtest

import (
	"context"
	"maps"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Lookup is an Account that can return one key.
type Lookup struct{ *Account }

// Full is an Account with all abilities.
type Full struct{ Lookup }

// Get implements driver.Getter.
func (l Lookup) Get(ctx context.Context, id string) (k driver.Key, err error) {
	err = l.call(ctx, Call{Op: Get, ID: id}, func() error {
		found := l.find(id)
		if found == nil || l.Forgets && !found.Live() {
			return Refused(Get, driver.KindNotFound)
		}
		k = *found
		return nil
	})
	return k, err
}

// Update implements driver.Updater.
func (f Full) Update(ctx context.Context, id string, c driver.Changes) (k driver.Key, err error) {
	err = f.call(ctx, Call{Op: Update, ID: id}, func() error {
		found := f.find(id)
		if found == nil {
			return Refused(Update, driver.KindNotFound)
		}
		if c.Name != nil {
			found.Name = *c.Name
		}
		found.Attributes = maps.Clone(found.Attributes)
		if found.Attributes == nil {
			found.Attributes = driver.Attributes{}
		}
		maps.Copy(found.Attributes, c.Attributes)
		k = *found
		return nil
	})
	return k, err
}

// Rotate implements driver.Rotator.
func (f Full) Rotate(ctx context.Context, id string) (m driver.Minted, revoked bool, err error) {
	sentAt := time.Now()
	err = f.call(ctx, Call{Op: Rotate, ID: id}, func() error {
		old := f.find(id)
		if old == nil || !old.Live() {
			return Refused(Rotate, driver.KindNotFound)
		}
		if revoked = !f.RotateKeeps; revoked {
			old.RevokedAt = f.Now()
		}
		m = f.mint(driver.Key{Name: old.Name, Attributes: maps.Clone(old.Attributes)})
		return nil
	})
	m, err = f.answer(m, sentAt, err)
	return m, revoked && err == nil, err
}

// Self implements driver.Identifier.
func (f Full) Self(ctx context.Context) (id string, err error) {
	err = f.call(ctx, Call{Op: Self}, func() error { id = f.SelfID; return nil })
	return id, err
}

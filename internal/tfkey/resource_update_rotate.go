package tfkey

import (
	"context"
	"errors"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// rotate gives the key a new value, in place.
func (u *update) rotate(ctx context.Context) {
	if !u.rotates() || u.failed("rotate", u.keys().guard(ctx, u.state.id())) {
		return
	}
	if u.recipientsOf(u.next); u.HasError() {
		return // before anything is sent
	}
	actualName, native := u.actualName(), u.rotatesNatively()
	created, stillLive, err := u.createOrRotate(ctx, actualName)
	var unknown *keyring.OutcomeUnknownError
	if errors.As(err, &unknown) { // the next apply finds out what became of it
		u.state.setRetiring(append(u.state.retiring(), retiringKey{id: unknown.Window.ID(), revokeAt: unknown.Window.To, due: true}))
		u.Append(u.errUnknownOutcome(unknown, u.save(ctx)))
		return
	}
	if u.failed("rotate", err) {
		return
	}
	u.deliver(u.pending, created, func() { // if that fails, Terraform's state still has the old key
		u.setRotated(created.Key, stillLive, native)
		if !u.store(&u.state, created.Value, u.next) {
			return
		}
		u.private.KeyGone, u.private.OtherResources, u.private.Imported = false, nil, false
		if !native || created.Name != actualName { // a rotate call keeps the name
			u.private.recordName(u.operation, u.state.Name.ValueString(), created.Key)
		}
		u.save(ctx)
	})
}

// createOrRotate creates the new key. stillLive is the old key if the service's own call
// should have revoked it, and its answer does not show that.
func (u *update) createOrRotate(ctx context.Context, actualName string) (created driver.Minted, stillLive string, err error) {
	if u.rotatesNatively() {
		return u.ring.Rotate(ctx, driver.Key{ID: u.state.id(), Name: actualName}, u.state.secret())
	}
	created, err = u.ring.Create(ctx, u.def.spec(u.next))
	return created, "", err
}

// setRotated sets the state after a rotation, but for the value.
func (u *update) setRotated(created driver.Key, stillLive string, native bool) {
	now, retiring := u.ring.Now(), u.state.retiring()
	if !native && !u.private.KeyGone {
		at := created.CreatedAt
		if at.IsZero() {
			at = now
		}
		retiring = append(retiring, retiringKey{id: u.state.id(), retiredAt: at.UTC().Truncate(time.Second), revokeAt: overlapEnd(at, u.next.RotationOverlap)})
	}
	if stillLive != "" { // revokeDue, or a later apply, revokes it
		retiring = append(retiring, retiringKey{id: stillLive, revokeAt: now.UTC().Truncate(time.Second), due: true})
	}
	u.state.setRetiring(retiring)
	u.state.RotationTriggers, u.state.RotateAfter, u.state.RotationOverlap = u.next.RotationTriggers, u.next.RotateAfter, u.next.RotationOverlap
	if !native {
		u.state.Name = u.next.Name
	}
	for _, a := range u.def.attributes(attribute.isInResource) {
		switch {
		case a.Default != nil && hasAttribute(created, a.Name):
			u.state.specific[a.Name] = a.flatten(created.Attributes[a.Name])
		case a.Default != nil: // what the old key was set to does not count for a new one
			u.state.specific[a.Name] = a.flatten(a.Default)
		case a.isComputed() || !native && a.isInPlace():
			u.state.specific[a.Name] = u.next.specific[a.Name]
		}
	}
	u.state.setNewKey(u.def, created, now)
}

package tfkey

import (
	"context"
	"errors"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// rotate gives the key a new value, in place.
func (u *update) rotate(ctx context.Context) {
	if !u.plan.ID.IsUnknown() {
		return
	}
	if err := u.guard(ctx, u.ring, u.state); err != nil {
		u.resp.Diagnostics.Append(u.failure("rotate", err)...)
		return
	}
	recipients, diags := u.plan.recipients(ctx)
	u.resp.Diagnostics.Append(diags...)
	if u.resp.Diagnostics.HasError() {
		return
	}
	actualName := u.private.actualName(u.state.Name).ValueString()
	created, stillLive, err := u.createOrRotate(ctx, actualName)
	var unknown *keyring.OutcomeUnknownError
	switch {
	case errors.As(err, &unknown): // the next apply finds out what became of it
		u.state.Retiring = retiringList(append(u.state.retiring(), retiringKey{id: unknown.Window.ID(), revokeAt: unknown.Window.To, due: true}))
		u.resp.Diagnostics.Append(u.errUnknownOutcome(unknown, u.save(ctx))...)
		return
	case err != nil:
		u.resp.Diagnostics.Append(u.failure("rotate", err)...)
		return
	}
	u.pending.key = created
	if diags := u.checkKinds(created.Key); diags.HasError() {
		u.resp.Diagnostics.Append(diags...)
		return
	}
	u.setRotated(created, stillLive)
	if err := u.state.setValue(created.Value, recipients); err != nil {
		u.resp.Diagnostics.Append(errNotStored(err))
		return
	}
	if u.save(ctx).HasError() {
		return // Terraform's state still has the old key
	}
	u.pending.delivered = true
	u.account.setValue(created.ID, created.Value)
	if !u.rotatesNatively() || created.Name != actualName { // a rotate call keeps the name
		u.resp.Diagnostics.Append(u.private.recordName(u.def, u.state.Name.ValueString(), created.Key)...)
	}
	u.resp.Diagnostics.Append(u.warnSuspects(created)...)
	u.keepPrivate(ctx)
}

// rotatesNatively reports whether the service's own call rotates the key.
func (u *update) rotatesNatively() bool { return u.plan.isNative() && !u.private.Lost }

// createOrRotate creates the new key. stillLive is the old key if the service's own call
// should have revoked it, and its answer does not show that.
func (u *update) createOrRotate(ctx context.Context, actualName string) (created driver.Minted, stillLive string, err error) {
	if u.rotatesNatively() {
		return u.ring.Rotate(ctx, driver.Key{ID: u.state.ID.ValueString(), Name: actualName}, u.state.secret())
	}
	spec, diags := u.spec(ctx, u.plan)
	u.resp.Diagnostics.Append(diags...)
	created, err = u.ring.Create(ctx, spec)
	return created, "", err
}

// setRotated sets the state after a rotation, but for the value.
func (u *update) setRotated(created driver.Minted, stillLive string) {
	native, now := u.rotatesNatively(), u.ring.Now()
	retiring := u.state.retiring()
	if !native && !u.private.Lost {
		at := created.CreatedAt
		if at.IsZero() {
			at = now
		}
		retiring = append(retiring, retiringKey{id: u.state.ID.ValueString(), retiredAt: at.UTC().Truncate(time.Second), revokeAt: overlapEnd(at, u.plan.RotationOverlap)})
	}
	if stillLive != "" { // revokeDue, or a later apply, revokes it
		retiring = append(retiring, retiringKey{id: stillLive, revokeAt: now.UTC().Truncate(time.Second), due: true})
	}
	u.setRotation()
	u.state.Retiring = retiringList(retiring)
	if !native {
		u.state.Name = u.plan.Name
	}
	for _, a := range u.def.attributes() {
		if a.Mode == definition.Computed || !native && a.Mode == definition.InPlace && a.Default == nil {
			u.state.own[a.Name] = u.plan.own[a.Name]
		}
	}
	u.state.setNewKey(u.def, created, now)
	u.state.EncryptTo, u.state.StoreKey = u.plan.EncryptTo, u.plan.StoreKey
	for _, a := range u.def.attributes() {
		switch {
		case a.Default == nil:
		case hasAttribute(created.Key, a.Name):
			u.state.own[a.Name] = a.flatten(created.Attributes[a.Name])
		default: // what the old key was set to does not count for a new one
			u.state.own[a.Name] = a.flatten(a.Default)
		}
	}
}

// setRotation saves the settings of rotation.
func (u *update) setRotation() {
	u.state.RotationTriggers, u.state.RotateAfter, u.state.RotationOverlap = u.plan.RotationTriggers, u.plan.RotateAfter, u.plan.RotationOverlap
	if u.def.HasRotate {
		u.state.own[nativeRotation] = u.plan.own[nativeRotation]
	}
}

package tfkey

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// Update implements resource.Resource. It does what the plan says: an unknown id means a new
// value, a missing retiring key is revoked, a changed setting is sent. The state is saved
// after each step, so that an interrupted update loses nothing.
func (r *keyResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	ctx, done := r.begin(ctx, &resp.Diagnostics)
	defer done()
	plan, diags := r.def.read(ctx, req.Plan)
	resp.Diagnostics.Append(diags...)
	state, diags := r.def.read(ctx, req.State)
	resp.Diagnostics.Append(diags...)
	config, diags := r.def.read(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
	if plan.ID.IsUnknown() && config.givesValue() {
		resp.Diagnostics.Append(r.errValueOfOld(state))
	}
	if resp.Diagnostics.HasError() {
		return
	}
	u := update{keyResource: r, plan: plan, state: state, priorID: state.ID.ValueString(), resp: resp, private: readPrivate(ctx, req.Private)}
	u.state.Retiring = retiringList(retiringUnder(state, plan.RotationOverlap))
	u.readValue(config.KeyWO)
	u.encryptExisting(ctx)
	if resp.Diagnostics.HasError() {
		return
	}
	if u.idle() {
		// Only settings of Terraform change: nothing is sent, and no credential is needed.
		u.finishUpdate(ctx)
		return
	}
	// If the state names no scope, the plan has found the key in the configured one.
	u.ring, diags = r.ring(ctx, cmp.Or(state.scope(r.def), plan.scope(r.def)))
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.account.managed.mark(state.keyIDs()...)
	r.recordCreation(u.ring, state)
	// Until the end: Terraform has nothing of a new key before it has the whole answer.
	ctx, hand, err := r.account.track(ctx, u.ring)
	if err != nil {
		resp.Diagnostics.Append(r.failure("update", err)...)
		return
	}
	u.pending = hand
	defer u.pending.finish(ctx, &resp.Diagnostics)
	for _, step := range []func(context.Context){u.checkScope, u.checkValue, u.reconcileRetiring, u.rotate, u.sendChanges, u.revokeDue, u.revokeDuplicates, u.storeValue, u.finishUpdate} {
		if resp.Diagnostics.HasError() {
			return
		}
		if u.pending.key.ID != "" && u.pending.disconnected(ctx) {
			// Nobody receives the new key, so finish revokes it. Terraform's state still has
			// the old keys.
			return
		}
		step(ctx)
	}
}

// update is the work of one Update. state is what is true so far.
type update struct {
	*keyResource
	plan, state model
	value       driver.Secret // from key_wo, if it is to be stored
	priorID     string        // the id before the update
	ring        *keyring.Ring
	pending     *pendingKey // the new key, if there is one
	resp        *resource.UpdateResponse
	private     privateData
}

// idle reports whether nothing is to be sent.
func (u *update) idle() bool {
	return !u.plan.ID.IsUnknown() && !u.takesValue() && u.changes().Empty() && !slices.ContainsFunc(u.state.retiring(), func(old retiringKey) bool { return old.due }) && !u.plan.DuplicateIDs.IsUnknown()
}

// save stores what is true so far.
func (u *update) save(ctx context.Context) diag.Diagnostics {
	diags := u.keyResource.save(ctx, &u.resp.State, u.resp.Identity, u.state)
	u.resp.Diagnostics.Append(diags...)
	return diags
}

// checkScope fails if the provider no longer looks where the keys are, before a new one is
// created there.
func (u *update) checkScope(ctx context.Context) {
	isMismatch, err := u.scopeMismatch(ctx, u.ring, u.state)
	switch {
	case err != nil:
		u.resp.Diagnostics.Append(u.failure("read", err)...)
	case isMismatch:
		u.resp.Diagnostics.Append(u.errScopeMismatch(u.state))
	}
}

// reconcileRetiring clears up unanswered creates of earlier rotations.
func (u *update) reconcileRetiring(ctx context.Context) {
	var left []retiringKey
	for _, old := range u.state.retiring() {
		// Without a new key, what is not due can wait.
		if _, isWindow := keyring.ParseCreateWindow(old.id); isWindow && (old.due || u.plan.ID.IsUnknown()) {
			diags := u.revoke(ctx, u.ring, u.state, old.id, driver.Secret{}, u.private.Held...)
			u.resp.Diagnostics.Append(diags...)
			if !diags.HasError() {
				continue
			}
			old.id = u.addKnown(u.ring, u.state, old.id, u.private.Held)
		}
		left = append(left, old)
	}
	u.state.Retiring = retiringList(left)
	u.save(ctx)
}

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

// keepPrivate leaves for the next plan what is still true.
func (u *update) keepPrivate(ctx context.Context) {
	u.resp.Diagnostics.Append(writePrivate(ctx, u.resp.Private, privateData{Unused: u.private.Unused, Asked: u.private.Asked, Given: u.private.Given})...)
}

// changes are the settings to send.
func (u *update) changes() driver.Changes {
	c := driver.Changes{Attributes: driver.Attributes{}}
	if known(u.plan.Name) && u.private.renames(u.state.Name, u.plan.Name) {
		name := u.plan.Name.ValueString()
		c.Name = &name
	}
	for _, a := range u.def.attributes() {
		want := u.plan.own[a.Name]
		if a.Mode == definition.InPlace && known(want) && !equalValues(want, u.state.own[a.Name]) {
			v, _ := a.expand(context.Background(), want)
			c.Attributes[a.Name] = v
		}
	}
	return c
}

// sendChanges sends changed settings.
func (u *update) sendChanges(ctx context.Context) {
	c := u.changes()
	if c.Empty() {
		return
	}
	if u.def.switchesOff(u.state, u.plan) {
		if err := u.guard(ctx, u.ring, u.state); err != nil {
			u.resp.Diagnostics.Append(u.failure("switch off", err)...)
			return
		}
	}
	k, err := u.ring.Update(ctx, u.state.ID.ValueString(), c)
	if err != nil {
		u.resp.Diagnostics.Append(u.failure("update", err)...)
		return
	}
	u.state.Name = u.plan.Name
	for _, a := range u.def.attributes() {
		if v := u.plan.own[a.Name]; a.Mode == definition.InPlace && known(v) {
			u.state.own[a.Name] = v
		}
	}
	u.save(ctx)
	if c.Name != nil {
		u.resp.Diagnostics.Append(u.private.recordName(u.def, *c.Name, k)...)
		u.keepPrivate(ctx)
	}
	u.resp.Diagnostics.Append(u.warnIgnoredSettings(k, c.Attributes)...)
}

// revokeDue revokes the retiring keys that the last refresh found due.
func (u *update) revokeDue(ctx context.Context) {
	var left []retiringKey
	for _, old := range u.state.retiring() {
		if !old.due {
			left = append(left, old)
			continue
		}
		diags := u.errManagedElsewhere(old.id)
		if !u.account.managed.isManagedElsewhere(old.id, u.priorID) {
			diags = u.revoke(ctx, u.ring, u.state, old.id, driver.Secret{}, u.private.Held...)
		}
		if diags.HasError() {
			u.resp.Diagnostics.Append(u.downgradeToWarnings(diags)...)
			old.id = u.addKnown(u.ring, u.state, old.id, u.private.Held)
			left = append(left, old)
		}
	}
	u.state.Retiring = retiringList(left)
	u.save(ctx)
}

// downgradeToWarnings turns errors into warnings once there is a new key: an error would keep
// Terraform from handing its value over. What failed stays due.
func (u *update) downgradeToWarnings(diags diag.Diagnostics) diag.Diagnostics {
	if u.pending.key.ID == "" {
		return diags
	}
	var milder diag.Diagnostics
	for _, d := range diags {
		milder.AddWarning(d.Summary(), d.Detail()+"\n\nThe new key is in the state; the next plan revokes this one again.")
	}
	return milder
}

// finishUpdate saves what only Terraform has.
func (u *update) finishUpdate(ctx context.Context) {
	if u.private.Given != "" && u.plan.Name.ValueString() == u.private.Given {
		u.private.Asked, u.private.Given = "", "" // the configuration has the service's name now
		u.keepPrivate(ctx)
	}
	u.state.Name = u.plan.Name
	u.state.KeyWOVersion = u.plan.KeyWOVersion
	u.setRotation()
	u.state.OnDuplicateName = u.plan.OnDuplicateName
	u.state.EncryptTo, u.state.StoreKey = u.plan.EncryptTo, u.plan.StoreKey
	for _, a := range u.def.attributes() {
		if v := u.plan.own[a.Name]; a.Mode == definition.Replace && known(v) {
			u.state.own[a.Name] = v
		}
	}
	if !u.plan.RotateAt.IsUnknown() {
		u.state.RotateAt = u.plan.RotateAt
	}
	if !u.plan.RotationDue.IsUnknown() {
		u.state.RotationDue = u.plan.RotationDue
	}
	if !u.plan.DuplicateIDs.IsUnknown() {
		u.state.DuplicateIDs = u.plan.DuplicateIDs
	}
	u.save(ctx)
}

// setRotation saves the settings of rotation.
func (u *update) setRotation() {
	u.state.RotationTriggers, u.state.RotateAfter, u.state.RotationOverlap = u.plan.RotationTriggers, u.plan.RotateAfter, u.plan.RotationOverlap
	if u.def.HasRotate {
		u.state.own[nativeRotation] = u.plan.own[nativeRotation]
	}
}

// guard fails if the key is the credential that the provider signs in with. Nothing is sent.
func (r *keyResource) guard(ctx context.Context, ring *keyring.Ring, state model) error {
	if _, isWindow := keyring.ParseCreateWindow(state.ID.ValueString()); isWindow || state.ID.IsNull() {
		return nil
	}
	return ring.Guard(ctx, state.ID.ValueString(), state.secret())
}

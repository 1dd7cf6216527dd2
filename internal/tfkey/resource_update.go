package tfkey

import (
	"cmp"
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// update is the work of one Update. state is what is true so far.
type update struct {
	request
	plan, state model
	value       driver.Secret // from key_wo, if it is to be stored
	priorID     string        // the id before the update
	ring        *keyring.Ring
	pending     *pendingKey // the new key, if there is one
	resp        *resource.UpdateResponse
	private     privateData
}

// Update does what the plan says: an unknown id means a new value, a retiring key that is due
// is revoked, a changed setting is sent. The state is saved after each step, so that an
// interrupted update loses nothing.
func (r *keyResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	ctx, rq, done := r.begin(ctx, &resp.Diagnostics)
	defer done()
	u := update{request: rq, plan: rq.model(ctx, req.Plan), state: rq.model(ctx, req.State), resp: resp, private: readPrivate(ctx, req.Private)}
	config := rq.model(ctx, req.Config)
	if u.plan.ID.IsUnknown() {
		u.refusesNewKey(config, u.state)
	}
	if u.HasError() {
		return
	}
	u.priorID = u.state.id()
	u.state.setRetiring(retiringUnder(u.state, u.plan.RotationOverlap))
	u.readValue(config.KeyWO)
	u.encryptExisting(ctx)
	if u.HasError() {
		return
	}
	if u.idle() {
		// Only settings of Terraform change: nothing is sent, and no credential is needed.
		u.finishUpdate(ctx)
		return
	}
	// If the state names no scope, the plan has found the key in the configured one.
	u.ring = u.request.ring(ctx, cmp.Or(u.state.scope(r.def), u.plan.scope(r.def)))
	if u.ring == nil {
		return
	}
	r.account.managed.mark(u.state.keyIDs()...)
	u.keys().recordCreation()
	// Until the end: Terraform has nothing of a new key before it has the complete answer.
	ctx, pending, err := r.account.track(ctx, u.ring)
	if u.failed("update", err) {
		return
	}
	u.pending = pending
	defer u.pending.finish(ctx, &resp.Diagnostics)
	for _, step := range []func(context.Context){u.checkScope, u.checkValue, u.reconcileRetiring, u.rotate, u.sendChanges, u.revokeDue, u.revokeDuplicates, u.storeValue, u.finishUpdate} {
		// If nobody receives the new key, finish revokes it. Terraform's state still has the
		// old keys.
		if u.HasError() || u.pending.key.ID != "" && u.pending.disconnected(ctx) {
			return
		}
		step(ctx)
	}
}

// keys are the resource's keys so far.
func (u *update) keys() resourceKeys {
	return resourceKeys{u.serviceBase, u.ring, u.state, u.private.OtherResources}
}

// idle reports whether nothing is to be sent.
func (u *update) idle() bool {
	return !u.plan.ID.IsUnknown() && !u.takesValue() && u.changes().Empty() && !slices.ContainsFunc(u.state.retiring(), func(old retiringKey) bool { return old.due }) && !u.plan.DuplicateIDs.IsUnknown()
}

// save stores what is true so far.
func (u *update) save(ctx context.Context) diag.Diagnostics {
	diags := u.serviceBase.save(ctx, &u.resp.State, u.resp.Identity, u.state)
	u.Append(diags...)
	return diags
}

// checkScope fails if the provider no longer looks where the keys are, before a new one is
// created there.
func (u *update) checkScope(ctx context.Context) { u.Append(u.keys().checkScope(ctx, "read")...) }

// reconcileRetiring clears up unanswered creates of earlier rotations. Without a new key, what
// is not due can wait.
func (u *update) reconcileRetiring(ctx context.Context) {
	u.revokeRetiring(ctx, func(old retiringKey) bool { return isWindow(old.id) && (old.due || u.plan.ID.IsUnknown()) })
}

// revokeDue revokes the retiring keys that the last refresh found due.
func (u *update) revokeDue(ctx context.Context) {
	u.revokeRetiring(ctx, func(old retiringKey) bool { return old.due })
}

// revokeRetiring revokes some of the retiring keys. Those that fail stay.
func (u *update) revokeRetiring(ctx context.Context, takes func(retiringKey) bool) {
	var remaining []retiringKey
	for _, old := range u.state.retiring() {
		if takes(old) {
			diags := u.errManagedElsewhere(old.id)
			if !u.account.managed.isManagedElsewhere(old.id, u.priorID) {
				diags = u.keys().revoke(ctx, old.id)
			}
			if !diags.HasError() {
				continue
			}
			u.Append(u.downgradeToWarnings(diags)...)
			old.id = u.keys().addKnown(old.id)
		}
		remaining = append(remaining, old)
	}
	u.state.setRetiring(remaining)
	u.save(ctx)
}

// downgradeToWarnings turns errors into warnings once there is a new key: an error would keep
// Terraform from handing its value over. What failed stays due.
func (u *update) downgradeToWarnings(diags diag.Diagnostics) diag.Diagnostics {
	if u.pending.key.ID == "" {
		return diags
	}
	var warnings diag.Diagnostics
	for _, d := range diags {
		warnings.AddWarning(d.Summary(), d.Detail()+"\n\nThe new key is in the state. The next apply tries again to revoke this one.")
	}
	return warnings
}

// keepPrivate leaves for the next plan what is still true.
func (u *update) keepPrivate(ctx context.Context) {
	kept := u.private
	kept.KeyGone, kept.OtherResources, kept.Imported = false, nil, false
	u.Append(writePrivate(ctx, u.resp.Private, kept)...)
}

// changes are the settings to send.
func (u *update) changes() driver.Changes {
	c := driver.Changes{Attributes: driver.Attributes{}}
	if known(u.plan.Name) && u.private.renames(u.state.Name, u.plan.Name) {
		c.Name = new(u.plan.Name.ValueString())
	}
	for _, a := range u.def.attributes(attribute.isInPlace) {
		if want := u.plan.own[a.Name]; known(want) && !equalValues(want, u.state.own[a.Name]) && !u.private.takesOver(a, want, u.state.own[a.Name]) {
			c.Attributes[a.Name] = expand(want)
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
	if u.def.switchesOff(u.state, u.plan) && u.failed("switch off", u.keys().guard(ctx, u.state.id())) {
		return
	}
	k, err := u.ring.Update(ctx, u.state.id(), c)
	if u.failed("update", err) {
		return
	}
	u.state.Name = u.plan.Name
	u.copyKnown(attribute.isInPlace)
	u.save(ctx)
	if c.Name != nil {
		u.private.recordName(u.request, *c.Name, k)
		u.keepPrivate(ctx)
	}
	u.warnIgnoredSettings(k, c.Attributes)
}

// copyKnown takes over the service's own attributes that are planned.
func (u *update) copyKnown(takes func(attribute) bool) {
	for _, a := range u.def.attributes(takes) {
		if v := u.plan.own[a.Name]; known(v) {
			u.state.own[a.Name] = v
		}
	}
}

// encryptExisting encrypts a value that is in the state in plain text. Nothing is sent.
func (u *update) encryptExisting(ctx context.Context) {
	if !u.plan.EncryptedKey.IsUnknown() || u.plan.ID.IsUnknown() || u.takesValue() {
		return
	}
	to, value := u.recipientsOf(u.plan), u.state.secret()
	u.state.copyStorage(u.plan)
	if !u.HasError() && u.store(&u.state, value, to) {
		u.save(ctx)
	}
}

// takesValue reports whether the plan asks to take over the value in key_wo: it has a new
// version of the value, for the same key.
func (u *update) takesValue() bool { return !u.plan.ID.IsUnknown() && u.plan.KeyVersion.IsUnknown() }

// readValue reads the value from the configuration, before anything is sent.
func (u *update) readValue(given types.String) {
	if !u.takesValue() {
		return
	}
	name := u.private.actualName(u.state.Name)
	if u.value = u.givenValue(given); !u.HasError() && !u.refusesLabel(u.value, u.priorID, name) {
		u.account.creates.LearnValue(u.value, name)
	}
}

// checkValue compares the value with the key's record, before anything is changed.
func (u *update) checkValue(ctx context.Context) {
	if !u.takesValue() {
		return
	}
	k, found, err := u.ring.Read(ctx, u.priorID, u.state.created())
	switch {
	case u.failed("read", err):
	case !found || !k.Live():
		u.AddAttributeError(path.Root("key_wo"), "Key revoked outside of Terraform",
			u.def.Title+" no longer has key "+u.priorID+", so its value was not stored. Plan again.")
	default:
		u.compareValue(k, u.value)
	}
}

// storeValue stores the value as the settings say. finishUpdate, right after it, saves its
// version: after an error in between, the next apply stores it again.
func (u *update) storeValue(context.Context) {
	if !u.takesValue() {
		return
	}
	to := u.recipientsOf(u.plan)
	u.state.copyStorage(u.plan)
	if !u.HasError() && u.store(&u.state, u.value, to) {
		u.state.KeyVersion = types.Int64Value(u.state.KeyVersion.ValueInt64() + 1)
		u.account.setValue(u.priorID, u.value)
	}
}

// finishUpdate saves what only Terraform has.
func (u *update) finishUpdate(ctx context.Context) {
	if u.private.GivenName != "" && u.plan.Name.ValueString() == u.private.GivenName {
		u.private.AskedName, u.private.GivenName = "", "" // the configuration has the service's name now
		u.keepPrivate(ctx)
	}
	u.state.Name = u.plan.Name
	u.state.KeyWOVersion = u.plan.KeyWOVersion
	u.setRotation()
	u.state.OnDuplicateName = u.plan.OnDuplicateName
	u.state.copyStorage(u.plan)
	u.copyKnown(attribute.isReplace)
	if u.private.Imported {
		u.takeOverArguments()
		u.keepPrivate(ctx)
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

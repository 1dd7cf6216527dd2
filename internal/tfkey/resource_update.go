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

// update is the work of one Update. Its state is what is true so far.
type update struct {
	change
	id      string        // the key's id before the update
	given   driver.Secret // the value in key_wo, if it is to be stored
	ring    *keyring.Ring
	pending *pendingKey // the new key, if there is one
	resp    *resource.UpdateResponse
}

// Update does what the plan says: an unknown id means a new key, a retiring key that is due
// is revoked, a changed attribute is sent. The state is saved after each step, so that an
// interrupted update loses nothing.
func (r *keyResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	ctx, op, done := r.begin(ctx, &resp.Diagnostics)
	defer done()
	u := update{resp: resp, change: change{operation: op, private: readPrivate(ctx, req.Private)}}
	u.next, u.state, u.config = op.model(ctx, req.Plan), op.model(ctx, req.State), op.model(ctx, req.Config)
	if u.rotates() {
		u.refusesNewKey(u.config, u.state)
	}
	u.id = u.state.id()
	u.state.setRetiring(retiringUnder(u.state, u.next.RotationOverlap))
	u.readGiven()
	u.encryptExisting(ctx)
	if u.HasError() {
		return
	}
	if u.sendsNothing() { // then no credential is needed
		u.finish(ctx)
		return
	}
	// If the state names no scope, the plan has found the key in the configured one.
	u.ring = u.connect(ctx, cmp.Or(u.state.scope(r.def), u.next.scope(r.def)))
	if u.ring == nil {
		return
	}
	r.account.managed.mark(u.state.keyIDs()...)
	u.keys().recordCreation()
	// Until the end: Terraform has nothing of a new key before it has the complete response.
	ctx, pending, err := r.account.track(ctx, u.ring)
	if u.failed("update", err) {
		return
	}
	u.pending = pending
	defer u.pending.finish(ctx, &resp.Diagnostics)
	for _, step := range []func(context.Context){u.checkScope, u.checkGiven, u.reconcileRetiring, u.rotate, u.sendChanges, u.revokeDue, u.revokeDuplicates, u.storeGiven, u.finish} {
		// If nobody receives the new key, finish revokes it. Terraform's state still has the
		// old keys.
		if u.HasError() || u.pending.key.ID != "" && u.pending.disconnected(ctx) {
			return
		}
		step(ctx)
	}
}

// rotates reports whether the plan asks for a new key.
func (u *update) rotates() bool { return u.next.ID.IsUnknown() }

// storesGiven reports whether the plan asks to store the value in key_wo: it has a new version
// of the value, for the same key.
func (u *update) storesGiven() bool { return !u.rotates() && u.next.KeyVersion.IsUnknown() }

// sendsNothing reports whether only attributes that the service does not have change.
func (u *update) sendsNothing() bool {
	return !u.rotates() && !u.storesGiven() && u.toSend().Empty() && !slices.ContainsFunc(u.state.retiring(), retiringKey.isDue) && !u.next.DuplicateIDs.IsUnknown()
}

// keys are the resource's keys so far.
func (u *update) keys() resourceKeys {
	return resourceKeys{u.serviceBase, u.ring, u.state, u.private.OtherResources}
}

// save stores what is true so far, and what the next plan needs besides.
func (u *update) save(ctx context.Context) diag.Diagnostics {
	diags := u.serviceBase.save(ctx, &u.resp.State, u.resp.Identity, u.state)
	diags.Append(writePrivate(ctx, u.resp.Private, u.private)...)
	u.Append(diags...)
	return diags
}

// checkScope fails if the provider no longer looks where the keys are, before a new one is
// created there.
func (u *update) checkScope(ctx context.Context) { u.Append(u.keys().checkScope(ctx, "read")...) }

// reconcileRetiring clears up unanswered creates of earlier rotations. Without a new key, what
// is not due can wait.
func (u *update) reconcileRetiring(ctx context.Context) {
	u.revokeRetiring(ctx, func(old retiringKey) bool { return isUnknownOutcome(old.id) && (old.due || u.rotates()) })
}

// revokeDue revokes the retiring keys that the last refresh found due.
func (u *update) revokeDue(ctx context.Context) { u.revokeRetiring(ctx, retiringKey.isDue) }

// revokeRetiring revokes some of the retiring keys. Those that fail stay.
func (u *update) revokeRetiring(ctx context.Context, which func(retiringKey) bool) {
	var remaining []retiringKey
	for _, old := range u.state.retiring() {
		if !which(old) {
			remaining = append(remaining, old)
			continue
		}
		diags := u.errManagedElsewhere(old.id)
		if !u.account.managed.isManagedElsewhere(old.id, u.id) {
			diags = u.keys().revoke(ctx, old.id)
		}
		if diags.HasError() {
			u.Append(u.downgradeToWarnings(diags)...)
			old.id = u.keys().addKnown(old.id)
			remaining = append(remaining, old)
		}
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

// sendChanges sends changed attributes.
func (u *update) sendChanges(ctx context.Context) {
	changes := u.toSend()
	if changes.Empty() {
		return
	}
	if u.switchesOff() && u.failed("switch off", u.keys().guard(ctx, u.state.id())) {
		return
	}
	k, err := u.ring.Update(ctx, u.state.id(), changes)
	if u.failed("update", err) {
		return
	}
	u.state.Name = u.next.Name
	for _, a := range u.def.attributes(attribute.isInPlace) {
		if v := u.next.specific[a.Name]; isSet(v) {
			u.state.specific[a.Name] = v
		}
	}
	if changes.Name != nil {
		u.private.recordName(u.operation, *changes.Name, k)
	}
	u.save(ctx)
	u.warnIgnored(k, changes.Attributes)
}

// encryptExisting encrypts a value that is in the state in plain text. Nothing is sent.
func (u *update) encryptExisting(ctx context.Context) {
	if u.next.EncryptedKey.IsUnknown() && !u.rotates() && !u.storesGiven() && u.store(&u.state, u.state.secret(), u.next) {
		u.save(ctx)
	}
}

// readGiven reads the value in key_wo before anything is sent, so that no error can show it.
func (u *update) readGiven() {
	if !u.storesGiven() || u.HasError() {
		return
	}
	u.given = u.givenValue(u.config.KeyWO)
	if !u.HasError() && !u.refusesLabel(u.given, u.id, u.actualName()) {
		u.account.creates.LearnValue(u.given, u.actualName())
	}
}

// checkGiven compares the value with the key's record, before anything is changed.
func (u *update) checkGiven(ctx context.Context) {
	if !u.storesGiven() {
		return
	}
	k, found, err := u.ring.Read(ctx, u.id, u.state.created())
	switch {
	case u.failed("read", err):
	case !found || !k.Live():
		u.AddAttributeError(path.Root("key_wo"), "Key revoked outside of Terraform",
			u.def.Title+" no longer has key "+u.id+", so its value was not stored. Plan again.")
	default:
		u.compareValue(k, u.given)
	}
}

// storeGiven stores the value where the plan wants it. finish, right after it, saves its version:
// after an error in between, the next apply stores it again.
func (u *update) storeGiven(context.Context) {
	if u.storesGiven() && u.store(&u.state, u.given, u.next) {
		u.state.KeyVersion = types.Int64Value(u.state.KeyVersion.ValueInt64() + 1)
		u.account.setValue(u.id, u.given)
	}
}

// finish saves everything else that the plan knows.
func (u *update) finish(ctx context.Context) {
	u.state.setKnown(u.next)
	u.state.RotateAt = rotateAt(u.state.created(), u.state.RotateAfter)
	if u.state.Name.ValueString() == u.private.GivenName {
		u.private.GivenName = "" // the configuration has the service's name now
	}
	u.private.Imported = false
	u.save(ctx)
}

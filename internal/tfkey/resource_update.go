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

// Update implements resource.Resource. The plan is the instruction: an unknown id
// asks for a new value, a missing retiring key is to be revoked, a changed
// setting is to be sent. After each step the state is saved as it is then, so
// that whatever interrupts the next one loses nothing.
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
		// Settings that only Terraform knows: nothing is sent, and no credential needed.
		u.finishUpdate(ctx)
		return
	}
	// A scope that is named from now on is the one that the key was seen in.
	u.ring, diags = r.ring(ctx, cmp.Or(state.scope(r.def), plan.scope(r.def)))
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.account.managed.mark(state.keyIDs()...)
	r.recordCreation(u.ring, state)
	// To the very end: until the whole answer is there, Terraform has nothing of
	// a new key.
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
			// Nobody takes the new key, so it goes; the state that Terraform has
			// still names those that it was to follow.
			return
		}
		step(ctx)
	}
}

// update is one Update on its way: state is what is true so far.
type update struct {
	*keyResource
	plan, state model
	value       driver.Secret // from key_wo, if the plan takes it
	priorID     string        // the id that the key began with
	ring        *keyring.Ring
	pending     *pendingKey // of the new key, if there is to be one
	resp        *resource.UpdateResponse
	private     privateData
}

// idle reports whether the service has nothing to do.
func (u *update) idle() bool {
	return !u.plan.ID.IsUnknown() && !u.takesValue() && u.changes().Empty() && !slices.ContainsFunc(u.state.retiring(), func(old retiringKey) bool { return old.due }) && !u.plan.DuplicateIDs.IsUnknown()
}

// save stores what is true so far.
func (u *update) save(ctx context.Context) diag.Diagnostics {
	diags := u.keyResource.save(ctx, &u.resp.State, u.resp.Identity, u.state)
	u.resp.Diagnostics.Append(diags...)
	return diags
}

// checkScope makes sure that the provider still looks where the keys are, before a new one
// is made where it looks.
func (u *update) checkScope(ctx context.Context) {
	isAdrift, err := u.scopeMismatch(ctx, u.ring, u.state)
	switch {
	case err != nil:
		u.resp.Diagnostics.Append(u.failure("read", err)...)
	case isAdrift:
		u.resp.Diagnostics.Append(u.errScopeMismatch(u.state))
	}
}

// reconcileRetiring settles what earlier rotations left open.
func (u *update) reconcileRetiring(ctx context.Context) {
	var left []retiringKey
	for _, old := range u.state.retiring() {
		// A plan that makes no new key keeps what is not due yet.
		if _, unsettled := keyring.ParseCreateWindow(old.id); unsettled && (old.due || u.plan.ID.IsUnknown()) {
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
	old := u.state
	native := u.plan.isNative() && !u.private.Lost
	if err := u.guard(ctx, u.ring, old); err != nil {
		u.resp.Diagnostics.Append(u.failure("rotate", err)...)
		return
	}
	sealed, diags := u.plan.recipients(ctx)
	u.resp.Diagnostics.Append(diags...)
	if u.resp.Diagnostics.HasError() {
		return
	}
	var minted driver.Minted
	var unrevoked string
	var err error
	if native {
		minted, unrevoked, err = u.ring.Rotate(ctx, driver.Key{ID: old.ID.ValueString(), Name: u.private.actualName(old.Name).ValueString()}, old.secret())
	} else {
		spec, diags := u.spec(ctx, u.plan)
		u.resp.Diagnostics.Append(diags...)
		minted, err = u.ring.Create(ctx, spec)
	}
	var open *keyring.OutcomeUnknownError
	if err != nil {
		if errors.As(err, &open) {
			// Remembered among the retiring: the next apply looks what became of it.
			u.state.Retiring = retiringList(append(old.retiring(), retiringKey{id: open.Window.ID(), revokeAt: open.Window.To, due: true}))
			u.resp.Diagnostics.Append(u.errUnknownOutcome(open, u.save(ctx))...)
			return
		}
		u.resp.Diagnostics.Append(u.failure("rotate", err)...)
		return
	}
	u.pending.key = minted
	retiring := old.retiring()
	if !native && !u.private.Lost {
		created := minted.CreatedAt
		if created.IsZero() {
			created = u.ring.Now()
		}
		retiring = append(retiring, retiringKey{id: old.ID.ValueString(), retiredAt: created.UTC().Truncate(time.Second), revokeAt: overlapEnd(created, u.plan.RotationOverlap)})
	}
	if unrevoked != "" { // for the step that revokes what is due, at the latest in another apply
		retiring = append(retiring, retiringKey{id: unrevoked, revokeAt: u.ring.Now().UTC().Truncate(time.Second), due: true})
	}
	u.setRotation()
	u.state.Retiring = retiringList(retiring)
	for _, a := range u.def.attributes() {
		if v := u.plan.own[a.Name]; a.Mode == definition.Computed || !native && a.Mode == definition.InPlace && a.Default == nil {
			u.state.own[a.Name] = v // unknown ones are told by the new key
		}
	}
	if !native {
		u.state.Name = u.plan.Name
	}
	u.state.setNewKey(u.def, minted, u.ring.Now())
	u.state.EncryptTo, u.state.StoreKey = u.plan.EncryptTo, u.plan.StoreKey
	if err := u.state.setValue(minted.Value, sealed); err != nil {
		u.resp.Diagnostics.Append(errNotStored(err))
		return
	}
	// A new key starts with the service's defaults, whatever its predecessor was set to.
	for _, a := range u.def.attributes() {
		if a.Default != nil {
			u.state.own[a.Name] = a.flatten(a.Default)
			if hasAttribute(minted.Key, a.Name) {
				u.state.own[a.Name] = a.flatten(minted.Attributes[a.Name])
			}
		}
	}
	if u.save(ctx).HasError() {
		return // the state that Terraform gets still holds the old key
	}
	u.pending.delivered = true
	u.account.setValue(minted.ID, minted.Value)
	if !native || minted.Name != u.private.actualName(old.Name).ValueString() { // a rotate call keeps the name
		u.resp.Diagnostics.Append(u.private.recordName(u.def, u.state.Name.ValueString(), minted.Key)...)
	}
	u.resp.Diagnostics.Append(u.warnSuspects(minted)...)
	u.keepPrivate(ctx)
}

// keepPrivate keeps for the next plan what is still true of what was noted.
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

// downgradeToWarnings makes warnings of errors once there is a new key: an error would keep
// Terraform from handing its value on, which may be nowhere else. What could not
// be done stays due.
func (u *update) downgradeToWarnings(diags diag.Diagnostics) diag.Diagnostics {
	if u.pending.key.ID == "" {
		return diags
	}
	var milder diag.Diagnostics
	for _, d := range diags {
		milder.AddWarning(d.Summary(), d.Detail()+"\n\nThe new key is made and in the state; the next plan revokes this one again.")
	}
	return milder
}

// finishUpdate takes over what only Terraform knows.
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

// setRotation takes over the settings of rotation.
func (u *update) setRotation() {
	u.state.RotationTriggers, u.state.RotateAfter, u.state.RotationOverlap = u.plan.RotationTriggers, u.plan.RotateAfter, u.plan.RotationOverlap
	if u.def.HasRotate {
		u.state.own[nativeRotation] = u.plan.own[nativeRotation]
	}
}

// guard refuses to rotate or revoke the credential that the provider signs in
// with, before anything is sent.
func (r *keyResource) guard(ctx context.Context, ring *keyring.Ring, state model) error {
	if _, unsettled := keyring.ParseCreateWindow(state.ID.ValueString()); unsettled || state.ID.IsNull() {
		return nil
	}
	return ring.Guard(ctx, state.ID.ValueString(), state.secret())
}

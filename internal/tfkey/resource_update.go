package tfkey

import (
	"cmp"
	"context"
	"slices"

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
	resp.Diagnostics.Append(r.use(state.own[r.def.Scope])...)
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

// guard fails if the key is the credential that the provider signs in with. Nothing is sent.
func (r *keyResource) guard(ctx context.Context, ring *keyring.Ring, state model) error {
	if _, isWindow := keyring.ParseCreateWindow(state.ID.ValueString()); isWindow || state.ID.IsNull() {
		return nil
	}
	return ring.Guard(ctx, state.ID.ValueString(), state.secret())
}

package tfkey

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// ModifyPlan plans everything, so that its rules can be read in one place; there are no plan
// modifiers. It depends on state and configuration only, never on the clock: a plan must mean
// the same whenever it is applied.
func (r *keyResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	ctx, op, done := r.begin(ctx, &resp.Diagnostics)
	defer done()
	p := plan{change: change{operation: op, private: readPrivate(ctx, req.Private)}, resp: resp}
	if p.private.Moved {
		op.addMovedUnread()
		return
	}
	if !req.State.Raw.IsNull() {
		p.state = p.model(ctx, req.State)
	}
	if !req.Plan.Raw.IsNull() {
		p.config, p.next = p.model(ctx, req.Config), p.model(ctx, req.Plan)
	}
	if !p.HasError() && r.credentialUnchecked() {
		op.checkCredential(ctx)
	}
	defer p.warnRevocations()
	switch {
	case req.Plan.Raw.IsNull():
		p.destroy(ctx)
		return
	case p.HasError():
		return
	case req.State.Raw.IsNull():
		p.create(ctx)
	default:
		p.update(ctx)
	}
	p.Append(resp.Plan.Set(ctx, p.next.object(ctx))...)
}

// plan is the work of one ModifyPlan.
type plan struct {
	change
	resp        *resource.ModifyPlanResponse
	retiring    []retiringKey // of the state, under the planned overlap
	revocations []string      // one line each, for the warning
	// A dry run only finds out whether anything changes. It stops before anything that asks
	// the service.
	dryRun, stopped bool
}

// credentialUnchecked reports whether the plan must first ask whether the service accepts the
// credential.
func (c *serviceBase) credentialUnchecked() bool {
	return c.account != nil && c.account.CheckCredentials && !c.account.checked.Load() && !c.configUnknown()
}

// checkCredential asks, once for all keys of the account.
func (r operation) checkCredential(ctx context.Context) {
	if !r.account.checked.CompareAndSwap(false, true) {
		return
	}
	if ring := r.connect(ctx, ""); ring != nil {
		r.failed("plan", ring.CheckCredential(ctx))
	}
}

// create plans a new key. What only the service knows is unknown.
func (p *plan) create(ctx context.Context) {
	if p.config.givesValue() {
		p.Append(errValueOfOther())
		return
	}
	p.setDefaults()
	p.newValue()
	p.next.setRetiring(nil)
	p.next.DuplicateIDs = stringSet(nil)
	for _, a := range p.def.attributes(attribute.isChosen) {
		if p.config.specific[a.Name].IsNull() {
			p.next.specific[a.Name] = a.unknown()
		}
	}
	p.warnExisting(ctx)
	p.warnCreate()
}

// setDefaults plans the defaults of what the configuration does not set.
func (p *plan) setDefaults() {
	if p.config.OnDuplicateName.IsNull() {
		p.next.OnDuplicateName = types.StringValue(duplicateWarn)
	}
	if p.config.StoreKey.IsNull() {
		p.next.StoreKey = types.BoolValue(true)
	}
	for _, a := range p.def.attributes(attribute.isInResource) {
		if a.Default != nil && isNull(p.config.specific[a.Name]) {
			p.next.specific[a.Name] = a.flatten(a.Default)
		}
	}
}

// newValue marks everything unknown that a new value decides.
func (p *plan) newValue() {
	p.next.ID = types.StringUnknown()
	p.next.CreatedAt = types.StringUnknown()
	p.next.planValue()
	p.next.KeyVersion = types.Int64Unknown()
	p.next.RotationDue = types.BoolValue(false)
	p.next.RotateAt = types.StringUnknown()
	if p.next.RotateAfter.IsNull() {
		p.next.RotateAt = types.StringNull()
	}
	for _, a := range p.def.attributes(attribute.isComputed) {
		p.next.specific[a.Name] = a.unknown()
	}
}

// update plans a change of an existing key.
func (p *plan) update(ctx context.Context) {
	p.carryOver()
	p.setDefaults()
	p.retiring = retiringUnder(p.state, p.next.RotationOverlap)
	if p.account != nil {
		p.account.managed.mark(p.state.keyIDs()...) // also where nothing was refreshed
		p.refuseDuplicateConflict()                 // after marking, or two concurrent plans could miss each other
	}
	replaces, rotates := p.replacedFor(ctx), p.rotationCause()
	switch {
	case len(replaces) == 0 && rotates == "":
		p.inPlace(ctx)
	case p.refusesNewKey(p.config, p.state):
	case len(replaces) > 0:
		p.replace(ctx, replaces...)
	default:
		p.rotate(ctx, rotates)
	}
}

// carryOver keeps what the configuration does not set.
func (p *plan) carryOver() {
	p.next.ID, p.next.CreatedAt, p.next.Key, p.next.KeyVersion = p.state.ID, p.state.CreatedAt, p.state.Key, p.state.KeyVersion
	p.next.Retiring, p.next.DuplicateIDs, p.next.EncryptedKey = p.state.Retiring, p.state.DuplicateIDs, p.state.EncryptedKey
	for _, a := range p.def.attributes(attribute.isInResource) {
		if a.isComputed() || a.isChosen() && isNull(p.config.specific[a.Name]) || a.Kind == definition.JSON && sameMeaning(p.next.specific[a.Name], p.state.specific[a.Name]) {
			p.next.specific[a.Name] = p.state.specific[a.Name]
		}
	}
}

// inPlace plans changes that keep the value.
func (p *plan) inPlace(ctx context.Context) {
	p.next.RotateAt = rotateAt(p.state.created(), p.next.RotateAfter)
	if p.storesGiven() {
		p.planGiven(ctx)
	} else if !p.state.Key.IsNull() && p.next.storage() != inState {
		p.next.planValue()
	}
	p.next.RotationDue = p.state.RotationDue
	if !p.next.RotateAt.Equal(p.state.RotateAt) {
		// The next refresh finds out whether the new time has passed.
		p.next.RotationDue = types.BoolValue(false)
	}
	p.next.setRetiring(slices.DeleteFunc(slices.Clone(p.retiring), func(old retiringKey) bool { return old.due }))
	if p.next.RotationOverlap.IsUnknown() && len(p.retiring) > 0 {
		p.next.Retiring = types.ListUnknown(retiringType())
	}
	p.willRevokeDue(false)
	if p.renames() {
		p.warnRename()
		p.warnExisting(ctx)
	}
	if p.switchesOff() && !p.sparesCredential(ctx, "switch off") {
		return
	}
	p.duplicates(ctx)
}

// storesGiven reports whether the plan stores the value in key_wo: its version is another
// one than in the state.
func (p *plan) storesGiven() bool {
	return !p.next.KeyWOVersion.IsNull() && !p.next.KeyWOVersion.Equal(p.state.KeyWOVersion)
}

// planGiven plans to store the value in key_wo, and checks it without asking the service.
func (p *plan) planGiven(ctx context.Context) {
	p.next.planValue()
	p.next.KeyVersion = types.Int64Unknown()
	if p.config.KeyWO.IsUnknown() || p.configUnknown() || p.account == nil || !p.account.refreshed.Load() {
		return // the apply checks again
	}
	value := p.givenValue(p.config.KeyWO)
	ring := p.connect(ctx, p.state.scope(p.def))
	if ring == nil {
		return
	}
	shown, _ := ring.CachedByName(p.actualName())
	if i := slices.IndexFunc(shown, func(k driver.Key) bool { return k.ID == p.state.id() }); i >= 0 {
		p.compareValue(shown[i], value)
	}
	if !p.HasError() {
		p.account.creates.LearnValue(value, p.actualName())
		// Terraform opens ephemeral resources in the plan too if the id is known.
		p.account.setValue(p.state.id(), value)
	}
}

// sparesCredential fails the plan if it would revoke or switch off the credential that the
// provider signs in with. verb is what it would do to the key.
func (p *plan) sparesCredential(ctx context.Context, verb string) bool {
	if p.dryRun {
		p.stopped = true
		return false
	}
	if p.configUnknown() {
		return true // the apply checks again
	}
	ring := p.connect(ctx, p.state.scope(p.def))
	if ring == nil {
		return false
	}
	keys := resourceKeys{p.serviceBase, ring, p.state, nil}
	return !slices.ContainsFunc(p.state.keyIDs(), func(id string) bool { return p.failed(verb, keys.guard(ctx, id)) })
}

// destroy plans the revocation of the key and of those that retire.
func (p *plan) destroy(ctx context.Context) {
	if !p.HasError() && p.sparesCredential(ctx, "rotate or revoke") {
		p.willRevokeRetiring()
	}
}

// warnRename warns that a key gets another name. With "count", taking a member from the middle
// renames all keys behind it.
func (p *plan) warnRename() {
	to := "a name that is known after apply"
	if isSet(p.next.Name) {
		to = fmt.Sprintf("%q", p.next.Name.ValueString())
	}
	p.AddAttributeWarning(path.Root("name"), "Key is renamed in place",
		fmt.Sprintf("This plan renames key %s from %q to %s. Its value stays the same. If the names come from a list through \"count\", use \"for_each\" instead: with \"count\", taking a name from the middle renames the keys behind it and revokes the last one.",
			p.state.id(), p.actualName(), to))
}

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
	ctx, rq, done := r.begin(ctx, &resp.Diagnostics)
	defer done()
	p := plan{request: rq, resp: resp, private: readPrivate(ctx, req.Private)}
	if p.private.Moved {
		rq.addMovedUnread()
		return
	}
	if !req.State.Raw.IsNull() {
		p.prior = p.model(ctx, req.State)
	}
	if !req.Plan.Raw.IsNull() {
		p.config, p.next = p.model(ctx, req.Config), p.model(ctx, req.Plan)
	}
	if !p.HasError() && r.credentialUnchecked() {
		rq.checkCredential(ctx)
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
	request
	config, prior, next model
	resp                *resource.ModifyPlanResponse
	private             privateData
	retiring            []retiringKey // the prior ones, under the planned overlap
	revocations         []string      // one line each, for the warning
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
func (r request) checkCredential(ctx context.Context) {
	if !r.account.checked.CompareAndSwap(false, true) {
		return
	}
	if ring := r.ring(ctx, ""); ring != nil {
		r.failed("plan", ring.CheckCredential(ctx))
	}
}

// create plans a new key. What only the service knows is unknown.
func (p *plan) create(ctx context.Context) {
	if p.config.givesValue() {
		p.Append(errValueOfOther())
		return
	}
	p.newValue()
	p.next.setRetiring(nil)
	p.next.DuplicateIDs = stringSet(nil)
	for _, a := range p.def.attributes(attribute.isChosen) {
		if p.config.own[a.Name].IsNull() {
			p.next.own[a.Name] = a.unknown()
		}
	}
	p.warnExisting(ctx)
	p.warnCreate()
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
		p.next.own[a.Name] = a.unknown()
	}
}

// update plans a change of an existing key.
func (p *plan) update(ctx context.Context) {
	p.carryOver()
	p.retiring = retiringUnder(p.prior, p.next.RotationOverlap)
	if p.account != nil {
		p.account.managed.mark(p.prior.keyIDs()...) // also where nothing was refreshed
		p.refuseDuplicateConflict()                 // after marking, or two concurrent plans could miss each other
	}
	if p.replacesForSettings(ctx) {
		return
	}
	if because := p.rotationCause(); because != "" {
		p.rotate(ctx, because)
	} else {
		p.inPlace(ctx)
	}
}

// carryOver keeps what the configuration does not set.
func (p *plan) carryOver() {
	p.next.ID, p.next.CreatedAt, p.next.Key, p.next.KeyVersion = p.prior.ID, p.prior.CreatedAt, p.prior.Key, p.prior.KeyVersion
	p.next.Retiring, p.next.DuplicateIDs, p.next.EncryptedKey = p.prior.Retiring, p.prior.DuplicateIDs, p.prior.EncryptedKey
	for _, a := range p.def.attributes(attribute.isInResource) {
		if a.isComputed() || a.isChosen() && isNull(p.config.own[a.Name]) || a.Kind == definition.JSON && sameValue(p.next.own[a.Name], p.prior.own[a.Name]) {
			p.next.own[a.Name] = p.prior.own[a.Name]
		}
	}
}

// inPlace plans changes that keep the value.
func (p *plan) inPlace(ctx context.Context) {
	p.next.RotateAt = rotateAt(p.prior.created(), p.next.RotateAfter)
	if p.takesValue() {
		p.takeValue(ctx)
	} else if !p.prior.Key.IsNull() && p.next.storage() != inState {
		p.next.planValue()
	}
	p.next.RotationDue = p.prior.RotationDue
	if !p.next.RotateAt.Equal(p.prior.RotateAt) {
		// The next refresh finds out whether the new time has passed.
		p.next.RotationDue = types.BoolValue(false)
	}
	p.next.setRetiring(slices.DeleteFunc(slices.Clone(p.retiring), func(old retiringKey) bool { return old.due }))
	if p.next.RotationOverlap.IsUnknown() && len(p.retiring) > 0 {
		p.next.Retiring = types.ListUnknown(retiringType())
	}
	p.willRevokeDue(false)
	if p.private.renames(p.prior.Name, p.next.Name) {
		p.warnRename()
		p.warnExisting(ctx)
	}
	if p.def.switchesOff(p.prior, p.next) && !p.checkOwnCredential(ctx, "switch off") {
		return
	}
	p.duplicates(ctx)
}

// actualName is the key's name at the service.
func (p *plan) actualName() string { return p.private.actualName(p.prior.Name) }

// switchesOff reports whether a change switches a key off.
func (d serviceDef) switchesOff(from, to model) bool {
	return slices.ContainsFunc(d.attributes(attribute.isInPlace), func(a attribute) bool {
		off := types.BoolValue(false)
		return a.Default == true && off.Equal(to.own[a.Name]) && !off.Equal(from.own[a.Name])
	})
}

// takesValue reports whether the plan takes over the value in key_wo: its version is another
// one than in the state.
func (p *plan) takesValue() bool {
	return !p.next.KeyWOVersion.IsNull() && !p.next.KeyWOVersion.Equal(p.prior.KeyWOVersion)
}

// takeValue plans to store the value in key_wo, and checks it without asking the service.
func (p *plan) takeValue(ctx context.Context) {
	p.next.planValue()
	p.next.KeyVersion = types.Int64Unknown()
	if p.config.KeyWO.IsUnknown() || p.configUnknown() || p.account == nil || !p.account.refreshed.Load() {
		return // the apply checks again
	}
	value := p.givenValue(p.config.KeyWO)
	ring := p.ring(ctx, p.prior.scope(p.def))
	if ring == nil {
		return
	}
	shown, _ := ring.CachedByName(p.actualName())
	if i := slices.IndexFunc(shown, func(k driver.Key) bool { return k.ID == p.prior.id() }); i >= 0 {
		p.compareValue(shown[i], value)
	}
	if !p.HasError() {
		p.account.creates.LearnValue(value, p.actualName())
		// Terraform opens ephemeral resources in the plan too if the id is known.
		p.account.setValue(p.prior.id(), value)
	}
}

// checkOwnCredential fails the plan if it would revoke or switch off the credential that the
// provider signs in with. verb is what it would do to the key.
func (p *plan) checkOwnCredential(ctx context.Context, verb string) bool {
	if p.dryRun {
		p.stopped = true
		return false
	}
	if p.configUnknown() {
		return true // the apply checks again
	}
	ring := p.ring(ctx, p.prior.scope(p.def))
	if ring == nil {
		return false
	}
	keys := resourceKeys{p.serviceBase, ring, p.prior, nil}
	if p.failed(verb, keys.guard(ctx, p.prior.id())) {
		return false
	}
	for _, old := range p.prior.retiring() {
		if p.failed("revoke a retiring", keys.guard(ctx, old.id)) {
			return false
		}
	}
	return true
}

// destroy plans the revocation of the key and of those that retire.
func (p *plan) destroy(ctx context.Context) {
	if !p.HasError() && p.checkOwnCredential(ctx, "rotate or revoke") {
		p.willRevokeRetiring()
	}
}

// warnRename warns that a key gets another name. With "count", taking a member from the middle
// renames all keys behind it.
func (p *plan) warnRename() {
	to := "a name that is known after apply"
	if known(p.next.Name) {
		to = fmt.Sprintf("%q", p.next.Name.ValueString())
	}
	p.AddAttributeWarning(path.Root("name"), "Key is renamed in place",
		fmt.Sprintf("This plan renames key %s from %q to %s. Its value stays the same. If the names come from a list through \"count\", use \"for_each\" instead: with \"count\", taking a name from the middle renames the keys behind it and revokes the last one.",
			p.prior.id(), p.actualName(), to))
}

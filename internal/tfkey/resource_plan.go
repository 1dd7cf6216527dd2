package tfkey

import (
	"context"
	"fmt"
	"slices"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// ModifyPlan implements resource.ResourceWithModifyPlan. All planning is here and not in plan
// modifiers, so that its rules can be read in one place. It depends on state and configuration
// only, never on the clock: a plan must mean the same whenever it is applied.
func (r *keyResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	ctx, done := r.begin(ctx, &resp.Diagnostics)
	defer done()
	if resp.Diagnostics.Append(r.use(r.plannedScope(ctx, req))...); resp.Diagnostics.HasError() {
		return
	}
	if r.credentialUnchecked() {
		r.checkCredential(ctx, &resp.Diagnostics)
	}
	p := plan{keyResource: r, resp: resp, private: readPrivate(ctx, req.Private)}
	if !req.State.Raw.IsNull() {
		prior, diags := r.def.read(ctx, req.State)
		resp.Diagnostics.Append(diags...)
		p.prior = prior
	}
	defer p.warnRevocations()
	if req.Plan.Raw.IsNull() {
		p.destroy(ctx)
		return
	}
	config, diags := r.def.read(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
	next, diags := r.def.read(ctx, req.Plan)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	p.config, p.next = config, next
	if req.State.Raw.IsNull() {
		p.create(ctx)
	} else {
		p.update(ctx)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, p.next.object(ctx))...)
}

// plannedScope is where the key is, or will be if it is new.
func (r *keyResource) plannedScope(ctx context.Context, req resource.ModifyPlanRequest) attr.Value {
	var scope types.String
	switch {
	case !r.def.Declared:
	case req.State.Raw.IsNull():
		req.Plan.GetAttribute(ctx, path.Root(r.def.Scope), &scope)
	default:
		req.State.GetAttribute(ctx, path.Root(r.def.Scope), &scope)
	}
	return scope
}

// plan is the work of one ModifyPlan.
type plan struct {
	*keyResource
	config, prior, next model
	resp                *resource.ModifyPlanResponse
	private             privateData
	retiring            []retiringKey // the prior ones, under the planned overlap
	revocations         []string      // one line each, for the warning
	// A dry run only finds out whether anything changes. It stops before anything that asks
	// the service.
	dryRun, stopped bool
}

// create plans a new key. What only the service knows is unknown.
func (p *plan) create(ctx context.Context) {
	if p.config.givesValue() {
		p.resp.Diagnostics.Append(errValueOfOther())
		return
	}
	p.newValue()
	p.next.KeyVersion = types.Int64Unknown()
	p.next.Retiring = retiringList(nil)
	p.next.DuplicateIDs = stringSet(nil)
	for _, a := range p.def.attributes() {
		if a.isServiceChosen() && p.config.own[a.Name].IsNull() {
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
	p.next.Key, p.next.EncryptedKey = p.next.storage().planned()
	p.next.KeyVersion = types.Int64Unknown()
	p.next.RotationDue = types.BoolValue(false)
	p.next.RotateAt = types.StringUnknown()
	if p.next.RotateAfter.IsNull() {
		p.next.RotateAt = types.StringNull()
	}
	for _, a := range p.def.attributes() {
		if a.Mode == definition.Computed {
			p.next.own[a.Name] = a.unknown()
		}
	}
}

// update plans a change of an existing key.
func (p *plan) update(ctx context.Context) {
	p.carryOver()
	p.retiring = retiringUnder(p.prior, p.next.RotationOverlap)
	if p.account != nil {
		p.account.managed.mark(p.prior.keyIDs()...) // also where nothing was refreshed
	}
	p.refuseDuplicateConflict() // after marking, or two concurrent plans could miss each other
	if p.replacesForSettings(ctx) {
		return
	}
	if because := p.rotationCause(); because != "" {
		p.rotate(ctx, because)
	} else {
		p.inPlace(ctx)
	}
}

// rotationCause is the attribute because of which the key rotates; "" if it does not.
func (p *plan) rotationCause() string {
	moved := p.storageNeedsRotation()
	switch {
	case moved != "":
		return moved
	case staysDue(p.prior, p.next):
		return "rotation_due"
	case isTriggered(p.prior, p.next):
		return "rotation_triggers"
	case p.private.Lost:
		return "id"
	}
	return ""
}

// rotate plans a new value, in place or by a replacement.
func (p *plan) rotate(ctx context.Context, because string) {
	if p.refusesNewKey() {
		return
	}
	p.warnRotation(because)
	if !p.private.Lost && p.rotationUnknown() || !p.checkOwnCredential(ctx) {
		return
	}
	p.warnSameName(ctx)
	if !p.next.isNative() || p.private.Lost {
		p.warnCreate()
	}
	if p.private.Lost || p.next.rotatesInPlace() {
		p.newValue()
		p.next.Retiring = types.ListUnknown(types.ObjectType{AttrTypes: retiringTypes()})
		p.willRevokeRotated()
		p.willRevokeDue(true)
		return
	}
	if because == "rotation_due" {
		// The planned value must differ from the state's, or the path has no effect.
		p.next.RotationDue = types.BoolValue(false)
	}
	p.replace(path.Root(because))
}

// warnRotation says why the key rotates if the configuration does not show it.
func (p *plan) warnRotation(because string) {
	id, name := p.prior.ID.ValueString(), p.prior.Name.ValueString()
	switch because {
	case "encrypt_to", "store_key":
		p.resp.Diagnostics.AddAttributeWarning(path.Root(because), "Key needs a new value",
			fmt.Sprintf("%s shows a key's value only once, so the value of key %s (%q) cannot be stored in another way. This plan rotates the key.", p.def.Title, id, name))
	case "rotation_due":
		after := p.next.RotateAfter
		if after.IsUnknown() {
			after = p.prior.RotateAfter
		}
		p.resp.Diagnostics.AddWarning("Key is due for rotation",
			fmt.Sprintf("%s key %s (%q) has been due since %s by rotate_after = %q. This plan rotates it.", p.def.Title, id, name, p.prior.RotateAt.ValueString(), after.ValueString()))
	}
}

// rotationUnknown fails the plan if it is unknown whether the rotation happens in place.
func (p *plan) rotationUnknown() bool {
	at := ""
	switch native := p.next.own[nativeRotation]; {
	case p.next.isNative():
	case p.next.RotationOverlap.IsUnknown():
		at = "rotation_overlap"
	case p.next.RotationOverlap.IsNull() && native != nil && native.IsUnknown():
		at = nativeRotation
	}
	if at == "" {
		return false
	}
	p.resp.Diagnostics.AddAttributeError(path.Root(at), "Rotation not known while planning",
		fmt.Sprintf("This plan rotates key %s (%q), and %s, which decides whether that happens in place, is known after apply only. Use a value that is known while planning.", p.prior.ID.ValueString(), p.prior.Name.ValueString(), at))
	return true
}

// carryOver keeps what the configuration does not set.
func (p *plan) carryOver() {
	p.next.ID, p.next.CreatedAt, p.next.Key, p.next.KeyVersion = p.prior.ID, p.prior.CreatedAt, p.prior.Key, p.prior.KeyVersion
	p.next.Retiring, p.next.DuplicateIDs, p.next.EncryptedKey = p.prior.Retiring, p.prior.DuplicateIDs, p.prior.EncryptedKey
	for _, a := range p.def.attributes() {
		if a.Mode == definition.Computed || a.isServiceChosen() && isNull(p.config.own[a.Name]) || a.Kind == definition.JSON && sameValue(p.next.own[a.Name], p.prior.own[a.Name]) {
			p.next.own[a.Name] = p.prior.own[a.Name]
		}
	}
}

// inPlace plans changes that keep the value.
func (p *plan) inPlace(ctx context.Context) {
	p.next.RotateAt = rotateAt(p.prior.created(), p.next.RotateAfter)
	switch to := p.next.storage(); {
	case p.takesValue():
		p.takeValue(ctx)
	case !p.prior.Key.IsNull() && to != inState:
		p.next.Key, p.next.EncryptedKey = to.planned()
	}
	p.next.RotationDue = p.prior.RotationDue
	if !p.next.RotateAt.Equal(p.prior.RotateAt) {
		// The next refresh finds out whether the new time has passed.
		p.next.RotationDue = types.BoolValue(false)
	}
	p.next.Retiring = retiringList(slices.DeleteFunc(slices.Clone(p.retiring), func(old retiringKey) bool { return old.due }))
	if p.next.RotationOverlap.IsUnknown() && len(p.retiring) > 0 {
		p.next.Retiring = types.ListUnknown(types.ObjectType{AttrTypes: retiringTypes()})
	}
	p.willRevokeDue(false)
	if p.private.renames(p.prior.Name, p.next.Name) {
		p.warnRename()
		p.warnExisting(ctx)
	}
	if p.def.switchesOff(p.prior, p.next) && !p.checkOwnCredential(ctx) {
		return
	}
	p.duplicates(ctx)
}

// warnRename warns that a key gets another name. With "count", taking a member from the middle
// renames all keys behind it.
func (p *plan) warnRename() {
	to := "a name that is known after apply"
	if known(p.next.Name) {
		to = fmt.Sprintf("%q", p.next.Name.ValueString())
	}
	p.resp.Diagnostics.AddAttributeWarning(path.Root("name"), "Key is renamed in place",
		fmt.Sprintf("This plan renames key %s from %q to %s. Its value stays the same. If the names come from a list through \"count\", use \"for_each\" instead: with \"count\", taking a name from the middle renames the keys behind it and revokes the last one.",
			p.prior.ID.ValueString(), p.actualName(), to))
}

// actualName is the key's name at the service.
func (p *plan) actualName() string { return p.private.actualName(p.prior.Name).ValueString() }

// switchesOff reports whether a change switches a key off.
func (d serviceDef) switchesOff(from, to model) bool {
	return slices.ContainsFunc(d.attributes(), func(a attribute) bool {
		off := types.BoolValue(false)
		return a.Mode == definition.InPlace && a.Default == true && off.Equal(to.own[a.Name]) && !off.Equal(from.own[a.Name])
	})
}

// replacesForSettings plans a replacement if a setting has changed that cannot change in
// place, or if the state is that of an unanswered create.
func (p *plan) replacesForSettings(ctx context.Context) bool {
	var paths path.Paths
	if !p.def.CanRename && p.private.renames(p.prior.Name, p.next.Name) {
		paths.Append(path.Root("name"))
	}
	for _, a := range p.def.attributes() {
		if p.replacesFor(ctx, a) {
			paths.Append(path.Root(a.Name))
		}
	}
	if _, isWindow := keyring.ParseCreateWindow(p.prior.ID.ValueString()); isWindow {
		p.next.ID = types.StringUnknown()
		paths.Append(path.Root("id"))
	}
	if len(paths) == 0 {
		return false
	}
	if !p.refusesNewKey() && p.checkOwnCredential(ctx) {
		p.warnSameName(ctx)
		p.warnCreate()
		p.replace(paths...)
	}
	return true
}

// replacesFor reports whether a changed setting needs a new key.
func (p *plan) replacesFor(ctx context.Context, a attribute) bool {
	next, prior := p.next.own[a.Name], p.prior.own[a.Name]
	switch {
	case !a.isSettable() || sameValue(next, prior):
		return false
	case a.Kind == definition.JSON && isNull(next):
		return true // what was set cannot be taken back
	case a.Kind == definition.JSON && isNull(prior) && p.private.Imported:
		p.resp.Diagnostics.AddAttributeWarning(path.Root(a.Name), "Arguments taken over",
			fmt.Sprintf("Key %s (%q) was imported, and %s does not show what it was created with. The state takes over the arguments of the configuration, and nothing is sent. Check that they describe the key.", p.prior.ID.ValueString(), p.prior.Name.ValueString(), p.def.Title))
		return false
	}
	return a.Mode == definition.Replace && !p.onlyNamesScope(ctx, a)
}

// onlyNamesScope reports whether a change only names the scope that the key is already in. If
// the service's records do not show the scope, the key must be looked up there.
func (p *plan) onlyNamesScope(ctx context.Context, a attribute) bool {
	scope, _ := p.next.own[a.Name].(types.String)
	if a.Name != p.def.Scope || !isNull(p.prior.own[a.Name]) || !known(scope) || p.configUnknown() {
		return false
	}
	ring, diags := p.ring(ctx, scope.ValueString())
	p.resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return false
	}
	k, found, err := ring.Read(ctx, p.prior.ID.ValueString(), p.prior.created())
	if err != nil {
		p.resp.Diagnostics.Append(p.failure("look for the", err)...)
	}
	return found && k.Live()
}

// replace plans a replacement because of these paths.
func (p *plan) replace(because ...path.Path) {
	p.resp.RequiresReplace.Append(because...)
	p.willRevokeRetiring()
}

// checkOwnCredential fails the plan if it would revoke the credential that the provider signs
// in with.
func (p *plan) checkOwnCredential(ctx context.Context) bool {
	if p.dryRun {
		p.stopped = true
		return false
	}
	if p.configUnknown() {
		return true // the apply checks again
	}
	ring, diags := p.ring(ctx, p.prior.scope(p.def))
	p.resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return false
	}
	if err := p.guard(ctx, ring, p.prior); err != nil {
		p.resp.Diagnostics.Append(p.failure("rotate or revoke", err)...)
		return false
	}
	for _, old := range p.prior.retiring() {
		if err := p.guard(ctx, ring, model{ID: types.StringValue(old.id)}); err != nil {
			p.resp.Diagnostics.Append(p.failure("revoke a retiring", err)...)
			return false
		}
	}
	return true
}

// destroy plans the revocation of the key and of those that retire.
func (p *plan) destroy(ctx context.Context) {
	if !p.resp.Diagnostics.HasError() && p.checkOwnCredential(ctx) {
		p.willRevokeRetiring()
	}
}

func isNull(v attr.Value) bool { return v == nil || v.IsNull() }

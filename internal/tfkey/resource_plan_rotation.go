package tfkey

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

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
	case p.private.KeyGone:
		return "id"
	}
	return ""
}

// storageNeedsRotation names the attribute whose change stores the value in a way that needs a
// new value; "" if there is none. A value in plain text can be encrypted, and one that the
// state does not have cannot move.
func (p *plan) storageNeedsRotation() string {
	from, to := p.prior.storage(), p.next.storage()
	moves := !p.next.EncryptTo.Equal(p.prior.EncryptTo)
	needs := !p.prior.Key.IsNull() && (to == inNoState || p.next.StoreKey.IsUnknown() && !known(p.next.EncryptTo)) ||
		!p.prior.EncryptedKey.IsNull() && moves ||
		from == inNoState && to != inNoState
	switch {
	case !needs || p.takesValue(): // then the value is at hand
		return ""
	case moves:
		return "encrypt_to"
	}
	return "store_key"
}

// rotate plans a new value, in place or by a replacement.
func (p *plan) rotate(ctx context.Context, because string) {
	if p.refusesNewKey(p.config, p.prior) {
		return
	}
	p.warnRotation(because)
	if !p.private.KeyGone && p.rotationUnknown() || !p.checkOwnCredential(ctx, "rotate or revoke") {
		return
	}
	p.warnSameName(ctx)
	if !p.next.isNative() || p.private.KeyGone {
		p.warnCreate()
	}
	if p.private.KeyGone || p.next.rotatesInPlace() {
		p.newValue()
		p.next.Retiring = types.ListUnknown(retiringType())
		if p.next.isNative() && !p.private.KeyGone {
			p.willRevoke(p.prior.id(), fmt.Sprintf("%s revokes it when it rotates it", p.def.Title))
		}
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
	id, name := p.prior.id(), p.prior.Name.ValueString()
	switch because {
	case "encrypt_to", "store_key":
		p.AddAttributeWarning(path.Root(because), "Key needs a new value",
			fmt.Sprintf("%s shows a key's value only once, so the value of key %s (%q) cannot be stored in another way. This plan rotates the key.", p.def.Title, id, name))
	case "rotation_due":
		after := p.next.RotateAfter
		if after.IsUnknown() {
			after = p.prior.RotateAfter
		}
		p.AddWarning("Key is due for rotation",
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
	if at != "" {
		p.AddAttributeError(path.Root(at), "Rotation not known while planning",
			fmt.Sprintf("This plan rotates key %s (%q), and %s, which decides whether that happens in place, is known after apply only. Use a value that is known while planning.", p.prior.id(), p.prior.Name.ValueString(), at))
	}
	return at != ""
}

// replacesForSettings plans a replacement if a setting has changed that cannot change in
// place, or if the state is that of an unanswered create.
func (p *plan) replacesForSettings(ctx context.Context) bool {
	var paths path.Paths
	if !p.def.CanRename && p.private.renames(p.prior.Name, p.next.Name) {
		paths.Append(path.Root("name"))
	}
	for _, a := range p.def.attributes(attribute.isSettable) {
		if p.replacesFor(ctx, a) {
			paths.Append(path.Root(a.Name))
		}
	}
	if isWindow(p.prior.id()) {
		p.next.ID = types.StringUnknown()
		paths.Append(path.Root("id"))
	}
	if len(paths) == 0 {
		return false
	}
	if !p.refusesNewKey(p.config, p.prior) && p.checkOwnCredential(ctx, "rotate or revoke") {
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
	case sameValue(next, prior):
		return false
	case p.private.takesOver(a, next, prior):
		p.warnTakenOver(a)
		return false
	case a.Kind == definition.JSON && isNull(next):
		return true // what was set cannot be taken back
	}
	if a.Kind == definition.JSON && a.isInPlace() {
		return a.needsNewKey(next, prior)
	}
	return a.isReplace() && !p.onlyNamesScope(ctx, a)
}

// onlyNamesScope reports whether a change only names the scope that the key is already in. If
// the service's records do not show the scope, the key must be looked up there.
func (p *plan) onlyNamesScope(ctx context.Context, a attribute) bool {
	scope := p.next.own[a.Name]
	if a.Name != p.def.Scope || !isNull(p.prior.own[a.Name]) || !known(scope) || p.configUnknown() {
		return false
	}
	ring := p.ring(ctx, textOf(scope))
	if ring == nil {
		return false
	}
	k, found, err := ring.Read(ctx, p.prior.id(), p.prior.created())
	return !p.failed("look for the", err) && found && k.Live()
}

// replace plans a replacement because of these paths.
func (p *plan) replace(because ...path.Path) {
	p.resp.RequiresReplace.Append(because...)
	p.willRevokeRetiring()
}

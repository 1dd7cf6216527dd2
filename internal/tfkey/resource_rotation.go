package tfkey

import (
	"context"
	"fmt"
	"time"

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
	case staysDue(p.state, p.next):
		return "rotation_due"
	case isTriggered(p.state, p.next):
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
	from, to := p.state.storage(), p.next.storage()
	moves := !p.next.EncryptTo.Equal(p.state.EncryptTo)
	needs := !p.state.Key.IsNull() && (to == inNoState || p.next.StoreKey.IsUnknown() && !isSet(p.next.EncryptTo)) ||
		!p.state.EncryptedKey.IsNull() && moves ||
		from == inNoState && to != inNoState
	switch {
	case !needs || p.storesGiven(): // then the configuration gives the value
		return ""
	case moves:
		return "encrypt_to"
	}
	return "store_key"
}

// rotate plans a new value, in place or by a replacement.
func (p *plan) rotate(ctx context.Context, because string) {
	p.warnRotation(because)
	switch {
	case !p.private.KeyGone && p.rotationUnknown():
	case p.private.KeyGone || p.next.rotatesInPlace():
		if p.plansNewKey(ctx, !p.rotatesNatively()) {
			p.rotateInPlace()
		}
	default:
		if because == "rotation_due" {
			// The planned value must differ from the state's, or the path has no effect.
			p.next.RotationDue = types.BoolValue(false)
		}
		p.replace(ctx, path.Root(because))
	}
}

// rotateInPlace plans a new key for the same resource.
func (p *plan) rotateInPlace() {
	p.newValue()
	p.next.Retiring = types.ListUnknown(retiringType())
	if p.rotatesNatively() {
		p.willRevoke(p.state.id(), fmt.Sprintf("%s revokes it when it rotates it", p.def.Title))
	}
	p.willRevokeDue(true)
}

// replace plans a replacement because of these paths.
func (p *plan) replace(ctx context.Context, because ...path.Path) {
	if p.plansNewKey(ctx, true) {
		p.resp.RequiresReplace.Append(because...)
		p.willRevokeRetiring()
	}
}

// plansNewKey checks and warns of what concerns each key that replaces another one. created
// says that it is created, rather than rotated by the service.
func (p *plan) plansNewKey(ctx context.Context, created bool) (ok bool) {
	if !p.sparesCredential(ctx, "rotate or revoke") {
		return false
	}
	p.warnSameName(ctx)
	if created {
		p.warnCreate()
	}
	return true
}

// warnRotation says why the key rotates if the configuration does not show it.
func (p *plan) warnRotation(because string) {
	id, name := p.state.id(), p.state.Name.ValueString()
	switch because {
	case "encrypt_to", "store_key":
		p.AddAttributeWarning(path.Root(because), "Key needs a new value",
			fmt.Sprintf("%s shows a key's value only once, so the value of key %s (%q) cannot be stored in another way. This plan rotates the key.", p.def.Title, id, name))
	case "rotation_due":
		after := p.next.RotateAfter
		if after.IsUnknown() {
			after = p.state.RotateAfter
		}
		p.AddWarning("Key is due for rotation",
			fmt.Sprintf("%s key %s (%q) has been due since %s by rotate_after = %q. This plan rotates it.", p.def.Title, id, name, p.state.RotateAt.ValueString(), after.ValueString()))
	}
}

// rotationUnknown fails the plan if it is unknown whether the rotation happens in place.
func (p *plan) rotationUnknown() bool {
	at := ""
	switch native := p.next.specific[nativeRotation]; {
	case p.next.isNative():
	case p.next.RotationOverlap.IsUnknown():
		at = "rotation_overlap"
	case p.next.RotationOverlap.IsNull() && native != nil && native.IsUnknown():
		at = nativeRotation
	}
	if at != "" {
		p.AddAttributeError(path.Root(at), "Rotation not known while planning",
			fmt.Sprintf("This plan rotates key %s (%q), and %s, which decides whether that happens in place, is known after apply only. Use a value that is known while planning.", p.state.id(), p.state.Name.ValueString(), at))
	}
	return at != ""
}

// replacedFor are the attributes that have changed and cannot change in place. The id is one of
// them if the state is that of an unanswered create.
func (p *plan) replacedFor(ctx context.Context) (paths path.Paths) {
	if !p.def.CanRename && p.renames() {
		paths.Append(path.Root("name"))
	}
	for _, a := range p.def.attributes(attribute.isSettable) {
		if p.replacesFor(ctx, a) {
			paths.Append(path.Root(a.Name))
		}
	}
	if isUnknownOutcome(p.state.id()) {
		p.next.ID = types.StringUnknown()
		paths.Append(path.Root("id"))
	}
	return paths
}

// replacesFor reports whether a changed setting needs a new key.
func (p *plan) replacesFor(ctx context.Context, a attribute) bool {
	next, prior := p.next.specific[a.Name], p.state.specific[a.Name]
	switch {
	case sameMeaning(next, prior):
		return false
	case p.private.takesOver(a, next, prior):
		p.warnTakenOver(a)
		return false
	case a.Kind == definition.JSON && isNull(next):
		return true // what was set cannot be taken back
	case a.Kind == definition.JSON && a.isInPlace():
		return a.needsNewKey(next, prior)
	}
	return a.isReplace() && !p.onlyNamesScope(ctx, a)
}

// onlyNamesScope reports whether a change only names the scope that the key is already in. If
// the service's records do not show the scope, the key must be looked up there.
func (p *plan) onlyNamesScope(ctx context.Context, a attribute) bool {
	scope := p.next.specific[a.Name]
	if a.Name != p.def.Scope || !isNull(p.state.specific[a.Name]) || !isSet(scope) || p.configUnknown() {
		return false
	}
	ring := p.connect(ctx, textOf(scope))
	if ring == nil {
		return false
	}
	k, found, err := ring.Read(ctx, p.state.id(), p.state.created())
	return !p.failed("look for the", err) && found && k.Live()
}

// nativeRotation is the attribute of services that have a rotate call.
const nativeRotation = "native_rotation"

// isNative reports whether the service's own call rotates the key.
func (m model) isNative() bool {
	native, _ := m.specific[nativeRotation].(types.Bool)
	return native.ValueBool()
}

// rotatesInPlace reports whether a rotation keeps the resource.
func (m model) rotatesInPlace() bool { return m.isNative() || !m.RotationOverlap.IsNull() }

// mayBeReplaced reports whether a rotation may replace the resource.
func (m model) mayBeReplaced() bool {
	return !m.rotatesInPlace() && (!m.RotationTriggers.IsNull() || !m.RotateAfter.IsNull())
}

// isTriggered reports whether the triggers ask for a rotation: they differ, and there were
// some before and are some now. Unknown triggers count as different.
func isTriggered(from, to model) bool {
	return !from.RotationTriggers.IsNull() && !to.RotationTriggers.IsNull() && !to.RotationTriggers.Equal(from.RotationTriggers)
}

// rotateAt is when a key created at that time falls due: null without a schedule, unknown with
// an unknown one.
func rotateAt(created time.Time, after types.String) types.String {
	switch {
	case after.IsUnknown():
		return types.StringUnknown()
	case after.IsNull() || created.IsZero():
		return types.StringNull()
	}
	interval, err := ParseDuration(after.ValueString())
	if err != nil { // refused at validation; a state may have been edited by hand
		return types.StringNull()
	}
	return types.StringValue(created.Add(interval).UTC().Format(time.RFC3339))
}

// staysDue reports whether a key that the last refresh found due still is, under a schedule
// that may have changed: not if the new one falls due later. With an unknown schedule it is: a
// key may be rotated too early, but not too late.
func staysDue(prior, next model) bool {
	switch {
	case !prior.RotationDue.ValueBool():
		return false
	case next.RotateAfter.IsUnknown():
		return true
	case next.RotateAfter.IsNull():
		return false
	}
	was, is := timeOf(prior.RotateAt), timeOf(rotateAt(prior.created(), next.RotateAfter))
	return !was.IsZero() && !is.IsZero() && !is.After(was)
}

// isDue compares with the clock, for refresh alone.
func isDue(at types.String, now time.Time) types.Bool {
	t := timeOf(at)
	return types.BoolValue(!t.IsZero() && !now.Before(t))
}

// overlapEnd is when a key that was replaced at that time may be revoked.
func overlapEnd(retired time.Time, overlap types.String) time.Time {
	d, err := ParseDuration(overlap.ValueString())
	if err != nil { // refused at validation
		d = 0
	}
	return retired.Add(d).UTC().Truncate(time.Second)
}

// retiringUnder returns the retiring keys under an overlap that may have changed. Only a
// refresh can find them due under the new one.
func retiringUnder(prior model, overlap types.String) []retiringKey {
	retiring := prior.retiring()
	if !isSet(overlap) || overlap.Equal(prior.RotationOverlap) {
		return retiring
	}
	for i, old := range retiring {
		if old.retiredAt.IsZero() {
			continue
		}
		retiring[i].revokeAt = overlapEnd(old.retiredAt, overlap)
		retiring[i].due = old.due && !retiring[i].revokeAt.After(old.revokeAt)
	}
	return retiring
}

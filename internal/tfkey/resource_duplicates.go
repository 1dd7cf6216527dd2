package tfkey

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Other live keys of the same name: a refresh finds them, a plan decides about them, an update
// revokes them.

// mayRevokeDuplicate reports whether a duplicate may be revoked: it has not been used since
// the resource's key was created, no other resource manages it, and the provider could
// recognise it as its own credential. That it is new proves nothing: so may be the provider's
// credential.
func (c *serviceBase) mayRevokeDuplicate(ctx context.Context, ring *keyring.Ring, k driver.Key, created time.Time) bool {
	return !k.UsedSince(created) && !c.account.managed.isManaged(k.ID) && ring.CanRecognize(ctx, k)
}

// recordDuplicates records other live keys of the same name that the refresh has listed
// anyway, and returns those that were not used since the key was created. A refresh that
// listed no such key keeps what an earlier one found.
func (c *serviceBase) recordDuplicates(ctx context.Context, ring *keyring.Ring, state *model, retiring []retiringKey) []string {
	same, complete := ring.CachedByName(state.Name.ValueString())
	if !complete && !state.DuplicateIDs.IsNull() && len(same) == 0 {
		return nil
	}
	var ids, unused []string
	for _, k := range same {
		if k.ID == state.ID.ValueString() || slices.ContainsFunc(retiring, func(old retiringKey) bool { return old.id == k.ID }) {
			continue
		}
		ids = append(ids, k.ID)
		if c.mayRevokeDuplicate(ctx, ring, k, state.created()) {
			unused = append(unused, k.ID)
		}
	}
	state.DuplicateIDs = stringSet(ids)
	return unused
}

// duplicates plans what on_duplicate_name says about the duplicates that the last refresh
// found.
func (p *plan) duplicates(ctx context.Context) {
	ids := p.state.duplicates()
	if len(ids) == 0 || p.renames() {
		return // keys of the old name are no longer duplicates
	}
	if p.next.OnDuplicateName.IsUnknown() {
		p.next.DuplicateIDs = types.SetUnknown(types.StringType) // it may turn out to be "revoke"
		p.willRevokeDuplicates(p.unused(ids), ", if on_duplicate_name turns out to be \"revoke\"")
		return
	}
	switch p.next.OnDuplicateName.ValueString() {
	case duplicateRevoke:
		revocable := p.revocable(ctx, p.unused(ids))
		if len(revocable) < len(ids) {
			spared := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(revocable, id) })
			p.warnDuplicates(spared, true)
		}
		if len(revocable) > 0 {
			p.next.DuplicateIDs = types.SetUnknown(types.StringType)
			p.willRevokeDuplicates(revocable, "")
		}
	case duplicateWarn:
		p.warnDuplicates(ids, false)
	}
}

// unused returns the duplicates that the last refresh found unused.
func (p *plan) unused(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !slices.Contains(p.private.UnusedDuplicates, id) })
}

// willRevokeDuplicates records that the plan revokes duplicates.
func (p *plan) willRevokeDuplicates(ids []string, condition string) {
	for _, id := range ids {
		p.willRevoke(id, "a duplicate that was not used since this resource's key was created"+condition)
	}
}

// revocable removes the provider's own credential from duplicates. A duplicate that another
// resource turns out to manage fails the plan: neither the refresh nor the apply would know.
func (p *plan) revocable(ctx context.Context, ids []string) []string {
	if len(ids) == 0 || p.configUnknown() {
		return ids
	}
	ring := p.connect(ctx, p.state.scope(p.def))
	if ring == nil {
		return nil
	}
	return slices.DeleteFunc(ids, func(id string) bool {
		err := ring.Guard(ctx, id, driver.Secret{})
		if !driver.HasKind(err, driver.KindSelf) {
			p.failed("revoke a duplicate of the", err)
		}
		if err == nil && !p.account.managed.markForRevocation(id) {
			p.duplicateConflict(id, "another resource")
			return true
		}
		return err != nil
	})
}

// duplicateConflict fails the plan because one resource would revoke a key that another one
// manages.
func (p *plan) duplicateConflict(id, manager string) {
	p.AddAttributeError(path.Root("on_duplicate_name"), "Two resources share a key name",
		fmt.Sprintf("Key %s (%q) is managed by %s, and a resource of the same name would revoke it as its duplicate. Set on_duplicate_name to \"ignore\" in both, or give them different names.", id, p.actualName(), manager))
}

// refuseDuplicateConflict fails the plan of a key that another resource, planned before this
// one was read, is going to revoke as its duplicate.
func (p *plan) refuseDuplicateConflict() {
	for _, id := range p.state.keyIDs() {
		if p.account.managed.isForRevocation(id) {
			p.duplicateConflict(id, "this resource")
		}
	}
}

// revokeDuplicates revokes the duplicates that the last refresh found unused, if they still
// are.
func (u *update) revokeDuplicates(ctx context.Context) {
	if !u.next.DuplicateIDs.IsUnknown() {
		return
	}
	var remaining []string
	for _, id := range u.state.duplicates() {
		gone, err := false, error(nil)
		if slices.Contains(u.private.UnusedDuplicates, id) && !u.account.managed.isManaged(id) {
			gone, err = u.ring.RevokeUnused(ctx, id, u.state.created())
		}
		if !driver.HasKind(err, driver.KindSelf) { // the next plan warns of that one
			u.failed("revoke a duplicate of the", err)
		}
		if !gone {
			remaining = append(remaining, id)
		}
	}
	u.state.DuplicateIDs = stringSet(remaining)
	u.save(ctx)
}

// warnDuplicates lists the other keys of the same name, and says what to do.
func (p *plan) warnDuplicates(ids []string, spared bool) {
	detail := fmt.Sprintf("%s has other live keys named %q:\n", p.def.Title, p.actualName())
	managed := 0
	for _, id := range slices.Sorted(slices.Values(ids)) {
		detail += "  " + id
		if p.account != nil && p.account.managed.isManaged(id) {
			managed++
			detail += ", which a resource of this configuration manages"
		}
		detail += "\n"
	}
	if spared {
		detail += "on_duplicate_name = \"revoke\" spares them, because they have been used since this key was created, another resource manages them, or the provider signs in with them or cannot exclude that.\n"
	}
	if managed > 0 {
		detail += "Give the resources different names, or set on_duplicate_name to \"ignore\" in all of them if they share the name on purpose. "
	}
	if managed < len(ids) {
		detail += fmt.Sprintf("A key that no resource manages may be left over from an interrupted run, or belong to another configuration. Import the ones that are in use, revoke the others (%s), "+
			"or set on_duplicate_name to \"ignore\" if they share the name on purpose", p.def.Console)
		if !spared {
			detail += ", or to \"revoke\""
		}
		detail += "."
	}
	p.AddAttributeWarning(path.Root("name"), "Other keys have the same name", strings.TrimSpace(detail))
}

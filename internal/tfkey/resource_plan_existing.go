package tfkey

import (
	"context"
	"fmt"
	"slices"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// warnSameName warns of other live keys of the name under which the plan replaces or
// rotates the key: those that the refresh found, unless it looked elsewhere.
func (p *plan) warnSameName(ctx context.Context) {
	scope := p.def.Scope
	if p.private.Lost || p.private.renames(p.prior.Name, p.next.Name) || !equalValues(p.next.own[scope], p.prior.own[scope]) {
		p.warnExisting(ctx)
		return
	}
	if ids := p.prior.duplicates(); len(ids) > 0 && p.next.OnDuplicateName.ValueString() == duplicateWarn {
		p.resp.Diagnostics.Append(p.duplicatesWarning(ids, p.actualName(), false))
	}
}

// warnExisting warns of live keys that bear the planned name already. It goes by
// the shared listing and never fails a plan: without a listing it stays silent.
func (p *plan) warnExisting(ctx context.Context) {
	policy := p.next.OnDuplicateName.ValueString()
	if policy != duplicateWarn && policy != duplicateRevoke || p.dryRun || p.account == nil || p.configUnknown() || !known(p.next.Name) {
		return
	}
	if scope := p.config.own[p.def.Scope]; scope != nil && scope.IsUnknown() {
		return
	}
	if p.account.unlisted.Load() {
		return
	}
	ring, diags := p.ring(ctx, p.next.scope(p.def))
	if diags.HasError() {
		p.account.unlisted.Store(true)
		return
	}
	existing, err := ring.FindActiveByName(ctx, p.next.Name.ValueString())
	if err != nil {
		p.account.unlisted.Store(true)
		return
	}
	held := p.prior.keyIDs()
	existing = slices.DeleteFunc(existing, func(k driver.Key) bool { return slices.Contains(held, k.ID) || p.account.managed.isManaged(k.ID) })
	if len(existing) == 0 || p.mayBeReplacement() {
		return
	}
	detail := fmt.Sprintf("%s has live keys named %q already:\n%s\nThis plan adds another one. Import the one that this resource is to manage, choose another name, or set on_duplicate_name to \"ignore\" if they share the name on purpose.",
		p.def.Title, p.next.Name.ValueString(), keyLines(existing))
	if policy == duplicateRevoke {
		detail += " on_duplicate_name = \"revoke\" lets the plan after this apply revoke those that are not used in between."
	}
	if p.prior.ID.IsNull() && !p.account.refreshed.Load() {
		detail += " If this resource is tainted, or replaced with -replace, its own old key may be among them; that one is revoked once the new one is there."
	}
	p.resp.Diagnostics.AddAttributeWarning(path.Root("name"), "Other keys have the same name", detail)
}

// mayBeReplacement reports whether this may be the new half of a replacement whose
// old half Terraform does not show. Right before an apply, Terraform plans the new
// object of a create_before_destroy replacement once more, in a fresh process: prior
// state and private data are empty, as for a first create (node_resource_apply_instance.go
// and NodeAbstractResourceInstance.plan in Terraform; only its later releases send
// planned_private along). Such a process never reads keys, so one that has read some
// is planning. Otherwise a rotation is the likelier case where the configuration
// rotates by replacement, and a false warning at each rotation is worse than one that
// comes a plan later.
func (p *plan) mayBeReplacement() bool {
	return p.prior.ID.IsNull() && !p.account.refreshed.Load() && p.next.mayBeReplaced()
}

// keyLines lists keys for a message, one a line.
func keyLines(keys []driver.Key) string {
	text := ""
	for _, k := range keys {
		text += "  " + keyring.Describe([]driver.Key{k}) + "\n"
	}
	return text
}

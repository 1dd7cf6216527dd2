package tfkey

import (
	"context"
	"fmt"
	"slices"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// warnSameName warns of other live keys with the name of the new key: those that the refresh
// found, if the name and the scope stay.
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

// warnExisting warns of live keys that already have the planned name. It uses the shared
// listing, and is silent if that fails.
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
	detail := fmt.Sprintf("%s already has live keys named %q:\n%s\nThis plan adds another one. Import the key that this resource should manage, choose another name, or set on_duplicate_name to \"ignore\" if they share the name on purpose.",
		p.def.Title, p.next.Name.ValueString(), keyLines(existing))
	if policy == duplicateRevoke {
		detail += " on_duplicate_name = \"revoke\" lets the next plan revoke those that were not used in between."
	}
	if p.prior.ID.IsNull() && !p.account.refreshed.Load() {
		detail += " If this resource is tainted, or replaced with -replace, its own old key may be among them; it is revoked once the new one is created."
	}
	p.resp.Diagnostics.AddAttributeWarning(path.Root("name"), "Other keys have the same name", detail)
}

// mayBeReplacement reports whether this may be the new half of a replacement. Right before an
// apply, Terraform plans that half again in a new process, without prior state or private
// data, as if it were a first create (node_resource_apply_instance.go). Such a process reads
// no keys. There, no warning is better than a false one at each rotation: the next plan warns
// too.
func (p *plan) mayBeReplacement() bool {
	return p.prior.ID.IsNull() && !p.account.refreshed.Load() && p.next.mayBeReplaced()
}

// keyLines lists keys, one a line, at most maxCandidates.
func keyLines(keys []driver.Key) string {
	text := ""
	for i, k := range keys {
		if i == maxCandidates {
			return text + fmt.Sprintf("  and %d more\n", len(keys)-i)
		}
		text += "  " + keyring.Describe([]driver.Key{k}) + "\n"
	}
	return text
}

package tfkey

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// warnSameName warns of other live keys with the name of the new key: those that the refresh
// found, if the name and the scope stay.
func (p *plan) warnSameName(ctx context.Context) {
	scope := p.def.Scope
	if p.private.KeyGone || p.renames() || !equalValues(p.next.specific[scope], p.state.specific[scope]) {
		p.warnExisting(ctx)
	} else if ids := p.state.duplicates(); len(ids) > 0 && p.next.OnDuplicateName.ValueString() == duplicateWarn {
		p.warnDuplicates(ids, false)
	}
}

// warnExisting warns of live keys that already have the planned name. It uses the shared
// listing, and is silent if that fails.
func (p *plan) warnExisting(ctx context.Context) {
	policy := p.next.OnDuplicateName.ValueString()
	if policy != duplicateWarn && policy != duplicateRevoke || p.dryRun || p.account == nil || p.configUnknown() || !isSet(p.next.Name) {
		return
	}
	if scope := p.config.specific[p.def.Scope]; scope != nil && scope.IsUnknown() || p.account.unlisted.Load() {
		return
	}
	var existing []driver.Key
	ring, diags := p.findRing(ctx, p.next.scope(p.def))
	failed := diags.HasError()
	if !failed {
		var err error
		existing, err = ring.FindActiveByName(ctx, p.next.Name.ValueString())
		failed = err != nil
	}
	if failed {
		p.account.unlisted.Store(true)
	}
	ours := p.state.keyIDs()
	existing = slices.DeleteFunc(existing, func(k driver.Key) bool { return slices.Contains(ours, k.ID) || p.account.managed.isManaged(k.ID) })
	// Right before an apply, Terraform plans the new half of a replacement again in a new
	// process, without prior state or private data, as if it were a first create
	// (node_resource_apply_instance.go). Such a process reads no keys. There, no warning is
	// better than a false one at each rotation: the next plan warns too.
	unread := p.state.ID.IsNull() && !p.account.refreshed.Load()
	if len(existing) == 0 || unread && p.next.mayBeReplaced() {
		return
	}
	detail := fmt.Sprintf("%s already has live keys named %q:\n%s\nThis plan adds another one. Import the key that this resource should manage, choose another name, or set on_duplicate_name to \"ignore\" if they share the name on purpose.",
		p.def.Title, p.next.Name.ValueString(), keyLines(existing))
	if policy == duplicateRevoke {
		detail += " on_duplicate_name = \"revoke\" lets the next plan revoke those that were not used in between."
	}
	if unread {
		detail += " If this resource is tainted, or replaced with -replace, its own old key may be among them; it is revoked once the new one is created."
	}
	p.AddAttributeWarning(path.Root("name"), "Other keys have the same name", detail)
}

// warnCreate warns that the service will probably refuse to create the key, judging by its
// answers so far. It sends nothing.
func (p *plan) warnCreate() {
	if p.dryRun || p.account == nil || p.configUnknown() || p.HasError() {
		return
	}
	ring, err := p.account.defaultRing()
	if err != nil {
		return
	}
	if problem := ring.CreateProblem(); problem != "" {
		p.AddWarning(fmt.Sprintf("%s will probably refuse to create this key", p.def.Title), Sentence(problem)+"\n\n"+p.createByHand())
	}
}

// createByHand says what to do about a key that the provider cannot create.
func (p *plan) createByHand() string {
	old := p.state.id()
	if old == "" || isUnknownOutcome(old) {
		return fmt.Sprintf("Or create the key by hand (%s) and import it with its value (key_wo) before you apply.", p.def.Console)
	}
	return fmt.Sprintf("Or do not apply this plan, and rotate key %s (%q) by hand:\n"+
		"  1. Create a new key (%s).\n"+
		"  2. Import it with its value (key_wo), at this address after `terraform state rm`, or at a second one to which you move what uses the key.\n"+
		"  3. Revoke the old key once nothing uses it: by hand if it is no longer in the state, else by removing its resource.\n"+
		"Without `create_before_destroy`, applying this plan can revoke the old key before the new one is refused.",
		old, p.actualName(), p.def.Console)
}

// willRevoke records for warnRevocations that the plan revokes a key, and why. Terraform
// itself shows what it destroys.
func (p *plan) willRevoke(id, why string) {
	name := p.actualName()
	line := fmt.Sprintf("%s (%q): %s", id, name, why)
	if window, is := keyring.ParseCreateWindow(id); is {
		line = fmt.Sprintf("a key named %q that was created around %s and never used, if there is one: the answer to its create was lost",
			cmp.Or(window.Name, name), window.From.UTC().Format(time.RFC3339))
	}
	p.revocations = append(p.revocations, "  "+line)
}

// willRevokeDue records the retiring keys that an update revokes: those that are due, and
// before a new key those of unanswered creates.
func (p *plan) willRevokeDue(creates bool) {
	for _, old := range p.retiring {
		if old.due || creates && isUnknownOutcome(old.id) {
			p.willRevoke(old.id, "its overlap ended on "+old.revokeAt.UTC().Format(time.RFC3339))
		}
	}
}

// willRevokeRetiring records that all retiring keys are revoked with the resource.
func (p *plan) willRevokeRetiring() {
	for _, old := range p.state.retiring() {
		p.willRevoke(old.id, "it retires, and is revoked with the resource")
	}
}

// warnRevocations names the keys that the plan revokes.
func (p *plan) warnRevocations() {
	if len(p.revocations) > 0 && !p.HasError() {
		p.AddWarning("Plan revokes keys",
			fmt.Sprintf("Applying this plan revokes keys at %s, at once and for good:\n%s\nMake sure that nothing uses them any more before you apply.", p.def.Title, strings.Join(p.revocations, "\n")))
	}
}

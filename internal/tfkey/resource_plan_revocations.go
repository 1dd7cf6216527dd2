package tfkey

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// willRevoke records for warnRevocations that the plan revokes a key, and why. Terraform
// itself shows what it destroys.
func (p *plan) willRevoke(id, why string) {
	name := p.actualName()
	line := fmt.Sprintf("%s (%q): %s", id, name, why)
	if window, isWindow := keyring.ParseCreateWindow(id); isWindow {
		line = fmt.Sprintf("a key named %q that was created around %s and never used, if there is one: the answer to its create was lost",
			cmp.Or(window.Name, name), window.From.UTC().Format(time.RFC3339))
	}
	p.revocations = append(p.revocations, "  "+line)
}

// willRevokeDue records the retiring keys that an update revokes: those that are due, and
// before a new key those of unanswered creates.
func (p *plan) willRevokeDue(creates bool) {
	for _, old := range p.retiring {
		_, isWindow := keyring.ParseCreateWindow(old.id)
		if old.due || creates && isWindow {
			p.willRevoke(old.id, "its overlap ended on "+old.revokeAt.UTC().Format(time.RFC3339))
		}
	}
}

// willRevokeRetiring records that all retiring keys are revoked with the resource.
func (p *plan) willRevokeRetiring() {
	for _, old := range p.prior.retiring() {
		p.willRevoke(old.id, "it retires, and is revoked with the resource")
	}
}

// willRevokeRotated records that the service's own rotation revokes the old key at once.
func (p *plan) willRevokeRotated() {
	if p.next.isNative() && !p.private.Lost {
		p.willRevoke(p.prior.ID.ValueString(), fmt.Sprintf("%s revokes it when it rotates it", p.def.Title))
	}
}

// warnRevocations names the keys that the plan revokes.
func (p *plan) warnRevocations() {
	if len(p.revocations) == 0 || p.resp.Diagnostics.HasError() {
		return
	}
	p.resp.Diagnostics.AddWarning("Plan revokes keys",
		fmt.Sprintf("Applying this plan revokes keys at %s, at once and for good:\n%s\nMake sure that nothing uses them any more before you apply.", p.def.Title, strings.Join(p.revocations, "\n")))
}

package tfkey

import (
	"fmt"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// warnCreate warns that the service will probably refuse to create the key, judging by its
// answers so far. It sends nothing.
func (p *plan) warnCreate() {
	if p.dryRun || p.account == nil || p.configUnknown() {
		return
	}
	problem := p.account.createProblem()
	if problem == "" || p.resp.Diagnostics.HasError() {
		return
	}
	p.resp.Diagnostics.AddWarning(fmt.Sprintf("%s will probably refuse to create this key", p.def.Title),
		Sentence(problem)+"\n\n"+p.createByHand())
}

// createByHand says what to do about a key that the provider cannot create.
func (p *plan) createByHand() string {
	old := p.prior.ID.ValueString()
	if _, isWindow := keyring.ParseCreateWindow(old); old == "" || isWindow {
		return fmt.Sprintf("Or create the key by hand (%s) and import it with its value (key_wo) before you apply.", p.def.Console)
	}
	return fmt.Sprintf("Or do not apply this plan, and rotate key %s (%q) by hand:\n"+
		"  1. Create a new key (%s).\n"+
		"  2. Import it with its value (key_wo), at this address after `terraform state rm`, or at a second one to which you move what uses the key.\n"+
		"  3. Revoke the old key once nothing uses it: by hand if it is no longer in the state, else by removing its resource.\n"+
		"Without `create_before_destroy`, applying this plan can revoke the old key before the new one is refused.",
		old, p.actualName(), p.def.Console)
}

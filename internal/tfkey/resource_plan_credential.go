package tfkey

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// credentialUnchecked reports whether the plan must first ask whether the service accepts the
// credential.
func (c *serviceBase) credentialUnchecked() bool {
	return c.account != nil && c.account.CheckCredentials && !c.account.checked.Load() && !c.configUnknown()
}

// checkCredential asks, once for all keys of the account.
func (c *serviceBase) checkCredential(ctx context.Context, diags *diag.Diagnostics) {
	if !c.account.checked.CompareAndSwap(false, true) {
		return
	}
	ring, failed := c.ring(ctx, "")
	diags.Append(failed...)
	if failed.HasError() {
		return
	}
	if err := ring.CheckCredential(ctx); err != nil {
		diags.Append(c.failure("plan", err)...)
	}
}

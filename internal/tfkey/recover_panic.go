package tfkey

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// begin starts a request of Terraform. The returned function, which must be deferred as it is,
// ends it: it turns a panic into a diagnostic, and escapes all diagnostics.
func (c *serviceBase) begin(ctx context.Context, diags *diag.Diagnostics) (context.Context, func()) {
	ctx, cancel := c.bounded(ctx)
	return ctx, func() {
		defer cancel()
		if thrown := recover(); thrown != nil {
			report(ctx, diags, thrown)
		}
		escapeAll(*diags, c.def.KeyPrefixes...)
	}
}

// bounded limits how long one operation on one key may take.
func (c *serviceBase) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.account != nil && c.account.Options.Timeout > 0 {
		return context.WithTimeout(ctx, c.account.Options.Timeout)
	}
	return context.WithCancel(ctx)
}

// RecoverPanic turns a panic into a diagnostic, and escapes all diagnostics. Defer it directly
// in what Terraform calls without a time limit.
func RecoverPanic(ctx context.Context, diags *diag.Diagnostics) {
	if thrown := recover(); thrown != nil {
		report(ctx, diags, thrown)
	}
	escapeAll(*diags)
}

// report adds the diagnostic of a panic. It never shows what was thrown, which may hold a
// secret; the log gets the stack.
func report(ctx context.Context, diags *diag.Diagnostics, thrown any) {
	LogPanic(ctx, keyring.Recovered(thrown))
	diags.AddError("Bug in the provider", bugDetail)
}

// bugDetail is what a user can do about a bug.
const bugDetail = "The provider has stopped because of a bug. Keys that it had created are in the state, or have been revoked. " +
	"Please report the bug: run again with TF_LOG=ERROR, and send the lines that name functions of the provider; they hold no values. Then apply again."

// LogPanic logs the stack of a panic.
func LogPanic(ctx context.Context, p *keyring.Panic) {
	tflog.Error(ctx, "the provider panicked", map[string]any{"type": p.Type, "stack": p.Stack})
}

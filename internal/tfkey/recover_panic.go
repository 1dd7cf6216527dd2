package tfkey

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// begin prepares what Terraform has asked for: it gets its time limit, a panic in it
// becomes a diagnostic, and no diagnostic steers the terminal. The function that it returns must be deferred as it is.
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

// bounded gives what is done with one key its time limit.
func (c *serviceBase) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.account != nil && c.account.Options.Timeout > 0 {
		return context.WithTimeout(ctx, c.account.Options.Timeout)
	}
	return context.WithCancel(ctx)
}

// RecoverPanic makes a diagnostic of a panic, and no diagnostic steers the terminal. It must be deferred as it is, by whatever
// Terraform calls and needs no time limit.
func RecoverPanic(ctx context.Context, diags *diag.Diagnostics) {
	if thrown := recover(); thrown != nil {
		report(ctx, diags, thrown)
	}
	escapeAll(*diags)
}

// report says that there is a bug. A user sees the same words whatever was thrown,
// because that may hold a secret; the log gets where it happened.
func report(ctx context.Context, diags *diag.Diagnostics, thrown any) {
	LogPanic(ctx, keyring.Recovered(thrown))
	diags.AddError("Bug in the provider", bugDetail)
}

// bugDetail is what a person can do about a bug.
const bugDetail = "The provider has stopped what it was doing over a bug of its own. What it had made is in the state, or has been revoked. " +
	"Please report the bug: run again with TF_LOG=ERROR, and send the lines that name functions of the provider; they hold no values. Then apply again."

// LogPanic logs where code of ours panicked.
func LogPanic(ctx context.Context, p *keyring.Panic) {
	tflog.Error(ctx, "the provider panicked", map[string]any{"type": p.Type, "stack": p.Stack})
}

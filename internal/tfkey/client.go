package tfkey

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// client is what everything that talks to one service is built on.
type client struct {
	def     Definition
	account *Account
}

// configure takes the provider's data; there is none while Terraform validates.
func (c *client) configure(data any) {
	if accounts, ok := data.(Accounts); ok {
		c.account = accounts[c.def.Name]
	}
}

// waiting reports that the account cannot be used yet, because Terraform does not
// know all of its settings before the apply.
func (c *client) waiting() bool { return c.account != nil && len(c.account.Unknown) > 0 }

// ring returns the keys of a scope.
func (c *client) ring(ctx context.Context, scope string) (*keyring.Ring, diag.Diagnostics) {
	switch {
	case c.account == nil:
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Provider not configured", "This is a bug in the provider: it was asked to work before it was configured.")}
	case c.waiting():
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Provider configuration not known yet", c.notYet())}
	}
	ring, err := c.account.ring(ctx, c.def.Scope, scope)
	if err != nil {
		return nil, c.failure("read", err)
	}
	return ring, nil
}

package tfkey

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// serviceBase is what resources, data sources, ephemerals and actions of one service share.
type serviceBase struct {
	def     serviceDef
	account *Account
}

// configure takes the provider's data; there is none while Terraform validates.
func (c *serviceBase) configure(data any) {
	if accounts, ok := data.(Accounts); ok {
		c.account = accounts[c.def.Name]
	}
}

// configUnknown reports whether the account cannot be used yet because Terraform does not know
// all of its settings.
func (c *serviceBase) configUnknown() bool { return c.account != nil && len(c.account.Unknown) > 0 }

// ring returns the Ring of a scope.
func (c *serviceBase) ring(ctx context.Context, scope string) (*keyring.Ring, diag.Diagnostics) {
	switch {
	case c.account == nil:
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Provider not configured", "This is a bug in the provider: it was asked to work before it was configured.")}
	case c.configUnknown():
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Provider configuration not known yet", c.configUnknownDetail())}
	}
	ring, err := c.account.ring(ctx, c.def.Scope, scope)
	if err != nil {
		return nil, c.failure("read", err)
	}
	return ring, nil
}

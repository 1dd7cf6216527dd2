package tfkey

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// serviceBase is what resources, data sources, ephemerals and actions of one service share.
type serviceBase struct {
	def      serviceDef
	account  *Account
	accounts Accounts
}

// configure takes the provider's data; there is none while Terraform validates.
func (c *serviceBase) configure(data any) {
	if accounts, ok := data.(Accounts); ok {
		c.accounts, c.account = accounts, accounts[c.def.Name]
	}
}

// use switches to the declared service that a scope names. It does nothing for the others,
// or before the provider is configured.
func (c *serviceBase) use(scope attr.Value) diag.Diagnostics {
	if !c.def.Declared || c.accounts == nil {
		return nil
	}
	name, _ := scope.(types.String)
	if name.IsUnknown() {
		c.account = &Account{Options: c.account.Options, Delivery: c.account.Delivery, Unknown: []string{c.def.Scope}}
		return nil
	}
	account, diags := c.declared(name.ValueString())
	if account != nil {
		c.account, c.def = account, serviceDef{*account.Definition}
	}
	return diags
}

// declared returns the account of a declared service.
func (c *serviceBase) declared(name string) (*Account, diag.Diagnostics) {
	if account, ok := c.accounts[DeclaredName(name)]; ok {
		return account, nil
	}
	var names []string
	for _, other := range slices.Sorted(maps.Keys(c.accounts)) {
		if declared, ok := strings.CutPrefix(other, DeclaredName("")); ok {
			names = append(names, declared)
		}
	}
	return nil, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(c.def.Scope), "No such service",
		fmt.Sprintf("No service is named %q. Declare it in a service block of the provider, or use one of these: %s.", name, strings.Join(names, ", ")))}
}

// DeclaredName is the name of a declared service among [Accounts].
func DeclaredName(service string) string { return "declared " + service }

// configUnknown reports whether the account cannot be used yet because Terraform does not know
// all of its settings.
func (c *serviceBase) configUnknown() bool { return c.account != nil && len(c.account.Unknown) > 0 }

// ring returns the Ring of a scope.
func (c *serviceBase) ring(ctx context.Context, scope string) (*keyring.Ring, diag.Diagnostics) {
	account := c.account
	if c.def.Declared && c.accounts != nil && scope != "" {
		var diags diag.Diagnostics
		if account, diags = c.declared(scope); diags.HasError() {
			return nil, diags
		}
	}
	switch {
	case account == nil:
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Provider not configured", "This is a bug in the provider: it was asked to work before it was configured.")}
	case len(account.Unknown) > 0:
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Provider configuration not known yet", configUnknownDetail(account))}
	}
	ring, err := account.ring(ctx, c.def.Scope, scope)
	if err != nil {
		return nil, c.failure("read", err)
	}
	return ring, nil
}

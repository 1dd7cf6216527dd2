// Package tfkey is the Terraform side of an API key, written once for all services: schema,
// resource, rotation, import, identity, data sources and diagnostics. What differs between
// services is data, see package definition.
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
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// serviceDef is a service's definition, with the schemas and values that follow from it.
type serviceDef struct{ definition.Service }

// serviceBase is what resources, data sources, ephemerals and actions of one service share.
type serviceBase struct {
	def      serviceDef
	account  *Account
	accounts Accounts
}

func newBase(d definition.Service) serviceBase { return serviceBase{def: serviceDef{d}} }

// configure sets the provider's data; there is none while Terraform validates.
func (c *serviceBase) configure(data any) {
	if accounts, ok := data.(Accounts); ok {
		c.accounts, c.account = accounts, accounts[c.def.Name]
	}
}

// useService switches to the declared service that a scope names: to its account and its
// definition. It does nothing for other services, or before the provider is configured.
func (c *serviceBase) useService(scope attr.Value) diag.Diagnostics {
	if !c.def.Declared || c.accounts == nil || c.account.Definition != nil {
		return nil
	}
	if scope == nil || scope.IsUnknown() {
		c.account = &Account{Options: c.account.Options, Delivery: c.account.Delivery, Unknown: []string{c.def.Scope}}
		return nil
	}
	account, diags := c.declared(textOf(scope))
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
	if name == "" {
		return nil, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(c.def.Scope), "No such service",
			"The service is missing. Write it before the key's id or name, such as resend/<id> or resend/name:<name>.")}
	}
	return nil, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(c.def.Scope), "No such service",
		fmt.Sprintf("No service is named %q. Declare it in a service block of the provider, or use one of these: %s.", name, strings.Join(names, ", ")))}
}

// DeclaredName is the name of a declared service among [Accounts].
func DeclaredName(service string) string { return "declared " + service }

// configUnknown reports whether the account cannot be used yet because Terraform does not know
// all of its settings.
func (c *serviceBase) configUnknown() bool { return c.account != nil && len(c.account.Unknown) > 0 }

// findRing returns the Ring of a scope.
func (c *serviceBase) findRing(ctx context.Context, scope string) (*keyring.Ring, diag.Diagnostics) {
	account := c.account
	if c.def.Declared && c.accounts != nil && !c.configUnknown() && scope != "" && scope != account.Scope {
		var diags diag.Diagnostics
		if account, diags = c.declared(scope); diags.HasError() {
			return nil, diags
		}
	}
	switch {
	case account == nil:
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Provider not configured", "This is a bug in the provider: it was asked to work before it was configured.")}
	case len(account.Unknown) > 0:
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Provider configuration not known yet", account.configUnknownDetail())}
	}
	ring, err := account.ring(ctx, c.def.Scope, scope)
	if err != nil {
		return nil, c.failure("read", err)
	}
	return ring, nil
}

// operation is one request of Terraform, with the diagnostics of its response.
type operation struct {
	*serviceBase
	*diag.Diagnostics
}

// begin starts a request of Terraform. The returned function, which must be deferred as it is,
// ends it: it turns a panic into a diagnostic, and escapes all diagnostics.
func (c *serviceBase) begin(ctx context.Context, diags *diag.Diagnostics) (context.Context, operation, func()) {
	ctx, cancel := c.bounded(ctx)
	return ctx, operation{c, diags}, func() {
		defer cancel()
		if thrown := recover(); thrown != nil {
			reportPanic(ctx, diags, thrown)
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

// failed reports whether there is an error, and adds its diagnostics.
func (r operation) failed(verb string, err error) bool {
	if err != nil {
		r.Append(r.failure(verb, err)...)
	}
	return err != nil
}

// data is a plan, a state or a configuration.
type data interface {
	Get(ctx context.Context, target any) diag.Diagnostics
}

// values decodes a plan, state or configuration. It is empty after an error. The first one
// decides which declared service the request is about.
func (r operation) values(ctx context.Context, from data) map[string]attr.Value {
	var object types.Object
	r.Append(from.Get(ctx, &object)...)
	values := object.Attributes()
	if !r.HasError() && !object.IsNull() {
		r.Append(r.useService(values[r.def.Scope])...)
	}
	return values
}

// model decodes a plan, state or configuration of the resource.
func (r operation) model(ctx context.Context, from data) model {
	return modelOf(r.values(ctx, from))
}

// connect returns the Ring of a scope; nil if this or anything before has failed.
func (r operation) connect(ctx context.Context, scope string) *keyring.Ring {
	if r.HasError() {
		return nil
	}
	ring, diags := r.findRing(ctx, scope)
	r.Append(diags...)
	return ring
}

// RecoverPanic turns a panic into a diagnostic, and escapes all diagnostics. Defer it directly
// in what Terraform calls without a time limit.
func RecoverPanic(ctx context.Context, diags *diag.Diagnostics) {
	if thrown := recover(); thrown != nil {
		reportPanic(ctx, diags, thrown)
	}
	escapeAll(*diags)
}

// reportPanic adds the diagnostic of a panic. It never shows what was thrown, which may hold a
// secret; the log gets the stack.
func reportPanic(ctx context.Context, diags *diag.Diagnostics, thrown any) {
	LogPanic(ctx, keyring.Recovered(thrown))
	diags.AddError("Bug in the provider", bugDetail)
}

// LogPanic logs the stack of a panic.
func LogPanic(ctx context.Context, p *keyring.Panic) {
	tflog.Error(ctx, "the provider panicked", map[string]any{"type": p.Type, "stack": p.Stack})
}

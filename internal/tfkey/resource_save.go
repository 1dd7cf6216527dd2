package tfkey

import (
	"context"
	"fmt"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// errUnknownOutcome is the error of a create that may or may not have created a key. What
// finds that key is in the state, or in the error if the state could not be written.
func (c *serviceBase) errUnknownOutcome(open *keyring.OutcomeUnknownError, saved diag.Diagnostics) diag.Diagnostics {
	if !saved.HasError() {
		return c.errOutcomeUnknown(open)
	}
	return diag.Diagnostics{c.outcomeUnknown(open, fmt.Sprintf("The state could not be written either, so no later run looks for it. Look for a key named %q that was created after %s, and revoke it by hand (%s).",
		open.Window.Name, rfc3339(open.Window.From), c.def.Console))}
}

// save writes the model to the state, and its identity: both or neither.
func (r *keyResource) save(ctx context.Context, state interface {
	Set(ctx context.Context, value any) diag.Diagnostics
}, identity *tfsdk.ResourceIdentity, m model) diag.Diagnostics {
	m.fillUnknown(r.def, driver.Key{})
	var before tftypes.Value
	if identity != nil {
		before = identity.Raw
	}
	diags := r.identify(ctx, identity, m)
	if diags.HasError() {
		return diags
	}
	diags.Append(state.Set(ctx, m.object(ctx))...)
	if diags.HasError() && identity != nil {
		identity.Raw = before
	}
	return diags
}

// identify sets the identity, which Terraform before 1.12 does not have.
func (r *keyResource) identify(ctx context.Context, identity *tfsdk.ResourceIdentity, m model) diag.Diagnostics {
	if identity == nil {
		return nil
	}
	return identity.Set(ctx, r.def.identityOf(m))
}

// identityOf is a key's identity: its id, and its scope if that is known.
func (d serviceDef) identityOf(m model) types.Object {
	kinds := map[string]attr.Type{"id": types.StringType}
	values := map[string]attr.Value{"id": m.ID}
	if d.Scope != "" {
		kinds[d.Scope] = types.StringType
		values[d.Scope] = types.StringNull()
		if v, ok := m.own[d.Scope].(types.String); ok && known(v) {
			values[d.Scope] = v
		}
	}
	return types.ObjectValueMust(kinds, values)
}

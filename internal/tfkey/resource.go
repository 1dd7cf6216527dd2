package tfkey

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

var (
	_ resource.ResourceWithConfigure      = &keyResource{}
	_ resource.ResourceWithIdentity       = &keyResource{}
	_ resource.ResourceWithImportState    = &keyResource{}
	_ resource.ResourceWithModifyPlan     = &keyResource{}
	_ resource.ResourceWithMoveState      = &keyResource{}
	_ resource.ResourceWithUpgradeState   = &keyResource{}
	_ resource.ResourceWithValidateConfig = &keyResource{}
	_ list.ListResourceWithConfigure      = &keyResource{}
)

// keyResource is apikeys_<service>_key, for every service: the resource, and the list resource
// that finds keys to import.
type keyResource struct{ serviceBase }

// NewResource returns the constructor of a service's key resource.
func NewResource(d definition.Service) func() resource.Resource {
	return func() resource.Resource { return &keyResource{newBase(d)} }
}

// NewListResource returns the constructor of a service's list resource.
func NewListResource(d definition.Service) func() list.ListResource {
	return func() list.ListResource { return &keyResource{newBase(d)} }
}

func (r *keyResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = r.def.ResourceType(req.ProviderTypeName)
	resp.ResourceBehavior.MutableIdentity = true // a rotation in place changes the id
}

func (r *keyResource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	r.configure(req.ProviderData)
}

func (r *keyResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = r.def.resourceSchema()
}

func (r *keyResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = r.def.identitySchema()
}

func (r *keyResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	ctx, op, done := r.begin(ctx, &resp.Diagnostics)
	defer done()
	config := op.model(ctx, req.Config)
	if !config.EncryptTo.IsNull() && isSet(config.StoreKey) && !config.StoreKey.ValueBool() {
		op.AddAttributeError(path.Root("store_key"), "Conflicting storage",
			"encrypt_to keeps the encrypted value in the state, store_key = false keeps no value there. Remove one of the two.")
	}
	if config.isNative() && !config.RotationOverlap.IsNull() {
		op.AddAttributeError(path.Root(nativeRotation), "Conflicting rotation",
			"native_rotation revokes the old key at once, so rotation_overlap cannot keep it alive. Remove one of the two.")
	}
	overlap, err1 := ParseDuration(config.RotationOverlap.ValueString())
	after, err2 := ParseDuration(config.RotateAfter.ValueString())
	if err1 == nil && err2 == nil && overlap >= after {
		op.AddAttributeError(path.Root("rotation_overlap"), "Conflicting rotation",
			fmt.Sprintf("rotation_overlap (%s) must be shorter than rotate_after (%s), or old keys pile up. Shorten the overlap.", config.RotationOverlap.ValueString(), config.RotateAfter.ValueString()))
	}
}

// Delete revokes the key and those that retire.
func (r *keyResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	ctx, op, done := r.begin(ctx, &resp.Diagnostics)
	defer done()
	state := op.model(ctx, req.State)
	ring := op.connect(ctx, state.scope(r.def))
	if ring == nil {
		return
	}
	for _, id := range state.keyIDs() {
		if r.account.managed.isManaged(id) { // by another resource: Terraform does not read what it destroys
			op.Append(r.errManagedElsewhere(id)...)
			return
		}
	}
	k := resourceKeys{&r.serviceBase, ring, state, readPrivate(ctx, req.Private).OtherResources}
	k.recordCreation()
	retiring := state.retiring()
	for i, old := range retiring {
		op.Append(k.revoke(ctx, old.id)...)
		retiring[i].id = k.addKnown(old.id)
	}
	op.Append(k.revoke(ctx, state.id())...)
	if !op.HasError() {
		return
	}
	// The next run must know which keys these creates have not created.
	state.ID = types.StringValue(k.addKnown(state.id()))
	state.setRetiring(retiring)
	op.Append(r.save(ctx, &resp.State, resp.Identity, state)...)
}

// stateSetter is the state in a response.
type stateSetter interface {
	Set(ctx context.Context, value any) diag.Diagnostics
}

// save writes the model to the state, and its identity: both or neither.
func (c *serviceBase) save(ctx context.Context, state stateSetter, identity *tfsdk.ResourceIdentity, m model) diag.Diagnostics {
	m.fillUnknown(c.def, driver.Key{})
	var before tftypes.Value
	if identity != nil {
		before = identity.Raw
	}
	diags := c.identify(ctx, identity, m)
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
func (c *serviceBase) identify(ctx context.Context, identity *tfsdk.ResourceIdentity, m model) diag.Diagnostics {
	if identity == nil {
		return nil
	}
	return identity.Set(ctx, c.def.identityOf(ctx, m))
}

// identityOf is a key's identity: its id, and its scope if that is known.
func (d serviceDef) identityOf(ctx context.Context, m model) types.Object {
	values := map[string]attr.Value{"id": m.ID}
	if d.Scope != "" {
		values[d.Scope] = types.StringNull()
		if scope := m.specific[d.Scope]; isSet(scope) {
			values[d.Scope] = scope
		}
	}
	return objectOf(ctx, values)
}

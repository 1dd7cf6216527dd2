package naive

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// keyResource is apikeys_<service>_key.
type keyResource struct {
	service service
	*session
}

var (
	_ resource.ResourceWithConfigure   = &keyResource{}
	_ resource.ResourceWithImportState = &keyResource{}
)

// model is the resource's attributes.
type model struct {
	ID              types.String `tfsdk:"id"`
	Name            types.String `tfsdk:"name"`
	Key             types.String `tfsdk:"key"`
	CreatedAt       types.String `tfsdk:"created_at"`
	Rotation        *rotation    `tfsdk:"rotation"`
	Scopes          types.Set    `tfsdk:"scopes"`
	OnDuplicateName types.String `tfsdk:"on_duplicate_name"`
}

// rotation is a rotation by trigger.
type rotation struct {
	Triggers types.Map `tfsdk:"triggers"`
}

// Metadata implements resource.Resource.
func (r *keyResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + r.service.name + "_key"
}

// Configure implements resource.ResourceWithConfigure.
func (r *keyResource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	if s, ok := req.ProviderData.(*session); ok {
		r.session = s
	}
}

// Schema implements resource.Resource.
func (r *keyResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	keep := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	name := []planmodifier.String{}
	if !r.service.update {
		name = append(name, stringplanmodifier.RequiresReplace())
	}
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"id":         schema.StringAttribute{Computed: true, PlanModifiers: keep},
		"name":       schema.StringAttribute{Required: true, PlanModifiers: name},
		"key":        schema.StringAttribute{Computed: true, Sensitive: true, PlanModifiers: keep},
		"created_at": schema.StringAttribute{Computed: true, PlanModifiers: keep},
		"rotation": schema.SingleNestedAttribute{Optional: true, Attributes: map[string]schema.Attribute{
			"triggers": schema.MapAttribute{Optional: true, ElementType: types.StringType, PlanModifiers: []planmodifier.Map{mapplanmodifier.RequiresReplace()}},
		}},
		"scopes": schema.SetAttribute{
			Optional: true, Computed: true, ElementType: types.StringType,
			PlanModifiers: []planmodifier.Set{setplanmodifier.UseStateForUnknown()},
		},
		"on_duplicate_name": schema.StringAttribute{Optional: true},
	}}
}

// Create implements resource.Resource.
func (r *keyResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	made, err := r.make(ctx, r.service, m.Name.ValueString(), texts(m.Scopes))
	if err != nil {
		resp.Diagnostics.AddError("Error creating API key", err.Error())
		return
	}
	now, err := r.find(ctx, r.service, made.ID)
	if err != nil {
		resp.Diagnostics.AddError("Error reading API key after creation", err.Error())
		return
	}
	m.ID, m.Key = types.StringValue(made.ID), types.StringValue(made.Key)
	m.take(now)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// Read implements resource.Resource.
func (r *keyResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	k, err := r.find(ctx, r.service, m.ID.ValueString())
	if errors.Is(err, errNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.AddError("Error reading API key", err.Error())
		return
	}
	m.take(k)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// Update implements resource.Resource.
func (r *keyResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if r.service.update {
		if err := r.change(ctx, r.service, m.ID.ValueString(), m.Name.ValueString(), texts(m.Scopes)); err != nil {
			resp.Diagnostics.AddError("Error updating API key", err.Error())
			return
		}
	}
	k, err := r.find(ctx, r.service, m.ID.ValueString())
	if err != nil {
		resp.Diagnostics.AddError("Error reading API key after update", err.Error())
		return
	}
	m.take(k)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// Delete implements resource.Resource.
func (r *keyResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m model
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if err := r.kill(ctx, r.service, m.ID.ValueString()); err != nil {
		resp.Diagnostics.AddError("Error deleting API key", err.Error())
	}
}

// ImportState implements resource.ResourceWithImportState.
func (r *keyResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resource.ImportStatePassthroughID(ctx, path.Root("id"), req, resp)
}

// take enters what the service says of a key.
func (m *model) take(k key) {
	m.Name = types.StringValue(k.Name)
	if m.CreatedAt.IsNull() || m.CreatedAt.IsUnknown() {
		m.CreatedAt = types.StringValue(k.CreatedAt)
	}
	scopes := make([]attr.Value, len(k.Scopes))
	for i, s := range k.Scopes {
		scopes[i] = types.StringValue(s)
	}
	m.Scopes = types.SetValueMust(types.StringType, scopes)
}

// texts are the members of a set, nil for one that is null or not known.
func texts(set types.Set) []string {
	if set.IsNull() || set.IsUnknown() {
		return nil
	}
	all := []string{}
	for _, v := range set.Elements() {
		if s, ok := v.(types.String); ok {
			all = append(all, s.ValueString())
		}
	}
	return all
}

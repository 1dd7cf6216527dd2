package secretstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	_ resource.ResourceWithConfigure  = &secret{}
	_ resource.ResourceWithModifyPlan = &secret{}
)

// secret is secretstore_secret.
type secret struct{ ledger string }

// model is its data.
type model struct {
	Name    types.String `tfsdk:"name"`
	Value   types.String `tfsdk:"value_wo"`
	Version types.Int64  `tfsdk:"value_wo_version"`
	Digest  types.String `tfsdk:"digest"`
	Writes  types.Int64  `tfsdk:"writes"`
}

// Metadata implements resource.Resource.
func (*secret) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_secret"
}

// Schema implements resource.Resource.
func (*secret) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A secret.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				MarkdownDescription: "Its name.",
				Required:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"value_wo": schema.StringAttribute{
				MarkdownDescription: "Its value, sent when the secret is made and whenever `value_wo_version` changes.",
				Optional:            true,
				Sensitive:           true,
				WriteOnly:           true,
			},
			"value_wo_version": schema.Int64Attribute{
				MarkdownDescription: "A number whose change sends the value again.",
				Optional:            true,
			},
			"digest": schema.StringAttribute{
				MarkdownDescription: "The SHA-256 of the value that was sent last, in hex.",
				Computed:            true,
			},
			"writes": schema.Int64Attribute{
				MarkdownDescription: "How often a value was sent.",
				Computed:            true,
			},
		},
	}
}

// Configure implements resource.ResourceWithConfigure.
func (s *secret) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	if ledger, ok := req.ProviderData.(string); ok {
		s.ledger = ledger
	}
}

// ModifyPlan implements resource.ResourceWithModifyPlan: without a new version,
// nothing is written.
func (*secret) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || req.State.Raw.IsNull() {
		return
	}
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !plan.Name.Equal(state.Name) {
		return
	}
	digest, writes := state.Digest, state.Writes
	if !plan.Version.Equal(state.Version) {
		digest, writes = types.StringUnknown(), types.Int64Unknown()
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("digest"), digest)...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("writes"), writes)...)
}

// Create implements resource.Resource.
func (s *secret) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan, config model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if err := s.write(&plan, config.Value, types.Int64Value(0)); err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("value_wo"), "Secret not stored", err.Error())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

// Read implements resource.Resource: nobody else changes what this store holds.
func (*secret) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

// Update implements resource.Resource.
func (s *secret) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, config, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if plan.Version.Equal(state.Version) { // only taking a value away or adding one does not write
		plan.Digest, plan.Writes = state.Digest, state.Writes
	} else if err := s.write(&plan, config.Value, state.Writes); err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("value_wo"), "Secret not stored", err.Error())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

// Delete implements resource.Resource; the ledger has writes only.
func (*secret) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// write stores a value, whose digest the plan then shows.
func (s *secret) write(plan *model, value types.String, before types.Int64) error {
	if value.ValueString() == "" {
		return errors.New("there is no value to store: value_wo is null or empty. A value that only one run holds can be had from that run alone")
	}
	sum := sha256.Sum256([]byte(value.ValueString()))
	plan.Digest = types.StringValue(hex.EncodeToString(sum[:]))
	plan.Writes = types.Int64Value(before.ValueInt64() + 1)
	if s.ledger == "" {
		return nil
	}
	f, err := os.OpenFile(s.ledger, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	_, err = fmt.Fprintf(f, "%s %d %s\n", plan.Name.ValueString(), plan.Version.ValueInt64(), plan.Digest.ValueString())
	return errors.Join(err, f.Close())
}

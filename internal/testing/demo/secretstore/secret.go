package secretstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ resource.ResourceWithConfigure = &secret{}

// secret is secretstore_secret.
type secret struct{ ledger string }

// model is its data.
type model struct {
	Name    types.String `tfsdk:"name"`
	Value   types.String `tfsdk:"value_wo"`
	Version types.Int64  `tfsdk:"value_wo_version"`
	Digest  types.String `tfsdk:"digest"`
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
				MarkdownDescription: "Its value, sent when the secret is created and whenever `value_wo_version` changes.",
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
		},
	}
}

// Configure implements resource.ResourceWithConfigure.
func (s *secret) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	if ledger, ok := req.ProviderData.(string); ok {
		s.ledger = ledger
	}
}

// Create implements resource.Resource.
func (s *secret) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	s.store(ctx, req.Plan, req.Config, &resp.State, &resp.Diagnostics)
}

// Read implements resource.Resource: nobody else changes what this store holds.
func (*secret) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

// Update implements resource.Resource. Only a new version causes one.
func (s *secret) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	s.store(ctx, req.Plan, req.Config, &resp.State, &resp.Diagnostics)
}

// Delete implements resource.Resource; the ledger has writes only.
func (*secret) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// store writes the configured value to the ledger, and its digest to the state.
func (s *secret) store(ctx context.Context, planned tfsdk.Plan, configured tfsdk.Config, state *tfsdk.State, diags *diag.Diagnostics) {
	var plan, config model
	diags.Append(planned.Get(ctx, &plan)...)
	diags.Append(configured.Get(ctx, &config)...)
	if diags.HasError() {
		return
	}
	if config.Value.ValueString() == "" {
		diags.AddAttributeError(path.Root("value_wo"), "Secret not stored",
			"there is no value to store: value_wo is null or empty. A value that only one run holds can be stored in that run alone")
		return
	}
	sum := sha256.Sum256([]byte(config.Value.ValueString()))
	plan.Digest = types.StringValue(hex.EncodeToString(sum[:]))
	if s.ledger != "" {
		f, err := os.OpenFile(s.ledger, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = fmt.Fprintf(f, "%s %d %s\n", plan.Name.ValueString(), plan.Version.ValueInt64(), plan.Digest.ValueString())
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			diags.AddError("Secret not stored", err.Error())
			return
		}
	}
	diags.Append(state.Set(ctx, &plan)...)
}

// Package secretstore is a tiny Terraform provider that simulates a secret
// store in the demo and in tests: it takes a value through a write-only argument,
// as the resources of AWS, Azure, Google Cloud and Vault do, and keeps no more of
// it than its SHA-256.
package secretstore

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Address is where Terraform knows the provider from.
const Address = "registry.terraform.io/terraform-apikeys/secretstore"

// New returns the provider.
func New() provider.Provider { return secretstore{} }

type secretstore struct{}

// Metadata implements provider.Provider.
func (secretstore) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "secretstore"
}

// Schema implements provider.Provider.
func (secretstore) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"ledger": schema.StringAttribute{
			MarkdownDescription: "A file to which each write adds a line: the secret's name, its version, and the SHA-256 of its value.",
			Optional:            true,
		},
	}}
}

// Configure implements provider.Provider.
func (secretstore) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var config struct {
		Ledger types.String `tfsdk:"ledger"`
	}
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.ResourceData = config.Ledger.ValueString()
}

// Resources implements provider.Provider.
func (secretstore) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return &secret{} }}
}

// DataSources implements provider.Provider.
func (secretstore) DataSources(context.Context) []func() datasource.DataSource { return nil }

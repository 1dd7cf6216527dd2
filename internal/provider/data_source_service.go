package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/custom"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"
)

// serviceDataSource is apikeys_service: what is known of a declared service. It sends
// nothing.
type serviceDataSource struct {
	// find looks a service up by its name.
	find func(name string) (custom.Declaration, bool)
	// names are all services that can be looked up.
	names func() []string
}

// Metadata implements datasource.DataSource.
func (serviceDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_service"
}

// Schema implements datasource.DataSource.
func (serviceDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	computed := func(text string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: text}
	}
	texts := func(text string) schema.Attribute {
		return schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: text}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Shows a service of the catalog or of a `service` block, and which guarantees hold for its keys. It sends no request.",
		Attributes: map[string]schema.Attribute{
			"name":          schema.StringAttribute{Required: true, MarkdownDescription: "Name of the service."},
			"title":         computed("Name of the service in messages."),
			"base_url":      computed("Address of its API."),
			"guarantees":    schema.MapAttribute{Computed: true, ElementType: types.BoolType, MarkdownDescription: "Whether each guarantee holds, by its name."},
			"limits":        texts("What does not hold, and why: a sentence for each guarantee that is `false`."),
			"in_catalog":    schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the catalog has a service of this name."},
			"documentation": texts("Public documents that the catalog's entry was written from."),
			"read":          computed("Day on which these documents were read, such as `2026-11-29`; null outside the catalog."),
			"tried":         schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether somebody has used the catalog's entry at the real service."},
			"notes":         texts("What the catalog says a user must know."),
		},
	}
}

// Read implements datasource.DataSource.
func (s serviceDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer tfkey.RecoverPanic(ctx, &resp.Diagnostics)
	var name types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("name"), &name)...)
	if resp.Diagnostics.HasError() {
		return
	}
	d, found := s.find(name.ValueString())
	if !found {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "No such service",
			fmt.Sprintf("No service is named %q. Declare it in a service block of the provider, or use one of these: %s.", name.ValueString(), strings.Join(s.names(), ", ")))
		return
	}
	guarantees, limits := map[string]attr.Value{}, []string{}
	for _, g := range d.Guarantees() {
		guarantees[g.Name] = types.BoolValue(g.Holds)
		if !g.Holds {
			limits = append(limits, g.Text)
		}
	}
	entry, inCatalog := custom.Lookup(d.Name)
	read := types.StringNull()
	if inCatalog {
		read = types.StringValue(entry.Read)
	}
	for attribute, value := range map[string]attr.Value{
		"name": name, "title": types.StringValue(d.Title), "base_url": types.StringValue(d.BaseURL),
		"guarantees": types.MapValueMust(types.BoolType, guarantees), "limits": stringList(limits),
		"in_catalog": types.BoolValue(inCatalog), "documentation": stringList(entry.Documentation), "read": read,
		"tried": types.BoolValue(entry.Tried), "notes": stringList(entry.Notes),
	} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(attribute), value)...)
	}
}

func stringList(texts []string) types.List {
	values := make([]attr.Value, len(texts))
	for i, text := range texts {
		values[i] = types.StringValue(text)
	}
	return types.ListValueMust(types.StringType, values)
}

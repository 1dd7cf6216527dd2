package tfkey

import (
	"context"
	"fmt"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	_ datasource.DataSource                     = &keyDataSource{}
	_ datasource.DataSourceWithConfigure        = &keyDataSource{}
	_ datasource.DataSourceWithConfigValidators = &keyDataSource{}
)

// keyDataSource is data apikeys_<service>_key, for every service.
type keyDataSource struct {
	serviceBase
}

// NewDataSource returns the constructor of a service's key data source.
func NewDataSource(d definition.Service) func() datasource.DataSource {
	return func() datasource.DataSource { return &keyDataSource{serviceBase{def: serviceDef{d}}} }
}

// Metadata implements datasource.DataSource.
func (d *keyDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = d.def.ResourceType(req.ProviderTypeName)
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *keyDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	d.configure(req.ProviderData)
}

// Schema implements datasource.DataSource.
func (d *keyDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := d.def.recordSchema()
	notEmpty := []validator.String{stringvalidator.LengthAtLeast(1)}
	attributes["id"] = schema.StringAttribute{
		MarkdownDescription: "The key's identifier. Exactly one of `id` and `name`.", Optional: true, Computed: true, Validators: notEmpty,
	}
	attributes["name"] = schema.StringAttribute{
		MarkdownDescription: "The key's name, which exactly one live key must have. Exactly one of `id` and `name`.", Optional: true, Computed: true, Validators: notEmpty,
	}
	if d.def.Scope != "" {
		attributes[d.def.Scope] = schema.StringAttribute{
			MarkdownDescription: "Where to look for the key; the provider's own by default.", Optional: true, Computed: true, Validators: notEmpty,
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: fmt.Sprintf("A live API key at %s, by id or by name; never its value, which %s shows only once.", d.def.Title, d.def.Title),
		Attributes:          attributes,
	}
}

// ConfigValidators implements datasource.DataSourceWithConfigValidators.
func (d *keyDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{datasourcevalidator.ExactlyOneOf(path.MatchRoot("id"), path.MatchRoot("name"))}
}

// Read implements datasource.DataSource.
func (d *keyDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	ctx, done := d.begin(ctx, &resp.Diagnostics)
	defer done()
	var id, name, scope types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("id"), &id)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("name"), &name)...)
	if d.def.Scope != "" {
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root(d.def.Scope), &scope)...)
	}
	resp.Diagnostics.Append(d.use(scope)...)
	ring, diags := d.ring(ctx, scope.ValueString())
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	at := path.Root("id")
	var k driver.Key
	if id.IsNull() {
		at = path.Root("name")
		k, diags = d.findName(ctx, ring, name.ValueString())
	} else {
		k, diags = d.findID(ctx, ring, id.ValueString(), func(name string) string { return fmt.Sprintf("name = %q", name) })
	}
	for _, diagnostic := range diags {
		resp.Diagnostics.AddAttributeError(at, diagnostic.Summary(), diagnostic.Detail())
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(d.warnUnreadable(ring)...)
	record := d.def.record(d.inScope(k, scope.ValueString()))
	resp.Diagnostics.Append(resp.State.Set(ctx, objectOf(ctx, record))...)
}

// recordSchema is what the read-only forms show of a key: the attributes that come from the
// service, volatile ones too.
func (d serviceDef) recordSchema() map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{
		"id":           schema.StringAttribute{Computed: true, MarkdownDescription: "The key's identifier at " + d.Title + "."},
		"name":         schema.StringAttribute{Computed: true, MarkdownDescription: "The key's name."},
		"created_at":   schema.StringAttribute{Computed: true, MarkdownDescription: "When " + d.Title + " created the key, RFC 3339 in UTC."},
		"last_used_at": schema.StringAttribute{Computed: true, MarkdownDescription: d.lastUsedDescription()},
	}
	for _, a := range d.attributes() {
		attributes[a.Name] = a.dataSource()
	}
	return attributes
}

func (d serviceDef) lastUsedDescription() string {
	if !d.ReportsLastUsed {
		return "When the key was last used, RFC 3339 in UTC; null if never, or if " + d.Title + " does not report it."
	}
	return "When the key was last used, RFC 3339 in UTC; null if never."
}

// record flattens a key for the read-only forms.
func (d serviceDef) record(k driver.Key) map[string]attr.Value {
	values := map[string]attr.Value{
		"id":           types.StringValue(k.ID),
		"name":         types.StringValue(k.Name),
		"created_at":   flattenTime(k.CreatedAt),
		"last_used_at": flattenTime(k.LastUsedAt),
	}
	for _, a := range d.attributes() {
		values[a.Name] = a.flatten(k.Attributes[a.Name])
	}
	return values
}

// objectOf returns an object of values.
func objectOf(ctx context.Context, values map[string]attr.Value) types.Object {
	kinds := make(map[string]attr.Type, len(values))
	for name, v := range values {
		kinds[name] = v.Type(ctx)
	}
	return types.ObjectValueMust(kinds, values)
}

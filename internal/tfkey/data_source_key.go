package tfkey

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

var (
	_ datasource.DataSourceWithConfigure        = &keyDataSource{}
	_ datasource.DataSourceWithConfigValidators = &keyDataSource{}
)

// keyDataSource is data apikeys_<service>_key, for every service.
type keyDataSource struct{ serviceBase }

// NewDataSource returns the constructor of a service's key data source.
func NewDataSource(d definition.Service) func() datasource.DataSource {
	return func() datasource.DataSource { return &keyDataSource{newBase(d)} }
}

func (d *keyDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = d.def.ResourceType(req.ProviderTypeName)
}

func (d *keyDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	d.configure(req.ProviderData)
}

func (d *keyDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := d.def.recordSchema()
	attributes["id"] = stringAttribute(optional|computed, "Id of the key. Set `id` or `name`.", notEmpty())
	attributes["name"] = stringAttribute(optional|computed, "Name of the key, which only one live key may have. Set `id` or `name`.", notEmpty())
	if d.def.Scope != "" {
		attributes[d.def.Scope] = d.def.scopeAttribute(optional|computed, "Where to look for the key")
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: fmt.Sprintf("Reads a live API key at %s by its id or name. Its value cannot be read.", d.def.place()),
		Attributes:          attributes,
	}
}

func (d *keyDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{datasourcevalidator.ExactlyOneOf(path.MatchRoot("id"), path.MatchRoot("name"))}
}

func (d *keyDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	ctx, op, done := d.begin(ctx, &resp.Diagnostics)
	defer done()
	config := op.values(ctx, req.Config)
	scope := textOf(config[d.def.Scope])
	ring := op.connect(ctx, scope)
	if ring == nil {
		return
	}
	at := path.Root("id")
	finder := operation{op.serviceBase, &diag.Diagnostics{}}
	var k driver.Key
	if isNull(config["id"]) {
		at = path.Root("name")
		k = finder.findName(ctx, ring, textOf(config["name"]))
	} else {
		k = finder.findID(ctx, ring, textOf(config["id"]), fmt.Sprintf("name = %q", textOf(config["id"])))
	}
	for _, found := range *finder.Diagnostics {
		op.AddAttributeError(at, found.Summary(), found.Detail())
	}
	if op.HasError() {
		return
	}
	op.warnUnreadable(ring)
	op.Append(resp.State.Set(ctx, objectOf(ctx, d.def.record(d.inScope(k, scope))))...)
}

// recordSchema is what the read-only forms show of a key: the attributes that come from the
// service, volatile ones too.
func (d serviceDef) recordSchema() map[string]schema.Attribute {
	lastUsed := "When the key was last used, RFC 3339 in UTC; null if never."
	if !d.ReportsLastUsed {
		lastUsed = "When the key was last used, RFC 3339 in UTC; null if never, or if " + d.Title + " does not report it."
	}
	attributes := map[string]schema.Attribute{
		"id":           stringAttribute(computed, "Id of the key."),
		"name":         stringAttribute(computed, "Name of the key."),
		"created_at":   stringAttribute(computed, "When "+d.Title+" created the key, RFC 3339 in UTC."),
		"last_used_at": stringAttribute(computed, lastUsed),
	}
	for _, a := range d.attributes(attribute.isAny) {
		attributes[a.Name] = a.schema(computed, a.Description)
	}
	return attributes
}

// record flattens a key for the read-only forms.
func (d serviceDef) record(k driver.Key) map[string]attr.Value {
	values := map[string]attr.Value{
		"id":           types.StringValue(k.ID),
		"name":         types.StringValue(k.Name),
		"created_at":   flattenTime(k.CreatedAt),
		"last_used_at": flattenTime(k.LastUsedAt),
	}
	for _, a := range d.attributes(attribute.isAny) {
		values[a.Name] = a.flatten(k.Attributes[a.Name])
	}
	return values
}

package tfkey

import (
	"context"
	"fmt"
	"maps"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	_ datasource.DataSource              = &keysDataSource{}
	_ datasource.DataSourceWithConfigure = &keysDataSource{}
)

// keysDataSource is data apikeys_<service>_keys, for every service.
type keysDataSource struct {
	serviceBase
}

// NewKeysDataSource returns the constructor of a service's data source for many keys.
func NewKeysDataSource(d definition.Service) func() datasource.DataSource {
	return func() datasource.DataSource { return &keysDataSource{serviceBase{def: serviceDef{d}}} }
}

// Metadata implements datasource.DataSource.
func (d *keysDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = d.def.ResourceType(req.ProviderTypeName) + "s"
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *keysDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	d.configure(req.ProviderData)
}

// Schema implements datasource.DataSource.
func (d *keysDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := map[string]schema.Attribute{
		"keys": schema.ListNestedAttribute{
			MarkdownDescription: "The keys that were selected, oldest first; never their values.",
			Computed:            true,
			NestedObject:        schema.NestedAttributeObject{Attributes: d.def.listedSchema()},
		},
		"ids": schema.ListAttribute{
			MarkdownDescription: "The identifiers of `keys`, in the same order.",
			Computed:            true,
			ElementType:         types.StringType,
		},
		"total": schema.Int64Attribute{
			MarkdownDescription: d.totalDescription(),
			Computed:            true,
		},
	}
	status := "Which keys to list: `active` (default), those that work; `revoked`, those that are switched off or revoked; or `all`."
	for _, c := range d.def.criteria(status) {
		attributes[c.name] = schema.StringAttribute{MarkdownDescription: c.description, Optional: true, Validators: []validator.String{c.validator}}
	}
	if d.def.Scope != "" {
		attributes[d.def.Scope] = schema.StringAttribute{
			MarkdownDescription: "Where to look for keys; the provider's own by default.",
			Optional:            true,
			Computed:            true,
			Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
		}
	}
	unselected, apart := "all live keys", ""
	if d.def.KeepsRevoked {
		apart = ", and one for each other `status` that is asked for"
		unselected = "all keys that work; those that are switched off or revoked appear only if `status` asks for them"
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: fmt.Sprintf("The API keys at %s that all of the given arguments select; without any, %s. These data sources and the resources of a plan share one listing, however many they are%s.", d.def.Title, unselected, apart),
		Attributes:          attributes,
	}
}

func (d *keysDataSource) totalDescription() string {
	if d.def.KeepsRevoked {
		return "How many keys of this `status` there are, whatever else selects from them."
	}
	return "How many live keys there are, whatever selects from them."
}

// Read implements datasource.DataSource.
func (d *keysDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	ctx, done := d.begin(ctx, &resp.Diagnostics)
	defer done()
	var config types.Object
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	values := config.Attributes()
	resp.Diagnostics.Append(d.use(values[d.def.Scope])...)
	f, diags := d.def.filter(values)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ring, diags := d.ring(ctx, f.scope)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	all, err := ring.Keys(ctx, f.status)
	if err != nil {
		resp.Diagnostics.Append(d.failure("list", err)...)
		return
	}
	resp.Diagnostics.Append(d.warnUnreadable(ring)...)
	// An empty list needs the type of its elements too.
	kind := objectOf(ctx, d.listed(driver.Key{})).Type(ctx)
	keys, ids := []attr.Value{}, []attr.Value{}
	now := ring.Now()
	for _, k := range all {
		if f.matches(k, now) {
			keys = append(keys, objectOf(ctx, d.listed(d.inScope(k, f.scope))))
			ids = append(ids, types.StringValue(k.ID))
		}
	}
	values = maps.Clone(values)
	values["keys"] = types.ListValueMust(kind, keys)
	values["ids"] = types.ListValueMust(types.StringType, ids)
	values["total"] = types.Int64Value(int64(len(all)))
	if d.def.Scope != "" {
		values[d.def.Scope] = d.scope(f.scope, all)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, objectOf(ctx, values))...)
}

// scope is the configured scope, else the one in the records; null if neither names one.
func (d *keysDataSource) scope(configured string, keys []driver.Key) attr.Value {
	var k driver.Key
	if len(keys) > 0 {
		k = keys[0]
	}
	if configured != "" {
		return types.StringValue(configured)
	}
	return d.def.record(d.inScope(k, ""))[d.def.Scope]
}

// listedSchema is what is shown of each of many keys.
func (d serviceDef) listedSchema() map[string]schema.Attribute {
	attributes := d.recordSchema()
	if d.KeepsRevoked {
		attributes["revoked_at"] = schema.StringAttribute{Computed: true, MarkdownDescription: "When the key was revoked, RFC 3339 in UTC; null while it is live."}
	}
	return attributes
}

// listed flattens one of many keys.
func (c *serviceBase) listed(k driver.Key) map[string]attr.Value {
	values := c.def.record(k)
	if c.def.KeepsRevoked {
		values["revoked_at"] = flattenTime(k.RevokedAt)
	}
	return values
}

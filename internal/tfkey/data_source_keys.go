package tfkey

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

var _ datasource.DataSourceWithConfigure = &keysDataSource{}

// keysDataSource is data apikeys_<service>_keys, for every service.
type keysDataSource struct{ serviceBase }

// NewKeysDataSource returns the constructor of a service's data source for many keys.
func NewKeysDataSource(d definition.Service) func() datasource.DataSource {
	return func() datasource.DataSource { return &keysDataSource{newBase(d)} }
}

func (d *keysDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = d.def.ResourceType(req.ProviderTypeName) + "s"
}

func (d *keysDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	d.configure(req.ProviderData)
}

func (d *keysDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	unselected, total := "all live keys", "Number of all live keys, selected or not."
	if d.def.KeepsRevoked {
		unselected = "all keys that work"
		total = "Number of all keys of this `status`, selected or not."
	}
	attributes := map[string]schema.Attribute{
		"keys": schema.ListNestedAttribute{
			MarkdownDescription: "The selected keys, oldest first, without their values.",
			Computed:            true,
			NestedObject:        schema.NestedAttributeObject{Attributes: d.def.listedSchema()},
		},
		"ids":   listAttribute(computed, "Ids of `keys`, in the same order."),
		"total": int64Attribute(computed, total),
	}
	for _, c := range d.def.criteria("`active` for keys that work, `revoked` for keys that are switched off or revoked, or `all`. Default `active`.") {
		attributes[c.name] = c.attribute()
	}
	if d.def.Scope != "" {
		attributes[d.def.Scope] = d.def.scopeAttribute(optional|computed, "Where to look for keys")
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: fmt.Sprintf("Reads the API keys at %s that match all given arguments; without arguments, %s.", d.def.place(), unselected),
		Attributes:          attributes,
	}
}

func (d *keysDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	ctx, op, done := d.begin(ctx, &resp.Diagnostics)
	defer done()
	values := op.values(ctx, req.Config)
	f := op.filter(values)
	ring := op.connect(ctx, f.scope)
	if ring == nil {
		return
	}
	all, err := ring.Keys(ctx, f.status)
	if op.failed("list", err) {
		return
	}
	op.warnUnreadable(ring)
	// An empty list needs the type of its elements too.
	kind := objectOf(ctx, d.def.listed(driver.Key{})).Type(ctx)
	keys, ids := []attr.Value{}, []attr.Value{}
	now := ring.Now()
	for _, k := range all {
		if f.matches(k, now) {
			keys = append(keys, objectOf(ctx, d.def.listed(d.inScope(k, f.scope))))
			ids = append(ids, types.StringValue(k.ID))
		}
	}
	values["keys"] = types.ListValueMust(kind, keys)
	values["ids"] = types.ListValueMust(types.StringType, ids)
	values["total"] = types.Int64Value(int64(len(all)))
	if d.def.Scope != "" {
		values[d.def.Scope] = d.scope(f.scope, all)
	}
	op.Append(resp.State.Set(ctx, objectOf(ctx, values))...)
}

// scope is the configured scope, else the one in the records; null if neither names one.
func (d *keysDataSource) scope(configured string, keys []driver.Key) attr.Value {
	if configured != "" {
		return types.StringValue(configured)
	}
	var k driver.Key
	if len(keys) > 0 {
		k = keys[0]
	}
	return d.def.record(d.inScope(k, ""))[d.def.Scope]
}

// listedSchema is what is shown of each of many keys.
func (d serviceDef) listedSchema() map[string]schema.Attribute {
	attributes := d.recordSchema()
	if d.KeepsRevoked {
		attributes["revoked_at"] = stringAttribute(computed, "When the key was revoked, RFC 3339 in UTC; null while it is live.")
	}
	return attributes
}

// listed flattens one of many keys.
func (d serviceDef) listed(k driver.Key) map[string]attr.Value {
	values := d.record(k)
	if d.KeepsRevoked {
		values["revoked_at"] = flattenTime(k.RevokedAt)
	}
	return values
}

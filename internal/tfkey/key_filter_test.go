package tfkey

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

var noon = time.Date(2026, 2, 13, 12, 0, 0, 0, time.UTC)

// What a service does not report cannot match; the bounds are sharp.
func TestFilter_matches(t *testing.T) {
	d := serviceDef{definition.Service{Info: definition.Info{Name: "toy", Title: "Toy"}, ReportsLastUsed: true, KeepsRevoked: true}}
	ago := func(d time.Duration) time.Time { return noon.Add(-d) }
	for name, tc := range map[string]struct {
		criteria map[string]string
		key      driver.Key
		want     bool
	}{
		"no criteria, nothing reported": {nil, driver.Key{}, true},
		"name, in the middle":           {map[string]string{argNameRegex: "b+"}, driver.Key{Name: "abba"}, true},
		"name, anchored":                {map[string]string{argNameRegex: "^b+$"}, driver.Key{Name: "abba"}, false},
		"name, empty":                   {map[string]string{argNameRegex: "^$"}, driver.Key{}, true},
		"made just before":              {map[string]string{argCreatedBefore: "2026-02-13T13:00:00+01:00"}, driver.Key{CreatedAt: ago(1)}, true},
		"made just then":                {map[string]string{argCreatedBefore: "2026-02-13T12:00:00Z"}, driver.Key{CreatedAt: noon}, false},
		"made at an unknown time":       {map[string]string{argCreatedBefore: "2026-02-13T12:00:00Z"}, driver.Key{}, false},
		"used just long enough ago":     {map[string]string{argUnusedFor: "1h"}, driver.Key{CreatedAt: ago(9 * time.Hour), LastUsedAt: ago(time.Hour + 1)}, true},
		"used not long enough ago":      {map[string]string{argUnusedFor: "1h"}, driver.Key{CreatedAt: ago(9 * time.Hour), LastUsedAt: ago(time.Hour)}, false},
		"never used, and old":           {map[string]string{argUnusedFor: "1d"}, driver.Key{CreatedAt: ago(25 * time.Hour)}, true},
		"never used, and young":         {map[string]string{argUnusedFor: "1d"}, driver.Key{CreatedAt: ago(time.Hour)}, false},
		"used before it was made":       {map[string]string{argUnusedFor: "1d"}, driver.Key{CreatedAt: ago(time.Hour), LastUsedAt: ago(25 * time.Hour)}, false},
		"used, made at an unknown time": {map[string]string{argUnusedFor: "1d"}, driver.Key{LastUsedAt: ago(25 * time.Hour)}, true},
		"no time reported":              {map[string]string{argUnusedFor: "1d"}, driver.Key{}, false},
		"unused, and revoked":           {map[string]string{argUnusedFor: "1d"}, driver.Key{CreatedAt: ago(25 * time.Hour), RevokedAt: noon}, false},
		"unused, and switched off":      {map[string]string{argUnusedFor: "1d"}, driver.Key{CreatedAt: ago(25 * time.Hour), Disabled: true}, true},
		"unused, of another name":       {map[string]string{argUnusedFor: "1d", argNameRegex: "x"}, driver.Key{CreatedAt: ago(25 * time.Hour)}, false},
	} {
		values := map[string]attr.Value{argStatus: types.StringNull()}
		for criterion, v := range tc.criteria {
			values[criterion] = types.StringValue(v)
		}
		f, diags := filterOf(d, values)
		if diags.HasError() {
			t.Fatalf("%s: %v", name, diags)
		}
		if got := f.matches(tc.key, noon); got != tc.want {
			t.Errorf("%s: matches is %t", name, got)
		}
	}
}

// What was not known while Terraform validated is judged when it is.
func TestFilter_invalid(t *testing.T) {
	d := serviceDef{definition.Service{Info: definition.Info{Name: "toy", Title: "Toy"}}}
	f, diags := filterOf(d, map[string]attr.Value{
		argNameRegex: types.StringValue("("), argUnusedFor: types.StringValue("90d"), argCreatedBefore: types.StringValue(""),
	})
	if diags.ErrorsCount() != 3 {
		t.Errorf("%v, %v", f, diags)
	}
	f, diags = filterOf(d, map[string]attr.Value{argNameRegex: types.StringNull(), argUnusedFor: types.StringNull()})
	if diags.HasError() || f.status != driver.StatusActive || !f.matches(driver.Key{}, noon) {
		t.Errorf("%v, %v", f, diags)
	}
}

// The data source and the list take the same criteria, and every form of a service
// that has all abilities and of one that has none is a valid schema.
func TestFilter_schemas(t *testing.T) {
	ctx := context.Background()
	for _, d := range []definition.Service{
		{Info: definition.Info{Name: "toy", Title: "Toy"}},
		{Info: definition.Info{Name: "toy", Title: "Toy"}, Scope: "room", ReportsLastUsed: true, KeepsRevoked: true, Attributes: []definition.Attribute{
			{Name: "room", Mode: definition.Replace, Description: "Where."}, {Name: "touched_at", Kind: definition.Time, Mode: definition.Volatile, Description: "When."},
		}},
	} {
		var many datasource.SchemaResponse
		NewKeysDataSource(d)().Schema(ctx, datasource.SchemaRequest{}, &many)
		var one datasource.SchemaResponse
		NewDataSource(d)().Schema(ctx, datasource.SchemaRequest{}, &one)
		var found list.ListResourceSchemaResponse
		NewListResource(d)().ListResourceConfigSchema(ctx, list.ListResourceSchemaRequest{}, &found)
		var revoke action.SchemaResponse
		NewRevoke(d)().Schema(ctx, action.SchemaRequest{}, &revoke)
		for _, diags := range []interface{ HasError() bool }{
			many.Schema.ValidateImplementation(ctx), found.Schema.ValidateImplementation(ctx), revoke.Schema.ValidateImplementation(ctx),
		} {
			if diags.HasError() {
				t.Fatal(diags)
			}
		}
		for name, a := range many.Schema.Attributes {
			computed := slices.Contains([]string{"keys", "ids", "total"}, name)
			other, ok := found.Schema.Attributes[name]
			if ok == computed || ok && (!other.GetType().Equal(a.GetType()) || !other.IsOptional() || !a.IsOptional()) {
				t.Errorf("%s: in the list too: %t", name, ok)
			}
		}
		if len(found.Schema.Attributes) != len(many.Schema.Attributes)-3 {
			t.Errorf("the list has the arguments %v", found.Schema.Attributes)
		}
		// A key among many shows what it shows alone, and when it was revoked.
		more := 0
		if d.KeepsRevoked {
			more = 1
		}
		listed := serviceDef{d}.listedSchema()
		for name, a := range one.Schema.Attributes {
			if b, ok := listed[name]; !ok || !b.GetType().Equal(a.GetType()) || !b.IsComputed() || b.IsOptional() {
				t.Errorf("%s is not shown of one of many keys, or otherwise", name)
			}
		}
		if len(listed) != len(one.Schema.Attributes)+more {
			t.Errorf("of one of many keys is shown %v", listed)
		}
	}
}

// filterOf reads the criteria of a configuration.
func filterOf(d serviceDef, values map[string]attr.Value) (filter, diag.Diagnostics) {
	var diags diag.Diagnostics
	f := operation{&serviceBase{def: d}, &diags}.filter(values)
	return f, diags
}

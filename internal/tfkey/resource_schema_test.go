package tfkey

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// forms are the types of the attributes that a definition has in each form.
func forms(t *testing.T, d definition.Service) map[string]map[string]attr.Type {
	t.Helper()
	ctx := context.Background()
	var r resource.SchemaResponse
	NewResource(d)().Schema(ctx, resource.SchemaRequest{}, &r)
	var s datasource.SchemaResponse
	NewDataSource(d)().Schema(ctx, datasource.SchemaRequest{}, &s)
	var e ephemeral.SchemaResponse
	NewEphemeral(d)().Schema(ctx, ephemeral.SchemaRequest{}, &e)
	if diags := append(append(r.Diagnostics, s.Diagnostics...), e.Diagnostics...); diags.HasError() {
		t.Fatal(diags)
	}
	for _, diags := range []interface{ HasError() bool }{r.Schema.ValidateImplementation(ctx), s.Schema.ValidateImplementation(ctx), e.Schema.ValidateImplementation(ctx)} {
		if diags.HasError() {
			t.Fatal(diags)
		}
	}
	all := map[string]map[string]attr.Type{"resource": {}, "data source": {}, "ephemeral": {}}
	for name, a := range r.Schema.Attributes {
		all["resource"][name] = a.GetType()
	}
	for name, a := range s.Schema.Attributes {
		all["data source"][name] = a.GetType()
	}
	for name, a := range e.Schema.Attributes {
		all["ephemeral"][name] = a.GetType()
	}
	return all
}

// An attribute that is added to a service's table shows up, with one type, in
// every form that it belongs to: none of them has a list of its own.
func TestSchemas_derive(t *testing.T) {
	bare := definition.Service{Info: definition.Info{Name: "toy", Title: "Toy"}}
	before := forms(t, bare)
	for kind := definition.String; kind <= definition.Time; kind++ {
		for mode, want := range map[definition.Mode][]string{
			definition.Computed: {"data source", "ephemeral", "resource"},
			definition.InPlace:  {"data source", "ephemeral", "resource"},
			definition.Replace:  {"data source", "ephemeral", "resource"},
			definition.Volatile: {"data source"},
		} {
			d := bare
			d.Attributes = []definition.Attribute{{Name: "flavour", Kind: kind, Mode: mode, Description: "What it tastes of."}}
			var found []string
			var first attr.Type
			for form, attributes := range forms(t, d) {
				if more := len(attributes) - len(before[form]); more > 1 || more == 1 && attributes["flavour"] == nil {
					t.Errorf("kind %d, mode %d: the %s has %d attributes more", kind, mode, form, more)
				}
				if is, ok := attributes["flavour"]; ok {
					found = append(found, form)
					if first == nil {
						first = is
					}
					if !is.Equal(first) {
						t.Errorf("kind %d, mode %d: %s in the %s, %s elsewhere", kind, mode, is, form, first)
					}
				}
			}
			if slices.Sort(found); !slices.Equal(found, want) {
				t.Errorf("kind %d, mode %d: shows up in %v, want %v", kind, mode, found, want)
			}
		}
	}
}

// What a create cannot send has no place in an ephemeral key.
func TestSchemas_notInCreate(t *testing.T) {
	d := serviceDef{definition.Service{Info: definition.Info{Name: "toy", Title: "Toy"}, Attributes: []definition.Attribute{{Name: "active", Kind: definition.Bool, Mode: definition.InPlace, Default: true, Description: "Whether it works."}}}}
	all := forms(t, d.Service)
	if all["resource"]["active"] == nil || all["data source"]["active"] == nil || all["ephemeral"]["active"] != nil {
		t.Errorf("active: %v", all)
	}
}

// What all services share is called alike and typed alike in every form.
func TestSchemas_shared(t *testing.T) {
	all := forms(t, definition.Service{Info: definition.Info{Name: "toy", Title: "Toy"}})
	for name, is := range all["resource"] {
		for _, form := range slices.Sorted(maps.Keys(all)) {
			if other, ok := all[form][name]; ok && !other.Equal(is) {
				t.Errorf("%s is %s in the resource and %s in the %s", name, is, other, form)
			}
		}
	}
	for _, name := range []string{"id", "name", "created_at"} {
		for form, attributes := range all {
			if attributes[name] == nil {
				t.Errorf("the %s lacks %s", form, name)
			}
		}
	}
}

package provider

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/custom"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// TestServiceBlock_names: the schema of a service block has the names of a declaration in
// JSON, and no others.
func TestServiceBlock_names(t *testing.T) {
	t.Parallel()
	list, ok := serviceBlock().(schema.ListNestedBlock)
	if !ok {
		t.Fatal("it is not a list of blocks")
	}
	compareNames(t, "service", list.NestedObject.Attributes, list.NestedObject.Blocks, reflect.TypeFor[custom.Declaration]())
}

func compareNames(t *testing.T, at string, attributes map[string]schema.Attribute, blocks map[string]schema.Block, kind reflect.Type) {
	t.Helper()
	names := append(slices.Collect(maps.Keys(attributes)), slices.Collect(maps.Keys(blocks))...)
	slices.Sort(names)
	fields := map[string]reflect.Type{}
	addFields(fields, kind)
	if want := slices.Sorted(maps.Keys(fields)); !slices.Equal(names, want) {
		t.Errorf("%s: the schema has %v, a declaration %v", at, names, want)
	}
	for name, b := range blocks {
		inner := fields[name]
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if nested, ok := b.(schema.SingleNestedBlock); ok {
			compareNames(t, at+"."+name, nested.Attributes, nested.Blocks, inner)
		}
	}
}

// addFields adds the fields of a struct, and of those embedded in it, by their JSON names.
func addFields(fields map[string]reflect.Type, kind reflect.Type) {
	for i := range kind.NumField() {
		f := kind.Field(i)
		if f.Anonymous {
			addFields(fields, f.Type)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields[name] = f.Type
	}
}

// declaring is a Terraform whose provider has these service blocks.
func declaring(t *testing.T, blocks ...any) *protocol.Terraform {
	t.Helper()
	return &protocol.Terraform{
		TB: t, Provider: map[string]any{"service": blocks},
		Server: func() tfprotov6.ProviderServer {
			return NewServer(Options{Version: "test", Env: func(string) string { return "" }})
		},
	}
}

// TestServiceBlock_mistakes: each mistake in a declaration is an error on its attribute
// while Terraform validates.
func TestServiceBlock_mistakes(t *testing.T) {
	t.Parallel()
	right := func() map[string]any {
		return map[string]any{
			"name": "internal", "base_url": "https://keys.example.com", "credential": "admin",
			"create": map[string]any{"path": "/keys", "value": "/key"}, "list": map[string]any{"path": "/keys"}, "revoke": map[string]any{"path": "/keys/{id}"},
		}
	}
	for name, tc := range map[string]struct {
		change map[string]any
		at     string // "" if nothing is wrong
		words  string
	}{
		"right":               {},
		"from the catalog":    {change: map[string]any{"name": "resend", "base_url": nil, "create": nil, "list": nil, "revoke": nil}},
		"an unknown address":  {change: map[string]any{"base_url": protocol.Unknown{}}},
		"an unknown variable": {change: map[string]any{"vars": protocol.Unknown{}, "list": map[string]any{"path": "/{project}/keys"}}},
		"no address":          {change: map[string]any{"base_url": nil}, at: `AttributeName("base_url")`, words: "base_url is missing"},
		"a pointer that is none": {
			change: map[string]any{"create": map[string]any{"path": "/keys", "value": "data.key"}},
			at:     `AttributeName("create").AttributeName("value")`, words: `"/data/key"`,
		},
		"no create":       {change: map[string]any{"create": nil}, at: `AttributeName("create")`, words: "missing"},
		"a coded service": {change: map[string]any{"name": "onepin"}, at: `AttributeName("name")`, words: "apikeys_onepin_key"},
		"paging": {
			change: map[string]any{"list": map[string]any{"path": "/keys", "page": map[string]any{"style": "links", "param": "p"}}},
			at:     `AttributeName("list").AttributeName("page").AttributeName("style")`, words: "cursor",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			block := right()
			maps.Copy(block, tc.change)
			ds := declaring(t, block).Configure()
			if tc.at == "" {
				if len(ds) > 0 {
					t.Error(ds)
				}
				return
			}
			at := `AttributeName("service").ElementKeyInt(0).` + tc.at
			if len(ds) == 0 || ds[0].Attribute == nil || !strings.HasPrefix(ds[0].Attribute.String(), at) || !strings.Contains(ds[0].Detail, tc.words) {
				t.Errorf("want an error on %s; got %s", at, ds)
			}
		})
	}
	t.Run("two of one name", func(t *testing.T) {
		t.Parallel()
		if errs := declaring(t, right(), right()).Configure().Errors(); len(errs) != 1 || !strings.Contains(errs[0], "Two blocks") {
			t.Error(errs)
		}
	})
}

// TestServiceDataSource shows a service of the catalog, and a declared one.
func TestServiceDataSource(t *testing.T) {
	t.Parallel()
	run := declaring(t, map[string]any{
		"name": "internal", "base_url": "https://keys.example.com", "credential": "admin",
		"create": map[string]any{"path": "/keys", "value": "/key"}, "list": map[string]any{"path": "/keys"}, "revoke": map[string]any{"path": "/keys/{id}"},
	}).Run()
	own, ds := run.Data("apikeys_service", map[string]any{"name": "internal"})
	guarantees, _ := own["guarantees"].(map[string]any)
	limits, _ := own["limits"].([]any)
	if len(ds) > 0 || own["in_catalog"] != false || own["read"] != nil || guarantees["never_created_twice"] != true || guarantees["lost_creates_cleared_up"] != false || len(limits) != len(guarantees)-1 {
		t.Errorf("%v, %s", own, ds)
	}
	resend, ds := run.Data("apikeys_service", map[string]any{"name": "resend"})
	documentation, _ := resend["documentation"].([]any)
	if len(ds) > 0 || resend["title"] != "Resend" || resend["in_catalog"] != true || resend["tried"] != false || len(documentation) == 0 {
		t.Errorf("%v, %s", resend, ds)
	}
	if _, ds := run.Data("apikeys_service", map[string]any{"name": "elsewhere"}); len(ds.Errors()) != 1 || !strings.Contains(ds.Errors()[0], "internal") || !strings.Contains(ds.Errors()[0], "resend") {
		t.Errorf("%s", ds)
	}
}

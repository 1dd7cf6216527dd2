package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func TestDocument(t *testing.T) {
	t.Parallel()
	block := func(attributes ...*tfprotov6.SchemaAttribute) *tfprotov6.Schema {
		return &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{
			Description: "d", DescriptionKind: tfprotov6.StringKindMarkdown, Attributes: attributes,
		}}
	}
	doc := document(&tfprotov6.GetProviderSchemaResponse{
		Provider: &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{BlockTypes: []*tfprotov6.SchemaNestedBlock{
			{TypeName: "x", Nesting: tfprotov6.SchemaNestedBlockNestingModeSingle, Block: block().Block},
		}}},
		ResourceSchemas: map[string]*tfprotov6.Schema{"apikeys_x_key": block(
			&tfprotov6.SchemaAttribute{Name: "scopes", Optional: true, Type: tftypes.Set{ElementType: tftypes.String}},
			&tfprotov6.SchemaAttribute{Name: "retiring", Computed: true, NestedType: &tfprotov6.SchemaObject{
				Nesting:    tfprotov6.SchemaObjectNestingModeList,
				Attributes: []*tfprotov6.SchemaAttribute{{Name: "due", Type: tftypes.Bool}},
			}},
		)},
		Functions: map[string]*tfprotov6.Function{"decrypt": {
			Parameters: []*tfprotov6.FunctionParameter{{Name: "identity", Type: tftypes.String}},
			Return:     &tfprotov6.FunctionReturn{Type: tftypes.String},
		}},
	}, &tfprotov6.GetResourceIdentitySchemasResponse{
		IdentitySchemas: map[string]*tfprotov6.ResourceIdentitySchema{"apikeys_x_key": {
			IdentityAttributes: []*tfprotov6.ResourceIdentitySchemaAttribute{
				{Name: "id", Type: tftypes.String, RequiredForImport: true},
			},
		}},
	})
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"provider_schemas":{"registry.terraform.io/hashicorp/apikeys":{`,
		`"scopes":{"computed":false,"deprecated":false,"description":"","description_kind":"plain","optional":true,"required":false,"sensitive":false,"type":["set","string"],"write_only":false}`,
		`"nested_type":{"attributes":{"due":{`,
		`"nesting_mode":"list"`,
		`"description":"d","description_kind":"markdown"`,
		`"block_types":{"x":{"block":{"attributes":{},"deprecated":false,"description":"d","description_kind":"markdown"},"nesting_mode":"single"}}`,
		`"resource_identity_schemas":{"apikeys_x_key":{"attributes":{"id":{"description":"","optional_for_import":false,"required_for_import":true,"type":"string"}},"version":0}}`,
		`"functions":{"decrypt":{"description":"","parameters":[{"description":"","is_nullable":false,"name":"identity","type":"string"}],"return_type":"string","summary":""}}`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the document lacks %s\n%s", want, text)
		}
	}
}

package main

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// object is a JSON object. The format is the one described in
// https://developer.hashicorp.com/terraform/cli/commands/providers/schema. Types of
// tftypes marshal to its notation, such as ["list","string"].
type object = map[string]any

// document renders the answer of `terraform providers schema -json`.
func document(s *tfprotov6.GetProviderSchemaResponse, i *tfprotov6.GetResourceIdentitySchemasResponse) object {
	doc := object{"provider": schema(withoutNested(s.Provider)), "functions": each(s.Functions, function)}
	actions := make(map[string]*tfprotov6.Schema, len(s.ActionSchemas))
	for name, action := range s.ActionSchemas {
		actions[name] = action.Schema
	}
	for key, group := range map[string]map[string]*tfprotov6.Schema{
		"resource_schemas":           s.ResourceSchemas,
		"data_source_schemas":        s.DataSourceSchemas,
		"ephemeral_resource_schemas": s.EphemeralResourceSchemas,
		"list_resource_schemas":      s.ListResourceSchemas,
		"action_schemas":             actions,
	} {
		doc[key] = each(group, schema)
	}
	doc["resource_identity_schemas"] = each(i.IdentitySchemas, identity)
	return object{"format_version": "1.0", "provider_schemas": object{sourceKey: doc}}
}

// each renders every member of a map.
func each[In any](in map[string]In, render func(In) object) object {
	out := make(object, len(in))
	for name, one := range in {
		out[name] = render(one)
	}
	return out
}

func schema(s *tfprotov6.Schema) object {
	return object{"version": s.Version, "block": block(s.Block)}
}

func block(b *tfprotov6.SchemaBlock) object {
	out := described(b.Description, b.DescriptionKind)
	out["attributes"], out["deprecated"] = attributes(b.Attributes), b.Deprecated
	nested := object{}
	for _, n := range b.BlockTypes {
		nested[n.TypeName] = object{"nesting_mode": strings.ToLower(n.Nesting.String()), "block": block(n.Block)}
	}
	if len(nested) > 0 {
		out["block_types"] = nested
	}
	return out
}

func attributes(list []*tfprotov6.SchemaAttribute) object {
	out := object{}
	for _, a := range list {
		one := described(a.Description, a.DescriptionKind)
		one["required"], one["optional"], one["computed"] = a.Required, a.Optional, a.Computed
		one["sensitive"], one["write_only"], one["deprecated"] = a.Sensitive, a.WriteOnly, a.Deprecated
		if a.NestedType != nil {
			one["nested_type"] = object{
				"attributes":   attributes(a.NestedType.Attributes),
				"nesting_mode": strings.ToLower(a.NestedType.Nesting.String()),
			}
		} else {
			one["type"] = a.Type
		}
		out[a.Name] = one
	}
	return out
}

func identity(s *tfprotov6.ResourceIdentitySchema) object {
	out := object{}
	for _, a := range s.IdentityAttributes {
		out[a.Name] = object{
			"type": a.Type, "description": a.Description,
			"required_for_import": a.RequiredForImport, "optional_for_import": a.OptionalForImport,
		}
	}
	return object{"version": s.Version, "attributes": out}
}

func function(f *tfprotov6.Function) object {
	out := object{"description": f.Description, "summary": f.Summary, "return_type": f.Return.Type}
	parameters := make([]object, len(f.Parameters))
	for i, p := range f.Parameters {
		parameters[i] = parameter(p)
	}
	out["parameters"] = parameters
	if f.VariadicParameter != nil {
		out["variadic_parameter"] = parameter(f.VariadicParameter)
	}
	if f.DeprecationMessage != "" {
		out["deprecation_message"] = f.DeprecationMessage
	}
	return out
}

func parameter(p *tfprotov6.FunctionParameter) object {
	return object{"name": p.Name, "description": p.Description, "is_nullable": p.AllowNullValue, "type": p.Type}
}

func described(text string, kind tfprotov6.StringKind) object {
	if kind == tfprotov6.StringKindMarkdown {
		return object{"description": text, "description_kind": "markdown"}
	}
	return object{"description": text, "description_kind": "plain"}
}

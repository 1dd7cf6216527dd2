package tfkey

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	dsschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	ephschema "github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// isSettable reports whether the configuration may set the attribute.
func (a attribute) isSettable() bool {
	return a.Mode == definition.InPlace || a.Mode == definition.Replace
}

// isServiceChosen reports whether the service chooses a value that the configuration leaves
// open.
func (a attribute) isServiceChosen() bool {
	return a.isSettable() && a.Default == nil && !a.Required && a.Kind != definition.JSON
}

// argumentText describes an attribute that can be set: what it is, then what holds without it.
func (a attribute) argumentText() string {
	if a.WhenUnset == "" {
		return a.Description
	}
	return a.Description + " " + a.WhenUnset
}

// changeText says in a description what a change does.
func (a attribute) changeText() string {
	text := ""
	switch a.Mode {
	case definition.InPlace:
		text = " Changing it updates the key in place; id and value stay."
	case definition.Replace:
		text = " Changing it creates a new key."
	}
	if a.ChangeNote != "" {
		text += " " + a.ChangeNote
	}
	return text
}

// resource is the attribute in the resource's schema.
func (a attribute) resource() schema.Attribute {
	optional, text := a.isSettable(), a.argumentText()+a.changeText()
	switch a.Kind {
	case definition.Int64:
		at := schema.Int64Attribute{MarkdownDescription: text, Optional: optional, Computed: true}
		if optional {
			at.Validators = []validator.Int64{int64validator.AtLeast(a.Min)}
		}
		return at
	case definition.Bool:
		at := schema.BoolAttribute{MarkdownDescription: text, Optional: optional, Computed: true}
		if def, ok := a.Default.(bool); ok {
			at.Default = booldefault.StaticBool(def)
		}
		return at
	case definition.StringSet:
		at := schema.SetAttribute{MarkdownDescription: text, Optional: optional, Computed: true, ElementType: types.StringType}
		if optional {
			at.Validators = []validator.Set{setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))}
		}
		return at
	case definition.JSON:
		return schema.StringAttribute{MarkdownDescription: text, Optional: true, CustomType: jsontypes.NormalizedType{}, Validators: []validator.String{jsonObject()}}
	default:
		at := schema.StringAttribute{MarkdownDescription: text, Optional: optional, Computed: true}
		if a.Required {
			at.Required, at.Optional, at.Computed = true, false, false
		}
		if optional {
			at.Validators = []validator.String{stringvalidator.LengthAtLeast(1)}
		}
		return at
	}
}

// dataSource is the attribute in the read-only forms.
func (a attribute) dataSource() dsschema.Attribute {
	switch a.Kind {
	case definition.Int64:
		return dsschema.Int64Attribute{MarkdownDescription: a.Description, Computed: true}
	case definition.Bool:
		return dsschema.BoolAttribute{MarkdownDescription: a.Description, Computed: true}
	case definition.Float64:
		return dsschema.Float64Attribute{MarkdownDescription: a.Description, Computed: true}
	case definition.StringSet:
		return dsschema.SetAttribute{MarkdownDescription: a.Description, Computed: true, ElementType: types.StringType}
	case definition.JSON:
		return dsschema.StringAttribute{MarkdownDescription: a.Description, Computed: true, CustomType: jsontypes.NormalizedType{}}
	default:
		return dsschema.StringAttribute{MarkdownDescription: a.Description, Computed: true}
	}
}

// ephemeral is the attribute in the ephemeral resource: a create argument, or what the service
// reports.
func (a attribute) ephemeral() ephschema.Attribute {
	optional, text := a.isSettable(), a.argumentText()
	switch a.Kind {
	case definition.Int64:
		at := ephschema.Int64Attribute{MarkdownDescription: text, Optional: optional, Computed: true}
		if optional {
			at.Validators = []validator.Int64{int64validator.AtLeast(a.Min)}
		}
		return at
	case definition.Bool:
		return ephschema.BoolAttribute{MarkdownDescription: text, Optional: optional, Computed: true}
	case definition.StringSet:
		return ephschema.SetAttribute{MarkdownDescription: text, Optional: optional, Computed: true, ElementType: types.StringType}
	case definition.JSON:
		return ephschema.StringAttribute{MarkdownDescription: text, Optional: true, CustomType: jsontypes.NormalizedType{}, Validators: []validator.String{jsonObject()}}
	default:
		at := ephschema.StringAttribute{MarkdownDescription: text, Optional: optional, Computed: true}
		if a.Required {
			at.Required, at.Optional, at.Computed = true, false, false
		}
		if optional {
			at.Validators = []validator.String{stringvalidator.LengthAtLeast(1)}
		}
		return at
	}
}

// null is the attribute's null value.
func (a attribute) null() attr.Value {
	switch a.Kind {
	case definition.Int64:
		return types.Int64Null()
	case definition.Bool:
		return types.BoolNull()
	case definition.Float64:
		return types.Float64Null()
	case definition.StringSet:
		return types.SetNull(types.StringType)
	case definition.JSON:
		return jsontypes.NewNormalizedNull()
	default:
		return types.StringNull()
	}
}

// unknown is the attribute's unknown value.
func (a attribute) unknown() attr.Value {
	switch a.Kind {
	case definition.Int64:
		return types.Int64Unknown()
	case definition.Bool:
		return types.BoolUnknown()
	case definition.StringSet:
		return types.SetUnknown(types.StringType)
	case definition.JSON:
		return jsontypes.NewNormalizedUnknown()
	default:
		return types.StringUnknown()
	}
}

// flatten turns a service's value into Terraform's; nil is null, and so is a value of
// another kind than the declared one, see checkKinds.
func (a attribute) flatten(value any) attr.Value {
	switch v := value.(type) {
	case int64:
		if a.Kind == definition.Int64 {
			return types.Int64Value(v)
		}
	case bool:
		if a.Kind == definition.Bool {
			return types.BoolValue(v)
		}
	case float64:
		if a.Kind == definition.Float64 {
			return types.Float64Value(v)
		}
	case []string:
		if a.Kind == definition.StringSet {
			return stringSet(v)
		}
	case time.Time:
		if a.Kind == definition.Time {
			return flattenTime(v)
		}
	case string:
		switch a.Kind {
		case definition.String:
			return types.StringValue(v)
		case definition.JSON:
			return jsontypes.NewNormalizedValue(v)
		}
	}
	return a.null()
}

// shows reports whether a service shows a setting as it was sent.
func (a attribute) shows(sent, shown any) bool {
	want, got := a.flatten(sent), a.flatten(shown)
	if a.Kind == definition.JSON {
		got = overlayJSON(want, got)
	}
	return sameValue(want, got)
}

// checkKinds fails if a key has a value of another kind than its attribute declares.
func (c *serviceBase) checkKinds(k driver.Key) (diags diag.Diagnostics) {
	for _, a := range c.def.attributes() {
		v, ok := k.Attributes[a.Name]
		if at, isTime := v.(time.Time); !ok || v == nil || isTime && at.IsZero() || !a.flatten(v).IsNull() {
			continue
		}
		diags.AddAttributeError(path.Root(a.Name), "Value of another kind",
			fmt.Sprintf("%s gave key %s a value of %s that is not of the kind that the provider expects. Please report this as a bug in the provider.", c.def.Title, k.ID, a.Name))
	}
	return diags
}

// expand turns a known Terraform value into the service's.
func (a attribute) expand(ctx context.Context, v attr.Value) (any, diag.Diagnostics) {
	switch v := v.(type) {
	case types.Int64:
		return v.ValueInt64(), nil
	case types.Bool:
		return v.ValueBool(), nil
	case types.Set:
		var members []string
		diags := v.ElementsAs(ctx, &members, false)
		slices.Sort(members)
		return members, diags
	case types.String:
		return v.ValueString(), nil
	case jsontypes.Normalized:
		return v.ValueString(), nil
	default:
		return nil, nil
	}
}

// known reports whether a value is neither null nor unknown.
func known(v attr.Value) bool { return v != nil && !v.IsNull() && !v.IsUnknown() }

// flattenTime is RFC 3339, null for the zero time.
func flattenTime(t time.Time) types.String {
	if t.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(rfc3339(t))
}

// stringSet is a set of strings.
func stringSet(members []string) types.Set {
	values := make([]attr.Value, len(members))
	for i, m := range members {
		values[i] = types.StringValue(m)
	}
	return types.SetValueMust(types.StringType, values)
}

// hasAttribute reports whether the service's record has a property.
func hasAttribute(k driver.Key, name string) bool {
	v, ok := k.Attributes[name]
	return ok && v != nil
}

package tfkey

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// use says who sets an attribute, and whether it is secret.
type use int

const (
	required use = 1 << iota
	optional
	computed
	sensitive
)

// The resource's kinds of attribute fit into the schemas of data sources, ephemeral resources,
// list resources and actions too, so that each kind is built in one place.

func stringAttribute(u use, text string, v ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{
		MarkdownDescription: text, Validators: v,
		Required: u&required != 0, Optional: u&optional != 0, Computed: u&computed != 0, Sensitive: u&sensitive != 0,
	}
}

func int64Attribute(u use, text string, v ...validator.Int64) schema.Int64Attribute {
	return schema.Int64Attribute{MarkdownDescription: text, Optional: u&optional != 0, Computed: u&computed != 0, Validators: v}
}

func boolAttribute(u use, text string) schema.BoolAttribute {
	return schema.BoolAttribute{MarkdownDescription: text, Optional: u&optional != 0, Computed: u&computed != 0}
}

func setAttribute(u use, text string, v ...validator.Set) schema.SetAttribute {
	return schema.SetAttribute{MarkdownDescription: text, Optional: u&optional != 0, Computed: u&computed != 0, ElementType: types.StringType, Validators: v}
}

func listAttribute(u use, text string, v ...validator.List) schema.ListAttribute {
	return schema.ListAttribute{
		MarkdownDescription: text, ElementType: types.StringType, Validators: v,
		Required: u&required != 0, Optional: u&optional != 0, Computed: u&computed != 0, Sensitive: u&sensitive != 0,
	}
}

// notEmpty refuses an empty string.
func notEmpty() validator.String { return stringvalidator.LengthAtLeast(1) }

// scopeAttribute is the argument that says where keys are: which declared service, or which
// workspace or tenant.
func (d serviceDef) scopeAttribute(u use, what string) schema.StringAttribute {
	if d.Declared {
		return stringAttribute(required, "Name of the service: of a `service` block of the provider, or of the catalog.", notEmpty())
	}
	return stringAttribute(u, what+". Default: the provider's own.", notEmpty())
}

// place is where the keys are, for the first sentence of a page.
func (d serviceDef) place() string {
	if d.Declared {
		return "a service of the catalog or of a `service` block"
	}
	return d.Title
}

// attribute is the declaration of one attribute that is specific to a service.
type attribute struct{ definition.Attribute }

// attributes are those of the service's specific attributes that the filter selects.
func (d serviceDef) attributes(selects func(attribute) bool) []attribute {
	all := make([]attribute, 0, len(d.Attributes))
	for _, declared := range d.Attributes {
		if a := (attribute{declared}); selects(a) {
			all = append(all, a)
		}
	}
	return all
}

// Filters for attributes.

func (a attribute) isAny() bool        { return true }
func (a attribute) isInResource() bool { return a.Mode != definition.Volatile }
func (a attribute) isComputed() bool   { return a.Mode == definition.Computed }
func (a attribute) isInPlace() bool    { return a.Mode == definition.InPlace }
func (a attribute) isReplace() bool    { return a.Mode == definition.Replace }
func (a attribute) isSettable() bool   { return a.isInPlace() || a.isReplace() }

// isInCreate reports whether a create can send the attribute, or its answer has it.
func (a attribute) isInCreate() bool { return a.isInResource() && a.Default == nil }

// isSent reports whether a create sends the attribute.
func (a attribute) isSent() bool { return a.isSettable() && a.Default == nil }

// isChosen reports whether the service chooses the value that the configuration does not set.
func (a attribute) isChosen() bool { return a.isSent() && !a.Required && a.Kind != definition.JSON }

// schema is the attribute in a schema with this use and description.
func (a attribute) schema(u use, text string) schema.Attribute {
	switch a.Kind {
	case definition.Int64:
		return int64Attribute(u, text, int64validator.AtLeast(a.Min))
	case definition.Bool:
		return boolAttribute(u, text)
	case definition.Float64:
		return schema.Float64Attribute{MarkdownDescription: text, Computed: true}
	case definition.StringSet:
		return setAttribute(u, text, setvalidator.ValueStringsAre(notEmpty()))
	case definition.JSON:
		at := stringAttribute(u, text, isJSONObject())
		at.CustomType = jsontypes.NormalizedType{}
		return at
	default:
		return stringAttribute(u, text, notEmpty())
	}
}

// argument is the attribute in a schema where the configuration may set it. change says what a
// change does; "" adds nothing.
func (a attribute) argument(change string) schema.Attribute {
	text, u := a.Description, computed
	switch {
	case a.WhenUnset != "" && change != "":
		text += " " + a.WhenUnset + "; " + change + "."
	case a.WhenUnset != "":
		text += " " + a.WhenUnset + "."
	case change != "":
		text += " " + strings.ToUpper(change[:1]) + change[1:] + "."
	}
	switch {
	case a.Required:
		u = required
	case a.Kind == definition.JSON:
		u = optional
	case a.isSettable():
		u |= optional
	}
	return a.schema(u, text)
}

// resource is the attribute in the resource's schema, with what a change does.
func (a attribute) resource() schema.Attribute {
	change := ""
	switch a.Mode {
	case definition.InPlace:
		change = "changed in place"
	case definition.Replace:
		change = "a change creates a new key"
	}
	if a.ChangeNote != "" {
		change = a.ChangeNote
	}
	return a.argument(change)
}

// null is the attribute's null value.
func (a attribute) null() attr.Value { return a.raw(nil) }

// unknown is the attribute's unknown value.
func (a attribute) unknown() attr.Value { return a.raw(tftypes.UnknownValue) }

func (a attribute) raw(raw any) attr.Value {
	kind, ctx := a.schema(computed, "").GetType(), context.Background()
	v, err := kind.ValueFromTerraform(ctx, tftypes.NewValue(kind.TerraformType(ctx), raw))
	if err != nil {
		panic(err) // null and unknown are values of every type
	}
	return v
}

// flatten turns a service's value into Terraform's; nil is null, and so is a value of another
// kind than the declared one, see checkKinds.
func (a attribute) flatten(value any) attr.Value {
	var v attr.Value
	var kind definition.Kind
	switch value := value.(type) {
	case int64:
		v, kind = types.Int64Value(value), definition.Int64
	case bool:
		v, kind = types.BoolValue(value), definition.Bool
	case float64:
		v, kind = types.Float64Value(value), definition.Float64
	case []string:
		v, kind = stringSet(value), definition.StringSet
	case time.Time:
		v, kind = flattenTime(value), definition.Time
	case string:
		v, kind = types.StringValue(value), definition.String
		if a.Kind == definition.JSON {
			v, kind = jsontypes.NewNormalizedValue(value), definition.JSON
		}
	}
	if v == nil || kind != a.Kind {
		return a.null()
	}
	return v
}

// shows reports whether a service shows a setting as it was sent.
func (a attribute) shows(sent, shown any) bool {
	want, got := a.flatten(sent), a.flatten(shown)
	if a.Kind == definition.JSON {
		got = overlayJSON(want, got)
	}
	return sameMeaning(want, got)
}

// checkKinds fails if a key has a value of another kind than its attribute declares.
func (r operation) checkKinds(k driver.Key) {
	for _, a := range r.def.attributes(attribute.isAny) {
		v := k.Attributes[a.Name]
		if at, isTime := v.(time.Time); v == nil || isTime && at.IsZero() || !a.flatten(v).IsNull() {
			continue
		}
		r.AddAttributeError(path.Root(a.Name), "Value of another kind",
			fmt.Sprintf("%s gave key %s a value of %s that is not of the kind that the provider expects. Please report this as a bug in the provider.", r.def.Title, k.ID, a.Name))
	}
}

// expand turns a Terraform value that is set into the service's.
func expand(v attr.Value) any {
	switch v := v.(type) {
	case types.Int64:
		return v.ValueInt64()
	case types.Bool:
		return v.ValueBool()
	case types.Set:
		return slices.Sorted(slices.Values(stringsOf(v.Elements())))
	case types.String:
		return v.ValueString()
	case jsontypes.Normalized:
		return v.ValueString()
	default:
		return nil
	}
}

// isSet reports whether a value is neither null nor unknown.
func isSet(v attr.Value) bool { return v != nil && !v.IsNull() && !v.IsUnknown() }

func isNull(v attr.Value) bool { return v == nil || v.IsNull() }

// equalValues compares two values that may be nil.
func equalValues(a, b attr.Value) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.Equal(b)
}

// flattenTime is RFC 3339, null for the zero time.
func flattenTime(t time.Time) types.String {
	if t.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(rfc3339(t))
}

// rfc3339 formats a time in UTC, with the fraction of a second that the service gave.
func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// timeOf reads a time; zero for anything else.
func timeOf(v attr.Value) time.Time {
	t, _ := time.Parse(time.RFC3339, textOf(v))
	return t
}

// textOf reads a string; empty for anything else.
func textOf(v attr.Value) string {
	text, _ := v.(types.String)
	return text.ValueString()
}

// stringSet is a set of strings.
func stringSet(members []string) types.Set {
	values := make([]attr.Value, len(members))
	for i, m := range members {
		values[i] = types.StringValue(m)
	}
	return types.SetValueMust(types.StringType, values)
}

// stringsOf reads the elements of a set or list of strings.
func stringsOf(elements []attr.Value) []string {
	all := make([]string, len(elements))
	for i, e := range elements {
		all[i] = textOf(e)
	}
	return all
}

// objectOf returns an object of values.
func objectOf(ctx context.Context, values map[string]attr.Value) types.Object {
	kinds := make(map[string]attr.Type, len(values))
	for name, v := range values {
		kinds[name] = v.Type(ctx)
	}
	return types.ObjectValueMust(kinds, values)
}

// hasAttribute reports whether the service's record has a property.
func hasAttribute(k driver.Key, name string) bool { return k.Attributes[name] != nil }

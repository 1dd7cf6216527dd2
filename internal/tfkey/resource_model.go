package tfkey

import (
	"context"
	"maps"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// model is a key resource in Terraform's types: the attributes of all services as fields, a
// service's own by name.
type model struct {
	ID               types.String
	Name             types.String
	CreatedAt        types.String
	Key              types.String
	KeyWO            types.String // in the configuration only
	KeyWOVersion     types.Int64
	KeyVersion       types.Int64
	RotationTriggers types.Map
	RotateAfter      types.String
	RotationOverlap  types.String
	RotateAt         types.String
	RotationDue      types.Bool
	Retiring         types.List
	DuplicateIDs     types.Set
	OnDuplicateName  types.String
	EncryptTo        types.Set
	StoreKey         types.Bool
	EncryptedKey     types.String

	own map[string]attr.Value
}

// data is a plan, a state or a configuration.
type data interface {
	Get(ctx context.Context, target any) diag.Diagnostics
}

// read decodes a plan, state or configuration.
func (d serviceDef) read(ctx context.Context, from data) (model, diag.Diagnostics) {
	var object types.Object
	diags := from.Get(ctx, &object)
	if diags.HasError() {
		return model{}, diags
	}
	return d.decode(object), diags
}

// decode takes a model from an object.
func (d serviceDef) decode(object types.Object) model {
	values := object.Attributes()
	m := model{own: map[string]attr.Value{}}
	for _, field := range m.fields() {
		field.decode(values[field.name])
	}
	for _, a := range d.attributes() {
		if a.Mode != definition.Volatile {
			m.own[a.Name] = values[a.Name]
		}
	}
	if d.HasRotate {
		m.own[nativeRotation] = values[nativeRotation]
	}
	return m
}

// get returns an attribute by its name; nil if there is none.
func (m model) get(name string) attr.Value {
	for _, field := range m.fields() {
		if field.name == name {
			return field.value()
		}
	}
	return m.own[name]
}

// equal reports whether two models are the same.
func (m model) equal(other model) bool {
	fields := other.fields()
	for i, field := range m.fields() {
		if !equalValues(field.value(), fields[i].value()) {
			return false
		}
	}
	return maps.EqualFunc(m.own, other.own, equalValues)
}

// object encodes the model for State.Set and Plan.Set.
func (m model) object(ctx context.Context) types.Object {
	values := maps.Clone(m.own)
	for _, field := range m.fields() {
		values[field.name] = field.value()
	}
	return objectOf(ctx, values)
}

// field ties an attribute name to a field of the model.
type field struct {
	name   string
	decode func(attr.Value)
	value  func() attr.Value
}

func fieldOf[T attr.Value](name string, at *T) field {
	return field{
		name: name,
		decode: func(v attr.Value) {
			if v, ok := v.(T); ok {
				*at = v
			}
		},
		value: func() attr.Value { return *at },
	}
}

func (m *model) fields() []field {
	return []field{
		fieldOf("id", &m.ID),
		fieldOf("name", &m.Name),
		fieldOf("created_at", &m.CreatedAt),
		fieldOf("key", &m.Key),
		fieldOf("key_wo", &m.KeyWO),
		fieldOf("key_wo_version", &m.KeyWOVersion),
		fieldOf("key_version", &m.KeyVersion),
		fieldOf("rotation_triggers", &m.RotationTriggers),
		fieldOf("rotate_after", &m.RotateAfter),
		fieldOf("rotation_overlap", &m.RotationOverlap),
		fieldOf("rotate_at", &m.RotateAt),
		fieldOf("rotation_due", &m.RotationDue),
		fieldOf("retiring", &m.Retiring),
		fieldOf("duplicate_ids", &m.DuplicateIDs),
		fieldOf("on_duplicate_name", &m.OnDuplicateName),
		fieldOf("encrypt_to", &m.EncryptTo),
		fieldOf("store_key", &m.StoreKey),
		fieldOf("encrypted_key", &m.EncryptedKey),
	}
}

// scope is the workspace or tenant; "" if it is not known.
func (m model) scope(d serviceDef) string {
	s, _ := m.own[d.Scope].(types.String)
	return s.ValueString()
}

// secret is the key's value if the model has it.
func (m model) secret() driver.Secret { return driver.NewSecret(m.Key.ValueString()) }

// created is when the key was created; zero if that is not known.
func (m model) created() time.Time { return timeOf(m.CreatedAt) }

// timeOf reads a time; zero for anything else.
func timeOf(v attr.Value) time.Time {
	text, _ := v.(types.String)
	t, _ := time.Parse(time.RFC3339, text.ValueString())
	return t
}

// retiringKey is a member of retiring.
type retiringKey struct {
	id string
	// retiredAt is when it was replaced; zero where its time does not follow the overlap.
	retiredAt time.Time
	revokeAt  time.Time
	due       bool
}

// retiringTypes are the attribute types of a member of retiring.
func retiringTypes() map[string]attr.Type {
	return map[string]attr.Type{"id": types.StringType, "retired_at": types.StringType, "revoke_at": types.StringType, "due": types.BoolType}
}

// retiring decodes retiring; unknown and null are empty.
func (m model) retiring() []retiringKey {
	var list []retiringKey
	for _, e := range m.Retiring.Elements() {
		object, ok := e.(types.Object)
		if !ok {
			continue
		}
		values := object.Attributes()
		id, _ := values["id"].(types.String)
		due, _ := values["due"].(types.Bool)
		list = append(list, retiringKey{
			id: id.ValueString(), retiredAt: timeOf(values["retired_at"]), revokeAt: timeOf(values["revoke_at"]), due: due.ValueBool(),
		})
	}
	return list
}

// keyIDs are the ids of all keys that the resource manages.
func (m model) keyIDs() []string {
	retirees := m.retiring()
	ids := append(make([]string, 0, 1+len(retirees)), m.ID.ValueString())
	for _, old := range retirees {
		ids = append(ids, old.id)
	}
	return ids
}

// retiringList encodes retiring.
func retiringList(retirees []retiringKey) types.List {
	values := make([]attr.Value, len(retirees))
	for i, r := range retirees {
		values[i] = types.ObjectValueMust(retiringTypes(), map[string]attr.Value{
			"id":         types.StringValue(r.id),
			"retired_at": flattenTime(r.retiredAt),
			"revoke_at":  flattenTime(r.revokeAt),
			"due":        types.BoolValue(r.due),
		})
	}
	return types.ListValueMust(types.ObjectType{AttrTypes: retiringTypes()}, values)
}

// duplicates decodes duplicate_ids.
func (m model) duplicates() []string {
	var ids []string
	for _, e := range m.DuplicateIDs.Elements() {
		if id, ok := e.(types.String); ok {
			ids = append(ids, id.ValueString())
		}
	}
	return ids
}

// setNewKey sets everything that a new key decides, but for its value (see setValue).
func (m *model) setNewKey(d serviceDef, k driver.Minted, now time.Time) {
	created := k.CreatedAt
	if created.IsZero() || k.DateOnly {
		created = now
	}
	m.ID = types.StringValue(k.ID)
	m.CreatedAt = flattenTime(created)
	m.KeyVersion = types.Int64Value(max(created.UnixMilli(), m.KeyVersion.ValueInt64()+1))
	m.RotationDue = types.BoolValue(false)
	m.RotateAt = rotateAt(created, m.RotateAfter)
	m.fillUnknown(d, k.Key)
}

// fillUnknown sets own attributes that are unknown or missing from the key.
func (m *model) fillUnknown(d serviceDef, k driver.Key) {
	for _, a := range d.attributes() {
		if v := m.own[a.Name]; a.Mode != definition.Volatile && (v == nil || v.IsUnknown()) {
			m.own[a.Name] = a.flatten(k.Attributes[a.Name])
		}
	}
}

// updateFrom sets what the service shows of the key now. What it does not show stays.
func (m *model) updateFrom(d serviceDef, k driver.Key) {
	m.Name = types.StringValue(k.Name)
	// A listing may give coarser times than the create did.
	coarse := time.Second
	if k.DateOnly {
		coarse = 24 * time.Hour
	}
	if !k.CreatedAt.IsZero() && k.CreatedAt.Sub(m.created()).Abs() >= coarse {
		m.CreatedAt = flattenTime(k.CreatedAt)
	}
	for _, a := range d.attributes() {
		if a.Mode == definition.Volatile {
			continue
		}
		if a.Kind == definition.JSON && m.own[a.Name] != nil {
			m.own[a.Name] = overlayJSON(m.own[a.Name], a.flatten(k.Attributes[a.Name]))
		} else if hasAttribute(k, a.Name) {
			m.own[a.Name] = a.flatten(k.Attributes[a.Name])
		} else if _, reported := k.Attributes[a.Name]; reported && a.Mode != definition.Replace || m.own[a.Name] == nil {
			m.own[a.Name] = a.null()
		}
	}
}

// null are a service's own attributes, all null.
func (c *serviceBase) null() map[string]attr.Value {
	own := map[string]attr.Value{}
	for _, a := range c.def.attributes() {
		if a.Mode != definition.Volatile {
			own[a.Name] = a.null()
		}
	}
	if c.def.HasRotate {
		own[nativeRotation] = types.BoolNull()
	}
	return own
}

// scopeOf is a model's own attributes with only a scope.
func scopeOf(d serviceDef, scope string) map[string]attr.Value {
	if scope == "" {
		return nil
	}
	return map[string]attr.Value{d.Scope: types.StringValue(scope)}
}

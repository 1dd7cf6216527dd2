package tfkey

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"reflect"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// model is a key resource in Terraform's types: the attributes of all services as fields, those
// that are specific to a service by name.
type model struct {
	ID               types.String `tfsdk:"id"`
	Name             types.String `tfsdk:"name"`
	CreatedAt        types.String `tfsdk:"created_at"`
	Key              types.String `tfsdk:"key"`
	KeyWO            types.String `tfsdk:"key_wo"` // in the configuration only
	KeyWOVersion     types.Int64  `tfsdk:"key_wo_version"`
	KeyVersion       types.Int64  `tfsdk:"key_version"`
	RotationTriggers types.Map    `tfsdk:"rotation_triggers"`
	RotateAfter      types.String `tfsdk:"rotate_after"`
	RotationOverlap  types.String `tfsdk:"rotation_overlap"`
	RotateAt         types.String `tfsdk:"rotate_at"`
	RotationDue      types.Bool   `tfsdk:"rotation_due"`
	Retiring         types.List   `tfsdk:"retiring"`
	DuplicateIDs     types.Set    `tfsdk:"duplicate_ids"`
	OnDuplicateName  types.String `tfsdk:"on_duplicate_name"`
	EncryptTo        types.Set    `tfsdk:"encrypt_to"`
	StoreKey         types.Bool   `tfsdk:"store_key"`
	EncryptedKey     types.String `tfsdk:"encrypted_key"`

	specific map[string]attr.Value
}

// fields yields the attributes of all services.
func (m *model) fields() iter.Seq2[string, reflect.Value] {
	return func(yield func(string, reflect.Value) bool) {
		v := reflect.ValueOf(m).Elem()
		for i := range v.NumField() {
			if name := v.Type().Field(i).Tag.Get("tfsdk"); name != "" && !yield(name, v.Field(i)) {
				return
			}
		}
	}
}

// modelOf decodes the attributes of the resource. It changes the map, and keeps it.
func modelOf(values map[string]attr.Value) model {
	m := model{specific: values}
	for name, field := range m.fields() {
		if v := reflect.ValueOf(m.specific[name]); v.IsValid() && v.Type() == field.Type() {
			field.Set(v)
		}
		delete(m.specific, name)
	}
	return m
}

// values are all attributes by name.
func (m model) values() map[string]attr.Value {
	all := map[string]attr.Value{}
	maps.Copy(all, m.specific)
	for name, field := range m.fields() {
		all[name], _ = field.Interface().(attr.Value)
	}
	return all
}

// setKnown sets all attributes that the other model knows.
func (m *model) setKnown(from model) {
	values := m.values()
	for name, v := range from.values() {
		if !v.IsUnknown() {
			values[name] = v
		}
	}
	*m = modelOf(values)
}

// equal reports whether two models are the same.
func (m model) equal(other model) bool {
	return maps.EqualFunc(m.values(), other.values(), equalValues)
}

// object encodes the model for State.Set and Plan.Set.
func (m model) object(ctx context.Context) types.Object { return objectOf(ctx, m.values()) }

// scope is the workspace or tenant; "" if it is not known.
func (m model) scope(d serviceDef) string { return textOf(m.specific[d.Scope]) }

// id is the key's id; "" if there is none yet.
func (m model) id() string { return m.ID.ValueString() }

// secret is the key's value if the model has it.
func (m model) secret() driver.Secret { return driver.NewSecret(m.Key.ValueString()) }

// created is when the key was created; zero if that is not known.
func (m model) created() time.Time { return timeOf(m.CreatedAt) }

// isUnknownOutcome reports whether an id is that of a create of unknown outcome.
func isUnknownOutcome(id string) bool {
	_, is := keyring.ParseCreateWindow(id)
	return is
}

// createWindow parses one of the resource's ids as a create window. Older states do not have the
// name in it.
func (m model) createWindow(id string) (w keyring.CreateWindow, is bool) {
	w, is = keyring.ParseCreateWindow(id)
	w.Name = cmp.Or(w.Name, m.Name.ValueString())
	if id == m.id() {
		w.Value = m.secret()
	}
	return w, is
}

// retiringKey is a member of retiring.
type retiringKey struct {
	id string // of a key, or of a create of unknown outcome
	// retiredAt is when it was replaced; zero where its time does not follow the overlap.
	retiredAt time.Time
	revokeAt  time.Time
	due       bool
}

func (k retiringKey) isDue() bool { return k.due }

// retiringType is the type of a member of retiring.
func retiringType() types.ObjectType {
	return types.ObjectType{AttrTypes: map[string]attr.Type{"id": types.StringType, "retired_at": types.StringType, "revoke_at": types.StringType, "due": types.BoolType}}
}

// retiring decodes retiring; unknown and null are empty.
func (m model) retiring() []retiringKey {
	var list []retiringKey
	for _, e := range m.Retiring.Elements() {
		if object, ok := e.(types.Object); ok {
			values := object.Attributes()
			due, _ := values["due"].(types.Bool)
			list = append(list, retiringKey{textOf(values["id"]), timeOf(values["retired_at"]), timeOf(values["revoke_at"]), due.ValueBool()})
		}
	}
	return list
}

// setRetiring encodes retiring.
func (m *model) setRetiring(keys []retiringKey) {
	values := make([]attr.Value, len(keys))
	for i, k := range keys {
		values[i] = types.ObjectValueMust(retiringType().AttrTypes, map[string]attr.Value{
			"id":         types.StringValue(k.id),
			"retired_at": flattenTime(k.retiredAt),
			"revoke_at":  flattenTime(k.revokeAt),
			"due":        types.BoolValue(k.due),
		})
	}
	m.Retiring = types.ListValueMust(retiringType(), values)
}

// keyIDs are the ids of all keys that the resource manages: its current key, and those that
// retire.
func (m model) keyIDs() []string {
	retiring := m.retiring()
	ids := append(make([]string, 0, 1+len(retiring)), m.id())
	for _, old := range retiring {
		ids = append(ids, old.id)
	}
	return ids
}

// duplicates decodes duplicate_ids.
func (m model) duplicates() []string { return stringsOf(m.DuplicateIDs.Elements()) }

// setNewKey sets everything that a new key decides, but for its value (see store).
func (m *model) setNewKey(d serviceDef, k driver.Key, now time.Time) {
	created := k.CreatedAt
	if created.IsZero() || k.DateOnly {
		created = now
	}
	m.ID = types.StringValue(k.ID)
	m.CreatedAt = flattenTime(created)
	m.KeyVersion = types.Int64Value(max(created.UnixMilli(), m.KeyVersion.ValueInt64()+1))
	m.RotationDue = types.BoolValue(false)
	m.RotateAt = rotateAt(created, m.RotateAfter)
	m.fillUnknown(d, k)
}

// fillUnknown sets specific attributes that are unknown or missing from the key.
func (m *model) fillUnknown(d serviceDef, k driver.Key) {
	for _, a := range d.attributes(attribute.isInResource) {
		if v := m.specific[a.Name]; v == nil || v.IsUnknown() {
			m.specific[a.Name] = a.flatten(k.Attributes[a.Name])
		}
	}
}

// updateFrom sets what the service shows of the key now. What it does not show stays.
func (m *model) updateFrom(d serviceDef, k driver.Key) {
	m.Name = types.StringValue(k.Name)
	// A listing may give coarser times than the create did.
	coarse := time.Second
	if k.DateOnly {
		coarse = day
	}
	if !k.CreatedAt.IsZero() && k.CreatedAt.Sub(m.created()).Abs() >= coarse {
		m.CreatedAt = flattenTime(k.CreatedAt)
	}
	for _, a := range d.attributes(attribute.isInResource) {
		if a.Kind == definition.JSON && m.specific[a.Name] != nil {
			m.specific[a.Name] = overlayJSON(m.specific[a.Name], a.flatten(k.Attributes[a.Name]))
		} else if hasAttribute(k, a.Name) {
			m.specific[a.Name] = a.flatten(k.Attributes[a.Name])
		} else if _, reported := k.Attributes[a.Name]; reported && !a.isReplace() || m.specific[a.Name] == nil {
			m.specific[a.Name] = a.null()
		}
	}
}

// complete sets what an import or an older state does not set, and what depends on the time.
func (m *model) complete(now time.Time) {
	if m.OnDuplicateName.IsNull() {
		m.OnDuplicateName = types.StringValue(duplicateWarn)
	}
	if m.StoreKey.IsNull() {
		m.StoreKey = types.BoolValue(true)
	}
	if m.KeyVersion.IsNull() {
		m.KeyVersion = types.Int64Value(m.created().UnixMilli())
	}
	if m.DuplicateIDs.IsNull() {
		m.DuplicateIDs = stringSet(nil)
	}
	m.RotateAt = rotateAt(m.created(), m.RotateAfter)
	m.RotationDue = isDue(m.RotateAt, now)
	retiring := m.retiring()
	for i := range retiring {
		retiring[i].due = !now.Before(retiring[i].revokeAt)
	}
	m.setRetiring(retiring)
}

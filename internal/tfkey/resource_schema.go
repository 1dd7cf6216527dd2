package tfkey

import (
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// The values of on_duplicate_name.
const (
	duplicateWarn   = "warn"
	duplicateIgnore = "ignore"
	duplicateRevoke = "revoke"
)

// schemaVersion counts incompatible changes of the resource's state, see UpgradeState.
const schemaVersion = 1

// resourceSchema is the schema of a service's key resource.
func (d serviceDef) resourceSchema() schema.Schema {
	all := map[string]schema.Attribute{}
	for _, group := range []map[string]schema.Attribute{d.keySchema(), d.rotationSchema(), d.duplicatesSchema(), d.storageSchema()} {
		maps.Copy(all, group)
	}
	for _, a := range d.attributes(attribute.isInResource) {
		all[a.Name] = a.resource()
	}
	return schema.Schema{
		Version:             schemaVersion,
		MarkdownDescription: fmt.Sprintf("Creates, rotates, imports and revokes an API key at %s. Destroying the resource revokes the key for good.", d.place()),
		Attributes:          all,
	}
}

// keySchema is what identifies the key.
func (d serviceDef) keySchema() map[string]schema.Attribute {
	name := "Name of the key"
	if d.MaxName > 0 {
		name += fmt.Sprintf(", 1 to %d characters", d.MaxName)
	}
	name += "; it need not be unique."
	switch {
	case d.Declared:
		name += " A change creates a new key, or renames it if the service's declaration has an `update` call."
	case d.CanRename:
		name += " A change renames the key in place."
	default:
		name += " A change creates a new key."
	}
	return map[string]schema.Attribute{
		"name":       stringAttribute(required, name, isKeyName(d.MaxName, false)),
		"id":         stringAttribute(computed, "Id of the key, which is not secret. A rotation changes it."),
		"created_at": stringAttribute(computed, "When "+d.Title+" created the key, RFC 3339 in UTC."),
	}
}

// rotationSchema is when and how the key rotates.
func (d serviceDef) rotationSchema() map[string]schema.Attribute {
	all := map[string]schema.Attribute{
		"rotation_triggers": schema.MapAttribute{
			MarkdownDescription: "Values of your choice; a change rotates the key. Do not put secrets in them.",
			Optional:            true,
			ElementType:         types.StringType,
		},
		"rotate_after":     stringAttribute(optional, "Age at which the next plan rotates the key, such as `90d` or `1d12h`. Default: none.", isInterval()),
		"rotation_overlap": stringAttribute(optional, "How long the old key lives on after a rotation, such as `24h`; less than `rotate_after`. With it a rotation is an update in place.", isInterval()),
		"rotate_at":        stringAttribute(computed, "`created_at` plus `rotate_after`, RFC 3339 in UTC. Null without `rotate_after`."),
		"rotation_due":     boolAttribute(computed, "Whether `rotate_at` had passed at the last refresh."),
		"retiring": schema.ListNestedAttribute{
			MarkdownDescription: "Older keys that are still live, oldest first. Destroying the resource revokes them too.",
			Computed:            true,
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"id":         stringAttribute(computed, "Id of the older key."),
				"retired_at": stringAttribute(computed, "When it was replaced, RFC 3339 in UTC; null if not known."),
				"revoke_at":  stringAttribute(computed, "When the next apply may revoke it, RFC 3339 in UTC."),
				"due":        boolAttribute(computed, "Whether `revoke_at` had passed at the last refresh."),
			}},
		},
	}
	if d.HasRotate {
		all[nativeRotation] = boolAttribute(optional, "Whether a rotation uses "+d.Title+"'s own call, which revokes the old key at once. Default `false`; not with `rotation_overlap`.")
	}
	return all
}

// duplicatesSchema is about other keys of the same name.
func (d serviceDef) duplicatesSchema() map[string]schema.Attribute {
	policy := stringAttribute(optional|computed, "What a plan does about other live keys of the same name: `warn`, `ignore`, or `revoke` them. Default `warn`.",
		stringvalidator.OneOf(duplicateWarn, duplicateIgnore, duplicateRevoke))
	return map[string]schema.Attribute{
		"on_duplicate_name": policy,
		"duplicate_ids":     setAttribute(computed, "Ids of other live keys of the same name."),
	}
}

// storageSchema is the key's value, and where it is stored.
func (d serviceDef) storageSchema() map[string]schema.Attribute {
	storeKey := boolAttribute(optional|computed, "Whether the state has the value, in `key` or `encrypted_key`. Default `true`; with `false` only ephemeral `apikeys_key_value` has it.")
	keyWO := stringAttribute(optional|sensitive, "The value of an imported key, to check and store; not for new keys. Needs `key_wo_version`.",
		isKeyValue(), stringvalidator.AlsoRequires(path.MatchRoot("key_wo_version")))
	keyWO.WriteOnly = true
	return map[string]schema.Attribute{
		"encrypt_to": setAttribute(optional, "Public keys to encrypt the value to: age (`age1…`), SSH (`ssh-…`) or armored PGP. The state then has `encrypted_key` instead of `key`.",
			areRecipients{"age, SSH or armored PGP public keys, at least one; age and PGP not mixed"}),
		"store_key":     storeKey,
		"encrypted_key": stringAttribute(computed, "The value encrypted to `encrypt_to`, for `age -d` or `gpg -d`. Null without `encrypt_to`, and after an import."),
		"key":           stringAttribute(computed|sensitive, "The key's value, **in the state in plain text** unless `encrypt_to` or `store_key = false` is set. Null then, and after an import."),
		"key_version":   int64Attribute(computed, "A number that grows with every new value. Meant for `*_wo_version` arguments of secret stores."),
		"key_wo":        keyWO,
		"key_wo_version": int64Attribute(optional, "A number of your choice. `key_wo` is read when it is set or changed.",
			int64validator.AlsoRequires(path.MatchRoot("key_wo"))),
	}
}

// identitySchema identifies a key across states: its id, and its scope.
func (d serviceDef) identitySchema() identityschema.Schema {
	attributes := map[string]identityschema.Attribute{
		"id": identityschema.StringAttribute{RequiredForImport: true, Description: "Id of the key at " + d.Title + "."},
	}
	switch {
	case d.Declared:
		attributes[d.Scope] = identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the service."}
	case d.Scope != "":
		attributes[d.Scope] = identityschema.StringAttribute{OptionalForImport: true, Description: "Where the key is. Default: the provider's own."}
	}
	return identityschema.Schema{Attributes: attributes}
}

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
		Version: schemaVersion,
		MarkdownDescription: fmt.Sprintf("An API key at %s, through its whole life: created, read, rotated, revoked, imported.\n\n"+
			"Destroying the resource revokes the key at once and for good.", d.Title),
		Attributes: all,
	}
}

// keySchema is what identifies the key.
func (d serviceDef) keySchema() map[string]schema.Attribute {
	name := "The key's name at " + d.Title + ", where names need not be unique."
	if d.MaxName > 0 {
		name += fmt.Sprintf(" 1 to %d characters.", d.MaxName)
	}
	switch {
	case d.Declared:
		name += " Changing it creates a new key. If the service's declaration has an `update` call, the key is renamed in place instead."
	case d.CanRename:
		name += " Changing it renames the key in place; id and value stay. Take names from `for_each` rather than from a list through `count`: with `count`, removing one from the middle renames the keys behind it."
	default:
		name += " " + d.Title + " cannot rename a key: changing it creates a new key."
	}
	return map[string]schema.Attribute{
		"name":       stringAttribute(required, name, isKeyName(d.MaxName, false)),
		"id":         stringAttribute(computed, "The key's identifier at "+d.Title+". It is not secret. A rotation changes it. `unknown-outcome-…` means that the outcome of a create is not known; the next apply finds it out."),
		"created_at": stringAttribute(computed, "When "+d.Title+" created the key, RFC 3339 in UTC, by its own clock."),
	}
}

// rotationSchema is when and how the key rotates.
func (d serviceDef) rotationSchema() map[string]schema.Attribute {
	all := map[string]schema.Attribute{
		"rotation_triggers": schema.MapAttribute{
			MarkdownDescription: "Values of your own choice; when one of them changes, or one comes or goes, the key is rotated. Default: none. Adding the map to a key that had none, or removing it, rotates nothing. Kept in Terraform alone; do not put secrets in it. " +
				"Rotation replaces the resource unless `rotation_overlap` or another setting says otherwise: set `lifecycle { create_before_destroy = true }`, so that the new key lives before the old one is revoked.",
			Optional:    true,
			ElementType: types.StringType,
		},
		"rotate_after":     stringAttribute(optional, "The age at which the key is rotated, such as `90d`, `720h` or `1d12h` (a day has 24 hours); at least one minute. Default: none, and the key never falls due. The first plan after that rotates it, so plan at least as often as you want keys to be punctual. Under `lifecycle { prevent_destroy = true }` set `rotation_overlap` too: without it a due key is replaced, which Terraform then refuses in every plan. Changing it moves `rotate_at` in place and sends nothing; if the new time has passed already, the first plan after that apply rotates.", isInterval()),
		"rotation_overlap": stringAttribute(optional, "How long the old key lives on after a rotation, such as `24h`; at least one minute, and shorter than `rotate_after`. Default: none, and rotation replaces the resource. With it rotation happens in place; the old key is listed in `retiring` until the first apply after that time revokes it. Changing it sends nothing, and counts for the keys in `retiring` too, so that an overlap can be ended early; removing it leaves them their time.", isInterval()),
		"rotate_at":        stringAttribute(computed, "When `rotate_after` falls due: `created_at` and that long, RFC 3339 in UTC. Null without it."),
		"rotation_due":     boolAttribute(computed, "Whether the last refresh found the key due, by the service's clock. If so, the next plan rotates it."),
		"retiring": schema.ListNestedAttribute{
			MarkdownDescription: "Older keys that are still live, oldest first: during an overlap, and after a rotation whose outcome is not known. Empty otherwise. Destroying the resource revokes them too.",
			Computed:            true,
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"id":         stringAttribute(computed, "The older key's identifier, or `unknown-outcome-…` for a rotation whose outcome is not known."),
				"retired_at": stringAttribute(computed, "When it was replaced, RFC 3339 in UTC; null where its time does not depend on `rotation_overlap`."),
				"revoke_at":  stringAttribute(computed, "When it may be revoked, RFC 3339 in UTC. The first apply after that does it."),
				"due":        boolAttribute(computed, "Whether the last refresh found that this time has passed. If so, the next plan revokes the key."),
			}},
		},
	}
	if d.HasRotate {
		all[nativeRotation] = boolAttribute(optional, "Whether to rotate in place with "+d.Title+"'s own call, which creates the new key and revokes the old one in the same moment. For a leaked key. Default `false`. Changing it sends nothing and counts from the next rotation on. Excludes `rotation_overlap`.")
	}
	return all
}

// duplicatesSchema is about other keys of the same name.
func (d serviceDef) duplicatesSchema() map[string]schema.Attribute {
	spares := "`revoke` spares keys that have been used since this one was created, that another resource of the same provider configuration manages, and that the provider signs in with or might. It does not see other states, nor another `alias` for the same account."
	if !d.ReportsLastUsed {
		spares = "`revoke` spares keys that another resource of the same provider configuration manages, and that the provider signs in with or might. It does not see other states, nor another `alias` for the same account. " + d.Title + " may not report when a key was used: then a key of the same name that is in use is revoked too."
	}
	policy := stringAttribute(optional|computed, "What to do about other live keys of the same name, which `duplicate_ids` lists: `warn`, `ignore`, or `revoke` them. Default `warn`. "+
		spares+" Two resources that share a name on purpose set `ignore`. "+
		"Kept in Terraform alone: changing it is an update in place that sends nothing to "+d.Title+", but a plan with `revoke` then revokes what it finds.",
		stringvalidator.OneOf(duplicateWarn, duplicateIgnore, duplicateRevoke))
	return map[string]schema.Attribute{
		"on_duplicate_name": policy,
		"duplicate_ids":     setAttribute(computed, "Ids of other live keys of the same name, as the last refresh saw them; found in the listing that is fetched anyway. `on_duplicate_name` says what happens to them."),
	}
}

// storageSchema is the key's value, and where it is stored.
func (d serviceDef) storageSchema() map[string]schema.Attribute {
	storeKey := boolAttribute(optional|computed, "Whether the state keeps the value, in `key` or, with `encrypt_to`, in `encrypted_key`. `false` writes it to no state: the ephemeral resource `apikeys_key_value` hands it over in the run that creates the key. Default `true`. "+
		"Setting it to `false` rotates the key if the state has its value, and is an update in place that sends nothing if not, as after an import. Setting it back to `true` needs a new value and rotates the key. Neither rotates where `key_wo` gives the value in the same step.")
	keyWO := stringAttribute(optional|sensitive, "The value of a key that was created elsewhere and is imported here. Write-only: it is in no plan, and in the state only as `key` or `encrypted_key`, as `encrypt_to` and `store_key` say; an ephemeral variable works. Needs `key_wo_version`, and Terraform 1.11 or OpenTofu 1.11. "+
		"The provider compares it with what "+d.Title+" shows of the key's value, and refuses another key's; if too little is shown, it warns. Then the value is treated like that of a key that the provider created: ephemeral `apikeys_key_value` hands it over in the run that stores it, and `key_version` grows. Nothing is sent to "+d.Title+" but reads. "+
		"A new key cannot have it: creating, replacing or rotating the key is an error while it is set. Removing it and `key_wo_version` keeps the value that is stored.",
		isKeyValue(), stringvalidator.AlsoRequires(path.MatchRoot("key_wo_version")))
	keyWO.WriteOnly = true
	return map[string]schema.Attribute{
		"encrypt_to": setAttribute(optional, "Recipients to encrypt the value to: `age1…`, `ssh-ed25519 …`, `ssh-rsa …`, or armored PGP public keys; any one of them can decrypt it. Then the state has `encrypted_key` instead of `key`. Default: none, and nothing is encrypted. "+
			"Adding it to a key whose value is in the state encrypts that in place, removes the plain text, and sends nothing to "+d.Title+". Adding it to a key whose value is not known, as after an import, takes effect with the next rotation. Changing or removing it where `encrypted_key` has a value, or setting it in place of `store_key = false`, needs a new value and rotates the key, unless `key_wo` gives the value in the same step. "+
			"All recipients are of one kind: age and SSH keys, or post-quantum age keys (`age1pq1…`), or PGP keys; at most 100. RSA keys have at least 2048 bits. Age plugins, and SSH keys of other kinds, are refused.",
			areRecipients{"age, SSH or armored PGP public keys, at least one; age and PGP not mixed"}),
		"store_key":     storeKey,
		"encrypted_key": stringAttribute(computed, "The value, encrypted to `encrypt_to`, as ASCII armor that `age -d` or `gpg -d` decrypts. It is in the state, and is not secret by itself. Null without `encrypt_to`, and for an imported key until its first rotation or a value from `key_wo`."),
		"key":           stringAttribute(computed|sensitive, "The key's value, which "+d.Title+" shows only once, when the key is created. It is **in the state, in plain text**, unless `encrypt_to` or `store_key` says otherwise. Null then, and for an imported key until its first rotation or a value from `key_wo`."),
		"key_version":   int64Attribute(computed, "A number that changes with every new value, and with nothing else: the value's time of creation in Unix milliseconds, by the service's clock; a rotation in place, or a value from `key_wo`, makes it at least one more than before. Meant for `*_wo_version` arguments, which send a write-only value again when their number changes."),
		"key_wo":        keyWO,
		"key_wo_version": int64Attribute(optional, "A number of your own choice that belongs to `key_wo`. Terraform does not see whether a write-only value changes: the provider stores the value, in place, when this number is set or changed, and ignores it otherwise. Raise it to check, store and hand over the value again.",
			int64validator.AlsoRequires(path.MatchRoot("key_wo"))),
	}
}

// identitySchema identifies a key across states: its id, and its scope.
func (d serviceDef) identitySchema() identityschema.Schema {
	attributes := map[string]identityschema.Attribute{
		"id": identityschema.StringAttribute{RequiredForImport: true, Description: "The key's identifier at " + d.Title + "."},
	}
	switch {
	case d.Declared:
		attributes[d.Scope] = identityschema.StringAttribute{RequiredForImport: true, Description: "The declared service that the key belongs to."}
	case d.Scope != "":
		attributes[d.Scope] = identityschema.StringAttribute{OptionalForImport: true, Description: "Where the key lives. Default: the provider's own."}
	}
	return identityschema.Schema{Attributes: attributes}
}

package tfkey

import (
	"fmt"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
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
	spares := "`revoke` spares keys that have been used since this one was created, that another resource of the same provider configuration manages, and that the provider signs in with or might. It does not see other states, nor another `alias` for the same account."
	if !d.ReportsLastUsed {
		spares = "`revoke` spares keys that another resource of the same provider configuration manages, and that the provider signs in with or might. It does not see other states, nor another `alias` for the same account. " + d.Title + " may not report when a key was used: then a key of the same name that is in use is revoked too."
	}
	attributes := map[string]schema.Attribute{
		"name": schema.StringAttribute{
			MarkdownDescription: d.nameDescription(),
			Required:            true,
			Validators:          []validator.String{keyName{max: d.MaxName}},
		},
		"rotation_triggers": schema.MapAttribute{
			MarkdownDescription: "Values of your own choice; when one of them changes, or one comes or goes, the key is rotated. Default: none. Adding the map to a key that had none, or removing it, rotates nothing. Kept in Terraform alone; do not put secrets in it. " +
				"Rotation replaces the resource unless `rotation_overlap` or another setting says otherwise: set `lifecycle { create_before_destroy = true }`, so that the new key lives before the old one is revoked.",
			Optional:    true,
			ElementType: types.StringType,
		},
		"rotate_after": schema.StringAttribute{
			MarkdownDescription: "The age at which the key is rotated, such as `90d`, `720h` or `1d12h` (a day has 24 hours); at least one minute. Default: none, and the key never falls due. The first plan after that rotates it, so plan at least as often as you want keys to be punctual. Under `lifecycle { prevent_destroy = true }` set `rotation_overlap` too: without it a due key is replaced, which Terraform then refuses in every plan. Changing it moves `rotate_at` in place and sends nothing; if the new time has passed already, the first plan after that apply rotates.",
			Optional:            true,
			Validators:          []validator.String{interval{}},
		},
		"rotation_overlap": schema.StringAttribute{
			MarkdownDescription: "How long the old key lives on after a rotation, such as `24h`; at least one minute, and shorter than `rotate_after`. Default: none, and rotation replaces the resource. With it rotation happens in place; the old key is listed in `retiring` until the first apply after that time revokes it. Changing it sends nothing, and counts for the keys in `retiring` too, so that an overlap can be ended early; removing it leaves them their time.",
			Optional:            true,
			Validators:          []validator.String{interval{}},
		},
		"on_duplicate_name": schema.StringAttribute{
			MarkdownDescription: "What to do about other live keys of the same name, which `duplicate_ids` lists: `warn`, `ignore`, or `revoke` them. Default `warn`. " +
				spares + " Two resources that share a name on purpose set `ignore`. " +
				"Kept in Terraform alone: changing it is an update in place that sends nothing to " + d.Title + ", but a plan with `revoke` then revokes what it finds.",
			Optional:   true,
			Computed:   true,
			Default:    stringdefault.StaticString(duplicateWarn),
			Validators: []validator.String{stringvalidator.OneOf(duplicateWarn, duplicateIgnore, duplicateRevoke)},
		},
		"encrypt_to": schema.SetAttribute{
			MarkdownDescription: "Recipients to encrypt the value to: `age1…`, `ssh-ed25519 …`, `ssh-rsa …`, or armored PGP public keys; any one of them can decrypt it. Then the state has `encrypted_key` instead of `key`. Default: none, and nothing is encrypted. " +
				"Adding it to a key whose value is in the state encrypts that in place, removes the plain text, and sends nothing to " + d.Title + ". Adding it to a key whose value is not known, as after an import, takes effect with the next rotation. Changing or removing it where `encrypted_key` has a value, or setting it in place of `store_key = false`, needs a new value and rotates the key, unless `key_wo` gives the value in the same step. " +
				"All recipients are of one kind: age and SSH keys, or post-quantum age keys (`age1pq1…`), or PGP keys; at most 100. RSA keys have at least 2048 bits. Age plugins, and SSH keys of other kinds, are refused.",
			Optional:    true,
			ElementType: types.StringType,
			Validators:  []validator.Set{recipients{}},
		},
		"store_key": schema.BoolAttribute{
			MarkdownDescription: "Whether the state keeps the value, in `key` or, with `encrypt_to`, in `encrypted_key`. `false` writes it to no state: the ephemeral resource `apikeys_key_value` hands it over in the run that creates the key. Default `true`. " +
				"Setting it to `false` rotates the key if the state has its value, and is an update in place that sends nothing if not, as after an import. Setting it back to `true` needs a new value and rotates the key. Neither rotates where `key_wo` gives the value in the same step.",
			Optional: true,
			Computed: true,
			Default:  booldefault.StaticBool(true),
		},
		"encrypted_key": schema.StringAttribute{
			MarkdownDescription: "The value, encrypted to `encrypt_to`, as ASCII armor that `age -d` or `gpg -d` decrypts. It is in the state, and is not secret by itself. Null without `encrypt_to`, and for an imported key until its first rotation or a value from `key_wo`.",
			Computed:            true,
		},
		"id": schema.StringAttribute{
			MarkdownDescription: "The key's identifier at " + d.Title + ". It is not secret. A rotation changes it. `unknown-outcome-…` means that the outcome of a create is not known; the next apply finds it out.",
			Computed:            true,
		},
		"created_at": schema.StringAttribute{
			MarkdownDescription: "When " + d.Title + " created the key, RFC 3339 in UTC, by its own clock.",
			Computed:            true,
		},
		"key": schema.StringAttribute{
			MarkdownDescription: "The key's value, which " + d.Title + " shows only once, when the key is created. It is **in the state, in plain text**, unless `encrypt_to` or `store_key` says otherwise. Null then, and for an imported key until its first rotation or a value from `key_wo`.",
			Computed:            true,
			Sensitive:           true,
		},
		"key_wo":         d.valueSchema(),
		"key_wo_version": d.valueVersionSchema(),
		"key_version": schema.Int64Attribute{
			MarkdownDescription: "A number that changes with every new value, and with nothing else: the value's time of creation in Unix milliseconds, by the service's clock; a rotation in place, or a value from `key_wo`, makes it at least one more than before. Meant for `*_wo_version` arguments, which send a write-only value again when their number changes.",
			Computed:            true,
		},
		"rotate_at": schema.StringAttribute{
			MarkdownDescription: "When `rotate_after` falls due: `created_at` and that long, RFC 3339 in UTC. Null without it.",
			Computed:            true,
		},
		"rotation_due": schema.BoolAttribute{
			MarkdownDescription: "Whether the last refresh found the key due, by the service's clock. If so, the next plan rotates it.",
			Computed:            true,
		},
		"retiring": schema.ListNestedAttribute{
			MarkdownDescription: "Older keys that are still live, oldest first: during an overlap, and after a rotation whose outcome is not known. Empty otherwise. Destroying the resource revokes them too.",
			Computed:            true,
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"id":         schema.StringAttribute{Computed: true, MarkdownDescription: "The older key's identifier, or `unknown-outcome-…` for a rotation whose outcome is not known."},
				"retired_at": schema.StringAttribute{Computed: true, MarkdownDescription: "When it was replaced, RFC 3339 in UTC; null where its time does not depend on `rotation_overlap`."},
				"revoke_at":  schema.StringAttribute{Computed: true, MarkdownDescription: "When it may be revoked, RFC 3339 in UTC. The first apply after that does it."},
				"due":        schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the last refresh found that this time has passed. If so, the next plan revokes the key."},
			}},
		},
		"duplicate_ids": schema.SetAttribute{
			MarkdownDescription: "Ids of other live keys of the same name, as the last refresh saw them; found in the listing that is fetched anyway. `on_duplicate_name` says what happens to them.",
			Computed:            true,
			ElementType:         types.StringType,
		},
	}
	if d.HasRotate {
		attributes[nativeRotation] = schema.BoolAttribute{
			MarkdownDescription: "Whether to rotate in place with " + d.Title + "'s own call, which creates the new key and revokes the old one in the same moment. For a leaked key. Default `false`. Changing it sends nothing and counts from the next rotation on. Excludes `rotation_overlap`.",
			Optional:            true,
		}
	}
	for _, a := range d.attributes() {
		if a.Mode != definition.Volatile {
			attributes[a.Name] = a.resource()
		}
	}
	return schema.Schema{
		Version: schemaVersion,
		MarkdownDescription: fmt.Sprintf("An API key at %s, through its whole life: created, read, rotated, revoked, imported.\n\n"+
			"Destroying the resource revokes the key at once and for good.", d.Title),
		Attributes: attributes,
	}
}

func (d serviceDef) nameDescription() string {
	text := "The key's name at " + d.Title + ", where names need not be unique."
	if d.MaxName > 0 {
		text += fmt.Sprintf(" 1 to %d characters.", d.MaxName)
	}
	if d.CanRename {
		return text + " Changing it renames the key in place; id and value stay. Take names from `for_each` rather than from a list through `count`: with `count`, removing one from the middle renames the keys behind it."
	}
	return text + " " + d.Title + " cannot rename a key: changing it creates a new key."
}

// identitySchema identifies a key across states: its id, and its scope.
func (d serviceDef) identitySchema() identityschema.Schema {
	attributes := map[string]identityschema.Attribute{
		"id": identityschema.StringAttribute{RequiredForImport: true, Description: "The key's identifier at " + d.Title + "."},
	}
	if d.Scope != "" {
		attributes[d.Scope] = identityschema.StringAttribute{OptionalForImport: true, Description: "Where the key lives. Default: the provider's own."}
	}
	return identityschema.Schema{Attributes: attributes}
}

package tfkey

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
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
	duplicateFail   = "fail"
	duplicateRevoke = "revoke"
)

// schemaVersion counts incompatible changes of the resource's state. Attributes
// that older states lack are null after an upgrade and are filled by Read.
const schemaVersion = 0

// resourceSchema is the schema of a service's key resource.
func (d Definition) resourceSchema() schema.Schema {
	attributes := map[string]schema.Attribute{
		"name": schema.StringAttribute{
			MarkdownDescription: d.nameDescription(),
			Required:            true,
			Validators:          []validator.String{keyName{max: d.MaxName}},
		},
		"rotation": d.rotationSchema(),
		"on_duplicate_name": schema.StringAttribute{
			MarkdownDescription: "What to do about other live keys of the same name, which `duplicate_ids` lists: `warn` (default), `ignore`, `fail` the plan, or `revoke` them. " +
				"`revoke` spares keys that have been used since this one was made, that another resource holds, and that the provider signs in with or might. With `fail`, rotation happens in place instead of replacing the resource: the new key is made, then the old one revoked. Two resources that share a name on purpose set `ignore`. Changing it sends nothing to " + d.Title + ".",
			Optional:   true,
			Computed:   true,
			Default:    stringdefault.StaticString(duplicateWarn),
			Validators: []validator.String{stringvalidator.OneOf(duplicateWarn, duplicateIgnore, duplicateFail, duplicateRevoke)},
		},
		"encrypt_to": schema.SetAttribute{
			MarkdownDescription: "Recipients to encrypt the value to: `age1…`, `ssh-ed25519 …`, `ssh-rsa …`, or armored PGP public keys; any of them can open it. Then only ciphertext stands in the state. " +
				"Adding it to a key whose value is in the state encrypts that and drops it, in place; any other change needs a new value and rotates the key.",
			Optional:    true,
			ElementType: types.StringType,
			Validators:  []validator.Set{recipients{}},
		},
		"store_key": schema.BoolAttribute{
			MarkdownDescription: "`false` writes the value to no state at all: the ephemeral resource `apikeys_key_value` hands it on in the run that makes it. Default `true`. Changing it needs a new value and rotates the key, unless the value is not known anyway, as after an import.",
			Optional:            true,
			Computed:            true,
			Default:             booldefault.StaticBool(true),
		},
		"encrypted_key": schema.StringAttribute{
			MarkdownDescription: "The value, encrypted to `encrypt_to`, as ASCII armor that `age -d` or `gpg -d` opens. Null without `encrypt_to`, and for an imported key until its first rotation.",
			Computed:            true,
		},
		"id": schema.StringAttribute{
			MarkdownDescription: "The key's identifier at " + d.Title + ". It is not secret.",
			Computed:            true,
		},
		"created_at": schema.StringAttribute{
			MarkdownDescription: "When " + d.Title + " made the key, RFC 3339 in UTC.",
			Computed:            true,
		},
		"key": schema.StringAttribute{
			MarkdownDescription: "The key's value, which " + d.Title + " tells only once, when it makes the key. It is kept in the state, unless `encrypt_to` or `store_key` says otherwise; then it is null, as it is for an imported key until its first rotation.",
			Computed:            true,
			Sensitive:           true,
		},
		"key_version": schema.Int64Attribute{
			MarkdownDescription: "A number that grows with every new value: its time of creation in Unix milliseconds, and at least one more than before. Made for `*_wo_version` arguments, which re-send a write-only value when their number changes.",
			Computed:            true,
		},
		"rotate_at": schema.StringAttribute{
			MarkdownDescription: "When `rotation.after` falls due, RFC 3339 in UTC; null without it.",
			Computed:            true,
		},
		"rotation_due": schema.BoolAttribute{
			MarkdownDescription: "Whether the last refresh found the rotation due.",
			Computed:            true,
		},
		"retiring": schema.ListNestedAttribute{
			MarkdownDescription: "Older keys that are still alive, oldest first: during an overlap, and after a rotation whose outcome is not settled. Destroying the resource revokes them too.",
			Computed:            true,
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"id":        schema.StringAttribute{Computed: true, MarkdownDescription: "The older key's identifier."},
				"revoke_at": schema.StringAttribute{Computed: true, MarkdownDescription: "When it may be revoked, RFC 3339 in UTC. The first apply after that does it."},
				"due":       schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the last refresh found that time passed."},
			}},
		},
		"duplicate_ids": schema.SetAttribute{
			MarkdownDescription: "Other live keys of the same name, as the last refresh saw them. See `on_duplicate_name`.",
			Computed:            true,
			ElementType:         types.StringType,
		},
	}
	for _, a := range d.Attributes {
		if a.Mode != Moving {
			attributes[a.Name] = a.resource()
		}
	}
	return schema.Schema{
		Version: schemaVersion,
		MarkdownDescription: fmt.Sprintf("An API key at %s, through its whole life: made, read, rotated, revoked, imported.\n\n"+
			"Destroying the resource revokes the key at once and for good.", d.Title),
		Attributes: attributes,
	}
}

func (d Definition) nameDescription() string {
	text := "A name to recognise the key by. " + d.Title + " does not keep names unique."
	if d.MaxName > 0 {
		text += fmt.Sprintf(" 1 to %d characters.", d.MaxName)
	}
	if d.Rename {
		return text + " Changing it renames the key in place."
	}
	return text + " Changing it makes a new key."
}

func (d Definition) rotationSchema() schema.Attribute {
	attributes := map[string]schema.Attribute{
		"triggers": schema.MapAttribute{
			MarkdownDescription: "Arbitrary values; when one changes, the key is rotated. Adding the map to a key that had none, or removing it, rotates nothing.",
			Optional:            true,
			ElementType:         types.StringType,
		},
		"after": schema.StringAttribute{
			MarkdownDescription: "The age at which the key is rotated, such as `90d`, `720h` or `1d12h`; at least one minute. The first plan after that rotates it. Changing it only moves `rotate_at`.",
			Optional:            true,
			Validators:          []validator.String{interval{}},
		},
		"overlap": schema.StringAttribute{
			MarkdownDescription: "Rotate in place and keep the old key alive for this long, such as `24h`; at least one minute. It stands in `retiring` until the first apply after that revokes it. Without it, rotation replaces the resource.",
			Optional:            true,
			Validators:          []validator.String{interval{}},
		},
	}
	if d.Native {
		attributes["native"] = schema.BoolAttribute{
			MarkdownDescription: "Rotate in place with " + d.Title + "'s own call, which kills the old key at once. For a leaked key. Excludes `overlap`.",
			Optional:            true,
		}
	}
	return schema.SingleNestedAttribute{
		MarkdownDescription: "When and how the key gets a new value. By default rotation replaces the resource: set `lifecycle { create_before_destroy = true }`, so that the new key lives before the old one dies.",
		Optional:            true,
		Attributes:          attributes,
	}
}

// rotationTypes are the attribute types of the rotation object.
func (d Definition) rotationTypes() map[string]attr.Type {
	t := map[string]attr.Type{
		"triggers": types.MapType{ElemType: types.StringType},
		"after":    types.StringType,
		"overlap":  types.StringType,
	}
	if d.Native {
		t["native"] = types.BoolType
	}
	return t
}

// identitySchema identifies a key across states: its id, and its scope.
func (d Definition) identitySchema() identityschema.Schema {
	attributes := map[string]identityschema.Attribute{
		"id": identityschema.StringAttribute{RequiredForImport: true, Description: "The key's identifier."},
	}
	if d.Scope != "" {
		attributes[d.Scope] = identityschema.StringAttribute{OptionalForImport: true, Description: "Where the key lives; the provider's own by default."}
	}
	return identityschema.Schema{Version: schemaVersion, Attributes: attributes}
}

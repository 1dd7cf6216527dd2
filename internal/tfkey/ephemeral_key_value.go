package tfkey

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/seal"
)

var _ ephemeral.EphemeralResourceWithConfigure = &keyValue{}

// keyValue is ephemeral apikeys_key_value: it hands over the value of a key, from the memory
// of the run that created it.
type keyValue struct {
	services []string
	accounts Accounts
}

// NewKeyValue returns the constructor of the ephemeral resource, for these services.
func NewKeyValue(services []string) func() ephemeral.EphemeralResource {
	services = slices.Sorted(slices.Values(services))
	return func() ephemeral.EphemeralResource { return &keyValue{services: services} }
}

func (*keyValue) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_key_value"
}

func (v *keyValue) Configure(_ context.Context, req ephemeral.ConfigureRequest, _ *ephemeral.ConfigureResponse) {
	if accounts, ok := req.ProviderData.(Accounts); ok {
		v.accounts = accounts
	}
}

func (v *keyValue) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Passes the value of a key on, without writing it to a state or a plan.",
		Attributes: map[string]schema.Attribute{
			"key_id":        stringAttribute(required, "`id` of the key, which belongs to the same provider configuration."),
			"service":       stringAttribute(optional, "Service of the key: `"+strings.Join(v.services, "`, `")+"`, or the name of a declared service. Needed only if keys of two services have the same id.", notEmpty()),
			"required":      boolAttribute(optional, "Whether a missing value is an error. Default `false`, and `value` is null then."),
			"encrypted_key": stringAttribute(optional, "`encrypted_key` of the key, to decrypt with `identities` in runs that do not create the key."),
			"identities":    listAttribute(optional|sensitive, "age identities, SSH private keys without passphrase, or armored PGP private keys. Use ephemeral variables."),
			"value":         stringAttribute(computed|sensitive, "The key's value; null if it is not known in this run."),
			"minted":        boolAttribute(computed, "Whether this run created the key or took its value from `key_wo`."),
		},
	}
}

// keyValueModel is its configuration and result.
type keyValueModel struct {
	KeyID        types.String `tfsdk:"key_id"`
	Service      types.String `tfsdk:"service"`
	Required     types.Bool   `tfsdk:"required"`
	EncryptedKey types.String `tfsdk:"encrypted_key"`
	Identities   types.List   `tfsdk:"identities"`
	Value        types.String `tfsdk:"value"`
	Minted       types.Bool   `tfsdk:"minted"`
}

func (v *keyValue) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	defer RecoverPanic(ctx, &resp.Diagnostics)
	var m keyValueModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	value, minted, diags := v.find(m)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	m.Minted = types.BoolValue(minted)
	switch {
	case minted:
		m.Value = types.StringValue(value.Reveal())
	case isSet(m.EncryptedKey) && isSet(m.Identities):
		text, err := seal.Decrypt(m.EncryptedKey.ValueString(), stringsOf(m.Identities.Elements()))
		if err != nil {
			resp.Diagnostics.AddAttributeError(path.Root("identities"), "Key could not be decrypted", Sentence(err.Error()))
			return
		}
		m.Value = types.StringValue(text)
	case m.Required.ValueBool():
		resp.Diagnostics.AddAttributeError(path.Root("required"), "No value for this key",
			fmt.Sprintf("Key %s was not created in this run, and there is nothing to decrypt, so it has no value here.\n\n"+
				"Set encrypt_to on the key, and encrypted_key and identities here: from the key's next rotation on, every run has the value. Or remove required, if its user can do without a value.", m.KeyID.ValueString()))
		return
	}
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}

// find looks up a value of this run by its id, at one service.
func (v *keyValue) find(m keyValueModel) (value driver.Secret, minted bool, diags diag.Diagnostics) {
	var at []string
	for _, name := range slices.Sorted(maps.Keys(v.accounts)) {
		if service := m.Service.ValueString(); !m.Service.IsNull() && name != service && name != DeclaredName(service) {
			continue
		}
		if found, ok := v.accounts[name].value(m.KeyID.ValueString()); ok {
			value, at = found, append(at, strings.TrimPrefix(name, DeclaredName("")))
		}
	}
	switch _, exists := v.accounts[m.Service.ValueString()]; {
	case isSet(m.Service) && !exists && v.accounts[DeclaredName(m.Service.ValueString())] == nil:
		diags.AddAttributeError(path.Root("service"), "No such service",
			fmt.Sprintf("No service is named %q. Use %s, or the name of a service block of the provider.", m.Service.ValueString(), strings.Join(v.services, ", ")))
	case len(at) > 1:
		diags.AddAttributeError(path.Root("service"), "Key id is not unique",
			fmt.Sprintf("This run has created keys with the id %s at each of these services: %s.\n\nSet service to the right one.", m.KeyID.ValueString(), strings.Join(at, ", ")))
	case len(at) == 1 && value.IsZero():
		diags.AddAttributeError(path.Root("key_id"), "Key id is not unique",
			fmt.Sprintf("This run has created several keys with the id %s, in several workspaces or tenants of %s.\n\nCreate them in separate runs, or use a provider configuration for each workspace or tenant.", m.KeyID.ValueString(), at[0]))
	}
	return value, len(at) == 1 && !diags.HasError(), diags
}

package tfkey

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/seal"
)

// setValue keeps a value that was made in this run for whoever asks for it, in
// memory and nowhere else. Two keys of one id, in two scopes, cannot be told apart.
func (a *Account) setValue(id string, value driver.Secret) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.values == nil {
		a.values = map[string]driver.Secret{}
	}
	if earlier, ok := a.values[id]; ok && !earlier.Equal(value) {
		value = driver.Secret{}
	}
	a.values[id] = value
}

// value returns a value that was made in this run; zero if several keys have
// that id.
func (a *Account) value(id string) (driver.Secret, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	value, ok := a.values[id]
	return value, ok
}

var (
	_ ephemeral.EphemeralResource              = &keyValue{}
	_ ephemeral.EphemeralResourceWithConfigure = &keyValue{}
)

// keyValue is ephemeral apikeys_key_value: it hands the value of a key on, from
// the memory of the run that made it.
type keyValue struct {
	services []string
	accounts Accounts
}

// NewKeyValue returns the constructor of the ephemeral resource, for these services.
func NewKeyValue(services []string) func() ephemeral.EphemeralResource {
	services = slices.Sorted(slices.Values(services))
	return func() ephemeral.EphemeralResource { return &keyValue{services: services} }
}

// Metadata implements ephemeral.EphemeralResource.
func (*keyValue) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_key_value"
}

// Configure implements ephemeral.EphemeralResourceWithConfigure.
func (v *keyValue) Configure(_ context.Context, req ephemeral.ConfigureRequest, _ *ephemeral.ConfigureResponse) {
	if accounts, ok := req.ProviderData.(Accounts); ok {
		v.accounts = accounts
	}
}

// Schema implements ephemeral.EphemeralResource.
func (v *keyValue) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Hands the value of a key on, without writing it to a state or a plan. " +
			"In the run that creates a key, or takes its value from `key_wo`, the value comes from the memory of this process; in others it is decrypted, if there is something to decrypt, and otherwise null.\n\n" +
			"For a write-only argument of a secret store, leave `required` unset: the store takes the value when `key_version` changes, and no other run needs it. " +
			"For a provider's configuration, set `required`, `encrypted_key` and `identities`. A provider that gets null signs in with whatever its environment holds.\n\n" +
			"While the key is still to be made, its id is not known, so nothing is opened before the apply has made it. The id of a key that takes its value from `key_wo` is known: the plan hands that value over as well, if it is known by then.",
		Attributes: map[string]schema.Attribute{
			"key_id": schema.StringAttribute{
				MarkdownDescription: "The key's `id`, of a key that belongs to the same provider configuration.",
				Required:            true,
			},
			"service": schema.StringAttribute{
				MarkdownDescription: "The service that the key belongs to, one of " + choice(v.services) + ". Default: the one at which this run has made a key of that id. Needed where two services number their keys alike.",
				Optional:            true,
				Validators:          []validator.String{stringvalidator.OneOf(v.services...)},
			},
			"required": schema.BoolAttribute{
				MarkdownDescription: "Whether it is an error that there is no value. Default `false`: the runs that do not make the key have nothing to hand on, and a write-only argument needs nothing then. Set it to `true` wherever null means something else than nothing, above all in a provider's configuration.",
				Optional:            true,
			},
			"encrypted_key": schema.StringAttribute{
				MarkdownDescription: "The key's `encrypted_key`, to be opened with `identities` in runs that do not make the key. Default: none, and `value` is null in such runs.",
				Optional:            true,
			},
			"identities": schema.ListAttribute{
				MarkdownDescription: "age identities, SSH private keys without passphrase, or armored PGP private keys; any one that fits opens `encrypted_key`. Default: none. They are written nowhere, if the variables that hold them are ephemeral.",
				Optional:            true,
				Sensitive:           true,
				ElementType:         types.StringType,
			},
			"value": schema.StringAttribute{
				MarkdownDescription: "The key's value, in memory alone; null where it cannot be had.",
				Computed:            true,
				Sensitive:           true,
			},
			"minted": schema.BoolAttribute{
				MarkdownDescription: "Whether `value` is from this run: it created the key, or took the value from `key_wo`.",
				Computed:            true,
			},
		},
	}
}

// keyValueModel is its data.
type keyValueModel struct {
	KeyID        types.String `tfsdk:"key_id"`
	Service      types.String `tfsdk:"service"`
	Required     types.Bool   `tfsdk:"required"`
	EncryptedKey types.String `tfsdk:"encrypted_key"`
	Identities   types.List   `tfsdk:"identities"`
	Value        types.String `tfsdk:"value"`
	Minted       types.Bool   `tfsdk:"minted"`
}

// Open implements ephemeral.EphemeralResource.
func (v *keyValue) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	defer RecoverPanic(ctx, &resp.Diagnostics)
	var m keyValueModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	m.Value, m.Minted = types.StringNull(), types.BoolValue(false)
	value, minted, diags := v.find(m)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if minted {
		m.Value, m.Minted = types.StringValue(value.Reveal()), types.BoolValue(true)
	}
	if !m.Minted.ValueBool() && known(m.EncryptedKey) && known(m.Identities) {
		var identities []string
		resp.Diagnostics.Append(m.Identities.ElementsAs(ctx, &identities, false)...)
		if resp.Diagnostics.HasError() {
			return
		}
		value, err := seal.Decrypt(m.EncryptedKey.ValueString(), identities)
		if err != nil {
			resp.Diagnostics.AddAttributeError(path.Root("identities"), "Key could not be decrypted", Sentence(err.Error()))
			return
		}
		m.Value = types.StringValue(value)
	}
	if m.Value.IsNull() && m.Required.ValueBool() {
		resp.Diagnostics.AddAttributeError(path.Root("required"), "No value for this key",
			fmt.Sprintf("Key %s was not made in this run, and there is nothing to decrypt, so nobody can get its value.\n\n"+
				"Set encrypt_to on the key, and here encrypted_key and identities: then every run has the value, from the key's next rotation on. Or do without required, if its user can do without a value.", m.KeyID.ValueString()))
		return
	}
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}

// find looks a value of this run up by its id, at one service.
func (v *keyValue) find(m keyValueModel) (value driver.Secret, minted bool, diags diag.Diagnostics) {
	var at []string
	for _, name := range slices.Sorted(maps.Keys(v.accounts)) {
		if !m.Service.IsNull() && name != m.Service.ValueString() {
			continue
		}
		if made, ok := v.accounts[name].value(m.KeyID.ValueString()); ok {
			value, at = made, append(at, name)
		}
	}
	switch {
	case len(at) > 1:
		diags.AddAttributeError(path.Root("service"), "Key id is not unique",
			fmt.Sprintf("This run has made a key with the id %s at each of these services: %s.\n\nSet service to the one that is meant.", m.KeyID.ValueString(), strings.Join(at, ", ")))
	case len(at) == 1 && value.IsZero():
		diags.AddAttributeError(path.Root("key_id"), "Key id is not unique",
			fmt.Sprintf("This run has made several keys with the id %s, in several workspaces or tenants of %s.\n\nMake them in separate runs, or use a provider configuration of its own for each workspace or tenant.", m.KeyID.ValueString(), at[0]))
	}
	return value, len(at) == 1 && !diags.HasError(), diags
}

// choice lists values that an attribute takes.
func choice(values []string) string {
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = "`" + value + "`"
	}
	return strings.Join(quoted, ", ")
}

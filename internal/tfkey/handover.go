package tfkey

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/seal"
)

// remember keeps a value that was made in this run for whoever asks for it, in
// memory and nowhere else.
func (a *Account) remember(id string, value keyring.Secret) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.made == nil {
		a.made = map[string]keyring.Secret{}
	}
	a.made[id] = value
}

// recall returns a value that was made in this run.
func (a *Account) recall(id string) (keyring.Secret, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	value, ok := a.made[id]
	return value, ok
}

var (
	_ ephemeral.EphemeralResource              = &keyValue{}
	_ ephemeral.EphemeralResourceWithConfigure = &keyValue{}
)

// keyValue is ephemeral apikeys_key_value: it hands the value of a key on, from
// the memory of the run that made it.
type keyValue struct{ accounts Accounts }

// NewKeyValue returns the ephemeral resource.
func NewKeyValue() ephemeral.EphemeralResource { return &keyValue{} }

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
func (*keyValue) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Hands the value of a key on, without writing it to a state or a plan: to a write-only argument of a secret store, or to a provider's configuration. " +
			"In the run that makes a key its value comes from the memory of this process; in others it is decrypted, if there is something to decrypt, and otherwise null.\n\n" +
			"While the key is still to be made, its id is not known, so nothing is opened before the apply has made it.",
		Attributes: map[string]schema.Attribute{
			"key_id": schema.StringAttribute{
				MarkdownDescription: "The key's `id`, of a key that belongs to the same provider configuration.",
				Required:            true,
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
				MarkdownDescription: "Whether this run made the key, so that `value` is its fresh value.",
				Computed:            true,
			},
		},
	}
}

// keyValueModel is its data.
type keyValueModel struct {
	KeyID        types.String `tfsdk:"key_id"`
	EncryptedKey types.String `tfsdk:"encrypted_key"`
	Identities   types.List   `tfsdk:"identities"`
	Value        types.String `tfsdk:"value"`
	Minted       types.Bool   `tfsdk:"minted"`
}

// Open implements ephemeral.EphemeralResource.
func (v *keyValue) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	defer Rescue(ctx, &resp.Diagnostics)
	var m keyValueModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	m.Value, m.Minted = types.StringNull(), types.BoolValue(false)
	for _, a := range v.accounts {
		if value, ok := a.recall(m.KeyID.ValueString()); ok {
			m.Value, m.Minted = types.StringValue(value.Reveal()), types.BoolValue(true)
		}
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
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}

package tfkey

import (
	"context"
	"errors"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/seal"
)

// storage is where the configuration wants the key's value.
type storage int

const (
	inState      storage = iota // in plain text, sensitive
	inCiphertext                // encrypted to encrypt_to
	inNoState                   // store_key = false
	notKnownYet                 // the recipients are not known while planning
)

// storage is where the settings put the value.
func (m model) storage() storage {
	switch {
	case m.EncryptTo.IsUnknown() || m.StoreKey.IsUnknown():
		return notKnownYet
	case !m.EncryptTo.IsNull():
		return inCiphertext
	case !m.StoreKey.IsNull() && !m.StoreKey.ValueBool():
		return inNoState
	}
	return inState
}

// planned are key and encrypted_key of a value that does not exist yet.
func (s storage) planned() (key, encrypted types.String) {
	key, encrypted = types.StringNull(), types.StringNull()
	if s == inState || s == notKnownYet {
		key = types.StringUnknown()
	}
	if s == inCiphertext || s == notKnownYet {
		encrypted = types.StringUnknown()
	}
	return key, encrypted
}

// storageNeedsRotation names the attribute whose change stores the value in a way that needs a
// new value; "" if there is none. A value in plain text can be encrypted, and one that the
// state does not have cannot move.
func (p *plan) storageNeedsRotation() string {
	from, to := p.prior.storage(), p.next.storage()
	attribute := "store_key"
	if !p.next.EncryptTo.Equal(p.prior.EncryptTo) {
		attribute = "encrypt_to"
	}
	switch {
	case p.takesValue(): // then it is at hand
		return ""
	case !p.prior.Key.IsNull() && (to == inNoState || p.next.StoreKey.IsUnknown() && !known(p.next.EncryptTo)):
	case !p.prior.EncryptedKey.IsNull() && !p.next.EncryptTo.Equal(p.prior.EncryptTo):
	case from == inNoState && to != inNoState:
	default:
		return ""
	}
	return attribute
}

// recipients reads encrypt_to; nil without it.
func (m model) recipients(ctx context.Context) (*seal.Recipients, diag.Diagnostics) {
	if !known(m.EncryptTo) {
		return nil, nil
	}
	var list []string
	diags := m.EncryptTo.ElementsAs(ctx, &list, false)
	if diags.HasError() {
		return nil, diags
	}
	parsed, err := seal.ParseRecipients(list)
	if err != nil {
		diags.Append(errRecipients(path.Root("encrypt_to"), err))
	}
	return parsed, diags
}

// setValue stores a value as the settings say.
func (m *model) setValue(value driver.Secret, to *seal.Recipients) error {
	m.Key, m.EncryptedKey = types.StringNull(), types.StringNull()
	switch {
	case value.IsZero():
	case to != nil:
		armored, err := to.Encrypt(value.Reveal())
		if err != nil {
			return err
		}
		m.EncryptedKey = types.StringValue(armored)
	case m.storage() == inState:
		m.Key = types.StringValue(value.Reveal())
	}
	return nil
}

// encryptExisting encrypts a value that is in the state in plain text. Nothing is sent.
func (u *update) encryptExisting(ctx context.Context) {
	if !u.plan.EncryptedKey.IsUnknown() || u.plan.ID.IsUnknown() || u.takesValue() {
		return
	}
	to, diags := u.plan.recipients(ctx)
	u.resp.Diagnostics.Append(diags...)
	if u.resp.Diagnostics.HasError() {
		return
	}
	value := u.state.secret()
	u.state.EncryptTo, u.state.StoreKey = u.plan.EncryptTo, u.plan.StoreKey
	if err := u.state.setValue(value, to); err != nil {
		u.resp.Diagnostics.Append(errNotStored(err))
		return
	}
	u.save(ctx)
}

func errNotStored(err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("encrypt_to"), "Value could not be encrypted",
		Sentence(err.Error())+"\n\nCheck the recipients and apply again.")
}

// errRecipients is the error for recipients that cannot be used. It never quotes an entry,
// which may be a private key.
func errRecipients(at path.Path, err error) diag.Diagnostic {
	detail := Sentence(err.Error())
	if e := (*seal.EntryError)(nil); errors.As(err, &e) && e.Total > 1 {
		detail += " Entries are counted in alphabetical order, because Terraform does not keep the order of a set."
	}
	return diag.NewAttributeErrorDiagnostic(at, "Invalid recipients", detail)
}

// recipients accepts what a value can be encrypted to.
type recipients struct{}

func (recipients) Description(context.Context) string {
	return "age, SSH or armored PGP public keys, at least one; age and PGP not mixed"
}

func (v recipients) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (recipients) ValidateSet(ctx context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	defer RecoverPanic(ctx, &resp.Diagnostics)
	if !known(req.ConfigValue) {
		return
	}
	for _, e := range req.ConfigValue.Elements() {
		if e.IsUnknown() {
			return // Terraform validates again when it is known
		}
	}
	var list []string
	resp.Diagnostics.Append(req.ConfigValue.ElementsAs(ctx, &list, false)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if _, err := seal.ParseRecipients(list); err != nil {
		resp.Diagnostics.Append(errRecipients(req.Path, err))
	}
}

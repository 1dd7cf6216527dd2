package tfkey

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// The value of a key that was created elsewhere and imported. The configuration gives it in
// key_wo, which is in no plan and no state.

func (d serviceDef) valueSchema() schema.Attribute {
	return schema.StringAttribute{
		MarkdownDescription: "The value of a key that was created elsewhere and is imported here. Write-only: it is in no plan, and in the state only as `key` or `encrypted_key`, as `encrypt_to` and `store_key` say; an ephemeral variable works. Needs `key_wo_version`, and Terraform 1.11 or OpenTofu 1.11. " +
			"The provider compares it with what " + d.Title + " shows of the key's value, and refuses another key's; if too little is shown, it warns. Then the value is treated like that of a key that the provider created: ephemeral `apikeys_key_value` hands it over in the run that stores it, and `key_version` grows. Nothing is sent to " + d.Title + " but reads. " +
			"A new key cannot have it: creating, replacing or rotating the key is an error while it is set. Removing it and `key_wo_version` keeps the value that is stored.",
		Optional:   true,
		Sensitive:  true,
		WriteOnly:  true,
		Validators: []validator.String{keyValueText{}, stringvalidator.AlsoRequires(path.MatchRoot("key_wo_version"))},
	}
}

func (d serviceDef) valueVersionSchema() schema.Attribute {
	return schema.Int64Attribute{
		MarkdownDescription: "A number of your own choice that belongs to `key_wo`. Terraform does not see whether a write-only value changes: the provider stores the value, in place, when this number is set or changed, and ignores it otherwise. Raise it to check, store and hand over the value again.",
		Optional:            true,
		Validators:          []validator.Int64{int64validator.AlsoRequires(path.MatchRoot("key_wo"))},
	}
}

// keyValueText accepts what can be a key's value.
type keyValueText struct{}

func (keyValueText) Description(context.Context) string {
	return "not empty, without spaces, line breaks or control characters at its ends"
}

func (v keyValueText) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (keyValueText) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	defer RecoverPanic(ctx, &resp.Diagnostics)
	if known(req.ConfigValue) {
		_, diags := givenValue(req.ConfigValue)
		resp.Diagnostics.Append(diags...)
	}
}

// givenValue reads key_wo. Its errors do not show it.
func givenValue(v types.String) (driver.Secret, diag.Diagnostics) {
	text := v.ValueString()
	blank := func(r rune) bool { return unicode.IsSpace(r) || isUnprintable(r) }
	problem := ""
	switch {
	case v.IsNull():
		problem = "key_wo is null in this run, and key_wo_version is new. Give the value, or remove both."
	case strings.TrimFunc(text, blank) == "":
		problem = "key_wo is empty. Give the key's value, or remove key_wo and key_wo_version."
	case strings.HasSuffix(text, "\n"):
		problem = "key_wo ends with a line break, as files do. Remove it, for example with trimspace(file(…))."
	case strings.TrimFunc(text, blank) != text:
		problem = "key_wo begins or ends with a space or a control character. Remove it, for example with trimspace(…)."
	}
	if problem != "" {
		return driver.Secret{}, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("key_wo"), "Invalid key value", problem)}
	}
	return driver.NewSecret(text), nil
}

// givesValue reports whether the configuration gives a value, or may give one.
func (m model) givesValue() bool { return !m.KeyWO.IsNull() || !m.KeyWOVersion.IsNull() }

// errValueOfOther is the error for creating a key while key_wo is set.
func errValueOfOther() diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("key_wo"), "A new key cannot have a given value",
		"key_wo is the value of a key that exists already, and this would create a new one. Nothing was sent.\n\n"+
			"Import that key first (`import` block or `terraform import`), or remove key_wo and key_wo_version to create a new key.")
}

// errValueOfOld is the error for rotating or replacing a key while key_wo is set.
func (r *keyResource) errValueOfOld(old model) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("key_wo"), "A new key cannot have a given value",
		fmt.Sprintf("This rotates or replaces key %s (%q), and key_wo is the value of that key, not of the new one. Nothing was sent.\n\n"+
			"Remove key_wo and key_wo_version to let the provider create the new key. To bring in a key that is created by hand instead (%s), import it with its value: at another address, and remove this one once nothing uses it, or at this address after `terraform state rm`. "+
			"To store the same value in another way, raise key_wo_version.",
			old.ID.ValueString(), old.Name.ValueString(), r.def.Console))
}

// refusesNewKey fails the plan of a new key if key_wo is set.
func (p *plan) refusesNewKey() bool {
	if !p.config.givesValue() {
		return false
	}
	p.resp.Diagnostics.Append(p.errValueOfOld(p.prior))
	return true
}

// takesValue reports whether the plan takes the value over: its version is another one
// than in the state.
func (p *plan) takesValue() bool {
	return !p.next.KeyWOVersion.IsNull() && !p.next.KeyWOVersion.Equal(p.prior.KeyWOVersion)
}

// takeValue plans to store the value in key_wo, and checks it without asking the service.
func (p *plan) takeValue(ctx context.Context) {
	p.next.Key, p.next.EncryptedKey = p.next.storage().planned()
	p.next.KeyVersion = types.Int64Unknown()
	if p.config.KeyWO.IsUnknown() || p.configUnknown() || p.account == nil || !p.account.refreshed.Load() {
		return // the apply checks again
	}
	value, diags := givenValue(p.config.KeyWO)
	p.resp.Diagnostics.Append(diags...)
	ring, diags := p.ring(ctx, p.prior.scope(p.def))
	p.resp.Diagnostics.Append(diags...)
	if p.resp.Diagnostics.HasError() {
		return
	}
	shown, _ := ring.CachedByName(p.actualName())
	if i := slices.IndexFunc(shown, func(k driver.Key) bool { return k.ID == p.prior.ID.ValueString() }); i >= 0 {
		p.resp.Diagnostics.Append(p.compareValue(shown[i], value)...)
	}
	if !p.resp.Diagnostics.HasError() {
		p.account.creates.LearnValue(value, p.actualName())
		// Terraform opens ephemeral resources in the plan too if the id is known.
		p.account.setValue(p.prior.ID.ValueString(), value)
	}
}

// compareValue compares a value with what the service shows of the key's. Its diagnostics show
// neither.
func (c *serviceBase) compareValue(k driver.Key, value driver.Secret) diag.Diagnostics {
	switch {
	case isLabel(value, k.ID, k.Name), k.Hint.Contradicts(value):
		return diag.Diagnostics{errWrongValue(k.ID)}
	case !keyring.LooksWhole(value, c.def.KeyPrefixes):
		return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("key_wo"), "Key value looks unusual",
			fmt.Sprintf("The values of %s keys begin with %s and are longer. key_wo is stored as it is. Make sure that it is the whole value of key %s.", c.def.Title, strings.Join(c.def.KeyPrefixes, " or "), k.ID))}
	case !k.Hint.Matches(value):
		return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("key_wo"), "Key value not checked",
			fmt.Sprintf("%s shows too little of the value of key %s to check key_wo. It is stored as it is: make sure that it is the value of this key.", c.def.Title, k.ID))}
	}
	return nil
}

// isLabel reports whether a value is the key's id or name.
func isLabel(value driver.Secret, id, name string) bool {
	return value.Reveal() == id || value.Reveal() == name
}

func errWrongValue(id string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("key_wo"), "Wrong key value",
		fmt.Sprintf("This is not the value of key %s. Nothing was changed.\n\nGive the value of this key, or import the key that the value belongs to.", id))
}

// takesValue reports whether the plan asks to take the value in key_wo over: it has a
// new version of the value, for the same key.
func (u *update) takesValue() bool { return !u.plan.ID.IsUnknown() && u.plan.KeyVersion.IsUnknown() }

// readValue reads the value from the configuration, before anything is sent.
func (u *update) readValue(given types.String) {
	if !u.takesValue() {
		return
	}
	value, diags := givenValue(given)
	u.resp.Diagnostics.Append(diags...)
	name := u.private.actualName(u.state.Name).ValueString()
	switch {
	case diags.HasError():
	case isLabel(value, u.priorID, name):
		u.resp.Diagnostics.Append(errWrongValue(u.priorID))
	default:
		u.value = value
		u.account.creates.LearnValue(value, name)
	}
}

// checkValue compares the value with the key's record, before anything is changed.
func (u *update) checkValue(ctx context.Context) {
	if !u.takesValue() {
		return
	}
	k, found, err := u.ring.Read(ctx, u.priorID, u.state.created())
	switch {
	case err != nil:
		u.resp.Diagnostics.Append(u.failure("read", err)...)
	case !found || !k.Live():
		u.resp.Diagnostics.AddAttributeError(path.Root("key_wo"), "Key revoked outside of Terraform",
			fmt.Sprintf("%s no longer has key %s, so its value was not stored. Plan again.", u.def.Title, u.priorID))
	default:
		u.resp.Diagnostics.Append(u.compareValue(k, u.value)...)
	}
}

// storeValue stores the value as the settings say. finishUpdate, right after it, saves its
// version: after an error in between, the next apply stores it again.
func (u *update) storeValue(ctx context.Context) {
	if !u.takesValue() {
		return
	}
	to, diags := u.plan.recipients(ctx)
	u.resp.Diagnostics.Append(diags...)
	if u.resp.Diagnostics.HasError() {
		return
	}
	u.state.EncryptTo, u.state.StoreKey = u.plan.EncryptTo, u.plan.StoreKey
	if err := u.state.setValue(u.value, to); err != nil {
		u.resp.Diagnostics.Append(errNotStored(err))
		return
	}
	u.state.KeyVersion = types.Int64Value(u.state.KeyVersion.ValueInt64() + 1)
	u.account.setValue(u.priorID, u.value)
}

package tfkey

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
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

// storage is where encrypt_to and store_key put the value.
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

// planValue plans key and encrypted_key for a value that is stored during the apply.
func (m *model) planValue() {
	m.Key, m.EncryptedKey = types.StringNull(), types.StringNull()
	to := m.storage()
	if to == inState || to == notKnownYet {
		m.Key = types.StringUnknown()
	}
	if to == inCiphertext || to == notKnownYet {
		m.EncryptedKey = types.StringUnknown()
	}
}

// recipientsOf reads encrypt_to; nil without it, or after an error.
func (r operation) recipientsOf(m model) *seal.Recipients {
	if !isSet(m.EncryptTo) {
		return nil
	}
	parsed, err := seal.ParseRecipients(stringsOf(m.EncryptTo.Elements()))
	if err != nil {
		r.Append(errRecipients(path.Root("encrypt_to"), err))
		return nil
	}
	return parsed
}

// store stores a value in a state where a plan wants it. It does nothing after an
// error.
func (r operation) store(state *model, value driver.Secret, plan model) (ok bool) {
	to := r.recipientsOf(plan)
	if r.HasError() {
		return false
	}
	state.EncryptTo, state.StoreKey = plan.EncryptTo, plan.StoreKey
	state.Key, state.EncryptedKey = types.StringNull(), types.StringNull()
	switch {
	case value.IsZero():
	case to != nil:
		armored, err := to.Encrypt(value.Reveal())
		if err != nil {
			r.AddAttributeError(path.Root("encrypt_to"), "Value could not be encrypted", Sentence(err.Error())+"\n\nCheck the recipients and apply again.")
			return false
		}
		state.EncryptedKey = types.StringValue(armored)
	case state.storage() == inState:
		state.Key = types.StringValue(value.Reveal())
	}
	return true
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

// The value of a key that was created elsewhere and imported. The configuration gives it in
// key_wo, which is in no plan and no state.

// givesValue reports whether the configuration gives a value, or may give one.
func (m model) givesValue() bool { return !m.KeyWO.IsNull() || !m.KeyWOVersion.IsNull() }

// isKeyValue accepts what can be a key's value. Its errors do not show it.
func isKeyValue() textCheck {
	return textCheck{"not empty, without spaces, line breaks or control characters at its ends", func(text string, at path.Path, diags *diag.Diagnostics) {
		blank := func(r rune) bool { return unicode.IsSpace(r) || isUnprintable(r) }
		var problem string
		switch {
		case strings.TrimFunc(text, blank) == "":
			problem = "key_wo is empty. Give the key's value, or remove key_wo and key_wo_version."
		case strings.HasSuffix(text, "\n"):
			problem = "key_wo ends with a line break, as files do. Remove it, for example with trimspace(file(…))."
		case strings.TrimFunc(text, blank) != text:
			problem = "key_wo begins or ends with a space or a control character. Remove it, for example with trimspace(…)."
		default:
			return
		}
		diags.AddAttributeError(at, "Invalid key value", problem)
	}}
}

// givenValue reads key_wo; zero after an error.
func (r operation) givenValue(v types.String) driver.Secret {
	before := r.ErrorsCount()
	if v.IsNull() {
		r.AddAttributeError(path.Root("key_wo"), "Invalid key value", "key_wo is null in this run, and key_wo_version is new. Give the value, or remove both.")
	} else {
		isKeyValue().check(v.ValueString(), path.Root("key_wo"), r.Diagnostics)
	}
	if r.ErrorsCount() > before {
		return driver.Secret{}
	}
	return driver.NewSecret(v.ValueString())
}

// errValueOfOther is the error for creating a key while key_wo is set.
func errValueOfOther() diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("key_wo"), "A new key cannot have a given value",
		"key_wo is the value of a key that exists already, and this would create a new one. Nothing was sent.\n\n"+
			"Import that key first (`import` block or `terraform import`), or remove key_wo and key_wo_version to create a new key.")
}

// refusesNewKey fails if key_wo is set while its key is rotated or replaced.
func (r operation) refusesNewKey(config, old model) bool {
	if !config.givesValue() {
		return false
	}
	r.AddAttributeError(path.Root("key_wo"), "A new key cannot have a given value",
		fmt.Sprintf("This rotates or replaces key %s (%q), and key_wo is the value of that key, not of the new one. Nothing was sent.\n\n"+
			"Remove key_wo and key_wo_version to let the provider create the new key. To bring in a key that is created by hand instead (%s), import it with its value: at another address, and remove this one once nothing uses it, or at this address after `terraform state rm`. "+
			"To store the same value in another way, raise key_wo_version.",
			old.id(), old.Name.ValueString(), r.def.Console))
	return true
}

// compareValue compares a value with what the service shows of the key's. Its diagnostics show
// neither.
func (r operation) compareValue(k driver.Key, value driver.Secret) {
	at := path.Root("key_wo")
	switch {
	case k.Hint.Contradicts(value):
		r.addWrongValue(k.ID)
	case r.refusesLabel(value, k.ID, k.Name):
	case !keyring.LooksWhole(value, r.def.KeyPrefixes):
		r.AddAttributeWarning(at, "Key value looks unusual",
			fmt.Sprintf("The values of %s keys begin with %s and are longer. key_wo is stored as it is. Make sure that it is the whole value of key %s.", r.def.Title, strings.Join(r.def.KeyPrefixes, " or "), k.ID))
	case !k.Hint.Matches(value):
		r.AddAttributeWarning(at, "Key value not checked",
			fmt.Sprintf("%s shows too little of the value of key %s to check key_wo. It is stored as it is: make sure that it is the value of this key.", r.def.Title, k.ID))
	}
}

// refusesLabel fails if a value is the key's id or name.
func (r operation) refusesLabel(value driver.Secret, id, name string) bool {
	isLabel := slices.Contains([]string{id, name}, value.Reveal())
	if isLabel {
		r.addWrongValue(id)
	}
	return isLabel
}

func (r operation) addWrongValue(id string) {
	r.AddAttributeError(path.Root("key_wo"), "Wrong key value",
		fmt.Sprintf("This is not the value of key %s. Nothing was changed.\n\nGive the value of this key, or import the key that the value belongs to.", id))
}

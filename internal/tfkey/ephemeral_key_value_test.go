package tfkey

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// An id is looked up where it belongs: a value of one service, or of one scope,
// never goes to the consumer of another one's.
func TestKeyValue_ambiguous(t *testing.T) {
	accounts := Accounts{"one": &Account{}, "two": &Account{}, "three": &Account{}}
	remember := func(service, id, value string) { accounts[service].setValue(id, driver.NewSecret(value)) }
	remember("one", "1", "one's first")
	remember("two", "1", "two's first")
	remember("two", "2", "two's second")
	remember("two", "2", "two's second") // once more is no other key
	remember("three", "3", "in one scope")
	remember("three", "3", "in another")
	for _, c := range []struct {
		id, service, value string
		says               []string
	}{
		{id: "1", service: "one", value: "one's first"},
		{id: "1", service: "two", value: "two's first"},
		{id: "1", service: "three"},
		{id: "1", says: []string{"not unique", "one, two", "Set service"}},
		{id: "2", value: "two's second"},
		{id: "2", service: "one"},
		{id: "3", says: []string{"not unique", "three", "workspaces or tenants"}},
		{id: "3", service: "three", says: []string{"not unique"}},
		{id: "4"},
	} {
		for _, required := range []bool{false, true} {
			v := NewKeyValue([]string{"two", "one", "three"})()
			v.(*keyValue).accounts = accounts
			var schema ephemeral.SchemaResponse
			v.Schema(t.Context(), ephemeral.SchemaRequest{}, &schema)
			kind, _ := schema.Schema.Type().TerraformType(t.Context()).(tftypes.Object)
			values := map[string]tftypes.Value{}
			for name, of := range kind.AttributeTypes {
				values[name] = tftypes.NewValue(of, nil)
			}
			values["key_id"] = tftypes.NewValue(tftypes.String, c.id)
			values["required"] = tftypes.NewValue(tftypes.Bool, required)
			if c.service != "" {
				values["service"] = tftypes.NewValue(tftypes.String, c.service)
			}
			config := tfsdk.Config{Schema: schema.Schema, Raw: tftypes.NewValue(kind, values)}
			resp := ephemeral.OpenResponse{Result: tfsdk.EphemeralResultData{Schema: schema.Schema, Raw: config.Raw}}
			v.Open(t.Context(), ephemeral.OpenRequest{Config: config}, &resp)
			says := c.says
			if len(says) == 0 && c.value == "" && required {
				says = []string{"No value for this key", "Key " + c.id, "encrypted_key and identities"}
			}
			var text string
			for _, d := range resp.Diagnostics {
				text += d.Summary() + ": " + d.Detail()
			}
			for _, words := range says {
				if !strings.Contains(text, words) {
					t.Errorf("%+v, required %v: %q does not say %q", c, required, text, words)
				}
			}
			if len(says) == 0 && text != "" || strings.Contains(text, "first") {
				t.Errorf("%+v, required %v: %s", c, required, text)
			}
			var got keyValueModel
			if diags := resp.Result.Get(t.Context(), &got); diags.HasError() || got.Value.ValueString() != c.value || got.Minted.ValueBool() != (c.value != "") {
				t.Errorf("%+v, required %v: handed on %q, minted %v, %v", c, required, got.Value.ValueString(), got.Minted.ValueBool(), diags)
			}
		}
	}
}

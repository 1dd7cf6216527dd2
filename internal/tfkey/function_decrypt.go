package tfkey

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/seal"
)

// decrypt is provider::apikeys::decrypt.
type decrypt struct{}

// NewDecrypt returns the function.
func NewDecrypt() function.Function { return decrypt{} }

func (decrypt) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "decrypt"
}

func (decrypt) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary:             "Decrypts a key's encrypted_key.",
		MarkdownDescription: "Decrypts an `encrypted_key`. With an ephemeral identity the result is ephemeral too, and reaches no state and no plan.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "encrypted_key", MarkdownDescription: "The `encrypted_key` of a key, or other ASCII armor of age or PGP."},
			function.StringParameter{Name: "identity", MarkdownDescription: "An age identity (`AGE-SECRET-KEY-1…`), an SSH private key without passphrase, or an armored PGP private key. Use a variable with `ephemeral = true`."},
		},
		Return: function.StringReturn{},
	}
}

// Run decrypts. Its errors never hold the value or the identity.
func (decrypt) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	defer func() {
		var diags diag.Diagnostics
		if thrown := recover(); thrown != nil {
			reportPanic(ctx, &diags, thrown)
			resp.Error = function.FuncErrorFromDiags(ctx, diags)
		}
	}()
	var armored, identity string
	resp.Error = req.Arguments.Get(ctx, &armored, &identity)
	if resp.Error != nil {
		return
	}
	value, err := seal.Decrypt(armored, []string{identity})
	if err != nil {
		resp.Error = function.NewFuncError(err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, value)
}

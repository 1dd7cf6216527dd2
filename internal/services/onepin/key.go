package onepin

import (
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"
)

// Service is OnePin as the provider lists it.
var Service = services.Service{
	Key: tfkey.Definition{
		Name: site.Name, Title: site.Title, Console: site.Console,
		KeyPrefixes: []string{"op_live_", "pk_live_", "pk_test_"},
		Scope:       workspaceID,
		MaxName:     120, // OnePin API reference, Create Api Key
		Rename:      true,
		Native:      true,
		LastUse:     true,
		Remembers:   true, // OnePin API reference, List Api Keys: status
		Attributes: []tfkey.Attribute{
			{Name: "scopes", Kind: tfkey.StringSet, Mode: tfkey.InPlace, Description: "What the key may do, such as `workflows:run` or `voices:read`. Order has no meaning.", Unset: "OnePin refuses a scope that it does not know. Default: what OnePin gives a key.", Kept: "Taking them out of the configuration leaves this key's as they are; a key that replaces it gets OnePin's default."},
			{Name: "rate_limit_per_min", Kind: tfkey.Int64, Mode: tfkey.InPlace, Min: 1, Description: "Requests a minute that the key may make; null where the key has no limit of its own.", Unset: "At least 1. Default: OnePin's.", Kept: "Taking it out of the configuration leaves this key's limit as it is; a key that replaces it gets OnePin's default."},
			{Name: "active", Kind: tfkey.Bool, Mode: tfkey.InPlace, Default: true, Description: "Whether the key works. One that is switched off is refused with 401, and can be switched on again.", Unset: "Default `true`."},
			{Name: "key_type", Mode: tfkey.Replace, Description: "Kind of key.", Unset: "Default: OnePin's, `live`; OnePin reserves others."},
			{Name: workspaceID, Mode: tfkey.Replace, Description: "Workspace that the key belongs to.", Unset: "Default: the provider's `workspace_id`, else the workspace of its credential."},
			{Name: "created_by", Description: "User who made the key; null if OnePin does not tell."},
			{Name: "key_prefix", Description: "First characters of the value."},
			{Name: "key_suffix", Description: "Last characters of the value, or those that follow `key_prefix`."},
			{Name: "preview", Description: "What OnePin shows of the value; null if it does not."},
			{Name: "updated_at", Kind: tfkey.Time, Mode: tfkey.Moving, Description: "When the key was last changed, RFC 3339 in UTC."},
		},
	},
	Settings: settings,
	Connect:  Connect,
}

package onepin

import (
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// The names of attributes that the adapter itself reads.
const (
	workspaceID = "workspace_id"
	active      = "active"
	keyPrefix   = "key_prefix"
	keySuffix   = "key_suffix"
)

// Service is OnePin as the provider lists it.
var Service = services.Service{Key: key, Settings: settings, Connect: Connect}

var key = definition.Service{
	Info:            definition.Info{Name: "onepin", Title: "OnePin", Console: "the OnePin dashboard, API Keys"},
	KeyPrefixes:     []string{"op_live_", "pk_live_", "pk_test_"},
	Scope:           workspaceID,
	MaxName:         120, // OnePin API reference, Create Api Key
	CanRename:       true,
	HasRotate:       true,
	ReportsLastUsed: true,
	KeepsRevoked:    true, // OnePin API reference, List Api Keys: status
	Attributes: []definition.Attribute{
		{Name: "scopes", Kind: definition.StringSet, Mode: definition.InPlace, Description: "What the key may do, such as `workflows:run`.", WhenUnset: "Default: OnePin's", ChangeNote: "changed in place, kept if removed"},
		{Name: "rate_limit_per_min", Kind: definition.Int64, Mode: definition.InPlace, Min: 1, Description: "Requests a minute; null without a limit.", WhenUnset: "Default: OnePin's", ChangeNote: "changed in place, kept if removed"},
		{Name: active, Kind: definition.Bool, Mode: definition.InPlace, Default: true, Description: "Whether the key works.", WhenUnset: "Default `true`"},
		{Name: "key_type", Mode: definition.Replace, Description: "Kind of key.", WhenUnset: "Default `live`"},
		{Name: workspaceID, Mode: definition.Replace, Description: "Workspace of the key.", WhenUnset: "Default: the provider's, else that of its credential"},
		{Name: "created_by", Description: "User who created the key, if reported."},
		{Name: keyPrefix, Description: "First characters of the value."},
		{Name: keySuffix, Description: "Last characters of the value, or those after `key_prefix`."},
		{Name: "preview", Description: "What OnePin shows of the value, if anything."},
		{Name: "updated_at", Kind: definition.Time, Mode: definition.Volatile, Description: "When the key was last changed, RFC 3339 in UTC."},
	},
}

// settings are the provider's attributes for OnePin. ONEPIN_API_KEY and
// ONEPIN_BASE_URL are the variables of its own CLI and SDK.
var settings = []services.Setting{
	{
		Name: "token", Env: []string{"ONEPIN_TOKEN", "ONEPIN_API_KEY"}, Sensitive: true,
		Description: "API key or session token that signs the requests; by default `api_key` in `~/.onepin/credentials`.",
	},
	{
		Name: "token_command", List: true,
		Description: "Program with its arguments that prints a token, instead of `token`. It runs without a shell for at most 30 seconds.",
	},
	{
		Name: workspaceID, Env: []string{"ONEPIN_WORKSPACE_ID"},
		Description: "Workspace of the keys, unless a resource names another one; by default that of the token.",
	},
	{
		Name: services.BaseURL, Env: []string{"ONEPIN_BASE_URL"}, Default: "https://api.onepin.ai",
		Description: "Address of the API.",
	},
}

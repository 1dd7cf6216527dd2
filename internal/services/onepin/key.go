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
		{Name: "scopes", Kind: definition.StringSet, Mode: definition.InPlace, Description: "What the key may do, such as `workflows:run` or `voices:read`. Order has no meaning.", WhenUnset: "OnePin refuses a scope that it does not know. Default: what OnePin gives a key.", ChangeNote: "Taking them out of the configuration leaves this key's as they are; a key that replaces it gets OnePin's default."},
		{Name: "rate_limit_per_min", Kind: definition.Int64, Mode: definition.InPlace, Min: 1, Description: "Requests a minute that the key may make; null where the key has no limit of its own.", WhenUnset: "At least 1. Default: OnePin's.", ChangeNote: "Taking it out of the configuration leaves this key's limit as it is; a key that replaces it gets OnePin's default."},
		{Name: active, Kind: definition.Bool, Mode: definition.InPlace, Default: true, Description: "Whether the key works. One that is switched off is refused with 401, and can be switched on again.", WhenUnset: "Default `true`."},
		{Name: "key_type", Mode: definition.Replace, Description: "Kind of key.", WhenUnset: "Default: OnePin's, `live`; OnePin reserves others."},
		{Name: workspaceID, Mode: definition.Replace, Description: "Workspace that the key belongs to.", WhenUnset: "Default: the provider's `workspace_id`, else the workspace of its credential."},
		{Name: "created_by", Description: "User who created the key; null if OnePin does not report it."},
		{Name: keyPrefix, Description: "First characters of the value."},
		{Name: keySuffix, Description: "Last characters of the value, or those that follow `key_prefix`."},
		{Name: "preview", Description: "What OnePin shows of the value; null if it does not."},
		{Name: "updated_at", Kind: definition.Time, Mode: definition.Volatile, Description: "When the key was last changed, RFC 3339 in UTC."},
	},
}

// settings are the provider's attributes for OnePin. ONEPIN_API_KEY and
// ONEPIN_BASE_URL are the variables of its own CLI and SDK.
var settings = []services.Setting{
	{
		Name: "token", Env: []string{"ONEPIN_TOKEN", "ONEPIN_API_KEY"}, Sensitive: true,
		Description: "Bearer that signs the requests: an API key or a session token. Default: the `api_key` in " +
			"`~/.onepin/credentials`, where OnePin's CLI keeps it.",
	},
	{
		Name: "token_command", List: true,
		Description: "Program, with its arguments, that prints a bearer. It runs without a shell, within 30 seconds; " +
			"its token is kept, and renewed when it expires or is refused. Not together with the attribute `token`; it wins over the environment variables.",
	},
	{
		Name: workspaceID, Env: []string{"ONEPIN_WORKSPACE_ID"},
		Description: "Workspace whose keys are managed, unless a resource names another one. Default: the bearer's own. " +
			"With an API key as the bearer no other workspace can be reached.",
	},
	{
		Name: services.BaseURL, Env: []string{"ONEPIN_BASE_URL"}, Default: "https://api.onepin.ai",
		Description: "Address of the API. Where the bearer comes from `~/.onepin/credentials`, the `base_url` there " +
			"comes before the default.",
	},
}

package pioneer

import (
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// Service is Pioneer as the provider lists it. Its keys have a name and nothing
// else that could be set.
var Service = services.Service{Key: key, Settings: settings, Connect: Connect}

// key names the page on which keys are created, as the API keys page of docs.pioneer.ai has it.
var key = definition.Service{
	Info:        definition.Info{Name: "pioneer", Title: "Pioneer", Console: "pioneer.ai, Settings > API Keys"},
	KeyPrefixes: []string{"pio_sk_"},
	Attributes: []definition.Attribute{
		{Name: "team_id", Description: "Team of the key; null if Pioneer does not report it."},
		{Name: driver.FieldExpiresAt, Kind: definition.Time, Mode: definition.Volatile, Description: "When the key expires, RFC 3339 in UTC; null if never, or if Pioneer does not report it."},
		{Name: "usage_tokens", Kind: definition.Int64, Mode: definition.Volatile, Description: "Tokens used with the key; null if Pioneer does not report it."},
		{Name: "usage_cost", Kind: definition.Float64, Mode: definition.Volatile, Description: "Cost of the key's use, in Pioneer's unit; null if Pioneer does not report it."},
		{Name: "request_count", Kind: definition.Int64, Mode: definition.Volatile, Description: "Requests made with the key; null if Pioneer does not report it."},
	},
}

// settings are the provider's attributes for Pioneer. Since 2026-07-15 the API keys page
// of docs.pioneer.ai lets API keys list and revoke keys, but not create them: a session
// does that.
var settings = []services.Setting{
	{
		Name: "api_key", Env: []string{"PIONEER_API_KEY"}, Sensitive: true,
		Description: "API key that signs the requests, such as `pio_sk_…`.",
	},
	{
		Name: "session_token", Env: []string{"PIONEER_SESSION_TOKEN"}, Sensitive: true, Session: true,
		Description: "Token of a dashboard session that signs only the requests that create keys, where API keys cannot.",
	},
	{
		Name: "session_token_command", List: true,
		Description: "Program with its arguments that prints such a token, instead of `session_token`. It runs without a shell for at most 30 seconds.",
	},
	{
		Name: services.BaseURL, Env: []string{"PIONEER_BASE_URL"}, Default: "https://api.pioneer.ai",
		Description: "Address of the API.",
	},
}

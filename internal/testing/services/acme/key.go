package acme

import (
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// Service is Acme as a provider would list it.
var Service = services.Service{Key: key, Settings: settings, Connect: Connect}

// The names of attributes that the adapter itself reads.
const (
	note        = "note"
	permissions = "permissions"
	ending      = "ending"
)

var key = definition.Service{
	Info:            definition.Info{Name: "acme", Title: "Acme", Console: "Acme's console, Keys"},
	KeyPrefixes:     []string{"acme_live_"},
	MaxName:         64,
	CanRename:       true,
	ReportsLastUsed: true,
	Attributes: []definition.Attribute{
		{Name: note, Mode: definition.InPlace, Description: "What the key is for, in words.", WhenUnset: "Default: none"},
		{Name: permissions, Kind: definition.StringSet, Mode: definition.InPlace, Description: "What the key may do. Order has no meaning.", WhenUnset: "Default: what Acme gives a key"},
		{Name: "environment", Mode: definition.Replace, Description: "Where the key works.", WhenUnset: "Default `production`"},
		{Name: ending, Description: "Last characters of the value, to recognise it by."},
	},
}

var settings = []services.Setting{
	{
		Name: "api_key", Env: []string{"ACME_API_KEY"}, Sensitive: true,
		Description: "API key that signs the requests, such as `acme_live_…`.",
	},
	{
		Name: services.BaseURL, Env: []string{"ACME_BASE_URL"}, Default: "https://keys.acme.example",
		Description: "Address of the API.",
	},
}

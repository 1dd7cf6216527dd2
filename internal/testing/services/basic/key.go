package basic

import (
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// Service is Basic as a provider would list it.
var Service = services.Service{Key: key, Settings: settings, Connect: Connect}

var key = definition.Service{
	Info:            definition.Info{Name: "basic", Title: "Basic", Console: "Basic's console, Keys"},
	KeyPrefixes:     []string{"basic_live_"},
	ReportsLastUsed: true,
	Attributes: []definition.Attribute{
		{Name: "ending", Description: "Last characters of the value, to recognise it by."},
	},
}

var settings = []services.Setting{
	{
		Name: "api_key", Env: []string{"BASIC_API_KEY"}, Sensitive: true,
		Description: "API key that signs the requests, such as `basic_live_…`.",
	},
	{
		Name: services.BaseURL, Env: []string{"BASIC_BASE_URL"}, Default: "https://api.basic.example",
		Description: "Address of the API.",
	},
}

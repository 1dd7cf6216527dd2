package expunct

import (
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

const tenantID = "tenant_id"

// Service is Expunct as the provider lists it.
var Service = services.Service{Key: key, Settings: settings, Connect: Connect}

var key = definition.Service{
	Info:            definition.Info{Name: "expunct", Title: "Expunct", Console: "the Expunct dashboard, API Keys"},
	KeyPrefixes:     []string{"pk_live_", "pk_test_"},
	Scope:           tenantID,
	ReportsLastUsed: true,
	Attributes: []definition.Attribute{
		{Name: tenantID, Mode: definition.Replace, Description: "Tenant of the key.", WhenUnset: "Default: the provider's, else null for that of its credential", ChangeNote: "a change to another tenant creates a new key"},
		{Name: "prefix", Description: "First characters of the value, such as `pk_live_f8a...`."},
	},
}

var settings = []services.Setting{
	{
		Name: "api_key", Env: []string{"EXPUNCT_API_KEY"}, Sensitive: true,
		Description: "API key that signs the requests, such as `pk_live_…`.",
	},
	{
		Name: tenantID, Env: []string{"EXPUNCT_TENANT_ID"},
		Description: "Tenant of the keys, unless a resource names another one; by default that of `api_key`.",
	},
	{
		Name: services.BaseURL, Env: []string{"EXPUNCT_BASE_URL"}, Default: "https://api.pii-redactor.dev/api/v1",
		Description: "Address of the API, version included.",
	},
}

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
		{Name: tenantID, Mode: definition.Replace, Description: "Tenant that the key belongs to.", WhenUnset: "Default: the provider's `tenant_id`, else the tenant of its credential, which Expunct does not report: it is null then.", ChangeNote: "Naming the tenant that the key is in already, where it was null, is an update in place."},
		{Name: "prefix", Description: "First characters of the value, such as `pk_live_f8a...`, to recognise it by."},
	},
}

var settings = []services.Setting{
	{
		Name: "api_key", Env: []string{"EXPUNCT_API_KEY"}, Sensitive: true,
		Description: "API key that signs the requests, such as `pk_live_…`.",
	},
	{
		Name: tenantID, Env: []string{"EXPUNCT_TENANT_ID"},
		Description: "Tenant whose keys are managed, unless a resource names another one. Default: the tenant of `api_key`.",
	},
	{
		Name: services.BaseURL, Env: []string{"EXPUNCT_BASE_URL"}, Default: "https://api.pii-redactor.dev/api/v1",
		Description: "Address of the API, with its version.",
	},
}

package expunct

import (
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// Service is Expunct as the provider lists it.
var Service = services.Service{
	Key: definition.Service{
		Info:            site.Info,
		KeyPrefixes:     []string{"pk_live_", "pk_test_"},
		Scope:           tenantID,
		ReportsLastUsed: true,
		Attributes: []definition.Attribute{
			{Name: tenantID, Mode: definition.Replace, Description: "Tenant that the key belongs to.", WhenUnset: "Default: the provider's `tenant_id`, else the tenant of its credential, which Expunct does not tell: it is null then.", ChangeNote: "Naming the tenant that the key is in already, where it was null, is an update in place."},
			{Name: "prefix", Description: "First characters of the value, such as `pk_live_f8a...`, to recognise it by."},
		},
	},
	Settings: settings,
	Connect:  Connect,
}

package expunct

import (
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"
)

// Service is Expunct as the provider lists it.
var Service = services.Service{
	Key: tfkey.Definition{
		Name: site.Name, Title: site.Title, Console: site.Console,
		KeyPrefixes: []string{"pk_live_", "pk_test_"},
		Scope:       tenantID,
		LastUse:     true,
		Attributes: []tfkey.Attribute{
			{Name: tenantID, Mode: tfkey.Replace, Description: "Tenant that the key belongs to.", Unset: "Default: the provider's `tenant_id`, else the tenant of its credential, which Expunct does not tell: it is null then.", Kept: "Naming the tenant that the key is in already, where it was null, is an update in place."},
			{Name: "prefix", Description: "First characters of the value, such as `pk_live_f8a...`, to recognise it by."},
		},
	},
	Settings: settings,
	Connect:  Connect,
}

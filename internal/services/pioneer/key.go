package pioneer

import (
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// Service is Pioneer as the provider lists it. Its keys have a name and nothing
// else that could be set.
var Service = services.Service{
	Key: definition.Service{
		Info: site.Info, KeyPrefixes: []string{"pio_sk_"},
		Attributes: []definition.Attribute{
			{Name: teamID, Description: "Team that the key is bound to; null if Pioneer does not say."},
			{Name: expiresAt, Kind: definition.Time, Mode: definition.Volatile, Description: "When the key ends by itself, RFC 3339 in UTC; null if never, or if Pioneer does not say."},
			{Name: usageTokens, Kind: definition.Int64, Mode: definition.Volatile, Description: "Tokens used by the key; null if Pioneer does not say."},
			{Name: usageCost, Kind: definition.Float64, Mode: definition.Volatile, Description: "Cost attributed to the key, in Pioneer's unit; null if Pioneer does not say."},
			{Name: requestCount, Kind: definition.Int64, Mode: definition.Volatile, Description: "Requests made with the key; null if Pioneer does not say."},
		},
	},
	Settings: settings,
	Connect:  Connect,
}

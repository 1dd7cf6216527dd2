package pioneer

import (
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"
)

// Service is Pioneer as the provider lists it. Its keys have a name and nothing
// else that could be set.
var Service = services.Service{
	Key: tfkey.Definition{
		Name: site.Name, Title: site.Title, Console: site.Console, KeyPrefixes: []string{"pio_sk_"},
		Attributes: []tfkey.Attribute{
			{Name: teamID, Description: "Team that the key is bound to; null if Pioneer does not say."},
			{Name: expiresAt, Kind: tfkey.Time, Mode: tfkey.Moving, Description: "When the key ends by itself, RFC 3339 in UTC; null if never, or if Pioneer does not say."},
			{Name: usageTokens, Kind: tfkey.Int64, Mode: tfkey.Moving, Description: "Tokens used by the key; null if Pioneer does not say."},
			{Name: usageCost, Kind: tfkey.Float64, Mode: tfkey.Moving, Description: "Cost attributed to the key, in Pioneer's unit; null if Pioneer does not say."},
			{Name: requestCount, Kind: tfkey.Int64, Mode: tfkey.Moving, Description: "Requests made with the key; null if Pioneer does not say."},
		},
	},
	Settings: settings,
	Connect:  Connect,
}

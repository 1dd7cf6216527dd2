package acme

import (
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// Service is Acme as a provider would list it.
var Service = services.Service{
	Key: definition.Service{
		Info:            site.Info,
		KeyPrefixes:     []string{"acme_live_"},
		MaxName:         64,
		CanRename:       true,
		ReportsLastUsed: true,
		Attributes: []definition.Attribute{
			{Name: note, Mode: definition.InPlace, Description: "What the key is for, in words.", WhenUnset: "Default: none."},
			{Name: permissions, Kind: definition.StringSet, Mode: definition.InPlace, Description: "What the key may do. Order has no meaning.", WhenUnset: "Default: what Acme gives a key."},
			{Name: environment, Mode: definition.Replace, Description: "Where the key works.", WhenUnset: "Default `production`."},
			{Name: ending, Description: "Last characters of the value, to recognise it by."},
		},
	},
	Settings: settings,
	Connect:  Connect,
}

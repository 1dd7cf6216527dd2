package acme

import (
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"
)

// Service is Acme as a provider would list it.
var Service = services.Service{
	Key: tfkey.Definition{
		Name: site.Name, Title: site.Title, Console: site.Console,
		KeyPrefixes: []string{"acme_live_"},
		MaxName:     64,
		Rename:      true,
		LastUse:     true,
		Attributes: []tfkey.Attribute{
			{Name: note, Mode: tfkey.InPlace, Description: "What the key is for, in words.", Unset: "Default: none."},
			{Name: permissions, Kind: tfkey.StringSet, Mode: tfkey.InPlace, Description: "What the key may do. Order has no meaning.", Unset: "Default: what Acme gives a key."},
			{Name: environment, Mode: tfkey.Replace, Description: "Where the key works.", Unset: "Default `production`."},
			{Name: ending, Description: "Last characters of the value, to recognise it by."},
		},
	},
	Settings: settings,
	Connect:  Connect,
}

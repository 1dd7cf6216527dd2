package pioneer

import (
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"
)

// Service is Pioneer as the provider lists it. Its keys have a name and nothing
// else that could be set.
var Service = services.Service{
	Key:       tfkey.Definition{Name: site.Name, Title: site.Title, Console: site.Console, KeyPrefixes: []string{"pio_sk_"}},
	Settings:  settings,
	Connect:   Connect,
	Simulator: Simulator,
}

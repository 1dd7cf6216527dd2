package services

import "github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

// Service is everything that the provider needs of one service.
type Service struct {
	// Key is the Terraform side: schemas, plans and messages.
	Key definition.Service
	// Settings are its attributes in the provider's configuration.
	Settings []Setting
	// Connect checks the settings and returns the way to the service. It sends
	// nothing. A credential that is missing is an error with KindCredential.
	Connect func(Config) (Open, error)
}

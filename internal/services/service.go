package services

import (
	"net/http"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"
)

// Service is everything that the provider needs of one service.
type Service struct {
	// Key is the Terraform side: schemas, plans and messages.
	Key tfkey.Definition
	// Settings are its attributes in the provider's configuration.
	Settings []Setting
	// Connect checks the settings and returns the way to the service. It sends
	// nothing. A credential that is missing is an error with KindCredential.
	Connect func(Config) (Open, error)
	// Simulator is a stand-in for the service, for tests and demonstrations.
	Simulator func(*simulator.Store) http.Handler
	// Generations are stand-ins for servers as other generations of the service's
	// documentation describe them, by a name.
	Generations map[string]func(*simulator.Store) http.Handler
}

// Environment is what lets a provider without configuration reach the service at
// another address and sign in there: the first variable of each setting that
// takes part. session is "" where none is needed.
func (s Service) Environment(baseURL, credential, session string) map[string]string {
	env := map[string]string{}
	for _, setting := range s.Settings {
		switch {
		case len(setting.Env) == 0, setting.Session && session == "":
		case setting.Session:
			env[setting.Env[0]] = session
		case setting.Name == BaseURL:
			env[setting.Env[0]] = baseURL
		case setting.Sensitive:
			env[setting.Env[0]] = credential
		}
	}
	return env
}

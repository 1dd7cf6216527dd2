// Package simulators is the list of the services' simulators, for tests and
// demonstrations. No release has it.
package simulators

import (
	"net/http"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/provider"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/custom"
	expunct "github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/expunct/simulator"
	onepin "github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/onepin/simulator"
	pioneer "github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/pioneer/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// list has an entry for each service, by its name.
var list = map[string]Service{
	"expunct": {Simulator: expunct.New},
	"onepin":  {Simulator: onepin.New},
	"pioneer": {Simulator: pioneer.New, Generations: map[string]Handler{"dashboard": pioneer.NewDashboard}},
}

// Handler serves a service's API from a store.
type Handler = func(*simulator.Store) http.Handler

// Service is a service of the provider with its simulator.
type Service struct {
	services.Service
	Simulator Handler
	// Generations simulate servers as other generations of the service's
	// documentation describe them, by a name.
	Generations map[string]Handler
	// Declaration is that of a declared service, as it is and as JSON; nil for others.
	Declaration *custom.Declaration
	Declared    string
}

// Services returns the provider's services, in its order.
func Services() []Service {
	var all []Service
	for _, s := range provider.Services() {
		simulated := list[s.Key.Name]
		simulated.Service = s
		all = append(all, simulated)
	}
	return all
}

// Named returns one of the provider's services; the zero value if there is none of
// that name.
func Named(name string) Service {
	for _, s := range Services() {
		if s.Key.Name == name {
			return s
		}
	}
	return Service{}
}

// Environment sets up a provider without configuration: it reaches the service at
// another address and signs in there. Each setting is set by the first of its
// variables. session is "" where none is needed.
func (s Service) Environment(baseURL, credential, session string) map[string]string {
	env := map[string]string{}
	for _, setting := range s.Settings {
		switch {
		case len(setting.Env) == 0, setting.Session && session == "":
		case setting.Session:
			env[setting.Env[0]] = session
		case setting.Name == services.BaseURL:
			env[setting.Env[0]] = baseURL
		case setting.Sensitive:
			env[setting.Env[0]] = credential
		}
	}
	return env
}

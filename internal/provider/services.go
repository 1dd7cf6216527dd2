package provider

import (
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/expunct"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/onepin"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/pioneer"
)

// Services returns the services that the provider knows. It is the only list of
// them: everything else, from the provider's schema to the simulator, follows it.
func Services() []services.Service {
	return []services.Service{
		expunct.Service,
		onepin.Service,
		pioneer.Service,
	}
}

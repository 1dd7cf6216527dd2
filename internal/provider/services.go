package provider

import (
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/expunct"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/onepin"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/pioneer"
)

// Services returns the services of the provider. This is the only list of them.
func Services() []services.Service {
	return []services.Service{
		expunct.Service,
		onepin.Service,
		pioneer.Service,
	}
}

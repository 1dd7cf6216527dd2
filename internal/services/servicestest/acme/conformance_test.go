package acme_test

import (
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/servicestest/acme"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/tfkeytest"
)

func TestConformance(t *testing.T) { tfkeytest.RunConformance(t, acme.Service) }

// Its name keeps it out of the long run of random lives, which is for services that
// people use.
func TestRandomLives(t *testing.T) { tfkeytest.RunProperty(t, acme.Service) }

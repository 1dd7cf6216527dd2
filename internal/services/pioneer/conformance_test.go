package pioneer_test

import (
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/pioneer"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/tfkeytest"
)

// dashboard is Pioneer with the stand-in for servers since 2026-07-15.
func dashboard() services.Service {
	s := pioneer.Service
	s.Simulator = s.Generations["dashboard"]
	return s
}

func TestConformance(t *testing.T) { tfkeytest.RunConformance(t, pioneer.Service) }

func TestConformance_dashboard(t *testing.T) { tfkeytest.RunConformance(t, dashboard()) }

func TestProperty(t *testing.T) { tfkeytest.RunProperty(t, pioneer.Service) }

func TestProperty_dashboard(t *testing.T) { tfkeytest.RunProperty(t, dashboard()) }

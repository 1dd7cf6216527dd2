package pioneer_test

import (
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/conformance"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// dashboard is Pioneer with the simulator of servers since 2026-07-15.
func dashboard() simulators.Service {
	s := simulators.Named("pioneer")
	s.Simulator = s.Generations["dashboard"]
	return s
}

func TestConformance(t *testing.T) { conformance.RunConformance(t, simulators.Named("pioneer")) }

func TestConformance_dashboard(t *testing.T) { conformance.RunConformance(t, dashboard()) }

func TestProperty(t *testing.T) { conformance.RunProperty(t, simulators.Named("pioneer")) }

func TestProperty_dashboard(t *testing.T) { conformance.RunProperty(t, dashboard()) }

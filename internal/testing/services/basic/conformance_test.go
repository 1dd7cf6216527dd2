package basic_test

import (
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/conformance"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/basic"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/basic/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// simulated is Basic with its simulator.
var simulated = simulators.Service{Service: basic.Service, Simulator: simulator.New}

func TestConformance(t *testing.T) { conformance.RunConformance(t, simulated) }

// Its name keeps it out of the long run of random lives, which is for services that
// people use.
func TestRandomLives(t *testing.T) { conformance.RunProperty(t, simulated) }

package expunct_test

import (
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/conformance"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

func TestConformance(t *testing.T) { conformance.RunConformance(t, simulators.Named("expunct")) }

func TestProperty(t *testing.T) { conformance.RunProperty(t, simulators.Named("expunct")) }

package expunct_test

import (
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/expunct"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/tfkeytest"
)

func TestConformance(t *testing.T) { tfkeytest.RunConformance(t, expunct.Service) }

func TestProperty(t *testing.T) { tfkeytest.RunProperty(t, expunct.Service) }

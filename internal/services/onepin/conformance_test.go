package onepin_test

import (
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/onepin"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/tfkeytest"
)

func TestConformance(t *testing.T) { tfkeytest.RunConformance(t, onepin.Service) }

func TestProperty(t *testing.T) { tfkeytest.RunProperty(t, onepin.Service) }

package pioneer_test

import (
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/pioneer"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/tfkeytest"
)

func TestConformance(t *testing.T) { tfkeytest.RunConformance(t, pioneer.Service) }

func TestProperty(t *testing.T) { tfkeytest.RunProperty(t, pioneer.Service) }

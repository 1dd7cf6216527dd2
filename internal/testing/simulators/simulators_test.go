package simulators_test

import (
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/provider"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// TestServices checks that the list has an entry for each service of the provider.
func TestServices(t *testing.T) {
	t.Parallel()
	all := simulators.Services()
	if len(all) == 0 || len(all) != len(provider.Services()) {
		t.Fatalf("%d simulators for %d services", len(all), len(provider.Services()))
	}
	for _, s := range all {
		if s.Simulator == nil {
			t.Errorf("%s has no simulator: add it to the list in simulators.go", s.Key.Title)
		}
	}
}

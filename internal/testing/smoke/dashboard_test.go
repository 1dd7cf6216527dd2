package main

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// Everything holds at every other generation of a service too; without a session the
// create is refused, and nothing else is seen.
func TestHolds_generations(t *testing.T) {
	t.Parallel()
	for _, name := range slices.Sorted(maps.Keys(assumptions)) {
		s := simulators.Named(name)
		for generation, handler := range s.Generations {
			t.Run(name+", "+generation, func(t *testing.T) {
				t.Parallel()
				s.Simulator = handler
				tr := newTestRunOf(t, s, nil)
				for text, result := range tr.run(context.Background(), exitHolds) {
					if result != string(holds) {
						t.Errorf("%s: %s", result, text)
					}
				}
				if t.Failed() {
					t.Log(tr.out.String(), tr.log.String())
				}
				for _, setting := range s.Settings {
					if setting.Session && len(setting.Env) > 0 {
						delete(tr.env, setting.Env[0])
					}
				}
				tr.out.Reset()
				for text, result := range tr.run(context.Background(), exitFailed) {
					if result == string(differs) {
						t.Errorf("without a session: %s: %s", result, text)
					}
				}
			})
		}
	}
}

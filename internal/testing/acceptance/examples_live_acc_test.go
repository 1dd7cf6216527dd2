package acceptance_test

import (
	"fmt"
	"strings"
	"testing"
)

// worked stages an example that is a part of a configuration, for a bench.
func worked(t *testing.T, b *harness, built *cli, example string) *recipeHarness {
	t.Helper()
	k := &recipeHarness{cli: built.in(t, "", b.variables()...).stage(example), bench: b}
	k.write("versions.tf", required)
	return k
}

// unwrapped is what the CLI prints, without the frame and the breaks of its lines.
func unwrapped(printed string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(printed, "│", " ")), " ")
}

// The checks in the examples of the data sources find what they are there to find,
// and nothing else.
func TestAccExamples_checks(t *testing.T) {
	t.Parallel()
	built := newCLI(newHarness(t))
	for service, prefix := range map[string]string{"expunct": "Production ", "onepin": "", "pioneer": ""} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			b := newHarness(t)
			s := b.subject(service)
			k := worked(t, b, built, "data-sources/apikeys_"+service+"_keys")
			forgotten := aged(t, s, prefix+"forgotten", 91*days, 0)
			b.spare(forgotten)
			out := unwrapped(k.apply())
			if want := fmt.Sprintf("90 days: %s (%s).", forgotten.Name, forgotten.ID); !strings.Contains(out, want) {
				t.Errorf("%q is missing:\n%s", want, out)
			}
			if !strings.Contains(out, "Keys that nobody manages here: "+prefix+"forgotten") || strings.Contains(out, "here: "+s.only().Name) {
				t.Errorf("unmanaged keys are not shown as they are:\n%s", out)
			}
			k.run(true, "destroy", "-auto-approve")
		})
	}
}

// The examples of actions revoke what they say, by -invoke and by a resource's
// trigger.
func TestAccExamples_actions(t *testing.T) {
	t.Parallel()
	needs(t, actions)
	b := newHarness(t)
	built := newCLI(b)

	pioneer := b.subject("pioneer")
	pioneer.store.Mint("trial-2025-07")
	pioneer.store.Mint("trial-2025-08")
	b.spare(pioneer.store.Mint("trial-2026-01"))
	worked(t, b, built, "actions/apikeys_pioneer_revoke").apply("-invoke=action.apikeys_pioneer_revoke.ended")
	if live := pioneer.live(); len(live) > 0 {
		t.Errorf("keys of the project that has ended live: %s", describe(live))
	}

	expunct := b.subject("expunct")
	k := worked(t, b, built, "actions/apikeys_expunct_revoke")
	for _, name := range []string{"first", "second"} { // after_create, after_update
		r := expunct.store.Mint(name)
		k.vars(map[string]any{"retired": []string{r.ID}})
		k.apply()
		if now, _ := expunct.store.Get(r.ID); now.Live() {
			t.Errorf("the key %q was not revoked", name)
		}
		k.planEmpty()
	}
}

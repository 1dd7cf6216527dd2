package tfkey_test

import (
	"context"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/provider"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/tfkeytest"
)

// overheard remembers the last questions about a key.
type overheard struct {
	tfprotov6.ProviderServer
	read *tfprotov6.ReadResourceRequest
	plan *tfprotov6.PlanResourceChangeRequest
}

func (o *overheard) ReadResource(ctx context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	o.read = r
	return o.ProviderServer.ReadResource(ctx, r)
}

func (o *overheard) PlanResourceChange(ctx context.Context, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	o.plan = r
	return o.ProviderServer.PlanResourceChange(ctx, r)
}

// What is asked about a key that nothing has changed takes the shortcut, also
// after a rotation in place: the framework's way allocates several times as much.
// That the answers are the same is what the conformance and property tests see to.
func TestShortcut_allocations(t *testing.T) {
	for _, s := range provider.Services() {
		t.Run(s.Key.Name, func(t *testing.T) {
			r := tfkeytest.NewRig(t, s)
			r.Abridged = true
			overlap := map[string]any{"overlap": "1h"}
			config := tfkeytest.Config{"k": r.Block("ci", tfkeytest.Trigger("1", overlap))}
			r.MustApply(config)
			id := r.State["k"].ID()
			config["k"] = r.Block("ci", tfkeytest.Trigger("2", overlap))
			r.MustApply(config)
			r.Clock.Advance(2 * time.Hour)
			r.MustApply(config)
			if n := len(r.Live()); n != 1 || r.State["k"].ID() == id {
				t.Fatalf("%d live keys, and %s is now %s", n, id, r.State["k"].ID())
			}
			var o *overheard
			server := r.Server
			r.Server = func() tfprotov6.ProviderServer {
				o = &overheard{ProviderServer: server()}
				return o
			}
			r.MustBeEmpty(config)
			short := o.ProviderServer
			long := short.(interface { //nolint:forcetypeassert // or the test fails
				Unabridged() tfprotov6.ProviderServer
			}).Unabridged()
			for _, ask := range []struct {
				what  string
				times float64 // as much
				of    func(tfprotov6.ProviderServer) error
			}{
				{"refresh", 2, func(s tfprotov6.ProviderServer) error { _, err := s.ReadResource(t.Context(), o.read); return err }},
				{"plan", 4, func(s tfprotov6.ProviderServer) error {
					_, err := s.PlanResourceChange(t.Context(), o.plan)
					return err
				}},
			} {
				allocations := func(s tfprotov6.ProviderServer) float64 {
					return testing.AllocsPerRun(20, func() {
						if err := ask.of(s); err != nil {
							t.Error(err)
						}
					})
				}
				abridged, unabridged := allocations(short), allocations(long)
				t.Logf("a %s allocates %.0f times, without the shortcut %.0f", ask.what, abridged, unabridged)
				if abridged*ask.times > unabridged {
					t.Errorf("a %s allocates %.0f times, want 1/%.0f of the framework's %.0f at most", ask.what, abridged, ask.times, unabridged)
				}
			}
		})
	}
}

// A plan that ends a key asks whether it may once, not once for each way.
func TestShortcut_asksOnce(t *testing.T) {
	for _, s := range provider.Services() {
		t.Run(s.Key.Name, func(t *testing.T) {
			asked := map[bool]int{}
			for _, abridged := range []bool{true, false} {
				r := tfkeytest.NewRig(t, s)
				r.Abridged = true
				if !abridged {
					server := r.Server
					r.Server = func() tfprotov6.ProviderServer {
						return server().(interface { //nolint:forcetypeassert // or the test fails
							Unabridged() tfprotov6.ProviderServer
						}).Unabridged()
					}
				}
				config := tfkeytest.Config{"k": r.Block("ci", tfkeytest.Rotation(map[string]any{"after": "1h"}))}
				r.MustApply(config)
				r.Clock.Advance(2 * time.Hour)
				r.Store.Reset()
				if p := r.Plan(config); p.Actions["k"] != tfkeytest.Replace {
					t.Fatalf("the plan is %v\n%s", p.Actions, p.Diagnostics)
				}
				asked[abridged] = r.Store.Total()
			}
			if asked[true] != asked[false] {
				t.Errorf("%d requests, %d without the shortcut", asked[true], asked[false])
			}
		})
	}
}

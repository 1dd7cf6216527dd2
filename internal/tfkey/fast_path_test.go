package tfkey_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/conformance"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
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

// What is asked about a key that nothing has changed takes the fast path, also
// after a rotation in place: the framework's way allocates several times as much.
// That the answers are the same is what the conformance and property tests see to.
func TestFastPath_allocations(t *testing.T) {
	for _, s := range simulators.Services() {
		t.Run(s.Key.Name, func(t *testing.T) {
			r := conformance.NewHarness(t, s)
			r.SkipComparison = true
			overlap := map[string]any{"rotation_overlap": "1h"}
			config := protocol.Config{"k": r.Block("ci", conformance.Trigger("1", overlap))}
			r.MustApply(config)
			first := r.State["k"].ID()
			config["k"] = r.Block("ci", conformance.Trigger("2", overlap))
			r.MustApply(config)
			r.Clock.Advance(2 * time.Hour)
			r.MustApply(config)
			if n := len(r.Live()); n != 1 || r.State["k"].ID() == first {
				t.Fatalf("%d live keys, and %s is now %s", n, first, r.State["k"].ID())
			}
			var o *overheard
			server := r.Server
			r.Server = func() tfprotov6.ProviderServer {
				o = &overheard{ProviderServer: server()}
				return o
			}
			r.MustBeEmpty(config)
			short := o.ProviderServer
			long := conformance.WithoutFastPath(t, short)
			id, asked := r.State["k"].ID(), 0
			// other is the question about another key: no key is planned twice.
			other := func(v *tfprotov6.DynamicValue) *tfprotov6.DynamicValue {
				instead := fmt.Sprintf("%0*d", len(id), asked)
				return &tfprotov6.DynamicValue{MsgPack: bytes.ReplaceAll(v.MsgPack, []byte(id), []byte(instead))}
			}
			for _, ask := range []struct {
				what  string
				times float64 // as much
				of    func(tfprotov6.ProviderServer) error
			}{
				{"refresh", 2, func(s tfprotov6.ProviderServer) error { _, err := s.ReadResource(t.Context(), o.read); return err }},
				{"plan", 4, func(s tfprotov6.ProviderServer) error {
					asked++
					plan := *o.plan
					plan.PriorState, plan.ProposedNewState = other(o.plan.PriorState), other(o.plan.ProposedNewState)
					resp, err := s.PlanResourceChange(t.Context(), &plan)
					if err == nil && len(resp.Diagnostics) > 0 {
						err = errors.New(resp.Diagnostics[0].Summary)
					}
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
				t.Logf("a %s allocates %.0f times, without the fast path %.0f", ask.what, abridged, unabridged)
				if abridged*ask.times > unabridged {
					t.Errorf("a %s allocates %.0f times, want 1/%.0f of the framework's %.0f at most", ask.what, abridged, ask.times, unabridged)
				}
			}
		})
	}
}

// What one way has asked is not asked again on the other: neither whether a key
// may be ended, nor whether it is gone, nor what a service did not answer.
func TestFastPath_asksOnce(t *testing.T) {
	for name, test := range map[string]struct {
		upset func(*conformance.Harness)
		want  protocol.Action
	}{
		"due": {func(r *conformance.Harness) { r.Clock.Advance(2 * time.Hour) }, protocol.Replace},
		"revoked": {func(r *conformance.Harness) {
			if err := r.Store.Revoke(r.State["k"].ID()); err != nil {
				t.Fatal(err)
			}
		}, protocol.Create},
		"failing": {func(r *conformance.Harness) {
			r.Store.Fault(simulator.Fault{Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: 100})
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, s := range simulators.Services() {
				t.Run(s.Key.Name, func(t *testing.T) {
					asked := map[bool]int{}
					for _, abridged := range []bool{true, false} {
						r := conformance.NewHarness(t, s)
						r.SkipComparison = true
						if !abridged {
							server := r.Server
							r.Server = func() tfprotov6.ProviderServer { return conformance.WithoutFastPath(t, server()) }
						}
						config := protocol.Config{"k": r.Block("ci", map[string]any{"rotate_after": "1h"})}
						r.MustApply(config)
						test.upset(r)
						r.Store.Reset()
						p := r.Plan(config)
						if p.Actions["k"] != test.want || (len(p.Diagnostics.Errors()) > 0) != (test.want == "") {
							t.Fatalf("the plan is %v\n%s", p.Actions, p.Diagnostics)
						}
						asked[abridged] = r.Store.Total()
					}
					if asked[true] != asked[false] {
						t.Errorf("%d requests, %d without the fast path", asked[true], asked[false])
					}
				})
			}
		})
	}
}

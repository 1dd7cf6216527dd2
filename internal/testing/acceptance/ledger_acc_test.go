package acceptance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// subject is one service as tests see it.
type subject struct {
	simulators.Service
	bench *harness
	store *simulator.Store
}

func (s subject) name() string    { return s.Key.Name }
func (s subject) kind() string    { return "apikeys_" + s.Key.Name + "_key" }
func (s subject) address() string { return s.kind() + ".test" }

// config is a key resource with these arguments.
func (s subject) config(arguments ...string) string {
	return s.labelled("test", arguments...)
}

// labelled is config under a label of its own.
func (s subject) labelled(label string, arguments ...string) string {
	return fmt.Sprintf("resource %q %q {\n  %s\n  lifecycle { create_before_destroy = true }\n}\n", s.kind(), label, strings.Join(arguments, "\n  "))
}

// own are the keys, dead ones too, that are not somebody else's.
func (s subject) own() []simulator.Record {
	return slices.DeleteFunc(s.store.Ledger(), func(r simulator.Record) bool { return slices.Contains(s.bench.foreign, r.ID) })
}

// live are the own keys that live.
func (s subject) live() []simulator.Record {
	return slices.DeleteFunc(s.own(), func(r simulator.Record) bool { return !r.Live() })
}

// only is the one own key that lives; any other number fails the test.
func (s subject) only() simulator.Record {
	s.bench.t.Helper()
	live := s.live()
	if len(live) != 1 {
		s.bench.t.Fatalf("%s has %d live keys of ours, want 1: %v", s.Key.Title, len(live), describe(live))
	}
	return live[0]
}

// revokeOutside revokes the one own key behind Terraform's back.
func (s subject) revokeOutside() simulator.Record {
	s.bench.t.Helper()
	r := s.only()
	if err := s.store.Revoke(r.ID); err != nil {
		s.bench.t.Fatal(err)
	}
	return r
}

// wrote is how many requests have come that change something.
func (s subject) wrote() int {
	n := s.store.Requests()
	return n[simulator.OpCreate] + n[simulator.OpUpdate] + n[simulator.OpRotate] + n[simulator.OpRevoke]
}

func describe(records []simulator.Record) string {
	var lines []string
	for _, r := range records {
		lines = append(lines, fmt.Sprintf("%s %q live=%t made by %s, revoked by %q", r.ID, r.Name, r.Live(), r.CreatedBy, r.RevokedBy))
	}
	return strings.Join(lines, "; ")
}

// checkLedger fails unless exactly the keys of somebody else live.
func (b *harness) checkLedger(*terraform.State) error {
	var errs []error
	for _, s := range b.subjects() {
		for _, r := range s.store.Ledger() {
			foreign := slices.Contains(b.foreign, r.ID)
			switch {
			case foreign && !r.Live():
				errs = append(errs, fmt.Errorf("%s: key %s of somebody else was revoked", s.Key.Title, r.ID))
			case !foreign && r.Live():
				errs = append(errs, fmt.Errorf("%s: key %s (%q) still lives", s.Key.Title, r.ID, r.Name))
			}
		}
	}
	return errors.Join(errs...)
}

// checkSecrets fails the test if the provider has said a key's value.
func (b *harness) checkSecrets() {
	all := b.heard(tfprotov6.DiagnosticSeverityError) + b.heard(tfprotov6.DiagnosticSeverityWarning)
	for _, secret := range b.secrets() {
		if strings.Contains(all, secret) {
			b.t.Errorf("a diagnostic holds a key's value:\n%s", all)
		}
	}
}

// secrets are the values of all keys and of the credentials.
func (b *harness) secrets() []string {
	var all []string
	for _, s := range b.subjects() {
		all = append(all, s.store.Admin())
		for _, r := range s.store.Ledger() {
			all = append(all, r.Value)
		}
	}
	return all
}

// checkEnd is what must be true when a test ends.
func (b *harness) checkEnd() {
	if err := b.checkLedger(nil); err != nil {
		b.t.Error(err)
	}
	if b.Strays() > 0 {
		b.t.Errorf("%d requests followed a redirect", b.Strays())
	}
	b.checkSecrets()
}

// stateCheck is a statecheck.StateCheck made of a function.
type stateCheck func(*tfjson.State) error

// CheckState implements statecheck.StateCheck.
func (f stateCheck) CheckState(_ context.Context, req statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	resp.Error = f(req.State)
}

// holds checks that the state holds the one own key that lives, with its value.
func (s subject) holds() statecheck.StateCheck {
	return stateCheck(func(state *tfjson.State) error {
		values, err := attributes(state, s.address())
		if err != nil {
			return err
		}
		live := s.live()
		if len(live) != 1 {
			return fmt.Errorf("%s: %d keys of ours live, want 1: %s", s.Key.Title, len(live), describe(live))
		}
		if r := live[0]; values["id"] != r.ID || values["key"] != r.Value || values["name"] != r.Name {
			return fmt.Errorf("%s: the state holds key %v (%v), or another value than it has; the ledger says %s", s.Key.Title, values["id"], values["name"], describe(live))
		}
		return nil
	})
}

// attributes are those of a resource in the state.
func attributes(state *tfjson.State, address string) (map[string]any, error) {
	if state != nil && state.Values != nil && state.Values.RootModule != nil {
		for _, r := range state.Values.RootModule.Resources {
			if r.Address == address {
				return r.AttributeValues, nil
			}
		}
	}
	return nil, fmt.Errorf("%s is not in the state", address)
}

// action expects what a plan does with the subject's resource.
func (s subject) action(a plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(s.address(), a)}}
}

// eachService runs a test for every service, each on a bench of its own.
func eachService(t *testing.T, test func(t *testing.T, s subject)) {
	t.Parallel()
	for _, s := range (&harness{Server: simulator.NewServer(nil)}).subjects() {
		t.Run(s.name(), func(t *testing.T) {
			t.Parallel()
			test(t, newHarness(t).subject(s.name()))
		})
	}
}

// stateFunc is statecheck.ExpectKnownValue for a value that is known only when
// the step runs.
func stateFunc(want func() knownvalue.Check, s subject, attribute string) statecheck.StateCheck {
	return stateCheck(func(state *tfjson.State) error {
		values, err := attributes(state, s.address())
		if err != nil {
			return err
		}
		return want().CheckValue(values[attribute])
	})
}

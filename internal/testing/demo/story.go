package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// adopted is the name of the keys that are there before Terraform.
const adopted = "made-by-hand"

// story is the demo's plot, and what has become of its expectations.
type story struct {
	*simulated
	*workspace
	out    io.Writer
	failed int
}

// step is one step: what it shows, and doing it.
type step struct {
	title string
	do    func(context.Context) error
}

// play plays all steps. A Terraform command that fails ends the story; an
// expectation that fails is printed, counted, and makes the demo fail in the end.
func (s *story) play(ctx context.Context) error {
	for i, next := range []step{
		{"apply: a key at each service, handed to a deployment", s.create},
		{"plan again: nothing to do", s.planIsEmpty},
		{"change the trigger: every key rotates, the new one first", s.rotate},
		{"somebody revokes the keys behind Terraform's back: the next apply heals", s.heal},
		{"adopt keys that were made by hand, by name or by id", s.adopt},
		{"plan again: nothing to do", s.planIsEmpty},
		{"destroy", s.end},
		{"a key for a colleague: only ciphertext in state, plan and output", s.colleague},
		{"a key for a secret store: its value goes to a write-only argument and to no file", s.secretStore},
		{"a CI job: a key for one run is the credential of another provider", s.ci},
		{"Pioneer as it is documented now: only a person creates keys, and Terraform takes them over with their values", s.dashboard},
	} {
		start := time.Now()
		fmt.Fprintf(s.out, "\n%d. %s\n", i+1, next.title)
		if err := next.do(ctx); err != nil {
			fmt.Fprintf(s.out, "\n%d live keys left\n", s.live())
			return fmt.Errorf("step %d, %s: %w", i+1, next.title, err)
		}
		fmt.Fprintf(s.out, "   (%.1f s)\n", time.Since(start).Seconds())
	}
	s.totals()
	fmt.Fprintf(s.out, "\n%d live keys left\n", s.live())
	if s.failed > 0 {
		return fmt.Errorf("%d expectations failed", s.failed)
	}
	return nil
}

func (s *story) create(ctx context.Context) error {
	if err := s.variables(map[string]any{"generation": 1}); err != nil {
		return err
	}
	if err := s.apply(ctx); err != nil {
		return err
	}
	return s.audit(ctx, 1)
}

func (s *story) planIsEmpty(ctx context.Context) error {
	before := s.made()
	if err := s.plan(ctx, planEmpty); err != nil {
		return err
	}
	s.expect(s.made() == before, "the plan is empty, and planning made no key")
	return nil
}

func (s *story) rotate(ctx context.Context) error {
	old := s.newest()
	if err := s.variables(map[string]any{"generation": 2}); err != nil {
		return err
	}
	if err := s.apply(ctx); err != nil {
		return err
	}
	for i, b := range s.services {
		before, _ := b.store.Get(old[i].ID)
		after := s.newest()[i]
		s.expect(after.ID != before.ID && !before.Live() && !before.RevokedAt.Before(after.CreatedAt),
			"%-8s new key made %s, old key revoked %s", b.Key.Title, clock(after.CreatedAt), clock(before.RevokedAt))
	}
	return s.audit(ctx, 1)
}

func (s *story) heal(ctx context.Context) error {
	s.ahead.Add(int64(time.Hour)) // a key of the last minute might only not be listed yet, and would be waited for
	for _, b := range s.services {
		for _, r := range b.store.Live() {
			if err := b.store.Revoke(r.ID); err != nil {
				return err
			}
		}
	}
	s.expect(s.live() == 0, "all keys are revoked, and Terraform does not know yet")
	if err := s.plan(ctx, planChanges); err != nil {
		return err
	}
	s.expect(true, "the next plan sees it")
	if err := s.apply(ctx); err != nil {
		return err
	}
	return s.audit(ctx, 1)
}

func (s *story) adopt(ctx context.Context) error {
	adopt := map[string]map[string]string{}
	for i, b := range s.services {
		key := b.store.Mint(adopted)
		id := "name:" + key.Name
		if i%2 == 1 {
			id = key.ID
		}
		adopt[b.Key.Name] = map[string]string{key.Name: id}
	}
	before := s.made()
	if err := s.variables(map[string]any{"generation": 2, "adopt": adopt}); err != nil {
		return err
	}
	if err := s.apply(ctx); err != nil {
		return err
	}
	s.expect(s.made() == before, "importing made no key")
	return s.audit(ctx, 2)
}

func (s *story) end(ctx context.Context) error {
	if err := s.destroy(ctx); err != nil {
		return err
	}
	return s.audit(ctx, 0)
}

// newest returns the youngest key of each service.
func (s *story) newest() []simulator.Record {
	out := make([]simulator.Record, len(s.services))
	for i, b := range s.services {
		ledger := b.store.Ledger()
		out[i] = ledger[len(ledger)-1]
	}
	return out
}

// made is how many keys have ever been made.
func (s *story) made() int {
	n := 0
	for _, b := range s.services {
		n += len(b.store.Ledger())
	}
	return n
}

func clock(t time.Time) string { return t.Local().Format("15:04:05.000") }

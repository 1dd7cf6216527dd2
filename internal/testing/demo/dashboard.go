package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// dashboard plays examples/recipes/dashboard-keys at a Pioneer where only a person
// creates keys, as its documentation has it since 2026-07-15.
func (s *story) dashboard(ctx context.Context) error {
	own, err := s.stage(filepath.Join("recipes", "dashboard-keys"), filepath.Join(filepath.Dir(s.Dir), "dashboard-keys"))
	if err != nil {
		return err
	}
	b := s.booth("pioneer")
	b.store = s.server.Store(newerPioneer)
	env := map[string]string{"PIONEER_SESSION_TOKEN": ""}
	maps.Copy(env, b.Environment(s.server.URL(newerPioneer), b.store.Admin(), ""))
	for name, value := range env {
		own.CLI = own.In(own.Dir, name+"="+value)
	}
	inner := &story{simulated: &simulated{server: s.server, services: []mounted{b}, ahead: s.ahead}, workspace: own, out: s.out}
	err = errors.Join(inner.byHand(ctx, b.store), own.destroy(ctx))
	requests := b.store.Requests()
	inner.expect(requests[simulator.OpCreate] == 0 && inner.live() == 0, "destroyed: 0 live keys, and the provider never asked for a new one")
	s.failed += inner.failed
	return err
}

// byHand takes a key with its value, rotates to another one, and drops the first.
func (s *story) byHand(ctx context.Context, store *simulator.Store) error {
	first, second := store.Mint("ci"), store.Mint("ci")
	said, err := s.take(ctx, 1, "a", map[string]simulator.Record{"a": first}, map[string]string{"a": second.Value})
	if err != nil {
		return err
	}
	s.expect(bytes.Contains(said, []byte("is not the value of")), "a value that belongs to another key is refused")
	if _, err := s.take(ctx, 0, "a", map[string]simulator.Record{"a": first}, map[string]string{"a": first.Value}); err != nil {
		return err
	}
	if err := s.uses(ctx, first); err != nil {
		return err
	}
	if _, err := s.take(ctx, 0, "b", map[string]simulator.Record{"a": first, "b": second}, map[string]string{"b": second.Value}); err != nil {
		return err
	}
	s.expect(len(store.Live()) == 2, "the next key takes over while the old one still works")
	if err := s.uses(ctx, second); err != nil {
		return err
	}
	if _, err := s.take(ctx, 0, "b", map[string]simulator.Record{"b": second}, nil); err != nil {
		return err
	}
	old, _ := store.Get(first.ID)
	s.expect(!old.Live(), "then the old key is revoked; what is stored of the new one stays")
	return s.uses(ctx, second)
}

// take applies the recipe with these keys and the values that are given in this run. It
// returns what Terraform says.
func (s *story) take(ctx context.Context, want int, current string, keys map[string]simulator.Record, values map[string]string) ([]byte, error) {
	given := map[string]any{}
	for label, k := range keys {
		given[label] = map[string]any{"id": k.ID, "take_value": values[label] != ""}
	}
	if err := s.variables(map[string]any{"keys": given, "current": current}); err != nil {
		return nil, err
	}
	text, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	cli := s.workspace
	if len(values) > 0 {
		cli = &workspace{s.In(s.Dir, "TF_VAR_values="+string(text))}
	}
	return cli.run(ctx, want, "apply", "-auto-approve", "-json")
}

// uses expects the output to be the value of a key.
func (s *story) uses(ctx context.Context, k simulator.Record) error {
	value, err := s.text(ctx, "key")
	if err != nil {
		return fmt.Errorf("read the output: %w", err)
	}
	s.expect(value == k.Value, "what uses the key has the value of %s", k.ID)
	return nil
}

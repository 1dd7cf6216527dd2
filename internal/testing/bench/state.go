package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// stateFile is what a state file holds, as far as it matters here; all else is
// kept as it is.
type stateFile map[string]any

// multiply rewrites a state that has one instance so that it has one for each
// key, and the names of the keys in the configuration follow.
func (w *workspace) multiply(keys []simulator.Record) error {
	name := filepath.Join(w.dir, "terraform.tfstate")
	text, err := os.ReadFile(filepath.Clean(name))
	if err != nil {
		return err
	}
	var state stateFile
	if err := json.Unmarshal(text, &state); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := state.multiply(keys, w.service != ""); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if text, err = json.Marshal(state); err != nil {
		return err
	}
	if w.service != "" {
		w.body = fmt.Sprintf(`name = %[1]s == 0 ? "bench-0" : "%[2]s-${%[1]s - 1}"`, index, seeded)
	}
	return os.WriteFile(name, text, 0o600)
}

// multiply repeats the one instance of the one resource for each key, in as many
// resources as the configuration has blocks. rename puts the keys' own properties
// in; references have none.
func (f stateFile) multiply(keys []simulator.Record, rename bool) error {
	resources, _ := f["resources"].([]any)
	if len(resources) != 1 {
		return errors.New("there is not exactly one resource")
	}
	resource, _ := resources[0].(map[string]any)
	instances, _ := resource["instances"].([]any)
	if len(instances) != 1 {
		return errors.New("there is not exactly one instance")
	}
	first, _ := instances[0].(map[string]any)
	all := make([]any, len(keys))
	for i, key := range keys {
		one := maps.Clone(first)
		one["index_key"] = i % blockSize
		if rename {
			one["attributes"] = overlay(first["attributes"], map[string]any{
				"id": key.ID, "name": key.Name, "key": key.Value, "created_at": key.CreatedAt.UTC().Format(time.RFC3339Nano), "key_version": key.CreatedAt.UnixMilli(),
			})
			if first["identity"] != nil {
				one["identity"] = overlay(first["identity"], map[string]any{"id": key.ID})
			}
		}
		all[i] = one
	}
	resources = nil
	for first := 0; first < len(all); first += blockSize {
		some := maps.Clone(resource)
		some["name"], some["instances"] = block(first), all[first:min(first+blockSize, len(all))]
		resources = append(resources, some)
	}
	f["resources"] = resources
	return nil
}

// overlay is an object with some of its members replaced.
func overlay(object any, with map[string]any) map[string]any {
	members, _ := object.(map[string]any)
	members = maps.Clone(members)
	maps.Copy(members, with)
	return members
}

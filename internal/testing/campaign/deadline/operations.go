package deadline

import (
	"maps"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// operation is something that Terraform asks for.
type operation struct {
	name string
	// prepare brings Terraform to where it asks for it, without trouble.
	prepare func(*protocol.Terraform, *simulator.Store) (act func() protocol.Diagnostics)
}

// operations are those of a service.
func operations(s simulators.Service) []operation {
	kind := "apikeys_" + s.Key.Name + "_key"
	block := func(name string, rotation map[string]any) protocol.Config {
		attributes := map[string]any{"name": name}
		maps.Copy(attributes, rotation)
		return protocol.Config{"k": {Type: kind, Attributes: attributes, CreateBeforeDestroy: true}}
	}
	trigger := func(value, setting string, of any) map[string]any {
		rotation := map[string]any{"rotation_triggers": map[string]any{"v": value}}
		if setting != "" {
			rotation[setting] = of
		}
		return rotation
	}
	// change applies one configuration, and plans another one.
	change := func(name string, from, to protocol.Config) operation {
		return operation{name, func(c *protocol.Terraform, _ *simulator.Store) func() protocol.Diagnostics {
			if from != nil {
				must(c.Apply(from).Diagnostics)
			}
			p := c.Plan(to)
			must(p.Diagnostics)
			return func() protocol.Diagnostics { return c.ApplyPlan(p) }
		}}
	}
	all := []operation{
		change("create", nil, block("ci", nil)),
		{"read", func(c *protocol.Terraform, _ *simulator.Store) func() protocol.Diagnostics {
			must(c.Apply(block("ci", nil)).Diagnostics)
			return func() protocol.Diagnostics { return c.Plan(block("ci", nil)).Diagnostics }
		}},
		change("rotate", block("ci", trigger("1", "", nil)), block("ci", trigger("2", "", nil))),
		change("overlap", block("ci", trigger("1", "rotation_overlap", "1h")), block("ci", trigger("2", "rotation_overlap", "1h"))),
		change("delete", block("ci", nil), protocol.Config{}),
		{"import", func(c *protocol.Terraform, store *simulator.Store) func() protocol.Diagnostics {
			id := store.Mint("by hand").ID
			return func() protocol.Diagnostics { return c.Import("k", kind, id) }
		}},
	}
	if s.Key.CanRename {
		all = append(all, change("update", block("ci", nil), block("renamed", nil)))
	}
	if s.Key.HasRotate {
		all = append(all, change("native", block("ci", trigger("1", "native_rotation", true)), block("ci", trigger("2", "native_rotation", true))))
	}
	return all
}

// must ends a measurement that could not even be prepared.
func must(diags protocol.Diagnostics) {
	if errs := diags.Errors(); len(errs) > 0 {
		panic(stop(errs[0]))
	}
}

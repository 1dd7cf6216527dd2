package campaign

import (
	"maps"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/conformance"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// The address and the name of the key under test.
const (
	address = "key"
	keyName = "ci"
)

// operation is what is disturbed: the way from one configuration to another.
type operation struct {
	name string
	// fits reports whether the service can do it; nil: every one can.
	fits func(simulators.Service) bool
	// before and after are the configurations.
	before, after func(*run) protocol.Config
	// meanwhile happens between them, undisturbed; nil: nothing.
	meanwhile func(*run)
	// imports: the key is imported before the apply, and the import is disturbed.
	imports bool
	// mints: a key is created.
	mints bool
	// first is a configuration that is applied right before, disturbed too; nil: none.
	first func(*run) protocol.Config
}

// attributes are those of a resource block.
type attributes = map[string]any

// block is a configuration of one key.
func block(of ...attributes) func(*run) protocol.Config {
	return func(t *run) protocol.Config { return protocol.Config{address: t.Block(t.called(), of...)} }
}

// nothing is a configuration without a key.
func nothing(*run) protocol.Config { return protocol.Config{} }

// destroyFirst is a configuration whose replacements go the other way round.
func destroyFirst(config func(*run) protocol.Config) func(*run) protocol.Config {
	return func(t *run) protocol.Config {
		changed := maps.Clone(config(t))
		for at, b := range changed {
			b.CreateBeforeDestroy = false
			changed[at] = b
		}
		return changed
	}
}

// two is a configuration of two keys that share a name.
func two(of ...attributes) func(*run) protocol.Config {
	return func(t *run) protocol.Config {
		of := append([]attributes{{"on_duplicate_name": "ignore"}}, of...)
		return protocol.Config{address: t.Block(t.called(), of...), address + "2": t.Block(t.called(), of...)}
	}
}

// overlap is how long a key that was rotated in place lives on.
const overlap = time.Hour

// operations are all that can be disturbed.
func operations(recipient string) []operation {
	native := func(s simulators.Service) bool { return s.Key.HasRotate }
	scopes := func(s simulators.Service) bool { return s.Key.CanRename && !s.Key.Declared }
	arguments := func(s simulators.Service) bool { return s.Key.Declared }
	overlapping := func(v string) attributes {
		return conformance.Trigger(v, attributes{"rotation_overlap": overlap.String()})
	}
	natively := func(v string) attributes { return conformance.Trigger(v, attributes{"native_rotation": true}) }
	sealed := attributes{"encrypt_to": []string{recipient}}
	// rotated leaves a key whose predecessor is still alive.
	rotated := func(t *run) { t.must(block(overlapping("2"))(t)) }
	return []operation{
		{name: "create", before: nothing, after: block(), mints: true},
		{name: "create and delete", before: nothing, first: block(), after: nothing, mints: true},
		{name: "read", before: block(), after: block()},
		{name: "rename", before: block(), mints: true, after: func(t *run) protocol.Config {
			return protocol.Config{address: t.Block("cd")}
		}},
		{name: "scopes", fits: scopes, before: block(attributes{"scopes": []string{"voices:read"}}),
			after: block(attributes{"scopes": []string{"voices:read", "workflows:run"}})},
		{name: "arguments", fits: arguments, before: block(attributes{"arguments": `{"role":"reader"}`}), after: block(attributes{"arguments": `{"role":"admin"}`})},
		{name: "rotate, create first", before: block(conformance.Trigger("1")), after: block(conformance.Trigger("2")), mints: true},
		{name: "rotate, destroy first", before: block(conformance.Trigger("1")), after: destroyFirst(block(conformance.Trigger("2"))), mints: true},
		{name: "rotate, overlap", before: block(overlapping("1")), after: block(overlapping("2")), mints: true},
		{name: "rotate, native", fits: native, before: block(natively("1")), after: block(natively("2")), mints: true},
		{name: "import", before: nothing, after: block(), imports: true},
		{name: "delete", before: block(), after: nothing},
		{name: "revoke retiring", before: block(overlapping("1")), after: block(overlapping("2")),
			meanwhile: func(t *run) { rotated(t); t.Clock.Advance(2 * overlap) }},
		{name: "delete with retiring", before: block(overlapping("1")), after: nothing, meanwhile: rotated},
		{name: "encrypt", before: block(), after: block(sealed)},
		{name: "create encrypted", before: nothing, after: block(sealed), mints: true},
		{name: "store nowhere", before: block(), after: block(attributes{"store_key": false}), mints: true},
		{name: "create two of a name", before: nothing, after: two(), mints: true},
		{name: "rotate two of a name", before: two(conformance.Trigger("1")), after: two(conformance.Trigger("2")), mints: true},
		{name: "replace tainted", before: block(), after: block(), meanwhile: func(t *run) { t.Taint(address) }, mints: true},
	}
}

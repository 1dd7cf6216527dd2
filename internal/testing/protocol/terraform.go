package protocol

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// TB is what this package needs of a test; *testing.T and *rapid.T have it.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
}

// Block is a resource block of a configuration.
type Block struct {
	Type                string
	Attributes          map[string]any
	CreateBeforeDestroy bool
}

// Config is a configuration: resource blocks by address.
type Config map[string]Block

// Terraform runs commands. Each has a provider of its own, as in Terraform. A
// violation of the protocol fails the test; what a user would see is returned as
// diagnostics.
type Terraform struct {
	TB     TB
	Server func() tfprotov6.ProviderServer
	// Provider is the provider block.
	Provider map[string]any
	// Arguments are added to every block that could have them and does not: of resources,
	// data sources, lists, ephemeral resources and actions.
	Arguments map[string]any
	// State is the state, by address.
	State map[string]*Instance
	// Context is that of all calls; nil is context.Background().
	Context context.Context
	// NoIdentity is for a provider whose resources have no identity.
	NoIdentity bool

	schema *tfprotov6.GetProviderSchemaResponse
}

// Taint marks a resource for replacement.
func (t *Terraform) Taint(address string) { t.State[address].Tainted = true }

func (t *Terraform) set(address string, i *Instance) {
	if t.State == nil {
		t.State = map[string]*Instance{}
	}
	t.State[address] = i
}

func (t *Terraform) must(err error, what string) {
	t.TB.Helper()
	if err != nil {
		t.TB.Fatalf("%s: %v", what, err)
	}
}

// Instance is the state of one resource.
type Instance struct {
	Type    string
	Tainted bool
	// Deposed are objects that have been replaced and are still to be destroyed.
	Deposed []*Instance

	value    tftypes.Value
	identity *tfprotov6.ResourceIdentityData
	private  []byte
}

// Attribute returns a top-level attribute: nil, string, bool, int64, []any or
// map[string]any.
func (i *Instance) Attribute(name string) any { return decode(members(i.value)[name]) }

// Attributes returns all top-level attributes, as [Instance.Attribute] does.
func (i *Instance) Attributes() map[string]any {
	all, _ := decode(i.value).(map[string]any)
	return all
}

// Private returns the private state.
func (i *Instance) Private() []byte { return i.private }

// ID returns the attribute id.
func (i *Instance) ID() string {
	id, _ := i.Attribute("id").(string)
	return id
}

// Text is what a state file contains of the instance, without some attributes.
func (i *Instance) Text(without ...string) string {
	text := string(i.private) + text(i.value, without)
	if i.identity != nil && i.identity.IdentityData != nil {
		text += string(i.identity.IdentityData.MsgPack) + string(i.identity.IdentityData.JSON)
	}
	return text
}

// Erase sets attributes to null and drops the private state, as somebody who edits
// the state file by hand can.
func (i *Instance) Erase(attributes ...string) {
	values := members(i.value)
	for _, name := range attributes {
		values[name] = tftypes.NewValue(values[name].Type(), nil)
	}
	i.value, i.private = tftypes.NewValue(i.value.Type(), values), nil
}

// Diagnostics are what a user would see.
type Diagnostics []*tfprotov6.Diagnostic

// Errors returns the errors, each as "summary: detail".
func (ds Diagnostics) Errors() []string { return ds.texts(tfprotov6.DiagnosticSeverityError) }

// Warnings returns the warnings likewise.
func (ds Diagnostics) Warnings() []string { return ds.texts(tfprotov6.DiagnosticSeverityWarning) }

func (ds Diagnostics) texts(severity tfprotov6.DiagnosticSeverity) []string {
	var texts []string
	for _, d := range ds {
		if d.Severity == severity {
			texts = append(texts, d.Summary+": "+d.Detail)
		}
	}
	return texts
}

// String implements fmt.Stringer.
func (ds Diagnostics) String() string {
	return strings.Join(append(ds.Errors(), ds.Warnings()...), "\n")
}

func addresses(config Config, state map[string]*Instance) []string {
	all := map[string]bool{}
	for a := range config {
		all[a] = true
	}
	for a := range state {
		all[a] = true
	}
	return slices.Sorted(maps.Keys(all))
}

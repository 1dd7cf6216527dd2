package conformance

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// TB is what a test offers; *testing.T and *rapid.T do.
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

// Instance is what a state holds of one resource.
type Instance struct {
	Type    string
	Tainted bool
	// Deposed are objects that a replacement has taken the place of, and that
	// are still to be destroyed.
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

// Action is what a plan does with a resource.
type Action string

// The actions of a plan.
const (
	NoOp    Action = "no-op"
	Create  Action = "create"
	Update  Action = "update"
	Replace Action = "replace"
	Delete  Action = "delete"
)

// Core does in process what Terraform does around a provider: refresh, plan,
// apply, import, taint, with the checks that Terraform makes on the way. Each
// walk has a provider of its own, as each command of Terraform has. A violation
// of the protocol fails the test; what a user would see comes back as
// diagnostics.
type Core struct {
	TB     TB
	Server func() tfprotov6.ProviderServer
	// Provider is the provider block.
	Provider map[string]any
	// State is the state, by address.
	State map[string]*Instance
	// Context is that of all calls; nil is context.Background().
	Context context.Context
	// NoIdentity is for a provider whose resources have no identity.
	NoIdentity bool
}

// walk is one command's provider.
type walk struct {
	*Core
	server    tfprotov6.ProviderServer
	resources map[string]*tfprotov6.Schema
	// ephemerals are the schemas of the ephemeral resources.
	ephemerals map[string]*tfprotov6.Schema
	// dataSources are the schemas of the data sources, lists those of the list
	// resources, actions those of the actions.
	dataSources, lists map[string]*tfprotov6.Schema
	actions            map[string]*tfprotov6.ActionSchema
	ctx                context.Context
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

func (c *Core) must(err error, what string) {
	c.TB.Helper()
	if err != nil {
		c.TB.Fatalf("%s: %v", what, err)
	}
}

func (c *Core) walk() (*walk, Diagnostics) {
	c.TB.Helper()
	ctx := c.Context
	if ctx == nil {
		ctx = context.Background()
	}
	w := &walk{Core: c, server: c.Server(), ctx: ctx}
	schemas, err := w.server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	c.must(err, "GetProviderSchema")
	if len(schemas.Diagnostics) > 0 {
		c.TB.Fatalf("GetProviderSchema: %s", Diagnostics(schemas.Diagnostics))
	}
	w.resources, w.dataSources, w.ephemerals = schemas.ResourceSchemas, schemas.DataSourceSchemas, schemas.EphemeralResourceSchemas
	w.lists, w.actions = schemas.ListResourceSchemas, schemas.ActionSchemas
	config := pack(encode(schemas.Provider.ValueType(), c.Provider))
	valid, err := w.server.ValidateProviderConfig(ctx, &tfprotov6.ValidateProviderConfigRequest{Config: config})
	c.must(err, "ValidateProviderConfig")
	ds := Diagnostics(valid.Diagnostics)
	if len(ds.Errors()) > 0 {
		return w, ds
	}
	configured, err := w.server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.14.0", Config: config})
	c.must(err, "ConfigureProvider")
	return w, append(ds, configured.Diagnostics...)
}

func (w *walk) schema(kind string) *tfprotov6.Schema {
	s, ok := w.resources[kind]
	if !ok {
		w.TB.Fatalf("no resource type %q", kind)
	}
	return s
}

func (w *walk) null(kind string) tftypes.Value {
	return tftypes.NewValue(w.schema(kind).ValueType(), nil)
}

// refresh reads an instance anew. gone is true when the provider removed it.
func (w *walk) refresh(i *Instance) (gone bool, ds Diagnostics) {
	w.TB.Helper()
	resp, err := w.server.ReadResource(w.ctx, &tfprotov6.ReadResourceRequest{
		TypeName: i.Type, CurrentState: pack(i.value), CurrentIdentity: i.identity, Private: i.private,
	})
	w.must(err, "ReadResource")
	ds = resp.Diagnostics
	if len(ds.Errors()) > 0 {
		return false, ds
	}
	if !w.NoIdentity && (resp.NewIdentity == nil || resp.NewIdentity.IdentityData == nil) {
		w.TB.Fatalf("ReadResource of a %s without identity: Terraform 1.11 fails on that", i.Type)
	}
	value := unpack(resp.NewState, w.schema(i.Type).ValueType())
	if value.IsNull() {
		return true, ds
	}
	i.value, i.private, i.identity = value, resp.Private, resp.NewIdentity
	return false, ds
}

// Import imports a key.
func (c *Core) Import(address, kind, id string) Diagnostics {
	c.TB.Helper()
	return c.importBy(address, &tfprotov6.ImportResourceStateRequest{TypeName: kind, ID: id})
}

// ImportIdentity imports a key by its resource identity, which Terraform can do
// from 1.12 on; attributes that are left out are null.
func (c *Core) ImportIdentity(address, kind string, identity map[string]any) Diagnostics {
	c.TB.Helper()
	return c.importBy(address, &tfprotov6.ImportResourceStateRequest{
		TypeName: kind, Identity: &tfprotov6.ResourceIdentityData{IdentityData: pack(encode(c.identityType(kind), identity))},
	})
}

// Identity is the resource identity that the state holds of an address.
func (c *Core) Identity(address string) map[string]any {
	c.TB.Helper()
	i := c.State[address]
	if i.identity == nil || i.identity.IdentityData == nil {
		c.TB.Fatalf("%s has no identity", address)
	}
	identity, _ := decode(unpack(i.identity.IdentityData, c.identityType(i.Type))).(map[string]any)
	return identity
}

func (c *Core) identityType(kind string) tftypes.Type {
	c.TB.Helper()
	resp, err := c.Server().GetResourceIdentitySchemas(context.Background(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	c.must(err, "GetResourceIdentitySchemas")
	return resp.IdentitySchemas[kind].ValueType()
}

func (c *Core) importBy(address string, req *tfprotov6.ImportResourceStateRequest) Diagnostics {
	c.TB.Helper()
	w, ds := c.walk()
	if len(ds.Errors()) > 0 {
		return ds
	}
	resp, err := w.server.ImportResourceState(w.ctx, req)
	c.must(err, "ImportResourceState")
	ds = append(ds, resp.Diagnostics...)
	if len(ds.Errors()) > 0 {
		return ds
	}
	if len(resp.ImportedResources) != 1 {
		c.TB.Fatalf("import made %d resources", len(resp.ImportedResources))
	}
	made := resp.ImportedResources[0]
	i := &Instance{Type: made.TypeName, private: made.Private, identity: made.Identity, value: unpack(made.State, w.schema(made.TypeName).ValueType())}
	gone, more := w.refresh(i)
	ds = append(ds, more...)
	if gone {
		c.TB.Fatalf("import of %s %q found a key that Read then called gone", req.TypeName, req.ID)
	}
	if len(ds.Errors()) == 0 {
		c.set(address, i)
	}
	return ds
}

func (c *Core) set(address string, i *Instance) {
	if c.State == nil {
		c.State = map[string]*Instance{}
	}
	c.State[address] = i
}

// Taint marks a resource for replacement.
func (c *Core) Taint(address string) { c.State[address].Tainted = true }

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

// proposed is the configuration where it says something, else what is there
// already, as Terraform proposes it.
func proposed(s *tfprotov6.Schema, prior, config tftypes.Value) tftypes.Value {
	was, want := members(prior), members(config)
	values := map[string]tftypes.Value{}
	for _, a := range s.Block.Attributes {
		v := want[a.Name]
		if v.IsKnown() && v.IsNull() && a.Computed && was != nil {
			v = was[a.Name]
		}
		values[a.Name] = v
	}
	return tftypes.NewValue(config.Type(), values)
}

// replacing reports whether a planned value asks for replacement: Terraform only
// heeds paths at which the plan differs.
func replacing(paths []*tftypes.AttributePath, prior, planned tftypes.Value) bool {
	for _, p := range paths {
		a, _, err1 := tftypes.WalkAttributePath(prior, p)
		b, _, err2 := tftypes.WalkAttributePath(planned, p)
		if err1 != nil || err2 != nil {
			return true
		}
		was, ok1 := a.(tftypes.Value)
		is, ok2 := b.(tftypes.Value)
		if !ok1 || !ok2 || !was.Equal(is) {
			return true
		}
	}
	return false
}

func describe(v tftypes.Value) string { return fmt.Sprint(decode(v)) }

// Upgrade takes an instance from the JSON that a state file holds, as Terraform
// does with every state it reads, whichever version of the provider wrote it.
func (c *Core) Upgrade(address, kind string, version int64, json string) Diagnostics {
	c.TB.Helper()
	w, ds := c.walk()
	resp, err := w.server.UpgradeResourceState(w.ctx, &tfprotov6.UpgradeResourceStateRequest{
		TypeName: kind, Version: version, RawState: &tfprotov6.RawState{JSON: []byte(json)},
	})
	c.must(err, "UpgradeResourceState")
	ds = append(ds, resp.Diagnostics...)
	if len(ds.Errors()) == 0 {
		c.set(address, &Instance{Type: kind, value: unpack(resp.UpgradedState, w.schema(kind).ValueType())})
	}
	return ds
}

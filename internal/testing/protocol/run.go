package protocol

import (
	"context"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Run is one command of Terraform. Its provider remembers keys that it has created,
// so ephemeral resources of the same Run can read them. A Run that is dropped is a
// command that was killed.
type Run struct {
	*Schemas
	tf     *Terraform
	server tfprotov6.ProviderServer
	ctx    context.Context
}

// Schemas are the schemas of a provider, by type name.
type Schemas struct {
	Resources, DataSources, Ephemerals, Lists map[string]*tfprotov6.Schema

	actions map[string]*tfprotov6.ActionSchema
}

// Run starts a command. A provider that cannot be configured fails the test.
func (t *Terraform) Run() *Run {
	t.TB.Helper()
	r, ds := t.start()
	if errs := ds.Errors(); len(errs) > 0 {
		t.TB.Fatalf("the provider is not configured: %v", errs)
	}
	return r
}

// Configure validates the provider block and configures a provider with it.
func (t *Terraform) Configure() Diagnostics {
	t.TB.Helper()
	_, ds := t.start()
	return ds
}

func (t *Terraform) start() (*Run, Diagnostics) {
	t.TB.Helper()
	ctx := t.Context
	if ctx == nil {
		ctx = context.Background()
	}
	r := &Run{tf: t, server: t.Server(), ctx: ctx}
	if t.schema == nil { // Terraform also asks for it once
		t.schema = call(r, r.server.GetProviderSchema, &tfprotov6.GetProviderSchemaRequest{})
	}
	s := t.schema
	if len(s.Diagnostics) > 0 {
		t.TB.Fatalf("GetProviderSchema: %s", Diagnostics(s.Diagnostics))
	}
	r.Schemas = &Schemas{s.ResourceSchemas, s.DataSourceSchemas, s.EphemeralResourceSchemas, s.ListResourceSchemas, s.ActionSchemas}
	config := pack(r.configuration(s.Provider, t.Provider))
	valid := call(r, r.server.ValidateProviderConfig, &tfprotov6.ValidateProviderConfigRequest{Config: config})
	ds := Diagnostics(valid.Diagnostics)
	if len(ds.Errors()) > 0 {
		return r, ds
	}
	configured := call(r, r.server.ConfigureProvider, &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.14.0", Config: config})
	return r, append(ds, configured.Diagnostics...)
}

// call calls the provider. An error of the protocol fails the test.
func call[Q, A any](r *Run, method func(context.Context, *Q) (A, error), request *Q) A {
	r.tf.TB.Helper()
	answer, err := method(r.ctx, request)
	r.tf.must(err, fmt.Sprintf("%T", request))
	return answer
}

// configuration encodes a block. A name that the schema does not have fails the
// test, as it is an error in Terraform.
func (r *Run) configuration(s *tfprotov6.Schema, attributes map[string]any) tftypes.Value {
	r.tf.TB.Helper()
	v, err := encodeBlock(s.Block, r.tf.withArguments(s.Block, attributes))
	r.tf.must(err, "configuration")
	return v
}

// withArguments adds the arguments that blocks have without saying so.
func (t *Terraform) withArguments(b *tfprotov6.SchemaBlock, given map[string]any) map[string]any {
	all := map[string]any{}
	for _, a := range b.Attributes {
		if v, ok := t.Arguments[a.Name]; ok && !a.Computed {
			all[a.Name] = v
		}
	}
	maps.Copy(all, given)
	return all
}

// schema looks a type name up.
func schema[S any](r *Run, form string, all map[string]*S, kind string) *S {
	r.tf.TB.Helper()
	s, ok := all[kind]
	if !ok {
		r.tf.TB.Fatalf("no %s type %q", form, kind)
	}
	return s
}

func (r *Run) resource(kind string) *tfprotov6.Schema {
	r.tf.TB.Helper()
	return schema(r, "resource", r.Resources, kind)
}

func (r *Run) null(kind string) tftypes.Value {
	return tftypes.NewValue(r.resource(kind).ValueType(), nil)
}

// Refresh reads a resource of the state again, and updates it. gone is true when the
// provider removed it.
func (r *Run) Refresh(address string) (gone bool, ds Diagnostics) {
	r.tf.TB.Helper()
	return r.refresh(r.tf.State[address])
}

func (r *Run) refresh(i *Instance) (gone bool, ds Diagnostics) {
	r.tf.TB.Helper()
	resp := call(r, r.server.ReadResource, &tfprotov6.ReadResourceRequest{
		TypeName: i.Type, CurrentState: pack(i.value), CurrentIdentity: i.identity, Private: i.private,
	})
	ds = resp.Diagnostics
	if len(ds.Errors()) > 0 {
		return false, ds
	}
	if !r.tf.NoIdentity && (resp.NewIdentity == nil || resp.NewIdentity.IdentityData == nil) {
		r.tf.TB.Fatalf("ReadResource of a %s without identity: Terraform 1.11 fails on that", i.Type)
	}
	s := r.resource(i.Type)
	value := unpack(resp.NewState, s.ValueType())
	if value.IsNull() {
		return true, ds
	}
	r.checkState(s, value, "refresh")
	i.value, i.private, i.identity = value, resp.Private, resp.NewIdentity
	return false, ds
}

// checkState checks what goes into a state: everything is known, and write-only
// attributes are null.
func (r *Run) checkState(s *tfprotov6.Schema, value tftypes.Value, after string) {
	r.tf.TB.Helper()
	if !value.IsFullyKnown() {
		r.tf.TB.Fatalf("the state after the %s is not fully known: %s", after, describe(value))
	}
	for _, a := range s.Block.Attributes {
		if v := members(value)[a.Name]; a.WriteOnly && !v.IsNull() {
			r.tf.TB.Fatalf("the state after the %s contains write-only %s", after, a.Name)
		}
	}
}

package protocol

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Data reads a data source and returns its attributes, as [Instance.Attribute] does;
// nil with an error. As in Terraform, one whose arguments are not known is not read,
// and all of it is unknown.
func (r *Run) Data(kind string, arguments map[string]any) (map[string]any, Diagnostics) {
	r.tf.TB.Helper()
	s := schema(r, "data source", r.DataSources, kind)
	config := r.configuration(s, arguments)
	valid := call(r, r.server.ValidateDataResourceConfig, &tfprotov6.ValidateDataResourceConfigRequest{TypeName: kind, Config: pack(config)})
	ds := Diagnostics(valid.Diagnostics)
	if len(ds.Errors()) > 0 {
		return nil, ds
	}
	if !config.IsFullyKnown() {
		unknown := map[string]any{}
		for _, a := range s.Block.Attributes {
			unknown[a.Name] = Unknown{}
		}
		return unknown, ds
	}
	resp := call(r, r.server.ReadDataSource, &tfprotov6.ReadDataSourceRequest{TypeName: kind, Config: pack(config)})
	ds = append(ds, resp.Diagnostics...)
	if len(ds.Errors()) > 0 {
		return nil, ds
	}
	state := unpack(resp.State, s.ValueType())
	if !state.IsFullyKnown() || state.IsNull() {
		r.tf.TB.Fatalf("the state of data %s is null or not fully known: %s", kind, describe(state))
	}
	r.checkPlan(s, tftypes.NewValue(s.ValueType(), nil), &change{config: config, planned: state})
	attributes, _ := decode(state).(map[string]any)
	return attributes, ds
}

// Query is a list block.
type Query struct {
	// Arguments are those of its config block.
	Arguments map[string]any
	// Limit is how many results Terraform reads at most; 0: 100, its default.
	Limit int64
	// IncludeResource asks for all attributes.
	IncludeResource bool
}

// Found is one result of a list.
type Found struct {
	Name     string
	Identity map[string]any
	// Resource is nil unless it was asked for.
	Resource map[string]any

	instance *Instance
}

// RefreshFound reads the resource of a result, as after its import.
func (r *Run) RefreshFound(f Found) (gone bool, ds Diagnostics) {
	r.tf.TB.Helper()
	i := *f.instance
	return r.refresh(&i)
}

// List runs a list block and returns what it found until an error or the limit. each,
// unless nil, gets every result as it arrives, and can drop it.
func (r *Run) List(kind string, q Query, each func(Found) (keep bool)) ([]Found, Diagnostics) {
	r.tf.TB.Helper()
	s := schema(r, "list resource", r.Lists, kind)
	if q.Limit == 0 {
		q.Limit = 100
	}
	server, ok := r.server.(tfprotov6.ListResourceServer)
	if !ok {
		r.tf.TB.Fatalf("%T cannot list", r.server)
	}
	config := pack(r.configuration(s, q.Arguments))
	valid := call(r, server.ValidateListResourceConfig, &tfprotov6.ValidateListResourceConfigRequest{
		TypeName: kind, Config: config,
		IncludeResourceObject: pack(tftypes.NewValue(tftypes.Bool, q.IncludeResource)), Limit: pack(encode(tftypes.Number, q.Limit)),
	})
	ds := Diagnostics(valid.Diagnostics)
	if len(ds.Errors()) > 0 {
		return nil, ds
	}
	stream := call(r, server.ListResource, &tfprotov6.ListResourceRequest{TypeName: kind, Config: config, IncludeResource: q.IncludeResource, Limit: q.Limit})
	var all []Found
	read, identity := int64(0), r.tf.identityType(kind)
	for result := range stream.Results {
		ds = append(ds, result.Diagnostics...)
		if len(Diagnostics(result.Diagnostics).Errors()) > 0 {
			break
		}
		if result.Identity == nil && len(result.Diagnostics) > 0 {
			continue // a warning that belongs to no result
		}
		f := r.found(kind, q, result, identity)
		if each == nil || each(f) {
			all = append(all, f)
		}
		if read++; read >= q.Limit {
			break
		}
	}
	return all, ds
}

// found checks a result as Terraform does: it has an identity and a display name,
// everything is known, and the resource is there exactly if it was asked for.
func (r *Run) found(kind string, q Query, result tfprotov6.ListResourceResult, identity tftypes.Type) Found {
	r.tf.TB.Helper()
	if result.Identity == nil || result.Identity.IdentityData == nil {
		r.tf.TB.Fatalf("a result of list %s has no identity", kind)
	}
	id := unpack(result.Identity.IdentityData, identity)
	if id.IsNull() || !id.IsFullyKnown() {
		r.tf.TB.Fatalf("the identity of a result of list %s is not known: %s", kind, describe(id))
	}
	if result.DisplayName == "" {
		r.tf.TB.Fatalf("a result of list %s has no display name: %s", kind, describe(id))
	}
	f := Found{Name: result.DisplayName}
	f.Identity, _ = decode(id).(map[string]any)
	if !q.IncludeResource {
		if result.Resource != nil {
			r.tf.TB.Fatalf("list %s sent a resource that was not asked for", kind)
		}
		return f
	}
	value := unpack(result.Resource, r.resource(kind).ValueType())
	if value.IsNull() || !value.IsFullyKnown() {
		r.tf.TB.Fatalf("the resource of a result of list %s is null or not fully known: %s", kind, describe(value))
	}
	f.Resource, _ = decode(value).(map[string]any)
	f.instance = &Instance{Type: kind, value: value, identity: result.Identity}
	return f
}

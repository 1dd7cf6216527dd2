package conformance

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Data reads a data source and returns its attributes, in the way of
// [Instance.Attribute]; nil with an error. As in Terraform, one whose arguments
// are not known is not read, and everything about it is then unknown.
func (r *Run) Data(kind string, arguments map[string]any) (map[string]any, Diagnostics) {
	w := r.walk
	w.TB.Helper()
	s, ok := w.dataSources[kind]
	if !ok {
		w.TB.Fatalf("no data source type %q", kind)
	}
	config := encode(s.ValueType(), arguments)
	valid, err := w.server.ValidateDataResourceConfig(w.ctx, &tfprotov6.ValidateDataResourceConfigRequest{TypeName: kind, Config: pack(config)})
	w.must(err, "ValidateDataResourceConfig")
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
	resp, err := w.server.ReadDataSource(w.ctx, &tfprotov6.ReadDataSourceRequest{TypeName: kind, Config: pack(config)})
	w.must(err, "ReadDataSource")
	ds = append(ds, resp.Diagnostics...)
	if len(ds.Errors()) > 0 {
		return nil, ds
	}
	state := unpack(resp.State, s.ValueType())
	if !state.IsFullyKnown() || state.IsNull() {
		w.TB.Fatalf("the state of data %s is null or not fully known: %s", kind, describe(state))
	}
	w.checkPlan(s, tftypes.NewValue(s.ValueType(), nil), &change{config: config, planned: state})
	attributes, _ := decode(state).(map[string]any)
	return attributes, ds
}

// Query is a list block.
type Query struct {
	// Arguments are those of its config block.
	Arguments map[string]any
	// Limit is how many results Terraform takes in at most; 0: 100, its default.
	Limit int64
	// IncludeResource asks for the whole resources.
	IncludeResource bool
}

// Found is one result of a list.
type Found struct {
	Name     string
	Identity map[string]any
	// Resource is nil unless it was asked for.
	Resource map[string]any

	value    tftypes.Value
	identity *tfprotov6.ResourceIdentityData
}

// List runs a list block and returns what it found, as far as Terraform takes it
// in: until an error, or the limit. each, unless nil, sees every result as it
// comes, and may keep it from being collected.
func (r *Run) List(kind string, q Query, each func(Found) (keep bool)) ([]Found, Diagnostics) {
	w := r.walk
	w.TB.Helper()
	s, ok := w.lists[kind]
	if !ok {
		w.TB.Fatalf("no list resource type %q", kind)
	}
	if q.Limit == 0 {
		q.Limit = 100
	}
	server, ok := w.server.(tfprotov6.ListResourceServer)
	if !ok {
		w.TB.Fatalf("%T cannot list", w.server)
	}
	config := pack(encode(s.ValueType(), q.Arguments))
	valid, err := server.ValidateListResourceConfig(w.ctx, &tfprotov6.ValidateListResourceConfigRequest{
		TypeName: kind, Config: config,
		IncludeResourceObject: pack(tftypes.NewValue(tftypes.Bool, q.IncludeResource)), Limit: pack(encode(tftypes.Number, int(q.Limit))),
	})
	w.must(err, "ValidateListResourceConfig")
	ds := Diagnostics(valid.Diagnostics)
	if len(ds.Errors()) > 0 {
		return nil, ds
	}
	stream, err := server.ListResource(w.ctx, &tfprotov6.ListResourceRequest{TypeName: kind, Config: config, IncludeResource: q.IncludeResource, Limit: q.Limit})
	w.must(err, "ListResource")
	var all []Found
	taken, identity := int64(0), w.identityType(kind)
	for result := range stream.Results {
		ds = append(ds, result.Diagnostics...)
		if len(Diagnostics(result.Diagnostics).Errors()) > 0 {
			break
		}
		if result.Identity == nil && len(result.Diagnostics) > 0 {
			continue // a warning that belongs to no result
		}
		f := w.found(kind, q, result, identity)
		if each == nil || each(f) {
			all = append(all, f)
		}
		if taken++; taken >= q.Limit {
			break
		}
	}
	return all, ds
}

// found holds a result to Terraform's rules: an identity, a name to show, and a
// resource just where one was asked for; nothing of it unknown.
func (w *walk) found(kind string, q Query, result tfprotov6.ListResourceResult, identity tftypes.Type) Found {
	w.TB.Helper()
	if result.Identity == nil || result.Identity.IdentityData == nil {
		w.TB.Fatalf("a result of list %s has no identity", kind)
	}
	who := unpack(result.Identity.IdentityData, identity)
	if who.IsNull() || !who.IsFullyKnown() {
		w.TB.Fatalf("the identity of a result of list %s is not known: %s", kind, describe(who))
	}
	if result.DisplayName == "" {
		w.TB.Fatalf("a result of list %s has no name to show: %s", kind, describe(who))
	}
	f := Found{Name: result.DisplayName, identity: result.Identity}
	f.Identity, _ = decode(who).(map[string]any)
	if !q.IncludeResource {
		if result.Resource != nil {
			w.TB.Fatalf("list %s sent a resource that nobody asked for", kind)
		}
		return f
	}
	f.value = unpack(result.Resource, w.schema(kind).ValueType())
	if f.value.IsNull() || !f.value.IsFullyKnown() {
		w.TB.Fatalf("the resource of a result of list %s is null or not fully known: %s", kind, describe(f.value))
	}
	f.Resource, _ = decode(f.value).(map[string]any)
	return f
}

// Invoke plans and invokes an action, and returns the progress that it reported.
// each, unless nil, sees every report as it comes.
func (r *Run) Invoke(kind string, arguments map[string]any, each func(message string)) (progress []string, ds Diagnostics) {
	w := r.walk
	w.TB.Helper()
	s, ok := w.actions[kind]
	if !ok {
		w.TB.Fatalf("no action type %q", kind)
	}
	server, ok := w.server.(tfprotov6.ActionServer)
	if !ok {
		w.TB.Fatalf("%T has no actions", w.server)
	}
	value := encode(s.Schema.ValueType(), arguments)
	config := pack(value)
	valid, err := server.ValidateActionConfig(w.ctx, &tfprotov6.ValidateActionConfigRequest{ActionType: kind, Config: config})
	w.must(err, "ValidateActionConfig")
	ds = valid.Diagnostics
	if len(ds.Errors()) > 0 {
		return nil, ds
	}
	plan, err := server.PlanAction(w.ctx, &tfprotov6.PlanActionRequest{ActionType: kind, Config: config})
	w.must(err, "PlanAction")
	ds = append(ds, plan.Diagnostics...)
	if len(ds.Errors()) > 0 || !value.IsFullyKnown() {
		return nil, ds
	}
	stream, err := server.InvokeAction(w.ctx, &tfprotov6.InvokeActionRequest{ActionType: kind, Config: config})
	w.must(err, "InvokeAction")
	completed := false
	for event := range stream.Events {
		if completed {
			w.TB.Fatalf("action %s went on after it was completed", kind)
		}
		switch event := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			progress = append(progress, event.Message)
			if each != nil {
				each(event.Message)
			}
		case tfprotov6.CompletedInvokeActionEventType:
			completed = true
			ds = append(ds, event.Diagnostics...)
		default:
			w.TB.Fatalf("action %s sent an event of type %T", kind, event)
		}
	}
	if !completed {
		w.TB.Fatalf("action %s ended without being completed", kind)
	}
	return progress, ds
}

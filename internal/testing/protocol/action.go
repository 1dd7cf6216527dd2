package protocol

import "github.com/hashicorp/terraform-plugin-go/tfprotov6"

// Invoke plans and invokes an action, and returns the progress that it reported.
// each, unless nil, gets every message as it arrives.
func (r *Run) Invoke(kind string, arguments map[string]any, each func(message string)) (progress []string, ds Diagnostics) {
	r.tf.TB.Helper()
	s := schema(r, "action", r.actions, kind)
	server, ok := r.server.(tfprotov6.ActionServer)
	if !ok {
		r.tf.TB.Fatalf("%T has no actions", r.server)
	}
	value := r.configuration(s.Schema, arguments)
	config := pack(value)
	valid := call(r, server.ValidateActionConfig, &tfprotov6.ValidateActionConfigRequest{ActionType: kind, Config: config})
	ds = valid.Diagnostics
	if len(ds.Errors()) > 0 {
		return nil, ds
	}
	plan := call(r, server.PlanAction, &tfprotov6.PlanActionRequest{ActionType: kind, Config: config})
	ds = append(ds, plan.Diagnostics...)
	if len(ds.Errors()) > 0 || !value.IsFullyKnown() {
		return nil, ds
	}
	stream := call(r, server.InvokeAction, &tfprotov6.InvokeActionRequest{ActionType: kind, Config: config})
	completed := false
	for event := range stream.Events {
		if completed {
			r.tf.TB.Fatalf("action %s sent an event after it was completed", kind)
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
			r.tf.TB.Fatalf("action %s sent an event of type %T", kind, event)
		}
	}
	if !completed {
		r.tf.TB.Fatalf("action %s was not completed", kind)
	}
	return progress, ds
}

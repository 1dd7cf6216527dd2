package protocol

import (
	"errors"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Ephemeral is an ephemeral resource that was opened, if there are no errors.
type Ephemeral struct {
	Diagnostics Diagnostics
	// Private is what Terraform remembers of it until it is closed.
	Private []byte

	kind  string
	value tftypes.Value
}

// Attribute returns a top-level attribute, as [Instance.Attribute] does; Unknown for
// one that is not known.
func (e *Ephemeral) Attribute(name string) any { return decode(members(e.value)[name]) }

// Known reports whether the arguments were known, so that the resource was opened.
func (e *Ephemeral) Known() bool { return e.value.IsKnown() }

// Text is an attribute that is a string; "" if it is none.
func (e *Ephemeral) Text(name string) string {
	s, _ := e.Attribute(name).(string)
	return s
}

// Open opens an ephemeral resource. As in Terraform, one whose arguments are not
// known is not opened, and all of it is unknown.
func (r *Run) Open(kind string, arguments map[string]any) *Ephemeral {
	r.tf.TB.Helper()
	s := schema(r, "ephemeral resource", r.Ephemerals, kind)
	config := r.configuration(s, arguments)
	e := &Ephemeral{kind: kind, value: config}
	valid := call(r, r.server.ValidateEphemeralResourceConfig, &tfprotov6.ValidateEphemeralResourceConfigRequest{TypeName: kind, Config: pack(config)})
	e.Diagnostics = valid.Diagnostics
	if len(e.Diagnostics.Errors()) > 0 {
		return e
	}
	if !config.IsFullyKnown() {
		e.value = tftypes.NewValue(s.ValueType(), tftypes.UnknownValue)
		return e
	}
	resp := call(r, r.server.OpenEphemeralResource, &tfprotov6.OpenEphemeralResourceRequest{TypeName: kind, Config: pack(config)})
	e.Diagnostics = append(e.Diagnostics, resp.Diagnostics...)
	e.Private = resp.Private
	e.value = unpack(resp.Result, s.ValueType())
	if len(e.Diagnostics.Errors()) == 0 {
		r.checkPlan(s, tftypes.NewValue(s.ValueType(), nil), &change{config: config, planned: e.value})
	}
	return e
}

// Close closes an ephemeral resource.
func (r *Run) Close(e *Ephemeral) Diagnostics {
	r.tf.TB.Helper()
	resp := call(r, r.server.CloseEphemeralResource, &tfprotov6.CloseEphemeralResourceRequest{TypeName: e.kind, Private: e.Private})
	return resp.Diagnostics
}

// Call calls a function whose parameters and result are strings.
func (r *Run) Call(name string, arguments ...string) (string, error) {
	r.tf.TB.Helper()
	req := &tfprotov6.CallFunctionRequest{Name: name}
	for _, a := range arguments {
		req.Arguments = append(req.Arguments, pack(tftypes.NewValue(tftypes.String, a)))
	}
	resp := call(r, r.server.CallFunction, req)
	if resp.Error != nil {
		return "", errors.New(resp.Error.Text)
	}
	return as[string](unpack(resp.Result, tftypes.String)), nil
}

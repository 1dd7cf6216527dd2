package conformance

import (
	"errors"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Run is one command of Terraform, with a provider of its own: what is made in
// it can be asked for in it. It opens and closes ephemeral resources and calls
// functions. A Run that is dropped is one that was killed.
type Run struct{ walk *walk }

// Run starts a command. A provider that cannot be configured fails the test.
func (c *Core) Run() *Run {
	c.TB.Helper()
	w, ds := c.walk()
	if errs := ds.Errors(); len(errs) > 0 {
		c.TB.Fatalf("the provider is not configured: %v", errs)
	}
	return &Run{walk: w}
}

// Ephemeral is an ephemeral resource that was opened, if there are no errors.
type Ephemeral struct {
	Diagnostics Diagnostics
	// Private is what Terraform keeps of it until it is closed.
	Private []byte

	kind  string
	value tftypes.Value
}

// Attribute returns a top-level attribute, as [Instance.Attribute] does; Unknown
// for one that is not known.
func (e *Ephemeral) Attribute(name string) any { return decode(members(e.value)[name]) }

// Text is an attribute that is a string; "" if it is none.
func (e *Ephemeral) Text(name string) string {
	s, _ := e.Attribute(name).(string)
	return s
}

// Open opens an ephemeral resource. As in Terraform, one whose arguments are not
// known is not opened: everything about it is then unknown.
func (r *Run) Open(kind string, arguments map[string]any) *Ephemeral {
	w := r.walk
	w.TB.Helper()
	s, ok := w.ephemerals[kind]
	if !ok {
		w.TB.Fatalf("no ephemeral resource type %q", kind)
	}
	config := encode(s.ValueType(), arguments)
	e := &Ephemeral{kind: kind, value: config}
	valid, err := w.server.ValidateEphemeralResourceConfig(w.ctx, &tfprotov6.ValidateEphemeralResourceConfigRequest{TypeName: kind, Config: pack(config)})
	w.must(err, "ValidateEphemeralResourceConfig")
	e.Diagnostics = valid.Diagnostics
	if len(e.Diagnostics.Errors()) > 0 {
		return e
	}
	if !config.IsFullyKnown() {
		e.value = tftypes.NewValue(s.ValueType(), tftypes.UnknownValue)
		return e
	}
	resp, err := w.server.OpenEphemeralResource(w.ctx, &tfprotov6.OpenEphemeralResourceRequest{TypeName: kind, Config: pack(config)})
	w.must(err, "OpenEphemeralResource")
	e.Diagnostics = append(e.Diagnostics, resp.Diagnostics...)
	e.Private = resp.Private
	e.value = unpack(resp.Result, s.ValueType())
	if len(e.Diagnostics.Errors()) == 0 {
		w.checkPlan(s, tftypes.NewValue(s.ValueType(), nil), &change{config: config, planned: e.value})
	}
	return e
}

// Close closes an ephemeral resource.
func (r *Run) Close(e *Ephemeral) Diagnostics {
	w := r.walk
	w.TB.Helper()
	resp, err := w.server.CloseEphemeralResource(w.ctx, &tfprotov6.CloseEphemeralResourceRequest{TypeName: e.kind, Private: e.Private})
	w.must(err, "CloseEphemeralResource")
	return resp.Diagnostics
}

// Call calls a function of strings.
func (r *Run) Call(name string, arguments ...string) (string, error) {
	w := r.walk
	w.TB.Helper()
	req := &tfprotov6.CallFunctionRequest{Name: name}
	for _, a := range arguments {
		v := pack(tftypes.NewValue(tftypes.String, a))
		req.Arguments = append(req.Arguments, v)
	}
	resp, err := w.server.CallFunction(w.ctx, req)
	w.must(err, "CallFunction")
	if resp.Error != nil {
		return "", errors.New(resp.Error.Text)
	}
	return as[string](unpack(resp.Result, tftypes.String)), nil
}

// attributeTypes are the types of a schema's attributes, by name.
func attributeTypes(attributes []*tfprotov6.SchemaAttribute) map[string]string {
	all := map[string]string{}
	for _, a := range attributes {
		all[a.Name] = a.ValueType().String()
	}
	return all
}

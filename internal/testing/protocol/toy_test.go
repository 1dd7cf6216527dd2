package protocol

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// values are an object's attributes, as Go values.
type values = map[string]any

// toy is a provider of one resource type, "toy", that obeys the protocol. A test
// replaces one of its functions by one that violates it.
type toy struct {
	tfprotov6.ProviderServer // nil: other calls panic

	// Each gets the values that a correct provider answers with, and changes them.
	read, plan, apply func(values)
	// noState has every apply answer without a state.
	noState bool
	// keepState has every destroy answer with the prior state.
	keepState bool
	// existsAfter has every plan of a destroy answer with the prior state.
	existsAfter bool
	// noIdentity has every read answer without an identity.
	noIdentity bool
	// replace are the paths that every plan says need a replacement.
	replace []string
	// plans counts the plans.
	plans *int
}

var toyIdentity = &tfprotov6.ResourceIdentitySchema{IdentityAttributes: []*tfprotov6.ResourceIdentitySchemaAttribute{{Name: "id", Type: tftypes.String}}}

func object(names ...string) *tfprotov6.SchemaObject {
	o := &tfprotov6.SchemaObject{Nesting: tfprotov6.SchemaObjectNestingModeSingle}
	for _, name := range names {
		o.Attributes = append(o.Attributes, &tfprotov6.SchemaAttribute{Name: name, Type: tftypes.String, Optional: true})
	}
	return o
}

var toySchema = &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{
	Attributes: []*tfprotov6.SchemaAttribute{
		{Name: "id", Type: tftypes.String, Computed: true},
		{Name: "name", Type: tftypes.String, Required: true},
		{Name: "note", Type: tftypes.String, Optional: true},
		{Name: "size", Type: tftypes.Number, Optional: true, Computed: true},
		{Name: "secret_wo", Type: tftypes.String, Optional: true, WriteOnly: true},
		{Name: "options", NestedType: object("color"), Optional: true},
	},
	BlockTypes: []*tfprotov6.SchemaNestedBlock{
		{TypeName: "single", Nesting: tfprotov6.SchemaNestedBlockNestingModeSingle, Block: &tfprotov6.SchemaBlock{
			Attributes: []*tfprotov6.SchemaAttribute{{Name: "a", Type: tftypes.String, Optional: true}},
		}},
		{TypeName: "many", Nesting: tfprotov6.SchemaNestedBlockNestingModeList, Block: &tfprotov6.SchemaBlock{
			Attributes: []*tfprotov6.SchemaAttribute{{Name: "a", Type: tftypes.String, Optional: true}},
		}},
	},
}}

func (s toy) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return &tfprotov6.GetProviderSchemaResponse{
		Provider:        &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{}},
		ResourceSchemas: map[string]*tfprotov6.Schema{"toy": toySchema},
	}, nil
}

func (s toy) GetResourceIdentitySchemas(context.Context, *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov6.GetResourceIdentitySchemasResponse{IdentitySchemas: map[string]*tfprotov6.ResourceIdentitySchema{"toy": toyIdentity}}, nil
}

func (s toy) ValidateProviderConfig(context.Context, *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{}, nil
}

func (s toy) ConfigureProvider(context.Context, *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return &tfprotov6.ConfigureProviderResponse{}, nil
}

func (s toy) ValidateResourceConfig(context.Context, *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return &tfprotov6.ValidateResourceConfigResponse{}, nil
}

// state decodes a state, has it changed, and encodes it.
func state(d *tfprotov6.DynamicValue, changes ...func(values)) *tfprotov6.DynamicValue {
	all, _ := decode(unpack(d, toySchema.ValueType())).(values)
	for _, change := range changes {
		if change != nil {
			change(all)
		}
	}
	return pack(encode(toySchema.ValueType(), all))
}

func (s toy) ReadResource(_ context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	resp := &tfprotov6.ReadResourceResponse{NewState: state(r.CurrentState, s.read), NewIdentity: identity()}
	if s.noIdentity {
		resp.NewIdentity = nil
	}
	return resp, nil
}

func (s toy) PlanResourceChange(_ context.Context, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	if s.plans != nil {
		*s.plans++
	}
	if unpack(r.ProposedNewState, toySchema.ValueType()).IsNull() {
		if s.existsAfter {
			return &tfprotov6.PlanResourceChangeResponse{PlannedState: r.PriorState}, nil
		}
		return &tfprotov6.PlanResourceChangeResponse{PlannedState: r.ProposedNewState}, nil
	}
	resp := &tfprotov6.PlanResourceChangeResponse{PlannedState: state(r.ProposedNewState, func(v values) {
		v["secret_wo"] = nil
		if v["id"] == nil {
			v["id"], v["size"] = Unknown{}, Unknown{}
		}
	}, s.plan)}
	for _, name := range s.replace {
		resp.RequiresReplace = append(resp.RequiresReplace, tftypes.NewAttributePath().WithAttributeName(name))
	}
	return resp, nil
}

func (s toy) ApplyResourceChange(_ context.Context, r *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	switch {
	case s.noState:
		return &tfprotov6.ApplyResourceChangeResponse{}, nil
	case !unpack(r.PlannedState, toySchema.ValueType()).IsNull():
		return &tfprotov6.ApplyResourceChangeResponse{NewIdentity: identity(), NewState: state(r.PlannedState, func(v values) {
			v["id"] = "1"
			if v["size"] == any(Unknown{}) {
				v["size"] = 7
			}
		}, s.apply)}, nil
	case s.keepState:
		return &tfprotov6.ApplyResourceChangeResponse{NewState: r.PriorState}, nil
	}
	return &tfprotov6.ApplyResourceChangeResponse{NewState: r.PlannedState}, nil
}

func (s toy) ImportResourceState(_ context.Context, r *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	imported := &tfprotov6.ImportedResource{TypeName: "toy", Identity: identity(), State: pack(encode(toySchema.ValueType(), values{"id": r.ID}))}
	return &tfprotov6.ImportResourceStateResponse{ImportedResources: []*tfprotov6.ImportedResource{imported}}, nil
}

func identity() *tfprotov6.ResourceIdentityData {
	return &tfprotov6.ResourceIdentityData{IdentityData: pack(encode(toyIdentity.ValueType(), values{"id": "1"}))}
}

// recorder is a TB that ends its goroutine at the first failure.
type recorder struct{ failure string }

func (*recorder) Helper()             {}
func (*recorder) Logf(string, ...any) {}
func (r *recorder) Fatalf(format string, args ...any) {
	r.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// failure runs commands and returns how they failed the test; "" if they did not.
func failure(commands func(*Terraform)) string {
	r, done := &recorder{}, make(chan struct{})
	go func() {
		defer close(done)
		commands(&Terraform{TB: r})
	}()
	<-done
	return r.failure
}

// use sets the provider of the next commands.
func (t *Terraform) use(s toy) *Terraform {
	t.Server = func() tfprotov6.ProviderServer { return s }
	return t
}

func config(attributes ...values) Config {
	all := values{"name": "a"}
	for _, more := range attributes {
		for name, v := range more {
			all[name] = v
		}
	}
	return Config{"x": {Type: "toy", Attributes: all}}
}

func set(name string, value any) func(values) { return func(v values) { v[name] = value } }

func mustContain(t *testing.T, got, want string) {
	t.Helper()
	if want == "" && got != "" || !strings.Contains(got, want) {
		t.Errorf("the failure is %q, want %q", got, want)
	}
}

package conformance

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// fastServer is all that the provider serves, and the provider without its fast path.
type fastServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
	WithoutFastPath() tfprotov6.ProviderServer
}

// WithoutFastPath returns a provider without its fast path.
func WithoutFastPath(t protocol.TB, of tfprotov6.ProviderServer) tfprotov6.ProviderServer {
	t.Helper()
	fast, ok := of.(fastServer)
	if !ok {
		t.Fatalf("%T has no fast path", of)
	}
	return fast.WithoutFastPath()
}

// compared is a provider that refreshes and plans twice, with its fast path and without,
// and fails the test if the answers differ. So it may send more requests. If the first
// answer has an error, the second may be another one.
type compared struct {
	fastServer
	slow tfprotov6.ProviderServer
	tb   protocol.TB
}

func newCompared(t protocol.TB, of tfprotov6.ProviderServer) tfprotov6.ProviderServer {
	t.Helper()
	slow := WithoutFastPath(t, of)
	return &compared{of.(fastServer), slow, t} //nolint:forcetypeassert // WithoutFastPath has checked it
}

// ReadResource implements tfprotov6.ResourceServer.
func (c *compared) ReadResource(ctx context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	fast, err := c.fastServer.ReadResource(ctx, r)
	if err != nil {
		return nil, err
	}
	slow, err := c.slow.ReadResource(ctx, r)
	if err != nil {
		return nil, err
	}
	answer := func(of *tfprotov6.ReadResourceResponse) []any {
		return []any{identity(of.NewIdentity), string(of.Private), protocol.Diagnostics(of.Diagnostics).String()}
	}
	c.compare("refresh", r.TypeName, fast.Diagnostics, fast.NewState, slow.NewState, answer(fast), answer(slow))
	return fast, nil
}

// PlanResourceChange implements tfprotov6.ResourceServer.
func (c *compared) PlanResourceChange(ctx context.Context, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	fast, err := c.fastServer.PlanResourceChange(ctx, r)
	if err != nil {
		return nil, err
	}
	slow, err := c.slow.PlanResourceChange(ctx, r)
	if err != nil {
		return nil, err
	}
	answer := func(of *tfprotov6.PlanResourceChangeResponse) []any {
		return []any{identity(of.PlannedIdentity), string(of.PlannedPrivate), protocol.Diagnostics(of.Diagnostics).String(), texts(of.RequiresReplace)}
	}
	c.compare("plan", r.TypeName, fast.Diagnostics, fast.PlannedState, slow.PlannedState, answer(fast), answer(slow))
	return fast, nil
}

// compare compares the states, and the rest of the answers by its text.
func (c *compared) compare(what, kind string, ds protocol.Diagnostics, fastState, slowState *tfprotov6.DynamicValue, fast, slow []any) {
	c.tb.Helper()
	if len(ds.Errors()) > 0 {
		return
	}
	if !reflect.DeepEqual(fastState, slowState) { // usually they are equal to the byte
		c.compareValues(what, kind, fastState, slowState)
	}
	if a, b := fmt.Sprintf("%q", fast), fmt.Sprintf("%q", slow); a != b {
		c.tb.Fatalf("the fast path changes the %s of a %s:\n%s\nwithout it\n%s", what, kind, a, b)
	}
}

func (c *compared) compareValues(what, kind string, fast, slow *tfprotov6.DynamicValue) {
	c.tb.Helper()
	schemas, err := c.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		c.tb.Fatalf("GetProviderSchema: %v", err)
	}
	value := func(of *tfprotov6.DynamicValue) (v tftypes.Value) {
		if of == nil {
			return v
		}
		v, err := of.Unmarshal(schemas.ResourceSchemas[kind].ValueType())
		if err != nil {
			c.tb.Fatalf("the state of a %s: %v", kind, err)
		}
		return v
	}
	if a, b := value(fast), value(slow); !a.Equal(b) {
		diff, _ := a.Diff(b)
		c.tb.Fatalf("the fast path changes the state in the %s of a %s: %v", what, kind, diff)
	}
}

func identity(of *tfprotov6.ResourceIdentityData) string {
	if of == nil || of.IdentityData == nil {
		return ""
	}
	return string(of.IdentityData.MsgPack)
}

func texts(paths []*tftypes.AttributePath) []string {
	all := make([]string, len(paths))
	for i, p := range paths {
		all[i] = p.String()
	}
	slices.Sort(all)
	return all
}

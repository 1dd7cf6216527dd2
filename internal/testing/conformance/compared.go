package conformance

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// compared is a provider that asks twice: it takes its shortcuts, and then goes
// the framework's way, and the answers must be the same.
type compared struct {
	complete
	unabridged tfprotov6.ProviderServer
	tb         protocol.TB
	schemas    map[string]*tfprotov6.Schema
}

// complete is all that the provider serves.
type complete interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// Compared returns a provider that answers as the given one, and fails the test
// where that is not the answer it gives without its shortcuts. It may send more
// requests than the given one; where that one fails, there is no telling what a
// second try would say.
func Compared(t protocol.TB, of tfprotov6.ProviderServer) tfprotov6.ProviderServer {
	t.Helper()
	abridged, ok := of.(complete)
	if !ok {
		t.Fatalf("%T serves less than the whole protocol", of)
	}
	c := &compared{complete: abridged, unabridged: WithoutFastPath(t, of), tb: t}
	schemas, err := of.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatalf("GetProviderSchema: %v", err)
	}
	c.schemas = schemas.ResourceSchemas
	return c
}

// WithoutFastPath returns a provider without its fast path.
func WithoutFastPath(t protocol.TB, of tfprotov6.ProviderServer) tfprotov6.ProviderServer {
	t.Helper()
	abridged, ok := of.(interface {
		WithoutFastPath() tfprotov6.ProviderServer
	})
	if !ok {
		t.Fatalf("%T takes no shortcuts", of)
	}
	return abridged.WithoutFastPath()
}

// ReadResource implements tfprotov6.ResourceServer.
func (c *compared) ReadResource(ctx context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	short, err := c.complete.ReadResource(ctx, r)
	if err != nil {
		return nil, err
	}
	long, err := c.unabridged.ReadResource(ctx, r)
	if err != nil {
		return nil, err
	}
	c.same("refresh", r.TypeName,
		outcome{short.NewState, short.NewIdentity, short.Private, nil, short.Diagnostics},
		outcome{long.NewState, long.NewIdentity, long.Private, nil, long.Diagnostics})
	return short, nil
}

// PlanResourceChange implements tfprotov6.ResourceServer.
func (c *compared) PlanResourceChange(ctx context.Context, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	short, err := c.complete.PlanResourceChange(ctx, r)
	if err != nil {
		return nil, err
	}
	long, err := c.unabridged.PlanResourceChange(ctx, r)
	if err != nil {
		return nil, err
	}
	c.same("plan", r.TypeName,
		outcome{short.PlannedState, short.PlannedIdentity, short.PlannedPrivate, short.RequiresReplace, short.Diagnostics},
		outcome{long.PlannedState, long.PlannedIdentity, long.PlannedPrivate, long.RequiresReplace, long.Diagnostics})
	return short, nil
}

// outcome is what is compared of an answer.
type outcome struct {
	state       *tfprotov6.DynamicValue
	identity    *tfprotov6.ResourceIdentityData
	private     []byte
	replace     []*tftypes.AttributePath
	diagnostics protocol.Diagnostics
}

func (c *compared) same(what, kind string, short, long outcome) {
	c.tb.Helper()
	if len(short.diagnostics.Errors()) > 0 {
		return
	}
	if a, b := c.value(kind, short.state), c.value(kind, long.state); !a.Equal(b) {
		diff, _ := a.Diff(b)
		c.tb.Fatalf("the %s of a %s depends on the way: %v", what, kind, diff)
	}
	if a, b := identities(short.identity), identities(long.identity); !bytes.Equal(a, b) {
		c.tb.Fatalf("the identity in the %s of a %s depends on the way: %q or %q", what, kind, a, b)
	}
	if !bytes.Equal(short.private, long.private) {
		c.tb.Fatalf("what the %s of a %s notes depends on the way: %s or %s", what, kind, short.private, long.private)
	}
	if a, b := texts(short.replace), texts(long.replace); !slices.Equal(a, b) {
		c.tb.Fatalf("what the %s of a %s replaces depends on the way: %v or %v", what, kind, a, b)
	}
	if a, b := short.diagnostics.String(), long.diagnostics.String(); a != b {
		c.tb.Fatalf("what the %s of a %s says depends on the way: %s\nor %s", what, kind, a, b)
	}
}

// value decodes a state.
func (c *compared) value(kind string, of *tfprotov6.DynamicValue) tftypes.Value {
	if of == nil {
		return tftypes.Value{}
	}
	v, err := of.Unmarshal(c.schemas[kind].ValueType())
	if err != nil {
		c.tb.Fatalf("the state of a %s: %v", kind, err)
	}
	return v
}

func identities(of *tfprotov6.ResourceIdentityData) []byte {
	if of == nil || of.IdentityData == nil {
		return nil
	}
	return of.IdentityData.MsgPack
}

func texts(paths []*tftypes.AttributePath) []string {
	all := make([]string, len(paths))
	for i, p := range paths {
		all[i] = fmt.Sprint(p)
	}
	slices.Sort(all)
	return all
}

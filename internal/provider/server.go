package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"
)

// NewServer returns the provider as a server of Terraform's plugin protocol 6.
//
// It is the framework's server, with other contexts for the calls that come for
// each key. That one keeps the function that cancels a call, and so the call's
// context with all loggers in it, until Terraform stops the provider
// (registerContext in terraform-plugin-framework/internal/proto6server/serve.go).
// With a thousand keys that is 70 MiB, through which the garbage collector goes
// again and again: two thirds of what a plan cost. Unless something is logged, a
// call gets a context without any of it. Listing and invoking an action go on after
// the call has returned, and keep theirs.
//
// Keys that nothing has changed do not take the framework's way at all, see
// [tfkey.FastPath].
func NewServer(o Options) tfprotov6.ProviderServer {
	p := newProvider(o)
	return server{providerserver.NewProtocol6(p)().(complete), o.Quiet, p.shortcuts} //nolint:forcetypeassert // the framework's server serves all of it
}

// complete is what the framework's server serves. terraform-plugin-go looks for the
// last two by their methods, until they are part of ProviderServer.
type complete interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

type server struct {
	complete
	quiet     bool
	shortcuts map[string]*tfkey.FastPath // by resource type
}

// Unabridged returns the server without its shortcuts, for tests that compare.
func (s server) Unabridged() tfprotov6.ProviderServer {
	s.shortcuts = nil
	return s
}

// during is the context of a call. In a quiet server, all that it keeps of the
// given one is that that is canceled; it is canceled by done in any case.
func (s server) during(ctx context.Context) (during context.Context, done func()) {
	if !s.quiet {
		return ctx, func() {}
	}
	bare, cancel := apart(ctx)
	stop := context.AfterFunc(ctx, cancel)
	return bare, func() {
		stop()
		cancel()
	}
}

// apart is a context without values that ends at ctx's deadline, if it has one.
func apart(ctx context.Context) (context.Context, context.CancelFunc) {
	if end, ok := ctx.Deadline(); ok {
		return context.WithDeadline(context.Background(), end)
	}
	return context.WithCancel(context.Background())
}

// ValidateResourceConfig implements tfprotov6.ResourceServer.
func (s server) ValidateResourceConfig(ctx context.Context, r *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	ctx, done := s.during(ctx)
	defer done()
	return s.complete.ValidateResourceConfig(ctx, r)
}

// UpgradeResourceState implements tfprotov6.ResourceServer.
func (s server) UpgradeResourceState(ctx context.Context, r *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	ctx, done := s.during(ctx)
	defer done()
	return s.complete.UpgradeResourceState(ctx, r)
}

// UpgradeResourceIdentity implements tfprotov6.ResourceServer.
func (s server) UpgradeResourceIdentity(ctx context.Context, r *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	ctx, done := s.during(ctx)
	defer done()
	return s.complete.UpgradeResourceIdentity(ctx, r)
}

// ReadResource implements tfprotov6.ResourceServer.
func (s server) ReadResource(ctx context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	ctx, done := s.during(ctx)
	defer done()
	if short := s.shortcuts[r.TypeName]; short != nil {
		return short.ReadResource(ctx, r, s.complete.ReadResource)
	}
	return s.complete.ReadResource(ctx, r)
}

// PlanResourceChange implements tfprotov6.ResourceServer.
func (s server) PlanResourceChange(ctx context.Context, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	ctx, done := s.during(ctx)
	defer done()
	if short := s.shortcuts[r.TypeName]; short != nil {
		return short.PlanResourceChange(ctx, r, s.complete.PlanResourceChange)
	}
	return s.complete.PlanResourceChange(ctx, r)
}

// ApplyResourceChange implements tfprotov6.ResourceServer.
func (s server) ApplyResourceChange(ctx context.Context, r *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	ctx, done := s.during(ctx)
	defer done()
	return s.complete.ApplyResourceChange(ctx, r)
}

// ImportResourceState implements tfprotov6.ResourceServer.
func (s server) ImportResourceState(ctx context.Context, r *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	ctx, done := s.during(ctx)
	defer done()
	return s.complete.ImportResourceState(ctx, r)
}

// ValidateDataResourceConfig implements tfprotov6.DataSourceServer.
func (s server) ValidateDataResourceConfig(ctx context.Context, r *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	ctx, done := s.during(ctx)
	defer done()
	return s.complete.ValidateDataResourceConfig(ctx, r)
}

// ReadDataSource implements tfprotov6.DataSourceServer.
func (s server) ReadDataSource(ctx context.Context, r *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	ctx, done := s.during(ctx)
	defer done()
	return s.complete.ReadDataSource(ctx, r)
}

// CallFunction implements tfprotov6.FunctionServer.
func (s server) CallFunction(ctx context.Context, r *tfprotov6.CallFunctionRequest) (*tfprotov6.CallFunctionResponse, error) {
	ctx, done := s.during(ctx)
	defer done()
	return s.complete.CallFunction(ctx, r)
}

// ValidateEphemeralResourceConfig implements tfprotov6.EphemeralResourceServer.
func (s server) ValidateEphemeralResourceConfig(ctx context.Context, r *tfprotov6.ValidateEphemeralResourceConfigRequest) (*tfprotov6.ValidateEphemeralResourceConfigResponse, error) {
	ctx, done := s.during(ctx)
	defer done()
	return s.complete.ValidateEphemeralResourceConfig(ctx, r)
}

// OpenEphemeralResource implements tfprotov6.EphemeralResourceServer.
func (s server) OpenEphemeralResource(ctx context.Context, r *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	ctx, done := s.during(ctx)
	defer done()
	return s.complete.OpenEphemeralResource(ctx, r)
}

// RenewEphemeralResource implements tfprotov6.EphemeralResourceServer.
func (s server) RenewEphemeralResource(ctx context.Context, r *tfprotov6.RenewEphemeralResourceRequest) (*tfprotov6.RenewEphemeralResourceResponse, error) {
	ctx, done := s.during(ctx)
	defer done()
	return s.complete.RenewEphemeralResource(ctx, r)
}

// CloseEphemeralResource implements tfprotov6.EphemeralResourceServer.
func (s server) CloseEphemeralResource(ctx context.Context, r *tfprotov6.CloseEphemeralResourceRequest) (*tfprotov6.CloseEphemeralResourceResponse, error) {
	ctx, done := s.during(ctx)
	defer done()
	return s.complete.CloseEphemeralResource(ctx, r)
}

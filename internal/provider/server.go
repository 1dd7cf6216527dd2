package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"
)

// NewServer returns the provider as a server of Terraform's plugin protocol 6.
//
// It is the framework's server but for the calls that come once for each key. The framework
// keeps the context of every call, with all loggers in it, until Terraform stops the
// provider (registerContext in terraform-plugin-framework/internal/proto6server/serve.go).
// With a thousand keys that is 70 MiB, and collecting garbage around it took two thirds of
// a plan. So these calls get a context without values unless something is logged. Keys that
// have not changed skip the framework altogether, see [tfkey.FastPath].
func NewServer(o Options) tfprotov6.ProviderServer {
	p := newProvider(o)
	return server{providerserver.NewProtocol6(p)().(frameworkServer), o.Quiet, p.fastPaths} //nolint:forcetypeassert // the framework's server implements all of it
}

// frameworkServer is what the framework's server implements. terraform-plugin-go looks for
// the last two by their methods, until they are part of ProviderServer.
type frameworkServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

type server struct {
	frameworkServer
	quiet     bool
	fastPaths map[string]*tfkey.FastPath // by resource type
}

// WithoutFastPath returns the server without its fast path, for tests that compare.
func (s server) WithoutFastPath() tfprotov6.ProviderServer {
	s.fastPaths = nil
	return s
}

// bareContext returns the context for a call. In a quiet server it has no values, and ends when
// the call's context does.
func (s server) bareContext(ctx context.Context) (context.Context, context.CancelFunc) {
	if !s.quiet {
		return ctx, func() {}
	}
	bare, cancel := context.WithCancel(context.Background())
	stop := context.AfterFunc(ctx, cancel)
	return bare, func() {
		stop()
		cancel()
	}
}

func (s server) ValidateResourceConfig(ctx context.Context, r *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	ctx, done := s.bareContext(ctx)
	defer done()
	return s.frameworkServer.ValidateResourceConfig(ctx, r)
}

func (s server) UpgradeResourceState(ctx context.Context, r *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	ctx, done := s.bareContext(ctx)
	defer done()
	return s.frameworkServer.UpgradeResourceState(ctx, r)
}

func (s server) ReadResource(ctx context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	ctx, done := s.bareContext(ctx)
	defer done()
	if fast := s.fastPaths[r.TypeName]; fast != nil {
		return fast.ReadResource(ctx, r, s.frameworkServer.ReadResource)
	}
	return s.frameworkServer.ReadResource(ctx, r)
}

func (s server) PlanResourceChange(ctx context.Context, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	ctx, done := s.bareContext(ctx)
	defer done()
	if fast := s.fastPaths[r.TypeName]; fast != nil {
		return fast.PlanResourceChange(ctx, r, s.frameworkServer.PlanResourceChange)
	}
	return s.frameworkServer.PlanResourceChange(ctx, r)
}

func (s server) ApplyResourceChange(ctx context.Context, r *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	ctx, done := s.bareContext(ctx)
	defer done()
	return s.frameworkServer.ApplyResourceChange(ctx, r)
}

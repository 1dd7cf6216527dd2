package acceptance_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// wholeServer is all of the protocol, so that listening hides no ability of the
// provider from Terraform.
type wholeServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// listener passes every call on and hears the diagnostics of the answer.
// Warnings have no other way into a test, and what is said must hold no secret.
type listener struct {
	wholeServer
	hear func(...*tfprotov6.Diagnostic)
}

func listen(server tfprotov6.ProviderServer, hear func(...*tfprotov6.Diagnostic)) (tfprotov6.ProviderServer, error) {
	whole, ok := server.(wholeServer)
	if !ok {
		return nil, fmt.Errorf("%T is not the whole protocol", server)
	}
	return listener{wholeServer: whole, hear: hear}, nil
}

func (l listener) ConfigureProvider(ctx context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	resp, err := l.wholeServer.ConfigureProvider(ctx, req)
	if resp != nil {
		l.hear(resp.Diagnostics...)
	}
	return resp, err
}

func (l listener) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	resp, err := l.wholeServer.ReadResource(ctx, req)
	if resp != nil {
		l.hear(resp.Diagnostics...)
	}
	return resp, err
}

func (l listener) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	resp, err := l.wholeServer.PlanResourceChange(ctx, req)
	if resp != nil {
		l.hear(resp.Diagnostics...)
	}
	return resp, err
}

func (l listener) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	resp, err := l.wholeServer.ApplyResourceChange(ctx, req)
	if resp != nil {
		l.hear(resp.Diagnostics...)
	}
	return resp, err
}

func (l listener) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	resp, err := l.wholeServer.ImportResourceState(ctx, req)
	if resp != nil {
		l.hear(resp.Diagnostics...)
	}
	return resp, err
}

func (l listener) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	resp, err := l.wholeServer.ReadDataSource(ctx, req)
	if resp != nil {
		l.hear(resp.Diagnostics...)
	}
	return resp, err
}

// hear keeps what the provider says.
func (b *harness) hear(diagnostics ...*tfprotov6.Diagnostic) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said = append(b.said, diagnostics...)
}

// forget drops what has been said so far, except that it held no secret.
func (b *harness) forget() {
	b.checkSecrets()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said = nil
}

// heard is everything of one severity that has been said since forget, one
// diagnostic after the other.
func (b *harness) heard(severity tfprotov6.DiagnosticSeverity) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all strings.Builder
	for _, d := range b.said {
		if d.Severity == severity {
			fmt.Fprintf(&all, "%s\n%s\n%v\n\n", d.Summary, d.Detail, d.Attribute)
		}
	}
	return all.String()
}

// expect fails the test unless something of that severity was said since forget
// that holds each of the texts.
func (b *harness) expect(severity tfprotov6.DiagnosticSeverity, texts ...string) {
	b.t.Helper()
	all := b.heard(severity)
	for _, text := range texts {
		if !strings.Contains(all, text) {
			b.t.Errorf("no %s holds %q; heard:\n%s", severity, text, all)
		}
	}
}

// expectNone fails the test if anything of that severity was said since forget.
func (b *harness) expectNone(severity tfprotov6.DiagnosticSeverity) {
	b.t.Helper()
	if all := b.heard(severity); all != "" {
		b.t.Errorf("unexpected %s:\n%s", severity, all)
	}
}

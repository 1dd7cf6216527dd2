package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// limit is how long a call may take: the time limit of an operation at the
// default request_timeout, and five seconds.
const limit = 10*30*time.Second + 5*time.Second

// gauge keeps the times of calls.
type gauge struct {
	mu      sync.Mutex
	longest time.Duration
	late    []string
}

// measure notes how long a call took on the real clock. Waits and stalled answers
// pass on the virtual one here, which knows no time limits of operations: package
// deadline measures them on the real clock.
func (g *gauge) measure(call string) (done func()) {
	began := time.Now()
	return func() {
		took := time.Since(began)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.longest = max(g.longest, took)
		if took > limit {
			g.late = append(g.late, fmt.Sprintf("%s took %s", call, took))
		}
	}
}

// meter is the provider under test as Terraform sees it: each call is measured,
// and when Terraform is gone, nobody takes the answer.
type meter struct {
	tfprotov6.ProviderServer
	t *faultRun
}

// end ends a call.
func (m meter) end(done func()) {
	done()
	if m.t.isGone() {
		m.t.delivery.Wait(time.Minute) // main does: the process does not end before
		panic(disconnected{})
	}
}

// ReadResource implements tfprotov6.ProviderServer.
func (m meter) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	done := m.t.calls.measure("read")
	resp, err := m.ProviderServer.ReadResource(ctx, req)
	m.end(done)
	return resp, err
}

// PlanResourceChange implements tfprotov6.ProviderServer.
func (m meter) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	done := m.t.calls.measure("plan")
	resp, err := m.ProviderServer.PlanResourceChange(ctx, req)
	m.end(done)
	return resp, err
}

// ApplyResourceChange implements tfprotov6.ProviderServer.
func (m meter) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	done := m.t.calls.measure("apply")
	resp, err := m.ProviderServer.ApplyResourceChange(ctx, req)
	m.end(done)
	return resp, err
}

// ImportResourceState implements tfprotov6.ProviderServer.
func (m meter) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	done := m.t.calls.measure("import")
	resp, err := m.ProviderServer.ImportResourceState(ctx, req)
	m.end(done)
	return resp, err
}

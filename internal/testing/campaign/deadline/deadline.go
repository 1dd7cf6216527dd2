// Package deadline is the part of the campaign that measures how long operations
// take when a service never gives a useful answer. It drives the provider through
// the plugin protocol in this process, on the real clock.
package deadline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/provider"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// The configuration, what the provider promises with it, and what is allowed
// beyond that.
const (
	requestTimeout = "1s"
	preparing      = "1m"             // what comes before must not fail on a busy machine
	timeout        = 30 * time.Second // ten requests, and at least this
	grace          = 5 * time.Second
)

// Limit is how long one operation may take.
const Limit = timeout + grace

// Result is what was measured.
type Result struct {
	// Operations is how many calls of Terraform were measured.
	Operations int
	// Longest is the time of the longest, and Slowest what that was.
	Longest time.Duration
	Slowest string
	// Late are those that took longer than Limit.
	Late []string
}

// enter adds one measurement.
func (r *Result) enter(what string, took time.Duration) {
	r.Operations++
	if took > r.Longest {
		r.Longest, r.Slowest = took, what
	}
	if took > Limit {
		r.Late = append(r.Late, fmt.Sprintf("%s took %v", what, took.Round(time.Millisecond)))
	}
}

// Run measures every operation with every trouble at every service, all side by
// side: they only wait. Progress goes to log, which may be nil. An error means
// that something could not be measured.
func Run(ctx context.Context, log io.Writer) (Result, error) {
	if log == nil {
		log = io.Discard
	}
	var (
		r    Result
		errs []error
		mu   sync.Mutex
		all  sync.WaitGroup
		// One by one, so that the measurements do not disturb each other.
		preparation sync.Mutex
	)
	for _, s := range simulators.Services() {
		for _, op := range operations(s) {
			for _, t := range troubles {
				all.Go(func() {
					what := strings.Join([]string{s.Key.Name, op.name, t.name}, ", ")
					took, err := measure(ctx, s, op, t, &preparation)
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						errs = append(errs, fmt.Errorf("%s: %w", what, err))
						return
					}
					r.enter(what, took)
					fmt.Fprintf(log, "%s: %.1f s\n", what, took.Seconds())
				})
			}
		}
	}
	all.Wait()
	return r, errors.Join(errs...)
}

// measure carries out one operation while there is trouble.
func measure(ctx context.Context, s simulators.Service, op operation, t trouble, prepared *sync.Mutex) (took time.Duration, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			text, expected := thrown.(stop)
			if !expected {
				panic(thrown)
			}
			err = errors.New(string(text))
		}
	}()
	server := simulator.NewServer(nil)
	store := server.Mount(s.Key.Name, s.Simulator)
	switched := &troubled{next: server.Handler(), trouble: t}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	front := &http.Server{Handler: switched, ReadHeaderTimeout: time.Minute}
	go func() { _ = front.Serve(l) }()   // until Close
	defer func() { _ = front.Close() }() // nothing is left to be sent
	env := s.Environment("http://"+l.Addr().String()+"/"+s.Key.Name, store.Admin(), store.CreateSession())
	watch := &watch{}
	core := &protocol.Terraform{
		TB: stopper{}, Context: ctx, Provider: map[string]any{"request_timeout": preparing},
		Server: func() tfprotov6.ProviderServer {
			watch.ProviderServer = provider.NewServer(provider.Options{
				Version: "campaign", Quiet: true, Services: []services.Service{s.Service}, Env: func(name string) string { return env[name] },
			})
			return watch
		},
	}
	prepared.Lock()
	act := func() func() protocol.Diagnostics {
		defer prepared.Unlock()
		return op.prepare(core, store)
	}()
	watch.longest = 0
	core.Provider["request_timeout"] = requestTimeout
	switched.on.Store(true)
	diags := act()
	if len(diags.Errors()) == 0 {
		return 0, errors.New("it has not felt the trouble")
	}
	return watch.longest, nil
}

// watch measures the calls in which a provider talks to a service.
type watch struct {
	tfprotov6.ProviderServer
	longest time.Duration
}

func (w *watch) since(began time.Time) { w.longest = max(w.longest, time.Since(began)) }

// ReadResource implements tfprotov6.ProviderServer.
func (w *watch) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	defer w.since(time.Now())
	return w.ProviderServer.ReadResource(ctx, req)
}

// ApplyResourceChange implements tfprotov6.ProviderServer.
func (w *watch) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	defer w.since(time.Now())
	return w.ProviderServer.ApplyResourceChange(ctx, req)
}

// ImportResourceState implements tfprotov6.ProviderServer.
func (w *watch) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	defer w.since(time.Now())
	return w.ProviderServer.ImportResourceState(ctx, req)
}

// stop is a violation of Terraform's protocol.
type stop string

// stopper is a protocol.TB that ends one measurement.
type stopper struct{}

// Helper implements protocol.TB.
func (stopper) Helper() {}

// Logf implements protocol.TB.
func (stopper) Logf(string, ...any) {}

// Fatalf implements protocol.TB.
func (stopper) Fatalf(format string, args ...any) { panic(stop(fmt.Sprintf(format, args...))) }

package campaign

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/conformance"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// The provider's settings in TestDeadlines, and how long an operation may take with them:
// ten requests, and at least 30 seconds, and some more on a busy machine.
const (
	deadlineTimeout   = "1s"
	preparingTimeout  = "1m"
	longestOperation  = 35 * time.Second
	fewestOperations  = 100
	noticeableTrouble = 5 * time.Second
)

// TestDeadlines: an operation ends in time when a service never gives a useful answer. It
// runs on the real clock, with all operations at once: they only wait.
func TestDeadlines(t *testing.T) {
	wantCampaign(t)
	var (
		all              sync.WaitGroup
		preparing, mu    sync.Mutex
		operations       int
		slowest, ongoing = "", time.Duration(0)
	)
	for _, s := range simulators.Services() {
		for name, prepare := range deadlineOperations(s) {
			for trouble, handler := range troubles {
				all.Go(func() {
					what := s.Key.Name + ", " + name + ", " + trouble
					took, err := measure(s, prepare, handler, &preparing)
					mu.Lock()
					defer mu.Unlock()
					if operations++; took > ongoing {
						slowest, ongoing = what, took
					}
					if err != nil || took > longestOperation {
						t.Errorf("%s: took %s, %v", what, took, err)
					}
				})
			}
		}
	}
	all.Wait()
	if operations < fewestOperations || ongoing < noticeableTrouble {
		t.Errorf("%d operations, the longest %s: too few, or not held up", operations, ongoing)
	}
	fmt.Printf("\n%d operations on the real clock, the longest (%s) took %s of %s\n", operations, slowest, ongoing.Round(time.Millisecond), longestOperation)
}

// deadlineOperations are what Terraform does there: each prepares an operation without
// trouble, and returns it.
func deadlineOperations(s simulators.Service) map[string]func(*conformance.Harness) func() protocol.Diagnostics {
	change := func(from, to map[string]any) func(*conformance.Harness) func() protocol.Diagnostics {
		return func(h *conformance.Harness) func() protocol.Diagnostics {
			config := func(attributes map[string]any) protocol.Config {
				if attributes == nil {
					return protocol.Config{}
				}
				return protocol.Config{address: h.Block(keyName, attributes)}
			}
			mustSucceed(h.Apply(config(from)).Diagnostics)
			p := h.Plan(config(to))
			mustSucceed(p.Diagnostics)
			return func() protocol.Diagnostics { return h.ApplyPlan(p) }
		}
	}
	trigger := conformance.Trigger
	overlap, native := map[string]any{"rotation_overlap": "1h"}, map[string]any{"native_rotation": true}
	all := map[string]func(*conformance.Harness) func() protocol.Diagnostics{
		"create":  change(nil, map[string]any{}),
		"rotate":  change(trigger("1"), trigger("2")),
		"overlap": change(trigger("1", overlap), trigger("2", overlap)),
		"delete":  change(map[string]any{}, nil),
		"read": func(h *conformance.Harness) func() protocol.Diagnostics {
			config := protocol.Config{address: h.Block(keyName)}
			mustSucceed(h.Apply(config).Diagnostics)
			return func() protocol.Diagnostics { return h.Plan(config).Diagnostics }
		},
		"import": func(h *conformance.Harness) func() protocol.Diagnostics {
			id := h.Store.Mint("by hand").ID
			return func() protocol.Diagnostics { return h.Import(address, h.Type(), id) }
		},
	}
	if s.Key.CanRename {
		all["update"] = change(map[string]any{}, map[string]any{"name": "renamed"})
	}
	if s.Key.HasRotate {
		all["native"] = change(trigger("1", native), trigger("2", native))
	}
	return all
}

func mustSucceed(ds protocol.Diagnostics) {
	if errs := ds.Errors(); len(errs) > 0 {
		panic(failure(errs[0]))
	}
}

// measure returns the longest call of one operation while there is trouble. preparing is
// held before that, so that the measurements do not disturb each other.
func measure(s simulators.Service, prepare func(*conformance.Harness) func() protocol.Diagnostics, trouble http.HandlerFunc, preparing *sync.Mutex) (took time.Duration, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = fmt.Errorf("%v", thrown)
		}
	}()
	var troubled atomic.Bool
	server := simulator.NewServer(nil)
	server.Mount(s.Key.Name, func(st *simulator.Store) http.Handler {
		next := s.Simulator(st)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if troubled.Load() {
				trouble(w, r)
			} else {
				next.ServeHTTP(w, r)
			}
		})
	})
	if err := server.Start(); err != nil {
		return 0, err
	}
	defer server.Close()
	h := conformance.NewHarnessAt(panickingTB{}, s, server, protocol.NewClock())
	h.SkipComparison, h.Options.Ring = true, keyring.Options{} // with the real clock
	watch := &stopwatch{}
	provider := h.Server
	h.Server = func() tfprotov6.ProviderServer {
		watch.ProviderServer = provider()
		return watch
	}
	h.Provider = map[string]any{"request_timeout": preparingTimeout}
	operate := func() func() protocol.Diagnostics {
		preparing.Lock()
		defer preparing.Unlock()
		return prepare(h)
	}()
	watch.longest = 0
	h.Provider["request_timeout"] = deadlineTimeout
	troubled.Store(true)
	if ds := operate(); len(ds.Errors()) == 0 {
		err = fmt.Errorf("no error: %s", ds)
	}
	return watch.longest, err
}

// stopwatch measures the calls in which a provider sends requests to a service.
type stopwatch struct {
	tfprotov6.ProviderServer
	longest time.Duration
}

func (w *stopwatch) since(began time.Time) { w.longest = max(w.longest, time.Since(began)) }

// ReadResource implements tfprotov6.ProviderServer.
func (w *stopwatch) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	defer w.since(time.Now())
	return w.ProviderServer.ReadResource(ctx, req)
}

// ApplyResourceChange implements tfprotov6.ProviderServer.
func (w *stopwatch) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	defer w.since(time.Now())
	return w.ProviderServer.ApplyResourceChange(ctx, req)
}

// ImportResourceState implements tfprotov6.ProviderServer.
func (w *stopwatch) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	defer w.since(time.Now())
	return w.ProviderServer.ImportResourceState(ctx, req)
}

// troubles are what a service answers, for ever, instead of what it should.
var troubles = map[string]http.HandlerFunc{
	"429, come back in an hour": refuse(http.StatusTooManyRequests, "3600", 0),
	"429, come back on a date": func(w http.ResponseWriter, r *http.Request) {
		refuse(http.StatusTooManyRequests, time.Now().Add(time.Hour).UTC().Format(http.TimeFormat), 0)(w, r)
	},
	"429, come back at once":                      refuse(http.StatusTooManyRequests, "0", 0),
	"503, come back in an hour":                   refuse(http.StatusServiceUnavailable, "3600", 0),
	"503 after nearly a second, come back in one": refuse(http.StatusServiceUnavailable, "1", 900*time.Millisecond),
	"no answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	"an answer without end": func(w http.ResponseWriter, r *http.Request) {
		begin(w)
		<-r.Context().Done()
	},
	"an answer by the drop": func(w http.ResponseWriter, r *http.Request) {
		begin(w)
		for r.Context().Err() == nil {
			select {
			case <-r.Context().Done():
			case <-time.After(50 * time.Millisecond):
				send(w, []byte(" "))
			}
		}
	},
}

// refuse answers a status with a Retry-After after a while.
func refuse(status int, retryAfter string, after time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(after):
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", retryAfter)
		w.WriteHeader(status)
		send(w, []byte(`{"detail": "not now"}`))
	}
}

// begin begins a valid answer.
func begin(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(1<<20))
	w.WriteHeader(http.StatusOK)
	send(w, []byte("["))
}

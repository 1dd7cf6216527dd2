package provider

import (
	"context"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// heavy is in a call's context in place of its loggers.
type heavy struct{ _ [64]byte }

// callWith makes a call with a context that holds a value, and returns a channel
// that is closed when nothing holds the value any more.
func callWith(t *testing.T, s tfprotov6.ProviderServer) (gone <-chan struct{}) {
	t.Helper()
	type key struct{}
	value, end := &heavy{}, make(chan struct{})
	runtime.AddCleanup(value, func(c chan struct{}) { close(c) }, end)
	r, err := s.ValidateResourceConfig(context.WithValue(t.Context(), key{}, value), &tfprotov6.ValidateResourceConfigRequest{TypeName: "apikeys_none"})
	if err != nil || len(r.Diagnostics) != 1 {
		t.Fatalf("%v: %v, want a diagnostic about the type", err, r)
	}
	return end
}

// A quiet server keeps nothing of a call's context; what the framework keeps is
// seen when it is not quiet, or this test would show nothing.
func TestServer_keepsNoContext(t *testing.T) {
	t.Parallel()
	for quiet, patience := range map[bool]time.Duration{true: 10 * time.Second, false: 200 * time.Millisecond} {
		s := NewServer(Options{Quiet: quiet})
		gone := callWith(t, s)
		let := false
		for start := time.Now(); !let && time.Since(start) < patience; {
			runtime.GC()
			select {
			case <-gone:
				let = true
			case <-time.After(time.Millisecond):
			}
		}
		if let != quiet {
			t.Errorf("quiet: %v, but the context was let go: %v", quiet, let)
		}
		runtime.KeepAlive(s)
	}
}

// TestServer_calls: exactly the calls that come once for each key are the server's own.
func TestServer_calls(t *testing.T) {
	t.Parallel()
	perKey := []string{"ValidateResourceConfig", "UpgradeResourceState", "ReadResource", "PlanResourceChange", "ApplyResourceChange", "WithoutFastPath"}
	all := reflect.TypeFor[server]()
	for method := range all.Methods() {
		file, _ := runtime.FuncForPC(method.Func.Pointer()).FileLine(method.Func.Pointer())
		if own := filepath.Base(file) == "server.go"; own != slices.Contains(perKey, method.Name) {
			t.Errorf("%s: a method of its own: %v", method.Name, own)
		}
	}
}

// TestServer_bareContext: it is canceled with the call, and after it.
func TestServer_bareContext(t *testing.T) {
	t.Parallel()
	for _, quiet := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		during, done := server{quiet: quiet}.bareContext(ctx)
		if during.Err() != nil {
			t.Errorf("quiet: %v: canceled at the beginning", quiet)
		}
		cancel()
		<-during.Done()
		done()
	}
	during, done := server{quiet: true}.bareContext(t.Context())
	done()
	<-during.Done() // or a call that is over would not be canceled
}

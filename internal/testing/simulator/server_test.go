package simulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

func TestServer_servesLoopbackOnly(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.com:80", "127.0.0.1"} {
		if err := simulator.NewServer(nil).Listen(address); err == nil {
			t.Errorf("%q was accepted", address)
		}
	}
}

func TestServer_mounts(t *testing.T) {
	server := simulator.Run(t, toyMount, simulator.Mount{Name: "other", Handler: toy})
	if strings.Join(server.Names(), " ") != "toy other" || server.Store("nobody") != nil {
		t.Errorf("the services are %q", server.Names())
	}
	client := toyService().Client(t, server)
	client.Do(http.StatusCreated, toyService().Create("x"))
	if n := len(server.Store("other").Ledger()); n != 0 {
		t.Errorf("the other service has %d keys", n)
	}
	client.As(server.Store("other").Admin()).Do(http.StatusUnauthorized, toyService().List())
	if root := client.Do(http.StatusOK, get("/where?x=1")).JSON; root != server.URL("toy") {
		t.Errorf("the service is at %v, not at %s", root, server.URL("toy"))
	}
	if detail := client.Do(http.StatusInternalServerError, get("/broken")).JSON; Text(detail, "detail") != "a bug" {
		t.Errorf("a bug is reported as %v", detail)
	}
}

func TestServer_behindTLS(t *testing.T) {
	inner := simulator.NewServer(nil)
	store := inner.Mount("toy", toy)
	server := httptest.NewTLSServer(inner.Handler())
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/toy/where", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-API-Key", store.Admin())
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var root string
	if err := json.NewDecoder(response.Body).Decode(&root); err != nil || root != server.URL+"/toy" {
		t.Errorf("behind TLS the service is at %q, %v", root, err)
	}
}

func TestServer_countsStrays(t *testing.T) {
	server := simulator.Run(t, toyMount)
	server.Store("toy").Fault(simulator.Fault{Kind: simulator.FaultRedirect})
	response, err := http.Post(server.URL("toy")+"/keys", "application/json", strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	if server.Strays() != 1 {
		t.Errorf("%d strays, want the one that followed the redirect", server.Strays())
	}
}

func TestServer_closeEndsWhatWaits(t *testing.T) {
	server := simulator.NewServer(nil)
	store := server.Mount("toy", toy)
	server.Close() // before the start there is nothing to close
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	store.SetLatency(time.Hour)
	client := toyService().Client(t, server)
	failed := make(chan error)
	go func() {
		_, err := client.Try(toyService().Create("x"))
		failed <- err
	}()
	for store.Total() == 0 {
		time.Sleep(time.Millisecond)
	}
	server.Close()
	server.Close()
	if err := <-failed; err == nil {
		t.Error("a request that waits an hour was answered")
	}
	if n := len(store.Ledger()); n != 0 {
		t.Errorf("a request that was cut off made %d keys", n)
	}
}

func TestServer_oversizedRequest(t *testing.T) {
	server := simulator.Run(t, toyMount)
	request := toyService().Create(strings.Repeat("x", 2<<20))
	if a, err := toyService().Client(t, server).Try(request); err == nil && a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("a request of 2 MiB was answered with %d", a.Status)
	}
	if n := len(server.Store("toy").Ledger()); n != 0 {
		t.Errorf("it made %d keys", n)
	}
}

func TestRun_reportsFailure(t *testing.T) {
	tb := &failing{}
	server := simulator.RunAt(tb, nil, toyMount)
	for _, cleanup := range tb.cleanups {
		cleanup()
	}
	if tb.failed || len(tb.cleanups) != 1 {
		t.Errorf("failed: %v, %d cleanups", tb.failed, len(tb.cleanups))
	}
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL("toy"), nil)
	if response, err := http.DefaultClient.Do(request); err == nil {
		_ = response.Body.Close()
		t.Error("the server runs after the test's end")
	}
}

// failing is a test that only notes what happens to it.
type failing struct {
	failed   bool
	cleanups []func()
}

func (*failing) Helper()                 {}
func (f *failing) Cleanup(clean func())  { f.cleanups = append(f.cleanups, clean) }
func (f *failing) Fatalf(string, ...any) { f.failed = true }

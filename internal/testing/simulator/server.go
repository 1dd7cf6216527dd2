package simulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Mount is a service to serve: its path prefix and its simulator.
type Mount struct {
	Name    string
	Handler func(*Store) http.Handler
}

// Server serves any number of services, each below a path prefix of its own, on one
// loopback port. Create it with [NewServer].
type Server struct {
	now    func() time.Time
	names  []string
	stores map[string]*Store
	mux    *http.ServeMux

	url     string
	stop    context.CancelFunc
	servers []*http.Server
	strays  atomic.Int64

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup // accept loops and requests
}

// NewServer returns a server with a clock; nil is the real one.
func NewServer(now func() time.Time) *Server {
	return &Server{now: now, stores: map[string]*Store{}, mux: http.NewServeMux()}
}

// Mount adds a service below "/<name>" and returns its store. Call it before
// [Server.Start].
func (s *Server) Mount(name string, handler func(*Store) http.Handler) *Store {
	store, h := NewStore(s.now, handler)
	s.names = append(s.names, name)
	s.stores[name] = store
	s.mux.Handle("/"+name+"/", http.StripPrefix("/"+name, h))
	return store
}

// Store returns the store of a service, nil for a name that is not mounted.
func (s *Server) Store(name string) *Store { return s.stores[name] }

// Names returns the names of the services, in the order of mounting.
func (s *Server) Names() []string { return slices.Clone(s.names) }

// Handler returns what the server serves, for servers of another kind (TLS).
func (s *Server) Handler() http.Handler { return s.mux }

// Start begins to serve on a free port of 127.0.0.1.
func (s *Server) Start() error { return s.Listen("127.0.0.1:0") }

// Listen begins to serve on a loopback address, such as "127.0.0.1:0" for a free port.
// Others could create keys with the control interface, so any other is refused.
func (s *Server) Listen(address string) error {
	if err := loopback(address); err != nil {
		return err
	}
	main, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen for the services: %w", err)
	}
	trap, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		_ = main.Close()
		return fmt.Errorf("listen for strays: %w", err)
	}
	s.url = "http://" + main.Addr().String()
	for _, store := range s.stores {
		store.traffic.elsewhere = "http://" + trap.Addr().String()
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.serve(ctx, main, s.mux)
	s.serve(ctx, trap, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { s.strays.Add(1) }))
	return nil
}

// serve runs one listener until Close.
func (s *Server) serve(ctx context.Context, l net.Listener, h http.Handler) {
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !s.begin() {
				cut(w)
				return
			}
			defer s.running.Done()
			h.ServeHTTP(w, r)
		}),
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: time.Minute,
	}
	s.servers = append(s.servers, server)
	s.running.Go(func() { _ = server.Serve(l) }) // ends with http.ErrServerClosed, by Close
}

// begin counts a request; false once the server is closed.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.running.Add(1)
	return true
}

// Close ends all requests and connections, and waits until nothing runs any more. Stores
// remain usable.
func (s *Server) Close() {
	if s.stop == nil {
		return
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	for _, server := range s.servers {
		_ = server.Close()
	}
	s.running.Wait()
}

// URL returns the base URL of a service, such as "http://127.0.0.1:4711/onepin".
func (s *Server) URL(name string) string { return s.url + "/" + name }

// Address returns the URL of the server, such as "http://127.0.0.1:4711".
func (s *Server) Address() string { return s.url }

// Strays returns how many requests have followed a [FaultRedirect] to the other origin.
func (s *Server) Strays() int { return int(s.strays.Load()) }

// TB is what [Run] needs of a testing.TB.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Run starts a server for one test, on the real clock, and closes it at the
// test's end.
func Run(t TB, mounts ...Mount) *Server {
	t.Helper()
	return RunAt(t, nil, mounts...)
}

// RunAt is [Run] with a clock.
func RunAt(t TB, now func() time.Time, mounts ...Mount) *Server {
	t.Helper()
	s := NewServer(now)
	for _, m := range mounts {
		s.Mount(m.Name, m.Handler)
	}
	if err := s.Start(); err != nil {
		t.Fatalf("start the simulator: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

func loopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listen address: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("listen address: only loopback addresses are served, such as 127.0.0.1:0")
	}
	return nil
}

// root is the base URL of a request's service.
func root(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	path, _, _ := strings.Cut(r.RequestURI, "?")
	return scheme + "://" + r.Host + strings.TrimSuffix(path, r.URL.EscapedPath())
}

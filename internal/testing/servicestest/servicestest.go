// Package servicestest lets an adapter's tests answer its requests by hand, with
// bodies as the services document them.
package servicestest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
)

// Request is what the adapter sent.
type Request struct {
	Method string
	// Path is as it was sent, still escaped.
	Path   string
	Query  url.Values
	Header http.Header
	Body   string
}

// Answer is what it gets. A Body that begins with "<" is a web page, any other
// one JSON.
type Answer struct {
	Status int
	Body   string
	Header map[string]string
}

// OK answers 200 with a body.
func OK(body string) Answer { return Answer{Status: http.StatusOK, Body: body} }

// Server answers an adapter's requests.
type Server struct {
	// URL is the server's address, to be used as base_url.
	URL string

	mu   sync.Mutex
	seen []Request
}

// Serve starts a server on loopback, which the test stops. answer may be called
// concurrently.
func Serve(t testing.TB, answer func(Request) Answer) *Server {
	t.Helper()
	s := &Server{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		request := Request{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.Query(), Header: r.Header, Body: string(body)}
		s.mu.Lock()
		s.seen = append(s.seen, request)
		s.mu.Unlock()
		a := answer(request)
		w.Header().Set("Content-Type", "application/json")
		if strings.HasPrefix(a.Body, "<") {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
		}
		for name, value := range a.Header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(a.Status)
		_, _ = io.WriteString(w, a.Body)
	}))
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Always serves one and the same answer.
func Always(t testing.TB, a Answer) *Server {
	t.Helper()
	return Serve(t, func(Request) Answer { return a })
}

// Requests are those that have come so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.seen...)
}

// Only is the one request that has come; any other number fails the test.
func (s *Server) Only(t testing.TB) Request {
	t.Helper()
	seen := s.Requests()
	if len(seen) != 1 {
		t.Fatalf("%d requests came, want 1: %+v", len(seen), seen)
	}
	return seen[0]
}

// Config is a configuration with these attributes and base_url, without retries.
func Config(baseURL string, attributes map[string]string) services.Config {
	c := services.Config{
		Settings: map[string]string{services.BaseURL: baseURL},
		Source:   map[string]string{services.BaseURL: services.FromAttribute},
		Lists:    map[string][]string{},
		HTTP:     httpclient.Config{UserAgent: "test", RequestTimeout: 10 * time.Second},
	}
	for name, value := range attributes {
		c.Settings[name], c.Source[name] = value, services.FromAttribute
	}
	return c
}

// Connect opens the service in its configured scope.
func Connect(t testing.TB, connect func(services.Config) (services.Open, error), c services.Config) driver.Service {
	t.Helper()
	open, err := connect(c)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	return open("")
}

// Failure is err as the one error type of services; anything else fails the
// test.
func Failure(t testing.TB, err error) *driver.Error {
	t.Helper()
	var e *driver.Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v (%T), want a *driver.Error", err, err)
	}
	return e
}

// ListAll reads a listing to its end, as the engine does: it stops when no page
// brings anything new. Keys come in the order of first sight.
func ListAll(t testing.TB, svc driver.Service, status driver.Status) []driver.Key {
	t.Helper()
	var keys []driver.Key
	seen := map[string]bool{}
	for next, fresh := "", true; fresh; {
		page, err := svc.List(context.Background(), driver.Query{Status: status, Cursor: next})
		if err != nil {
			t.Fatalf("list from %q: %v", next, err)
		}
		fresh = false
		for _, k := range page.Keys {
			if !seen[k.ID] {
				seen[k.ID], fresh = true, true
				keys = append(keys, k)
			}
		}
		next = page.Next
		fresh = fresh && next != ""
	}
	return keys
}

// At is a time in RFC 3339.
func At(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// CheckPage fails the test unless a page from a fuzzed answer is either an *Error
// or has an id for each key, and returns the cursor that follows.
func CheckPage(t testing.TB, page driver.Page, err error) (next string) {
	t.Helper()
	if err != nil {
		_ = Failure(t, err)
		return ""
	}
	for _, k := range page.Keys {
		if k.ID == "" {
			t.Errorf("a key without an id: %+v", k)
		}
	}
	return page.Next
}

// InMemory connects to a service without a network that gives one and the same answer,
// for fuzzing.
func InMemory(t testing.TB, connect func(services.Config) (services.Open, error), attributes map[string]string, a Answer) driver.Service {
	t.Helper()
	c := Config("https://service.invalid", attributes)
	c.HTTP.Wrap = func(string, http.RoundTripper) http.RoundTripper { return a }
	return Connect(t, connect, c)
}

// RoundTrip implements http.RoundTripper.
func (a Answer) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: a.Status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(a.Body)), Request: req,
	}, nil
}

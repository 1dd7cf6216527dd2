package simulator_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// Request is one request to a service.
type Request struct{ Method, Path, Body string }

// Service describes a simulated service to the suite.
type Service struct {
	Mount simulator.Mount
	// Bearer: credentials go into Authorization instead of X-API-Key.
	Bearer bool
	// Create, List and Revoke make the requests of these operations.
	Create func(name string) Request
	List   func() Request
	Revoke func(id string) Request
	// Value finds the new key's value in the answer to a create, IDs the keys'
	// ids in a listing.
	Value func(body any) string
	IDs   func(body any) []string
	// Revoked is the status of a successful revoke.
	Revoked int
}

// Client sends requests to one service, signed with one credential. Keep-alive
// is off, so that net/http never repeats a request by itself.
type Client struct {
	t          testing.TB
	base       string
	bearer     bool
	credential string
	http       *http.Client
}

// maxJSON is how many bytes of an answer are worth decoding: bodies that are
// larger have no sense in them, by request.
const maxJSON = 1 << 20

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Raw    string
	JSON   any // nil if the body is no JSON
}

// Client returns a client that signs with the store's administrator.
func (s Service) Client(t testing.TB, server *simulator.Server) *Client {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &Client{
		t: t, base: server.URL(s.Mount.Name), bearer: s.Bearer,
		credential: server.Store(s.Mount.Name).Admin(),
		http: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
	}
}

// As returns a client that signs with another credential; "" is none.
func (c *Client) As(credential string) *Client {
	other := *c
	other.credential = credential
	return &other
}

// Try sends a request. Headers come in pairs of name and value. The error is
// that of the connection; the answer is then as far as it came.
func (c *Client) Try(r Request, headers ...string) (Answer, error) {
	return c.try(c.t.Context(), r, headers...)
}

func (c *Client) try(ctx context.Context, r Request, headers ...string) (Answer, error) {
	request, err := http.NewRequestWithContext(ctx, r.Method, c.base+r.Path, strings.NewReader(r.Body))
	if err != nil {
		return Answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	switch {
	case c.credential == "":
	case c.bearer:
		request.Header.Set("Authorization", "Bearer "+c.credential)
	default:
		request.Header.Set("X-API-Key", c.credential)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.http.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	a := Answer{Status: response.StatusCode, Header: response.Header, Raw: string(raw)}
	if len(raw) < maxJSON && json.Unmarshal(raw, &a.JSON) != nil {
		a.JSON = nil
	}
	return a, err
}

// Do sends a request that must be answered with the given status.
func (c *Client) Do(want int, r Request, headers ...string) Answer {
	c.t.Helper()
	a, err := c.Try(r, headers...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", r.Method, r.Path, err)
	}
	if a.Status != want {
		c.t.Fatalf("%s %s answered %d, want %d: %.500s", r.Method, r.Path, a.Status, want, a.Raw)
	}
	return a
}

// At returns what stands at a path of fields and list indexes in a document,
// nil where the path leads nowhere.
func At(document any, path ...any) any {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			object, _ := document.(map[string]any)
			document = object[s]
		case int:
			list, _ := document.([]any)
			if s >= len(list) {
				return nil
			}
			document = list[s]
		}
	}
	return document
}

// Text is [At] for strings, "" where there is none.
func Text(document any, path ...any) string {
	text, _ := At(document, path...).(string)
	return text
}

// Column returns the string that each item of a list has in a field.
func Column(list any, field string) []string {
	items, _ := list.([]any)
	column := make([]string, 0, len(items))
	for _, item := range items {
		column = append(column, Text(item, field))
	}
	return column
}

package httpclient

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
)

// roundTripper is a function as an http.RoundTripper.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Wrap sees every attempt, on either transport, with its route.
func TestWrap(t *testing.T) {
	answers := []int{http.StatusServiceUnavailable, http.StatusOK, http.StatusOK}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(answers[0])
		answers = answers[1:]
	}))
	defer server.Close()
	base, err := ParseBaseURL(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	clock := newFakeTime()
	client := New(Config{BaseURL: base, MaxRetries: 1, Sleep: clock.Sleep, Now: clock.Now, Wrap: func(route string, next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(r)
			seen = append(seen, route+" "+http.StatusText(resp.StatusCode))
			return resp, err
		})
	}})
	for _, call := range []Call{{Route: "GET /keys"}, {Route: "POST /keys", SingleShot: true}} {
		req, err := http.NewRequestWithContext(context.Background(), call.Route[:len(call.Route)-len(" /keys")], server.URL+"/keys", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Send(context.Background(), req, call)
		if err != nil || resp.Status != http.StatusOK {
			t.Fatalf("%v, %v", resp, err)
		}
	}
	want := []string{"GET /keys Service Unavailable", "GET /keys OK", "POST /keys OK"}
	if len(seen) != len(want) || seen[0] != want[0] || seen[1] != want[1] || seen[2] != want[2] {
		t.Errorf("seen %q, want %q", seen, want)
	}
}

package httpclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestSendSendsWhatTheCallerSaid(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "%s %s|%s|%s|%s|%s", r.Method, r.URL.RequestURI(), r.Header.Get("X-API-Key"),
			r.Header.Get("User-Agent"), r.Header.Get("Accept"), body)
	})
	c, _ := newTestClient(t, srv.URL+"/prefix/", nil)
	resp, err := send(t.Context(), c, http.MethodDelete, "/delete-api-key", `{"key_id":"1"}`, Call{})
	got := wantStatus(t, resp, err, 200)
	want := `DELETE /prefix/delete-api-key|` + testKey + `|terraform-provider-apikeys/test|application/json|{"key_id":"1"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if text := fmt.Sprintf("%v %+v %#v", resp, resp, *resp); strings.Contains(text, testKey) {
		t.Error("printing the answer prints the credential")
	}
}

func TestRedirectsAreRefusedAndNamed(t *testing.T) {
	var reached atomic.Int64
	other := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	for _, status := range []int{300, 301, 302, 303, 304, 307, 308} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			var hits atomic.Int64
			srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				hits.Add(1)
				w.Header().Set("Location", other.URL+"/login?token=private")
				w.WriteHeader(status)
			})
			logged := 0
			c, _ := newTestClient(t, srv.URL, func(cfg *Config) { cfg.Log = func(_ context.Context, a Attempt) { logged = a.Status } })
			_, err := send(t.Context(), c, method, "/keys", "", Call{Idempotent: true})
			wantError(t, err, KindRedirect, true)
			if logged != status {
				t.Errorf("%s %d is logged as %d", method, status, logged)
			}
			e := errorOf(t, err)
			if e.Status != status || hits.Load() != 1 {
				t.Errorf("%s %d: %+v after %d requests, want 1", method, status, e, hits.Load())
			}
			if !strings.Contains(err.Error(), other.URL) || strings.Contains(err.Error(), "private") {
				t.Errorf("error %q must name the origin and nothing more", err)
			}
		}
	}
	if reached.Load() != 0 {
		t.Errorf("the other host got %d requests", reached.Load())
	}
}

func TestRedirectWithoutUsableTarget(t *testing.T) {
	for location, want := range map[string]string{"": "", "::bad": "", "mailto:a@b": "", "http://u:pw@h.test/x": "http://h.test"} {
		srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if location != "" {
				w.Header().Set("Location", location)
			}
			w.WriteHeader(http.StatusFound)
		})
		c, _ := newTestClient(t, srv.URL, nil)
		_, err := send(t.Context(), c, http.MethodGet, "/", "", Call{})
		wantError(t, err, KindRedirect, true)
		if want != "" {
			want = "redirects to " + want + " (302)"
		} else {
			want = "answers with a redirect (302)"
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", location, err, want)
		}
	}
}

func TestNoCredentialForAnotherOrigin(t *testing.T) {
	var reached atomic.Int64
	other := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	c, _ := newTestClient(t, "https://api.service.test", nil)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, other.URL+"/list?offset=50", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Send(t.Context(), req, Call{})
	wantError(t, err, KindCredential, false)
	if reached.Load() != 0 {
		t.Error("the other origin was asked")
	}
}

func TestAuthorizeFailureSendsNothing(t *testing.T) {
	srv := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") })
	reason := errors.New("token_command ended with status 3")
	c, clock := newTestClient(t, srv.URL, func(cfg *Config) {
		testSigner(cfg).authorize = func(context.Context, http.Header) error { return reason }
	})
	_, err := send(t.Context(), c, http.MethodGet, "/", "", Call{})
	wantError(t, err, KindCredential, false)
	if !errors.Is(err, reason) || len(clock.sleeps()) != 0 {
		t.Errorf("error %v after %d waits; want the reason and no wait", err, len(clock.sleeps()))
	}
}

// What finds the credential has its own time: that of the request begins after it.
func TestAuthorizeTakesItsTime(t *testing.T) {
	slow := func(cfg *Config) {
		cfg.RequestTimeout = time.Second
		testSigner(cfg).authorize = func(context.Context, http.Header) error { time.Sleep(time.Minute); return nil }
	}
	bubble(t, func(http.ResponseWriter, *http.Request) {}, slow, func(t *testing.T, c *Client) {
		began := time.Now()
		resp, err := send(t.Context(), c, http.MethodPost, "/", "payload", Call{SingleShot: true})
		wantStatus(t, resp, err, 200)
		if took := time.Since(began); took != time.Minute+latency {
			t.Errorf("took %v", took)
		}
	})
}

// A POST is sent again only after a 401 in the API's own words.
func TestRenewOnceOn401(t *testing.T) {
	const expired = `{"error":"unauthorized","message":"the token has expired"}`
	tests := map[string]struct {
		valid    string // the token that the server accepts
		renew    bool   // what Renew answers
		body     string // of its 401
		status   int
		requests int64
		renewals int64
	}{
		"renewed":            {valid: "token-2", renew: true, body: expired, status: 200, requests: 2, renewals: 1},
		"renewed in vain":    {valid: "token-9", renew: true, body: expired, status: 401, requests: 2, renewals: 1},
		"nothing to renew":   {valid: "token-2", renew: false, body: expired, status: 401, requests: 1, renewals: 1},
		"a proxy's own page": {valid: "token-2", renew: true, body: "<html><title>Sign in</title></html>", status: 401, requests: 1, renewals: 0},
		"in plain text":      {valid: "token-2", renew: true, body: "unauthorized", status: 401, requests: 1, renewals: 0},
		"without a body":     {valid: "token-2", renew: true, status: 401, requests: 1, renewals: 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var requests, renewals atomic.Int64
			srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				body, _ := io.ReadAll(r.Body)
				if string(body) != `{"name":"a"}` {
					t.Errorf("try %d has body %q", requests.Load(), body)
				}
				if r.Header.Get("Authorization") == "Bearer "+tt.valid {
					return
				}
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = io.WriteString(w, tt.body)
			})
			token := "token-1"
			c, _ := newTestClient(t, srv.URL, func(cfg *Config) {
				cfg.MaxRetries = 0
				testSigner(cfg).authorize = func(_ context.Context, h http.Header) error { h.Set("Authorization", "Bearer "+token); return nil }
				testSigner(cfg).renew = func(_ context.Context, rejected http.Header) bool {
					renewals.Add(1)
					if got := rejected.Get("Authorization"); got != "Bearer token-1" {
						t.Errorf("rejected %q", got)
					}
					token = "token-2"
					return tt.renew
				}
			})
			resp, err := send(t.Context(), c, http.MethodPost, "/keys", `{"name":"a"}`, Call{SingleShot: true})
			wantStatus(t, resp, err, tt.status)
			if requests.Load() != tt.requests || renewals.Load() != tt.renewals {
				t.Errorf("%d requests, %d renewals; want %d, %d", requests.Load(), renewals.Load(), tt.requests, tt.renewals)
			}
		})
	}
}

// A call with a credential of its own is signed and renewed by that one alone.
func TestCallAuthorize(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-API-Key") != "" || r.Header.Get("Authorization") != "Bearer new" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"detail":"no"}`)
		}
	})
	c, _ := newTestClient(t, srv.URL, func(cfg *Config) {
		testSigner(cfg).authorize = func(_ context.Context, h http.Header) error { h.Set("X-API-Key", "key"); return nil }
		testSigner(cfg).renew = func(context.Context, http.Header) bool { t.Error("the other credential was renewed"); return true }
	})
	token := "old"
	own := &signer{authorize: func(_ context.Context, h http.Header) error { h.Set("Authorization", "Bearer "+token); return nil }}
	call := Call{SingleShot: true, Signer: own}
	resp, err := send(t.Context(), c, http.MethodPost, "/keys", `{}`, call)
	wantStatus(t, resp, err, 401)
	own.renew = func(context.Context, http.Header) bool { token = "new"; return true }
	resp, err = send(t.Context(), c, http.MethodPost, "/keys", `{}`, call)
	wantStatus(t, resp, err, 200)
}

func TestLogHasOneEntryPerAttempt(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", "req-"+r.Header.Get("X-API-Key"))
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	var log []Attempt
	c, _ := newTestClient(t, srv.URL, func(cfg *Config) {
		cfg.MaxRetries = 1
		cfg.Log = func(_ context.Context, a Attempt) { log = append(log, a) }
	})
	resp, err := send(t.Context(), c, http.MethodGet, "/keys/private-id?tenant_id=t", "", Call{Route: "GET /keys/{key_id}"})
	wantStatus(t, resp, err, 503)
	if len(log) != 2 {
		t.Fatalf("%d entries, want 2", len(log))
	}
	for i, e := range log {
		want := Attempt{Method: "GET", Route: "GET /keys/{key_id}", Status: 503, Duration: e.Duration, RequestID: "req-" + Redacted, Number: i + 1}
		if e != want {
			t.Errorf("got %+v\nwant %+v", e, want)
		}
	}

	log = nil
	c.CloseIdle()
	srv.Close()
	_, err = send(t.Context(), c, http.MethodPost, "/keys/private-id", "", Call{})
	wantError(t, err, KindConnection, false)
	if len(log) != 2 || log[0].Error != "connection" || log[0].Status != 0 {
		t.Errorf("entries %+v", log)
	}
}

// The proxy variables are read once per process by net/http, so the asking is
// done by a process of its own.
func TestProxyFromEnvironment(t *testing.T) {
	if os.Getenv("HTTPCLIENT_PROXY_CHILD") != "" {
		c, _ := newTestClient(t, "https://api.service.test", func(cfg *Config) { cfg.MaxRetries = 0 })
		_, err := send(t.Context(), c, http.MethodGet, "/keys", "", Call{})
		wantError(t, err, KindConnection, false)
		return
	}
	asked := make(chan string, 1)
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-API-Key") != "" {
			t.Error("the proxy got the credential")
		}
		asked <- r.Method + " " + r.Host
		w.WriteHeader(http.StatusForbidden)
	})
	runSelf(t, "TestProxyFromEnvironment", "HTTPCLIENT_PROXY_CHILD=1", "HTTPS_PROXY="+proxy.URL, "NO_PROXY=", "no_proxy=")
	if got := <-asked; got != "CONNECT api.service.test:443" {
		t.Errorf("the proxy was asked %q", got)
	}
}

// What is canceled while its credential is fetched is not sent, although a create
// cannot be canceled once it has been sent.
func TestAuthorizeCanceled(t *testing.T) {
	for _, singleShot := range []bool{false, true} {
		srv := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") })
		ctx, cancel := context.WithCancel(t.Context())
		c, _ := newTestClient(t, srv.URL, func(cfg *Config) {
			testSigner(cfg).authorize = func(context.Context, http.Header) error { cancel(); return nil }
		})
		_, err := send(ctx, c, http.MethodPost, "/", "payload", Call{SingleShot: singleShot})
		wantError(t, err, KindCanceled, false)
	}
}

// What is on this machine is reached without a proxy, however it is written.
func TestLoopbackNeedsNoProxy(t *testing.T) {
	const port = "HTTPCLIENT_LOOPBACK_PORT"
	if os.Getenv(port) != "" {
		for _, host := range []string{"localhost", "LOCALHOST", "LocalHost", "127.0.0.1"} {
			c, _ := newTestClient(t, "http://"+host+":"+os.Getenv(port), nil)
			resp, err := send(t.Context(), c, http.MethodPost, "/", "payload", Call{SingleShot: true})
			if got := wantStatus(t, resp, err, 200); got != "the service" {
				t.Errorf("%s: answered by %s", host, got)
			}
		}
		for _, host := range []string{"localhost", "127.9.8.7", "[::1]", "[::ffff:127.0.0.1]"} {
			for _, scheme := range []string{"http://", "https://"} {
				c, _ := newTestClient(t, scheme+host, nil)
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, scheme+host, http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				for _, tr := range []*http.Transport{c.shared, c.singleShot} {
					if by, err := tr.Proxy(req); by != nil || err != nil {
						t.Errorf("%s%s goes through %s, %v", scheme, host, by, err)
					}
				}
			}
		}
		return
	}
	proxy := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the proxy got %s %s, credential %q", r.Method, r.URL, r.Header.Get("X-API-Key"))
	})
	service := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the service") })
	_, at, _ := strings.Cut(strings.TrimPrefix(service.URL, "http://"), ":")
	runSelf(t, "TestLoopbackNeedsNoProxy", port+"="+at, "HTTP_PROXY="+proxy.URL, "HTTPS_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "NO_PROXY=", "no_proxy=", "REQUEST_METHOD=")
}

// A name that is not what it says gets no credential in the clear.
func TestPlainHTTPStaysOnThisMachine(t *testing.T) {
	for _, address := range []string{"192.0.2.1:80", "[2001:db8::1]:80", "0.0.0.0:80", "nonsense"} {
		if err := onlyLoopback("tcp", address, nil); err == nil {
			t.Errorf("%s is taken for this machine", address)
		}
	}
	for _, address := range []string{"127.0.0.1:80", "127.9.8.7:80", "[::1]:80", "[::ffff:127.0.0.1]:80"} {
		if err := onlyLoopback("tcp", address, nil); err != nil {
			t.Error(err)
		}
	}
	c, _ := newTestClient(t, "http://localhost", nil)
	for _, tr := range []*http.Transport{c.shared, c.singleShot} {
		if conn, err := tr.DialContext(t.Context(), "tcp", "192.0.2.1:80"); err == nil || !strings.Contains(err.Error(), "in the clear") {
			t.Errorf("%v, %v", conn, err)
		}
	}
}

package httpclient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

const testKey = "pio_sk_aaaaaaaabbbbbbbb"

// fakeTime is a clock that only sleeping moves.
type fakeTime struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
	// asleep, when set, is called before each sleep.
	asleep func(d time.Duration)
}

func newFakeTime() *fakeTime { return &fakeTime{now: time.Now()} }

func (f *fakeTime) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fakeTime) Sleep(ctx context.Context, d time.Duration) error {
	if f.asleep != nil {
		f.asleep(d)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
	f.slept = append(f.slept, d)
	return nil
}

func (f *fakeTime) sleeps() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]time.Duration(nil), f.slept...)
}

// CloseIdle closes connections that are not in use.
func (c *Client) CloseIdle() {
	c.shared.CloseIdleConnections()
	c.singleShot.CloseIdleConnections()
}

// signer is a credential that tests change.
type signer struct {
	authorize func(context.Context, http.Header) error
	renew     func(context.Context, http.Header) bool // nil: nothing to renew
}

func (s *signer) Authorize(ctx context.Context, h http.Header) error { return s.authorize(ctx, h) }

func (s *signer) Renew(ctx context.Context, rejected http.Header) bool {
	return s.renew != nil && s.renew(ctx, rejected)
}

// testSigner is the credential of a test client.
func testSigner(cfg *Config) *signer {
	s, _ := cfg.Signer.(*signer)
	return s
}

// newTestClient is a client for url with a fake clock, no jitter and a credential.
func newTestClient(t *testing.T, url string, change func(*Config)) (*Client, *fakeTime) {
	t.Helper()
	base, err := ParseBaseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	clock := newFakeTime()
	cfg := Config{
		BaseURL: base, UserAgent: "terraform-provider-apikeys/test", RequestTimeout: 5 * time.Second, MaxRetries: 3,
		Signer: &signer{authorize: func(_ context.Context, h http.Header) error { h.Set("X-API-Key", testKey); return nil }},
		Sleep:  clock.Sleep, Now: clock.Now, Jitter: func(time.Duration) time.Duration { return 0 },
	}
	if change != nil {
		change(&cfg)
	}
	c := New(cfg)
	t.Cleanup(c.CloseIdle)
	return c, clock
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// send makes one call; an empty body sends none.
func send(ctx context.Context, c *Client, method, path, body string, call Call) (*Answer, error) {
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.cfg.BaseURL.String()+path, r)
	if err != nil {
		return nil, err
	}
	return c.Send(ctx, req, call)
}

// faultOf is err as the transport error that every failure must be.
func errorOf(t *testing.T, err error) *TransportError {
	t.Helper()
	var e *TransportError
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T) is no *TransportError", err, err)
	}
	if strings.Contains(err.Error(), testKey) || strings.Contains(err.Error(), "/") && strings.Contains(err.Error(), "?") {
		t.Errorf("error text gives too much away: %v", err)
	}
	return e
}

func wantError(t *testing.T, err error, kind ErrorKind, sent bool) {
	t.Helper()
	e := errorOf(t, err)
	if e.Kind != kind || e.Ambiguous != sent {
		t.Errorf("kind %q, sent %v (%v); want %q, %v", e.Kind, e.Ambiguous, err, kind, sent)
	}
}

func wantStatus(t *testing.T, resp *Answer, err error, status int) string {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
	if resp.Status != status {
		t.Fatalf("status %d, want %d; body %s", resp.Status, status, resp.Body)
	}
	return string(resp.Body)
}

// runSelf runs one test of this package in a process with extra environment.
func runSelf(t *testing.T, test string, env ...string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+test+"$")
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

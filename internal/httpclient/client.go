package httpclient

import (
	"context"
	"crypto/x509"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Config is what a [Client] needs. Only BaseURL is required.
type Config struct {
	// BaseURL is the service's address, from [ParseBaseURL]. Requests to any
	// other origin are refused before anything is sent.
	BaseURL *url.URL
	// UserAgent is sent with each request; empty sends none.
	UserAgent string
	// RequestTimeout bounds each attempt, from the dial to the last byte of the
	// body. Waits between attempts are not part of it. Zero or less means 30 s.
	RequestTimeout time.Duration
	// MaxRetries is how often a request is repeated after the first attempt; less
	// than zero counts as zero. Not counted are the attempt with a renewed credential
	// and refusals of requests that were under way when a rate limit was met.
	MaxRetries int
	// RootCAs are the trusted authorities; nil means the system's. See
	// [LoadCACertFile].
	RootCAs *x509.CertPool

	// Signer signs requests; nil signs nothing.
	Signer Signer
	// Wrap wraps what sends each attempt of a call; it sees the credential and the
	// value of a new key. Nil wraps nothing.
	Wrap func(route string, next http.RoundTripper) http.RoundTripper
	// Log is called after each attempt. Nil logs nothing.
	Log func(ctx context.Context, a Attempt)

	// Sleep waits for d or until ctx ends, whose error it then returns.
	Sleep func(ctx context.Context, d time.Duration) error
	// Now is the local clock.
	Now func() time.Time
	// Timeout ends an attempt that takes too long; nil is context.WithTimeout.
	Timeout func(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc)
	// Dial replaces the network in tests.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Jitter returns a random duration from 0 to d.
	Jitter func(d time.Duration) time.Duration
}

// Signer is a credential.
type Signer interface {
	// Authorize sets the credential header, for each attempt anew; whatever it sets is
	// treated as secret. After an error nothing is sent, and Send fails with
	// [KindCredential].
	Authorize(ctx context.Context, h http.Header) error
	// Renew is called after a 401, at most once in a Send, with what Authorize had set;
	// true means that Authorize now has another credential.
	Renew(ctx context.Context, rejected http.Header) bool
}

// Attempt is one attempt as it may be logged. It is an allow-list: no field can hold
// a URL's query, a header or a body.
type Attempt struct {
	Method    string
	Route     string        // the path template of [Call], never the path itself
	Status    int           // 0 without an answer
	Duration  time.Duration // from the start of the attempt to its last byte
	RequestID string        // from the answer's headers
	Number    int           // 1 for the first
	Error     string        // the [ErrorKind] that ended the attempt, "" for an answer
}

// Call is what an adapter says about a request besides the request itself.
type Call struct {
	// Route is the method and path template, such as
	// "DELETE /api-keys/{key_id}", for logs.
	Route string
	// Idempotent says that sending the request again is harmless even when the
	// first one may have been carried out. GET always is.
	Idempotent bool
	// Listing raises the body limit from 1 MiB to 64 MiB.
	Listing bool
	// SingleShot is for requests that create a key. Each has a connection of its
	// own, so that net/http cannot repeat it. Once it has been sent, a cancel no longer
	// ends it (RequestTimeout does): the answer may hold a key. Waits before it still
	// end at once. A 429 is returned and not repeated, because the caller checks first
	// whether the refused request was carried out after all.
	SingleShot bool
	// Signer signs this call instead of Config's; nil leaves it to that.
	Signer Signer
}

// defaultRequestTimeout is used where Config names none.
const defaultRequestTimeout = 30 * time.Second

// Client sends requests to one service. It is safe for concurrent use and meant
// to be shared: its connections, its rate limiter and its estimate of the server's
// clock serve all callers.
type Client struct {
	cfg        Config
	shared     *http.Transport // the keep-alive pool
	singleShot *http.Transport // for Call.SingleShot
	limiter    *limiter
	clock      clock
}

// New returns a client. It sends nothing.
func New(cfg Config) *Client {
	if cfg.RequestTimeout <= 0 {
		cfg.RequestTimeout = defaultRequestTimeout
	}
	cfg.MaxRetries = max(cfg.MaxRetries, 0)
	if cfg.Sleep == nil {
		cfg.Sleep = sleep
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Timeout == nil {
		cfg.Timeout = context.WithTimeout
	}
	if cfg.Jitter == nil {
		cfg.Jitter = func(d time.Duration) time.Duration { return rand.N(d + 1) } //nolint:gosec // spreads load, protects nothing
	}
	return &Client{cfg: cfg, shared: newTransport(cfg, false), singleShot: newTransport(cfg, true), limiter: &limiter{}}
}

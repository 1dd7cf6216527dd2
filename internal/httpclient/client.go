package httpclient

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
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
	// RequestTimeout bounds each try, from the dial to the last byte of the
	// body. Waiting between tries is not part of it. Zero or less means 30 s.
	RequestTimeout time.Duration
	// MaxRetries is how often a request is repeated after the first try; less
	// than zero counts as zero. Not counted are a renewed credential's try and
	// what a rate limit costs all together: waiting for a turn, and a refusal of
	// requests that were under way when the limit was met.
	MaxRetries int
	// RootCAs are the trusted authorities; nil means the system's. See
	// [LoadCACertFile].
	RootCAs *x509.CertPool

	// Authorize sets the credential header, on each try anew; whatever it sets
	// is treated as secret. Its error ends the exchange with [FaultCredential]:
	// nothing was sent. Nil signs nothing.
	Authorize func(ctx context.Context, h http.Header) error
	// Renew is asked after a 401, at most once an exchange, with the headers
	// that were rejected; true means that Authorize now has another credential
	// to try. Nil means never.
	Renew func(ctx context.Context, rejected http.Header) bool
	// Wrap puts something around what sends each try, which sees the credential and
	// the value of a new key. Nil puts nothing around it.
	Wrap func(http.RoundTripper) http.RoundTripper
	// Log is called once per try, after it ended. Nil logs nothing.
	Log func(ctx context.Context, e Exchange)

	// Sleep waits for d or until ctx ends, whose error it then returns.
	Sleep func(ctx context.Context, d time.Duration) error
	// Now is the local clock.
	Now func() time.Time
	// Timeout ends a try that takes too long; nil is context.WithTimeout.
	Timeout func(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc)
	// Dial replaces the network in tests.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Jitter returns a random duration in [0, d).
	Jitter func(d time.Duration) time.Duration
}

// Exchange is one try as it may be logged. It is an allow-list: there is no
// field that could carry a URL's query, a header or a body.
type Exchange struct {
	Method    string
	Route     string        // the path template of [Call], never the path itself
	Status    int           // 0 without an answer
	Duration  time.Duration // from the start of the try to its last byte
	RequestID string        // from the answer's headers
	Try       int           // 1 for the first
	Fault     string        // the [Fault] that ended the try, "" for an answer
}

// Call is what an adapter says about a call beyond the request itself.
type Call struct {
	// Route is the method and path template, such as
	// "DELETE /api-keys/{key_id}", for logs.
	Route string
	// Repeatable says that sending the request again is harmless even when the
	// first one may have been carried out. GET always is.
	Repeatable bool
	// Listing raises the body limit from 1 MiB to 64 MiB.
	Listing bool
	// Fresh is for calls that mint something. Each dials a connection
	// of its own, so that none finds it dying; net/http cannot replay them; and
	// once a try has begun a cancel no longer reaches it (RequestTimeout does):
	// an answer that holds a key is not to be abandoned. Waits before a try
	// still end at once on a cancel. A 429 is the caller's: a service may have carried
	// out what it says it has refused, so somebody looks before the next try, which
	// waits for its turn like all others.
	Fresh bool
	// Authorize and Renew sign this call in place of Config's, by another credential
	// alone; a nil Authorize leaves both to Config.
	Authorize func(ctx context.Context, h http.Header) error
	Renew     func(ctx context.Context, rejected http.Header) bool
	// Departs is called as each try begins, when all waits before it are over; nil
	// does nothing.
	Departs func()
}

type callKey struct{}

// WithCall returns a context that tells [Client.Do] about the call made with it.
func WithCall(ctx context.Context, c Call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// RouteOf is the route of the call that is made with ctx.
func RouteOf(ctx context.Context) string { return callOf(ctx).Route }

// unnamedRoute stands in logs for a call of which nothing was said. The path
// itself is no substitute: it may hold identifiers.
const unnamedRoute = "(unnamed)"

func callOf(ctx context.Context) Call {
	c, _ := ctx.Value(callKey{}).(Call)
	if c.Route == "" {
		c.Route = unnamedRoute
	}
	return c
}

// defaultRequestTimeout is used where Config names none.
const defaultRequestTimeout = 30 * time.Second

// Client sends requests to one service. It is safe for concurrent use and meant
// to be shared: its connections, its pacing and its idea of the server's clock
// serve all callers.
type Client struct {
	cfg    Config
	shared *http.Transport // the keep-alive pool
	fresh  *http.Transport // for Call.Fresh
	pace   *pace
	clock  clock
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
		cfg.Jitter = func(d time.Duration) time.Duration {
			if d <= 0 {
				return 0
			}
			return rand.N(d) //nolint:gosec // spreads load, protects nothing
		}
	}
	return &Client{cfg: cfg, shared: newSharedTransport(cfg), fresh: newFreshTransport(cfg), pace: newPace()}
}

// CloseIdle closes connections that are not in use.
func (c *Client) CloseIdle() {
	c.shared.CloseIdleConnections()
	c.fresh.CloseIdleConnections()
}

// Do sends a request and returns the answer, whatever its status, with its whole
// body in memory; repeats happen inside (see retry.go for the rules). Every
// error is a [*TransportError].
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	ctx, call := req.Context(), callOf(req.Context())
	body, err := readRequestBody(req)
	if err != nil {
		return nil, &TransportError{Fault: FaultConnection, Err: explain("the request's body cannot be read", err)}
	}
	if err := c.sameOrigin(req.URL); err != nil {
		// Here and not only in the adapters: this is the last place before the
		// credential is attached.
		return nil, &TransportError{Fault: FaultCredential, Err: err}
	}

	var (
		harmless  = repeatable(req.Method, call)
		renew     = c.cfg.Renew
		ambiguous bool // some try so far may have been carried out
		status    int  // of the last answer
		renewed   bool
		repeats   int
	)
	if call.Authorize != nil {
		renew = call.Renew
	}
	for n := 1; ; n++ {
		t, news, err := c.inTurn(ctx, req, body, call, n, repeats)
		if err != nil {
			return nil, waitedInVain(err, ambiguous, status)
		}
		ambiguous = ambiguous || t.ambiguous()
		status = t.status()

		if t.status() == http.StatusUnauthorized && !renewed && renew != nil &&
			(harmless || t.problem.FromAPI) && ctx.Err() == nil && renew(ctx, t.header) {
			renewed = true
			continue
		}
		if repeats >= c.cfg.MaxRetries || !t.worthRepeating(harmless) || call.Fresh && t.limited() {
			return t.result(ambiguous)
		}
		switch {
		case !t.limited():
			wait := c.waitAfter(t, repeats)
			if end, ends := ctx.Deadline(); ends && time.Until(end) < wait {
				return t.result(ambiguous) // says more than that the time is over
			}
			if err := c.cfg.Sleep(ctx, wait); err != nil {
				return nil, interrupted(err, ambiguous, status)
			}
			repeats++
		case news:
			// Refused in its turn. One of a crowd that was under way when the
			// limit was met goes back into the queue for nothing.
			repeats++
		}
	}
}

// inTurn makes one try when its turn has come (pace.go). news is false for a
// refusal of which the client knew already when the answer came.
func (c *Client) inTurn(ctx context.Context, req *http.Request, body []byte, call Call, n, repeats int) (t try, news bool, err error) {
	l, err := c.pace.enter(ctx, c.cfg)
	if err != nil {
		return try{}, false, err
	}
	defer func() { // also when a panic passes: the others wait
		var v verdict
		switch {
		case t.limited():
			v.refused, v.asked = true, t.asked
		case t.resp != nil:
			v.granted = t.status() != http.StatusTooManyRequests
		}
		news = c.pace.answered(l, v, repeats+1 == c.cfg.MaxRetries, c.cfg)
	}()
	return c.try(ctx, req, body, call, n), false, nil
}

// readRequestBody takes the body into memory, so that a repeat can send it
// again. Nil means that there is none.
func readRequestBody(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, bodyLimit+1))
	err = errors.Join(err, req.Body.Close())
	if err == nil && len(body) > bodyLimit {
		err = fmt.Errorf("larger than %s", size(bodyLimit))
	}
	return body, err
}

// prepare returns the request of one try: the caller's, with a body of its own
// and the headers that the client is in charge of. It carries no credential yet.
func (c *Client) prepare(ctx context.Context, req *http.Request, body []byte, call Call) *http.Request {
	r := req.Clone(ctx)
	r.Host = "" // the URL's, which has been checked
	if c.cfg.UserAgent != "" {
		r.Header.Set("User-Agent", c.cfg.UserAgent)
	} else {
		r.Header["User-Agent"] = nil // net/http would name itself otherwise
	}
	if r.Header.Get("Accept") == "" {
		r.Header.Set("Accept", "application/json")
	}
	r.Body, r.GetBody, r.ContentLength = nil, nil, int64(len(body))
	if len(body) > 0 {
		get := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		r.Body, _ = get()
		r.GetBody = get
	}
	if call.Fresh {
		// These two are what lets net/http repeat a POST by itself.
		r.GetBody = nil
		r.Header.Del("Idempotency-Key")
		r.Header.Del("X-Idempotency-Key")
	}
	return r
}

package httpclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Limits on what is read of an answer, in bytes after decompression.
const (
	bodyLimit    = 1 << 20
	listingLimit = 64 << 20
)

// try is how one try ended: with an answer or with a fault.
type try struct {
	resp    *http.Response
	asked   time.Duration // by the answer, to wait before another try; 0 when it does not say
	problem Problem       // of the answer, where the decision to go on depends on it
	header  http.Header   // as sent, credential included; for Renew only
	err     *TransportError
}

// status is the answer's, 0 without one.
func (t try) status() int {
	switch {
	case t.resp != nil:
		return t.resp.StatusCode
	case t.err != nil:
		return t.err.Status
	}
	return 0
}

// ambiguous reports whether the server may have carried the request out although
// the answer does not say so. 401 and 429 are documented refusals if they come from
// the service: whatever stands in between may answer so after the service has acted.
func (t try) ambiguous() bool {
	if t.err != nil {
		return t.err.Sent
	}
	switch t.resp.StatusCode {
	case http.StatusUnauthorized, http.StatusTooManyRequests:
		return !t.problem.FromAPI
	}
	return true
}

// result is what the caller gets of the last try. ambiguous spans all tries.
func (t try) result(ambiguous bool) (*http.Response, error) {
	if t.err != nil {
		t.err.Sent = ambiguous
		return nil, t.err
	}
	return t.resp, nil
}

// try sends the request once and reads the whole answer.
func (c *Client) try(ctx context.Context, req *http.Request, body []byte, call Call, n int) (t try) {
	start := c.cfg.Now()
	defer func() {
		if c.cfg.Log == nil {
			return
		}
		e := Exchange{Method: req.Method, Route: call.Route, Status: t.status(), Duration: c.cfg.Now().Sub(start), Try: n}
		if t.resp != nil {
			e.RequestID = headerRequestID(t.resp.Header, secretsOf(t.resp))
		}
		if t.err != nil {
			e.Fault = string(t.err.Fault)
		}
		c.cfg.Log(ctx, e)
	}()

	parent := ctx
	if call.Fresh {
		parent = context.WithoutCancel(ctx)
	}
	credential, authorize := http.Header{}, c.cfg.Authorize
	if call.Authorize != nil {
		authorize = call.Authorize
	}
	if authorize != nil {
		// The caller's context, and before the try's time begins: a program that
		// fetches a token has a time limit of its own, and nothing has been sent yet
		// that could be lost.
		if err := authorize(ctx, credential); err != nil {
			if ctx.Err() != nil {
				t.err = interrupted(ctx.Err(), false, 0)
			} else {
				t.err = &TransportError{Fault: FaultCredential, Err: err}
			}
			return t
		}
		if err := ctx.Err(); err != nil { // from here on a cancel might not stop it
			t.err = interrupted(err, false, 0)
			return t
		}
	}
	tryCtx, cancel := c.cfg.Timeout(parent, c.cfg.RequestTimeout)
	defer cancel()

	// Without a connection the server can have seen nothing. With one, it may
	// have: what was written cannot be told apart from what arrived.
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(tryCtx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	r := c.prepare(traced, req, body, call)
	maps.Copy(r.Header, credential)
	t.header = r.Header.Clone()
	fail := func(err error) try {
		t.err = c.classify(parent, tryCtx, err, connected.Load())
		return t
	}

	var transport http.RoundTripper = c.shared
	if call.Fresh {
		transport = c.fresh
	}
	if c.cfg.Wrap != nil {
		transport = c.cfg.Wrap(transport)
	}
	// The transport and not an http.Client: it follows no redirects, keeps no
	// cookies and does not put URLs into its errors.
	began := c.cfg.Now()
	if call.Departs != nil {
		call.Departs()
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return fail(err)
	}
	defer func() { _ = resp.Body.Close() }()
	c.clock.learn(resp.Header, began, c.cfg.Now())

	switch {
	case resp.StatusCode < 200:
		t.err = &TransportError{Fault: FaultConnection, Sent: true, Status: resp.StatusCode, Err: explain("the server switched protocols", nil)}
		return t
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		t.err = &TransportError{Fault: FaultRedirect, Sent: true, Status: resp.StatusCode, Location: redirectOrigin(req.URL, resp.Header.Get("Location"))}
		return t
	}
	limit := int64(bodyLimit)
	if call.Listing {
		limit = listingLimit
	}
	content, err := readBody(resp, limit)
	var large *tooLargeError
	if errors.As(err, &large) {
		t.err = &TransportError{Fault: FaultTooLarge, Sent: true, Status: resp.StatusCode, Err: err}
		return t
	}
	if err != nil {
		t = fail(explain("the answer broke off before its end", err))
		t.err.Status = resp.StatusCode
		return t
	}

	resp.Body = io.NopCloser(bytes.NewReader(content))
	resp.ContentLength = int64(len(content))
	// The caller's request instead of the one that was sent: the credential must
	// not hang on to an answer that somebody might print. What is to be scrubbed
	// from the server's words travels unprintably in the context.
	resp.Request = req.WithContext(withSecrets(ctx, credential))
	t.resp, t.asked = resp, retryAfter(resp.Header, c.Now())
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusTooManyRequests:
		t.problem = ParseProblem(resp, content)
	}
	return t
}

// tooLargeError is a body over its limit.
type tooLargeError struct{ limit int64 }

func (e *tooLargeError) Error() string { return "the answer is larger than " + size(e.limit) }

// readBody reads a body of at most limit bytes. Transports decompress, so a
// small body that swells is bounded too.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	if resp.ContentLength > limit {
		return nil, &tooLargeError{limit}
	}
	var buf bytes.Buffer
	if resp.ContentLength > 0 {
		buf.Grow(int(resp.ContentLength) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(resp.Body, limit+1))
	if n > limit {
		return nil, &tooLargeError{limit}
	}
	return buf.Bytes(), err
}

// size is a limit in words.
func size(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }

// redirectOrigin is where a redirect points, without what may be private about
// it: path, query and userinfo.
func redirectOrigin(from *url.URL, location string) string {
	if location == "" {
		return ""
	}
	to, err := from.Parse(location)
	if err != nil || to.Host == "" {
		return ""
	}
	return tidy(to.Scheme+"://"+to.Host, 200, nil)
}

// headerRequestID is the id by which the service's operators find the request.
func headerRequestID(h http.Header, secrets []string) string {
	for _, name := range []string{"X-Request-Id", "Request-Id", "X-Correlation-Id"} {
		if id := strings.TrimSpace(h.Get(name)); id != "" {
			return tidy(id, maxRequestID, secrets)
		}
	}
	return ""
}

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
	"sync/atomic"
	"time"
)

// Limits on what is read of an answer, in bytes after decompression.
const (
	bodyLimit    = 1 << 20
	listingLimit = 64 << 20
)

// outcome is how one attempt ended: with an answer or with an error.
type outcome struct {
	answer  *Answer
	asked   time.Duration // to wait before another attempt, by the answer; 0 when it does not say
	problem Problem       // of the answer, where the next step depends on it
	header  http.Header   // as sent, credential included; for Renew only
	err     *TransportError
}

// status is the answer's, 0 without one.
func (o outcome) status() int {
	switch {
	case o.answer != nil:
		return o.answer.Status
	case o.err != nil:
		return o.err.Status
	}
	return 0
}

// ambiguous reports whether the server may have carried the request out although
// the answer does not say so. 401 and 429 are documented refusals if they come from
// the service; a proxy may answer so after the service has acted.
func (o outcome) ambiguous() bool {
	if o.err != nil {
		return o.err.Sent
	}
	switch o.answer.Status {
	case http.StatusUnauthorized, http.StatusTooManyRequests:
		return !o.problem.FromAPI
	}
	return true
}

// attempt sends the request once, reads the answer and logs both.
func (s *sending) attempt(ctx context.Context) (o outcome) {
	began := s.cfg.Now()
	defer func() {
		if s.cfg.Log == nil {
			return
		}
		a := Attempt{Method: s.req.Method, Route: s.call.Route, Status: o.status(), Duration: s.cfg.Now().Sub(began), Number: s.attempts}
		if o.answer != nil {
			a.RequestID = o.answer.RequestID()
		}
		if o.err != nil {
			a.Error = string(o.err.Kind)
		}
		s.cfg.Log(ctx, a)
	}()
	signed, failure := s.authorize(ctx)
	if failure != nil {
		return outcome{err: failure}
	}
	return s.exchange(ctx, signed)
}

// authorize returns the credential's headers. It runs with the caller's context and
// before the attempt's time begins: a program that fetches a token has a time limit of
// its own.
func (s *sending) authorize(ctx context.Context) (http.Header, *TransportError) {
	authorize := s.cfg.Authorize
	if s.call.Authorize != nil {
		authorize = s.call.Authorize
	}
	signed := http.Header{}
	if authorize == nil {
		return signed, nil
	}
	err := authorize(ctx, signed)
	switch {
	case ctx.Err() != nil: // from here on a cancel might not stop the request
		return nil, interrupted(ctx.Err())
	case err != nil:
		return nil, &TransportError{Kind: KindCredential, Err: err}
	}
	return signed, nil
}

// exchange sends the signed request and reads the answer.
func (s *sending) exchange(ctx context.Context, signed http.Header) outcome {
	parent := ctx
	if s.call.SingleShot {
		parent = context.WithoutCancel(ctx)
	}
	limited, cancel := s.cfg.Timeout(parent, s.cfg.RequestTimeout)
	defer cancel()
	// Without a connection the server has seen nothing. With one it may have: what was
	// written may have arrived.
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(limited, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	r := s.prepare(traced)
	maps.Copy(r.Header, signed)
	o := outcome{header: r.Header.Clone()}

	s.sentAt = s.cfg.Now()
	resp, err := s.transport().RoundTrip(r)
	if err != nil {
		o.err = s.classify(parent, limited, err, connected.Load())
		return o
	}
	defer func() { _ = resp.Body.Close() }()
	s.clock.learn(resp.Header, s.sentAt, s.cfg.Now())
	body, err := s.read(resp)
	if err != nil {
		if !errors.As(err, &o.err) {
			o.err = s.classify(parent, limited, explain("the answer broke off before its end", err), true)
		}
		o.err.Status = resp.StatusCode
		return o
	}
	o.answer = &Answer{Status: resp.StatusCode, Header: resp.Header, Body: body, SentAt: s.sentAt, credential: newCredential(signed)}
	o.asked = retryAfter(resp.Header, s.Now())
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusTooManyRequests:
		o.problem = o.answer.Problem()
	}
	return o
}

// transport is what sends the request. It is not an http.Client: it follows no
// redirects, keeps no cookies and does not put URLs into its errors.
func (s *sending) transport() http.RoundTripper {
	var t http.RoundTripper = s.shared
	if s.call.SingleShot {
		t = s.singleShot
	}
	if s.cfg.Wrap != nil {
		t = s.cfg.Wrap(s.call.Route, t)
	}
	return t
}

// prepare returns the request of one attempt: the caller's, with a body of its own
// and the client's headers, still without a credential.
func (s *sending) prepare(ctx context.Context) *http.Request {
	r := s.req.Clone(ctx)
	r.Host = "" // the URL's, which has been checked
	if s.cfg.UserAgent != "" {
		r.Header.Set("User-Agent", s.cfg.UserAgent)
	} else {
		r.Header["User-Agent"] = nil // net/http would send its own otherwise
	}
	if r.Header.Get("Accept") == "" {
		r.Header.Set("Accept", "application/json")
	}
	r.Body, r.GetBody, r.ContentLength = nil, nil, int64(len(s.body))
	if len(s.body) > 0 {
		get := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(s.body)), nil }
		r.Body, _ = get()
		r.GetBody = get
	}
	if s.call.SingleShot {
		// These let net/http repeat a POST by itself.
		r.GetBody = nil
		r.Header.Del("Idempotency-Key")
		r.Header.Del("X-Idempotency-Key")
	}
	return r
}

// tooLargeError is a body over its limit.
type tooLargeError struct{ limit int64 }

func (e *tooLargeError) Error() string { return "the answer is larger than " + size(e.limit) }

// read reads the answer's body. Its error is a *TransportError unless the answer broke
// off.
func (s *sending) read(resp *http.Response) ([]byte, error) {
	switch {
	case resp.StatusCode < 200:
		return nil, &TransportError{Kind: KindConnection, Sent: true, Err: explain("the server switched protocols", nil)}
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return nil, &TransportError{Kind: KindRedirect, Sent: true, Location: redirectOrigin(s.req.URL, resp.Header.Get("Location"))}
	}
	limit := int64(bodyLimit)
	if s.call.Listing {
		limit = listingLimit
	}
	body, err := readBody(resp, limit)
	var large *tooLargeError
	if errors.As(err, &large) {
		return nil, &TransportError{Kind: KindTooLarge, Sent: true, Err: err}
	}
	return body, err
}

// readBody reads a body of at most limit bytes. Transports decompress, so a
// small body that expands is bounded too.
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
	return sanitize(to.Scheme+"://"+to.Host, 200, nil)
}

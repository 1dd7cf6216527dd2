package httpclient

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
)

// Limits on what is read of an answer, in bytes after decompression.
const (
	bodyLimit    = 1 << 20
	listingLimit = 64 << 20
)

// outcome is how one attempt ended: with an answer or with an error.
type outcome struct {
	answer  *Answer
	problem Problem // of the answer, from status 400 on
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
		return o.err.Ambiguous
	}
	refused := o.answer.Status == http.StatusUnauthorized || o.answer.Status == http.StatusTooManyRequests
	return !refused || !o.problem.FromAPI
}

// attempt signs and sends the request once, reads the answer and logs both. The
// credential is fetched before the attempt's time begins: a program that fetches a token
// has a time limit of its own.
func (s *sending) attempt(ctx context.Context) (o outcome) {
	began := s.cfg.Now()
	signed := http.Header{}
	var err error
	if s.signer != nil {
		err = s.signer.Authorize(ctx, signed)
	}
	switch {
	case ctx.Err() != nil: // from here on a cancel might not stop the request
		o.err = interrupted(ctx.Err())
	case err != nil:
		o.err = &TransportError{Kind: KindCredential, Err: err}
	default:
		o = s.exchange(ctx, signed)
	}
	if s.cfg.Log != nil {
		a := Attempt{Method: s.req.Method, Route: s.call.Route, Status: o.status(), Duration: s.cfg.Now().Sub(began), Number: s.attempts}
		if o.err != nil {
			a.Error = string(o.err.Kind)
		} else {
			a.RequestID = o.answer.RequestID()
		}
		s.cfg.Log(ctx, a)
	}
	return o
}

// exchange sends the signed request and reads the answer.
func (s *sending) exchange(ctx context.Context, signed http.Header) (o outcome) {
	parent := ctx
	if s.call.SingleShot {
		parent = context.WithoutCancel(ctx)
	}
	limited, cancel := s.cfg.Timeout(parent, s.cfg.RequestTimeout)
	defer cancel()
	// Without a connection the server has seen nothing. With one it may have: what was
	// written may have arrived.
	var connected atomic.Bool
	r := s.prepare(httptrace.WithClientTrace(limited, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}))
	maps.Copy(r.Header, signed)

	sentAt := s.cfg.Now()
	resp, err := s.transport().RoundTrip(r)
	if err == nil || connected.Load() {
		s.sentAt = sentAt
	}
	if err != nil {
		o.err = s.classify(parent, limited, err, connected.Load())
		return o
	}
	defer func() { _ = resp.Body.Close() }()
	s.clock.learn(resp.Header, sentAt, s.cfg.Now())
	var body []byte
	if o.err = refusedAnswer(resp, r.URL); o.err == nil {
		limit := int64(bodyLimit)
		if s.call.Listing {
			limit = listingLimit
		}
		switch body, err = readBody(resp, limit); {
		case int64(len(body)) > limit:
			o.err = &TransportError{Kind: KindTooLarge, Ambiguous: true, text: fmt.Sprintf("the answer is larger than %d MiB", limit>>20)}
		case err != nil:
			o.err = s.classify(parent, limited, err, true)
			if o.err.Kind == KindConnection {
				o.err.text = "the answer broke off before its end"
			}
		}
	}
	if o.err != nil {
		o.err.Status = resp.StatusCode
		return o
	}
	o.answer = &Answer{Status: resp.StatusCode, Header: resp.Header, Body: body, SentAt: sentAt, signed: &signed}
	if resp.StatusCode >= http.StatusBadRequest {
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
	r.Host = ""                                        // the URL's, which has been checked
	r.Header["User-Agent"] = []string{s.cfg.UserAgent} // net/http sends none if it is empty
	if r.Header.Get("Accept") == "" {
		r.Header.Set("Accept", "application/json")
	}
	if r.GetBody != nil {
		r.Body, _ = r.GetBody()
	}
	if s.call.SingleShot {
		// These let net/http repeat a POST by itself.
		r.GetBody = nil
		r.Header.Del("Idempotency-Key")
		r.Header.Del("X-Idempotency-Key")
	}
	return r
}

// refusedAnswer is the error for a status whose body is not read. Of a redirect it names
// only the origin: path, query and userinfo may be private.
func refusedAnswer(resp *http.Response, from *url.URL) *TransportError {
	if resp.StatusCode < 200 {
		return &TransportError{Kind: KindConnection, Ambiguous: true, text: "the server switched protocols"}
	}
	if resp.StatusCode < 300 || resp.StatusCode >= 400 {
		return nil
	}
	does := "answers with a redirect"
	location := resp.Header.Get("Location")
	if to, err := from.Parse(location); err == nil && to.Host != "" && location != "" {
		does = "redirects to " + sanitize(to.Scheme+"://"+to.Host, 200, nil)
	}
	return &TransportError{Kind: KindRedirect, Ambiguous: true, text: fmt.Sprintf("the server %s (%d), which is not followed", does, resp.StatusCode)}
}

// readBody reads a body until it is longer than limit. Transports decompress, so a small
// body that expands is bounded too.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	var buf bytes.Buffer
	if n := min(resp.ContentLength, limit); n > 0 {
		buf.Grow(int(n) + bytes.MinRead)
	}
	_, err := buf.ReadFrom(io.LimitReader(resp.Body, limit+1))
	return buf.Bytes(), err
}

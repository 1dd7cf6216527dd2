package httpclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// sending is one call of Send: the request, and what its attempts have shown so far.
type sending struct {
	*Client
	req        *http.Request
	body       []byte
	call       Call
	idempotent bool

	attempts  int
	repeats   int       // those that count against Config.MaxRetries
	renewed   bool      // the credential, after a 401
	ambiguous bool      // some attempt may have been carried out
	status    int       // of the last answer
	sentAt    time.Time // when the last attempt left
}

// Send sends a request and returns the answer, whatever its status, completely read.
// It repeats the request where that is harmless (retry.go). Every error is a
// [*TransportError].
func (c *Client) Send(ctx context.Context, req *http.Request, call Call) (*Answer, error) {
	if call.Route == "" {
		call.Route = unnamedRoute
	}
	body, err := readRequestBody(req)
	if err != nil {
		return nil, &TransportError{Kind: KindConnection, Err: explain("the request's body cannot be read", err)}
	}
	// Checked here, just before the credential is attached, and not only in adapters.
	if err := c.sameOrigin(req.URL); err != nil {
		return nil, &TransportError{Kind: KindCredential, Err: err}
	}
	s := &sending{Client: c, req: req, body: body, call: call, idempotent: isIdempotent(req.Method, call)}
	for {
		o, news, err := s.inTurn(ctx)
		if err != nil {
			return nil, s.fail(interrupted(err))
		}
		switch {
		case s.renew(ctx, o):
			s.renewed = true
		case s.repeats >= c.cfg.MaxRetries, !o.worthRepeating(s.idempotent), call.SingleShot && o.limited():
			return s.result(o)
		case o.limited():
			if news { // else the request goes back into the queue for free
				s.repeats++
			}
		default:
			wait := c.waitAfter(o, s.repeats)
			if end, ok := ctx.Deadline(); ok && time.Until(end) < wait {
				return s.result(o) // it says more than "deadline exceeded"
			}
			if err := c.cfg.Sleep(ctx, wait); err != nil {
				return nil, s.fail(interrupted(err))
			}
			s.repeats++
		}
	}
}

// inTurn makes the next attempt when the limiter lets it. news is false for a refusal
// by a rate limit that was known already when it came.
func (s *sending) inTurn(ctx context.Context) (o outcome, news bool, err error) {
	pauses, err := s.limiter.wait(ctx, s.cfg)
	if err != nil {
		return outcome{}, false, err
	}
	s.attempts++
	o = s.attempt(ctx)
	limited := o.limited()
	granted := o.answer != nil && o.status() != http.StatusTooManyRequests
	news = s.limiter.answered(pauses, granted, limited, o.asked, s.cfg)
	s.ambiguous = s.ambiguous || o.ambiguous()
	s.status = o.status()
	return o, news, nil
}

// renew reports whether the credential was rejected and there is a new one to use.
func (s *sending) renew(ctx context.Context, o outcome) bool {
	renew := s.cfg.Renew
	if s.call.Authorize != nil {
		renew = s.call.Renew
	}
	return o.status() == http.StatusUnauthorized && !s.renewed && renew != nil &&
		(s.idempotent || o.problem.FromAPI) && ctx.Err() == nil && renew(ctx, o.header)
}

// result is what the caller gets of the last attempt.
func (s *sending) result(o outcome) (*Answer, error) {
	if o.err != nil {
		return nil, s.fail(o.err)
	}
	return o.answer, nil
}

// fail adds to the error what all attempts together have shown.
func (s *sending) fail(e *TransportError) *TransportError {
	e.Sent, e.SentAt, e.Status = s.ambiguous, s.sentAt, s.status
	return e
}

// readRequestBody reads the body into memory, so that a repeat can send it
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

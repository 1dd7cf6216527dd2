package httpclient

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"
)

// Answer is what a server answered, completely read.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	// SentAt is when the request left, after all waits, by the local clock.
	SentAt time.Time

	// signed is the credential that the request was sent with. It is a pointer so that
	// printing an Answer does not print it.
	signed *http.Header
}

// SignedWith returns the credential of the request. Of "Bearer x", x is secret too. It
// must not be shown.
func (a *Answer) SignedWith() (secrets []string) {
	if a.signed == nil {
		return nil
	}
	for _, values := range *a.signed {
		for _, v := range values {
			_, token, _ := strings.Cut(v, " ")
			secrets = append(secrets, v, token)
		}
	}
	return secrets
}

// RequestID is the id by which the service's operators find the request, from the
// header; "" if there is none.
func (a *Answer) RequestID() string {
	for _, name := range []string{"X-Request-Id", "Request-Id", "X-Correlation-Id"} {
		if id := strings.TrimSpace(a.Header.Get(name)); id != "" {
			return sanitize(id, maxRequestID, a.SignedWith())
		}
	}
	return ""
}

// sending is one call of Send: the request, and what its attempts have shown so far.
type sending struct {
	*Client
	req        *http.Request
	call       Call
	signer     Signer
	idempotent bool // sending it twice is harmless, whether or not the first was carried out

	attempts  int
	repeats   int       // those that count against Config.MaxRetries
	renewed   bool      // the credential, after a 401
	ambiguous bool      // some attempt may have been carried out
	status    int       // of the last answer
	sentAt    time.Time // when the last request left
}

// Send sends a request and returns the answer, whatever its status, completely read.
// It repeats the request where that is harmless (retry.go), with another copy of its body
// from GetBody, which http.NewRequest sets. Every error is a [*TransportError].
func (c *Client) Send(ctx context.Context, req *http.Request, call Call) (*Answer, error) {
	// Checked here, just before the credential is attached, and not only in adapters.
	if err := c.SameOrigin(req.URL.String()); err != nil {
		return nil, &TransportError{Kind: KindCredential, Err: err}
	}
	idempotent := !call.SingleShot && (call.Idempotent || req.Method == http.MethodGet || req.Method == http.MethodHead)
	s := &sending{Client: c, req: req, call: call, signer: cmp.Or(call.Signer, c.cfg.Signer), idempotent: idempotent}
	for {
		o, again, err := s.inTurn(ctx)
		if err != nil {
			return nil, s.fail(interrupted(err))
		}
		if again {
			continue
		}
		if o.err != nil {
			return nil, s.fail(o.err)
		}
		return o.answer, nil
	}
}

// inTurn makes the next attempt when the limiter lets it. again says that another is to
// follow, now; its wait is over.
func (s *sending) inTurn(ctx context.Context) (o outcome, again bool, err error) {
	pauses, err := s.limiter.wait(ctx, s.cfg)
	if err != nil {
		return outcome{}, false, err
	}
	s.attempts++
	o = s.attempt(ctx)
	limited := o.limited()
	granted := o.answer != nil && o.status() != http.StatusTooManyRequests
	// A refusal by a limit that was known already when it came is repeated for free.
	news := s.limiter.answered(pauses, granted, limited, o.problem.RetryAfter, s.cfg)
	s.ambiguous = s.ambiguous || o.ambiguous()
	s.status = o.status()
	switch {
	case s.renew(ctx, o):
		s.renewed = true
		return o, true, nil
	case s.repeats >= s.cfg.MaxRetries, !o.worthRepeating(s.idempotent), s.call.SingleShot && limited:
		return o, false, nil
	case limited: // the limiter waits
		if news {
			s.repeats++
		}
		return o, true, nil
	}
	wait := s.waitAfter(o, s.repeats)
	if end, ok := ctx.Deadline(); ok && time.Until(end) < wait {
		return o, false, nil // it says more than "deadline exceeded"
	}
	s.repeats++
	return o, true, s.cfg.Sleep(ctx, wait)
}

// renew reports whether the credential was rejected and there is a new one to use.
func (s *sending) renew(ctx context.Context, o outcome) bool {
	return o.answer != nil && o.answer.Status == http.StatusUnauthorized && !s.renewed && s.signer != nil &&
		(s.idempotent || o.problem.FromAPI) && ctx.Err() == nil && s.signer.Renew(ctx, *o.answer.signed)
}

// fail adds to the error what all attempts together have shown.
func (s *sending) fail(e *TransportError) *TransportError {
	e.Ambiguous, e.SentAt, e.Status = s.ambiguous, s.sentAt, s.status
	return e
}

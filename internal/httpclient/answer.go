package httpclient

import (
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

	// credential is what the request was signed with. It is a type of its own so that
	// printing an Answer does not print it.
	credential *credential
}

// credential holds the values that must not appear in messages.
type credential struct{ values []string }

// newCredential reads what Authorize has set. Of "Bearer x", x is secret too.
func newCredential(h http.Header) *credential {
	c := &credential{}
	for _, values := range h {
		for _, v := range values {
			c.values = append(c.values, v)
			if _, token, ok := strings.Cut(v, " "); ok {
				c.values = append(c.values, token)
			}
		}
	}
	return c
}

// SignedWith returns the credential of the request, with and without its scheme. It
// must not be shown.
func (a *Answer) SignedWith() []string {
	if a.credential == nil {
		return nil
	}
	return a.credential.values
}

// Redact replaces what looks like a secret in the server's words, and the credential of
// the request.
func (a *Answer) Redact(text string) string { return Redact(text, a.SignedWith()...) }

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

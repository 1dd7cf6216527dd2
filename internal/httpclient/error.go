package httpclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// ErrorKind says why there is no usable answer.
type ErrorKind string

// The kinds of error. Each needs a different step by the user.
const (
	KindTimeout    ErrorKind = "timeout"    // no complete answer in time
	KindDNS        ErrorKind = "dns"        // the host's name does not resolve
	KindTLS        ErrorKind = "tls"        // the server's certificate is not trusted
	KindHandshake  ErrorKind = "handshake"  // no TLS connection for another reason, such as a port that speaks plain http
	KindConnection ErrorKind = "connection" // refused, reset, or cut before the answer's end
	KindCanceled   ErrorKind = "canceled"   // the caller gave up
	KindRedirect   ErrorKind = "redirect"   // the server points somewhere else, which is never followed
	KindTooLarge   ErrorKind = "too large"  // the body is over its limit
	KindCredential ErrorKind = "credential" // Authorize failed, or the URL may not have the credential
	KindRateLimit  ErrorKind = "rate limit" // the service limits requests, and this one could not be sent before the caller's deadline
)

// TransportError is the error of a request without a usable answer.
type TransportError struct {
	Kind ErrorKind
	// Sent is false only on proof that nothing was carried out: in no attempt did
	// the server see a complete request, or it refused those it saw with a
	// 401 or 429 in the API's own words.
	Sent bool
	// SentAt is when the last attempt left, after all waits, by the local clock; zero
	// if none left.
	SentAt time.Time
	// Status is that of an answer that could not be used, or of the last one
	// before the caller gave up; 0 when there was none.
	Status int
	// Err is the cause; nil for a redirect.
	Err error
	// Location is the origin that a redirect points to, "" when it named none.
	Location string
}

// maxErrorText bounds [TransportError.Error], in bytes.
const maxErrorText = 300

// Error implements error. The text names hosts but never paths, queries,
// headers or bodies.
func (e *TransportError) Error() string {
	var text string
	switch e.Kind {
	case KindTimeout:
		text = "no answer in time"
	case KindDNS:
		text = "the host's name cannot be resolved"
	case KindTLS:
		text = "no trusted TLS connection"
	case KindHandshake:
		text = "no TLS connection"
	case KindConnection:
		text = "the connection failed"
	case KindCanceled:
		text = "canceled"
	case KindRedirect:
		if e.Location == "" {
			return fmt.Sprintf("the server answers with a redirect (%d), which is not followed", e.Status)
		}
		return fmt.Sprintf("the server redirects to %s (%d), which is not followed", e.Location, e.Status)
	case KindTooLarge:
		text = "the answer is too large"
	case KindRateLimit:
		text = "the service limits requests, and this one could not be sent within the operation's own time limit"
	case KindCredential:
		text = "no usable credential"
	default:
		text = string(e.Kind)
	}
	var known *explanation
	switch {
	case e.Err == nil, e.Kind == KindCanceled:
		return text
	case errors.As(e.Err, &known), e.Kind == KindTooLarge, e.Kind == KindCredential:
		text = e.Err.Error()
	default:
		text += ": " + e.Err.Error()
	}
	return sanitize(text, maxErrorText, nil)
}

// Unwrap returns the cause.
func (e *TransportError) Unwrap() error { return e.Err }

// explanation replaces the text of a cause by one for people.
type explanation struct {
	text string
	err  error
}

func explain(text string, err error) error { return &explanation{text, err} }

func (e *explanation) Error() string { return e.text }
func (e *explanation) Unwrap() error { return e.err }

// classify turns what the transport returned into a TransportError. parent is
// the caller's context, limited the one with the request's own time limit.
func (c *Client) classify(parent, limited context.Context, err error, sent bool) *TransportError {
	if parent.Err() != nil {
		e := interrupted(parent.Err())
		e.Sent = sent
		return e
	}
	e := &TransportError{Sent: sent, Kind: KindConnection, Err: err}
	var (
		dns    *net.DNSError
		record tls.RecordHeaderError
		timer  interface{ Timeout() bool }
	)
	switch {
	case limited.Err() != nil:
		e.Kind, e.Err = KindTimeout, explain(fmt.Sprintf("no complete answer within %s", c.cfg.RequestTimeout), context.DeadlineExceeded)
	case errors.As(err, &dns):
		e.Kind = KindDNS
	case isCertificate(err):
		e.Kind = KindTLS
	case errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/":
		e.Kind, e.Err = KindHandshake, explain("the address says https, and its port speaks plain http", err)
	case isHandshake(err):
		e.Kind = KindHandshake
	case errors.As(err, &timer) && timer.Timeout():
		e.Kind = KindTimeout
	}
	return e
}

// interrupted is the error after a cancel, or after the caller's own deadline.
func interrupted(err error) *TransportError {
	var late *noTurn
	switch {
	case errors.As(err, &late):
		return &TransportError{Kind: KindRateLimit, Err: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &TransportError{Kind: KindTimeout, Err: explain("no complete answer before the operation's own time limit", err)}
	}
	return &TransportError{Kind: KindCanceled, Err: err}
}

// isCertificate reports whether the server's certificate is not trusted.
func isCertificate(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		hostname     x509.HostnameError
		invalid      x509.CertificateInvalidError
	)
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &hostname) || errors.As(err, &invalid)
}

// isHandshake reports whether the handshake failed, and not the connection below it.
func isHandshake(err error) bool {
	var (
		record tls.RecordHeaderError
		op     *net.OpError
	)
	switch {
	case errors.As(err, &record):
		return true
	case errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error"):
		return true // crypto/tls reports alerts this way; their type is not exported
	}
	// The rest of crypto/tls's errors have no type, only this prefix.
	for ; err != nil; err = errors.Unwrap(err) {
		if strings.HasPrefix(err.Error(), "tls: ") {
			return true
		}
	}
	return false
}

// temporary reports whether a name may resolve a moment later. "No such host" is
// final.
func temporary(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && !dns.IsNotFound && (dns.IsTemporary || dns.IsTimeout)
}

package httpclient

import (
	"cmp"
	"context"
	"crypto/tls"
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

// kindTexts are followed by the text of the cause.
var kindTexts = map[ErrorKind]string{
	KindTimeout:    "no answer in time",
	KindDNS:        "the host's name cannot be resolved",
	KindTLS:        "no trusted TLS connection",
	KindHandshake:  "no TLS connection",
	KindConnection: "the connection failed",
	KindRateLimit:  "the service limits requests",
}

// TransportError is the error of a request without a usable answer.
type TransportError struct {
	Kind ErrorKind
	// Ambiguous is false only on proof that nothing was carried out: in no attempt did
	// the server see a complete request, or it refused those it saw with a
	// 401 or 429 in the API's own words.
	Ambiguous bool
	// SentAt is when the last request left, after all waits, by the local clock; zero
	// if none left.
	SentAt time.Time
	// Status is that of an answer that could not be used, or of the last one
	// before the caller gave up; 0 when there was none.
	Status int
	// Err is the cause; nil if the answer is.
	Err error

	text string // instead of the texts of Kind and Err
}

// maxErrorText bounds [TransportError.Error], in bytes.
const maxErrorText = 300

// Error implements error. The text names hosts but never paths, queries,
// headers or bodies.
func (e *TransportError) Error() string {
	text := e.text
	if text == "" && e.Err != nil {
		text = strings.TrimPrefix(kindTexts[e.Kind]+": "+e.Err.Error(), ": ")
	}
	return sanitize(cmp.Or(text, string(e.Kind)), maxErrorText, nil)
}

// Unwrap returns the cause.
func (e *TransportError) Unwrap() error { return e.Err }

// classify turns what the transport returned into a TransportError. parent is
// the caller's context, limited the one with the request's own time limit.
func (c *Client) classify(parent, limited context.Context, err error, sent bool) *TransportError {
	e := &TransportError{Kind: KindConnection, Err: err}
	record, isRecord := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case parent.Err() != nil:
		e = interrupted(parent.Err())
	case limited.Err() != nil:
		e.Kind, e.Err, e.text = KindTimeout, context.DeadlineExceeded, fmt.Sprintf("no complete answer within %s", c.cfg.RequestTimeout)
	case is[*net.DNSError](err):
		e.Kind = KindDNS
	case is[*tls.CertificateVerificationError](err):
		e.Kind = KindTLS
	case isRecord && string(record.RecordHeader[:]) == "HTTP/":
		e.Kind, e.text = KindHandshake, "the address says https, and its port speaks plain http"
	case isHandshake(err):
		e.Kind = KindHandshake
	case isTimeout(err):
		e.Kind = KindTimeout
	}
	e.Ambiguous = sent
	return e
}

// interrupted is the error of a wait or a request that the caller's context has ended.
func interrupted(err error) *TransportError {
	if e, ok := errors.AsType[*TransportError](err); ok {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &TransportError{Kind: KindTimeout, Err: err, text: "no complete answer before the operation's own time limit"}
	}
	return &TransportError{Kind: KindCanceled, Err: err, text: "canceled"}
}

// is reports whether an error in err's chain has that type.
func is[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// isHandshake reports whether the handshake failed, and not the connection below it.
func isHandshake(err error) bool {
	// crypto/tls reports alerts as such errors; their type is not exported.
	op, ok := errors.AsType[*net.OpError](err)
	if is[tls.RecordHeaderError](err) || ok && (op.Op == "remote error" || op.Op == "local error") {
		return true
	}
	// The rest of crypto/tls's errors have no type, only this prefix.
	for ; err != nil; err = errors.Unwrap(err) {
		if strings.HasPrefix(err.Error(), "tls: ") {
			return true
		}
	}
	return false
}

// isTemporary reports whether a name may resolve a moment later. "No such host" is
// final.
func isTemporary(err error) bool {
	dns, ok := errors.AsType[*net.DNSError](err)
	return ok && !dns.IsNotFound && (dns.IsTemporary || dns.IsTimeout)
}

package httpclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
)

// Fault says why there is no usable answer.
type Fault string

// The faults. Each needs a different step by the user.
const (
	FaultTimeout    Fault = "timeout"    // no whole answer in time
	FaultDNS        Fault = "dns"        // the host's name does not resolve
	FaultTLS        Fault = "tls"        // the server's certificate is not trusted
	FaultHandshake  Fault = "handshake"  // no TLS connection for another reason, such as a port that speaks plain http
	FaultConnection Fault = "connection" // refused, reset, or cut before the answer's end
	FaultCanceled   Fault = "canceled"   // the caller gave up
	FaultRedirect   Fault = "redirect"   // the server points somewhere else, which is never followed
	FaultTooLarge   Fault = "too large"  // the body is over its limit
	FaultCredential Fault = "credential" // Authorize failed, or the URL may not have the credential
	FaultRateLimit  Fault = "rate limit" // the service limits requests, and the caller's time ends before its turn
)

// TransportError is an exchange without a usable answer.
type TransportError struct {
	Fault Fault
	// Sent is false only on proof that nothing was carried out: in no try did
	// the server see a complete request, or it refused those it saw with a
	// 401 or 429 in the API's own words.
	Sent bool
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
	switch e.Fault {
	case FaultTimeout:
		text = "no answer in time"
	case FaultDNS:
		text = "the host's name cannot be resolved"
	case FaultTLS:
		text = "no trusted TLS connection"
	case FaultHandshake:
		text = "no TLS connection"
	case FaultConnection:
		text = "the connection failed"
	case FaultCanceled:
		text = "canceled"
	case FaultRedirect:
		if e.Location == "" {
			return fmt.Sprintf("the server answers with a redirect (%d), which is not followed", e.Status)
		}
		return fmt.Sprintf("the server redirects to %s (%d), which is not followed", e.Location, e.Status)
	case FaultTooLarge:
		text = "the answer is too large"
	case FaultRateLimit:
		text = "the service limits how many requests it takes, and the operation's own time limit ends before this one's turn"
	case FaultCredential:
		text = "no usable credential"
	default:
		text = string(e.Fault)
	}
	var known *explanation
	switch {
	case e.Err == nil, e.Fault == FaultCanceled:
		return text
	case errors.As(e.Err, &known), e.Fault == FaultTooLarge, e.Fault == FaultCredential:
		text = e.Err.Error()
	default:
		text += ": " + e.Err.Error()
	}
	return tidy(text, maxErrorText, nil)
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
// the caller's context, try the one with the request's own time limit.
func (c *Client) classify(parent, try context.Context, err error, sent bool) *TransportError {
	if parent.Err() != nil {
		return interrupted(parent.Err(), sent, 0)
	}
	e := &TransportError{Sent: sent, Fault: FaultConnection, Err: err}
	var (
		dns    *net.DNSError
		record tls.RecordHeaderError
		timer  interface{ Timeout() bool }
	)
	switch {
	case try.Err() != nil:
		e.Fault, e.Err = FaultTimeout, explain(fmt.Sprintf("no whole answer within %s", c.cfg.RequestTimeout), context.DeadlineExceeded)
	case errors.As(err, &dns):
		e.Fault = FaultDNS
	case isCertificate(err):
		e.Fault = FaultTLS
	case errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/":
		e.Fault, e.Err = FaultHandshake, explain("the address says https, and its port speaks plain http", err)
	case isHandshake(err):
		e.Fault = FaultHandshake
	case errors.As(err, &timer) && timer.Timeout():
		e.Fault = FaultTimeout
	}
	return e
}

// interrupted is the end of an exchange by the caller: a cancel, or a deadline
// of the caller's own.
func interrupted(err error, sent bool, status int) *TransportError {
	e := &TransportError{Fault: FaultCanceled, Sent: sent, Status: status, Err: err}
	if errors.Is(err, context.DeadlineExceeded) {
		e.Fault, e.Err = FaultTimeout, explain("no whole answer before the operation's own time limit", err)
	}
	return e
}

// waitedInVain is the end of an exchange before its turn came: by a cancel, or
// because the turn would come after the caller's own deadline.
func waitedInVain(err error, sent bool, status int) *TransportError {
	var late *noTurn
	if errors.As(err, &late) {
		return &TransportError{Fault: FaultRateLimit, Sent: sent, Status: status, Err: err}
	}
	return interrupted(err, sent, status)
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

// isHandshake tells other faults of the handshake from those of the connection
// beneath it.
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
// an answer, not an accident.
func temporary(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && !dns.IsNotFound && (dns.IsTemporary || dns.IsTimeout)
}

package driver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Effect says whether a failed call has changed anything at the service.
type Effect int

const (
	// EffectUnknown: the request may have been carried out, so it must not be repeated
	// before its effect is known. It is the zero value on purpose.
	EffectUnknown Effect = iota
	// EffectNone: the request was not sent, or was refused in the API's documented form.
	EffectNone
)

// Kind classifies a failure by what its reader can do about it.
type Kind string

// The kinds of failure. The diagnostics have a next step for each.
const (
	KindUnauthorized Kind = "unauthorized"   // 401: credential missing, wrong or revoked
	KindPayment      Kind = "payment"        // 402, and 403 about money: out of credits, over a spending limit, no payment method
	KindForbidden    Kind = "forbidden"      // 403: credential lacks a right or is of another scope
	KindNotFound     Kind = "not found"      // 404 in the API's documented form
	KindConflict     Kind = "conflict"       // 409
	KindUnresolved   Kind = "unresolved"     // the outcome of an earlier request for a key of that name is unknown
	KindByHand       Kind = "refused"        // the provider cannot do it safely; Message says what a person can do
	KindInvalid      Kind = "invalid"        // 400, 413, 422 and the like: see Fields
	KindUnsupported  Kind = "unsupported"    // 405, 410, 426 and the like: not offered here, or not to this version of the provider
	KindNotYet       Kind = "not yet"        // 423, 425: clears by itself
	KindLegal        Kind = "legal"          // 451
	KindRejected     Kind = "rejected"       // any other 4xx in the API's documented form
	KindRateLimit    Kind = "rate limit"     // 429, clears by itself soon
	KindSpendCap     Kind = "spend cap"      // 429, clears at 00:00 UTC
	KindServer       Kind = "server"         // 5xx, and anything that is neither success nor refusal
	KindRedirect     Kind = "redirect"       // 3xx: base_url points at something else
	KindNotJSON      Kind = "not JSON"       // an answer that is not the service's, such as a proxy's page
	KindMalformed    Kind = "malformed"      // JSON without a required field, or an inconsistent listing
	KindTooLarge     Kind = "too large"      // an answer over the size limit
	KindTimeout      Kind = "timeout"        // no complete answer within request_timeout
	KindDNS          Kind = "dns"            // the host's name does not resolve
	KindTLS          Kind = "tls"            // the server's certificate is not trusted
	KindHandshake    Kind = "handshake"      // no TLS connection for another reason
	KindConnection   Kind = "connection"     // refused, reset or cut
	KindCanceled     Kind = "canceled"       // the caller gave up
	KindSelf         Kind = "own credential" // the call would revoke the credential that the provider uses
	KindBug          Kind = "bug"            // the provider's own code failed
	KindCredential   Kind = "credential"     // there is no usable credential; nothing was sent
)

// MaxRetryAfter is how long a service may ask to wait. If it asks for more, the request
// is not repeated.
const MaxRetryAfter = time.Minute

// FieldError is one rejected field of a request, by the service's own name.
type FieldError struct{ Field, Message string }

// Error is the error of every call of a [Service]: what was tried, where, and what the
// service said. It never contains a secret: adapters shorten and redact what servers
// send.
type Error struct {
	Service   string // display name, such as "OnePin"
	Operation string // what was tried, in plain words: "create the key"
	Kind      Kind
	Effect    Effect
	Status    int    // HTTP status; 0 if there was no answer
	Code      string // the service's machine-readable code
	Message   string // the service's words, or a description of the failure
	Fields    []FieldError
	// ResolutionURL is the page that the service names for resolving the cause.
	ResolutionURL string
	// Advice is what the reader can do, where the adapter knows better than the Kind.
	Advice    string
	RequestID string
	// RetryAfter is how long the service asked to wait, perhaps longer than
	// [MaxRetryAfter]; 0 if it did not ask.
	RetryAfter time.Duration
	// SentAt is when a request that creates or rotates a key was sent, by this machine's
	// clock; zero if none was, or if it is unknown.
	SentAt time.Time
	// Err is the cause, if there is one.
	Err error
}

// Error implements error: "OnePin: create the key: 422 invalid: name: too long (request id 7e57)".
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: ", e.Service, e.Operation)
	if e.Status != 0 {
		fmt.Fprintf(&b, "%d ", e.Status)
	}
	b.WriteString(string(e.Kind))
	if e.Message != "" && e.Message != string(e.Kind) {
		b.WriteString(": " + phrase(e.Message))
	}
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s: %s", f.Field, phrase(f.Message))
	}
	if e.ResolutionURL != "" {
		fmt.Fprintf(&b, " (see %s)", e.ResolutionURL)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request id %s)", e.RequestID)
	}
	return b.String()
}

// phrase makes a sentence part of a longer one.
func phrase(sentence string) string {
	if strings.HasSuffix(sentence, "..") {
		return sentence
	}
	return strings.TrimSuffix(sentence, ".")
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// IsNotFound reports whether the service said that the key does not exist.
func IsNotFound(err error) bool { return HasKind(err, KindNotFound) }

// HasKind reports whether err is an *Error of that kind.
func HasKind(err error, kind Kind) bool {
	e, ok := AsError(err)
	return ok && e.Kind == kind
}

// AsError finds the *Error in err's chain.
func AsError(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// EffectOf is the effect of a call that returned err. It is unknown for an error that
// no adapter returned.
func EffectOf(err error) Effect {
	if e, ok := AsError(err); ok {
		return e.Effect
	}
	return EffectUnknown
}

// Canceled is the error of a wait that ended because ctx did.
func Canceled(ctx context.Context, operation string) error {
	return &Error{
		Service: "the provider", Operation: operation, Kind: KindCanceled, Effect: EffectNone,
		Message: "given up, because Terraform was interrupted or ran out of time", Err: context.Cause(ctx),
	}
}

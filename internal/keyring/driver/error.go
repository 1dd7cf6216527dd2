package driver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Effect says whether a call that failed has changed anything at the service.
type Effect int

const (
	// EffectUnknown: the request may have been carried out. Nothing may be
	// repeated before somebody has looked. It is the zero value on purpose.
	EffectUnknown Effect = iota
	// EffectNone: the request was not sent, or was refused in the API's own form.
	EffectNone
)

// Kind classifies a failure by what its reader can do about it.
type Kind string

// The kinds of failure. Each has its own next step in the diagnostics.
const (
	KindUnauthorized Kind = "unauthorized"   // 401: credential missing, wrong or revoked
	KindPayment      Kind = "payment"        // 402, and 403 about money: out of credits, over a spending limit, no payment method
	KindForbidden    Kind = "forbidden"      // 403: credential lacks a right or is of another scope
	KindNotFound     Kind = "not found"      // 404 in the API's own form
	KindConflict     Kind = "conflict"       // 409
	KindUnresolved   Kind = "open"           // an earlier request for a key of that name is not settled yet
	KindByHand       Kind = "refused"        // the provider cannot do it safely; Message says what a person can do
	KindInvalid      Kind = "invalid"        // 400, 413, 422 and the like: see Fields
	KindUnsupported  Kind = "unsupported"    // 405, 410, 426 and the like: not offered here, or not to this version of the provider
	KindNotYet       Kind = "not yet"        // 423, 425: clears by itself
	KindLegal        Kind = "legal"          // 451
	KindRejected     Kind = "rejected"       // any other 4xx in the API's own form
	KindRateLimit    Kind = "rate limit"     // 429, clears by itself soon
	KindSpendCap     Kind = "spend cap"      // 429, clears at 00:00 UTC
	KindServer       Kind = "server"         // 5xx, and whatever is neither success nor refusal
	KindRedirect     Kind = "redirect"       // 3xx: base_url points at something else
	KindNotJSON      Kind = "not JSON"       // an answer that is not the service's, such as a proxy's page
	KindMalformed    Kind = "malformed"      // JSON without what it must hold, or a listing that does not add up
	KindTooLarge     Kind = "too large"      // an answer over the size limit
	KindTimeout      Kind = "timeout"        // no whole answer within request_timeout
	KindDNS          Kind = "dns"            // the host's name does not resolve
	KindTLS          Kind = "tls"            // the server's certificate is not trusted
	KindHandshake    Kind = "handshake"      // no TLS connection for another reason
	KindConnection   Kind = "connection"     // refused, reset or cut
	KindCanceled     Kind = "canceled"       // the caller gave up
	KindSelf         Kind = "own credential" // the call would revoke the credential that the provider signs in with
	KindBug          Kind = "bug"            // the provider's own code failed
	KindCredential   Kind = "credential"     // no usable credential could be had; nothing was sent
)

// MaxRetryAfter is how long a service may ask to wait. One that asks for more is not
// asked again by itself.
const MaxRetryAfter = time.Minute

// FieldError is one rejected field of a request, by the service's own name.
type FieldError struct{ Field, Message string }

// Error is the one failure type of a [Service]: what was tried, where, and what
// the service said. Its text never holds a secret: adapters cut and scrub what
// servers send.
type Error struct {
	Service   string // display name, such as "OnePin"
	Operation string // what was tried, in plain words: "create the key"
	Kind      Kind
	Effect    Effect
	Status    int    // HTTP status; 0 when there was no answer
	Code      string // the service's machine-readable code
	Message   string // the service's words, "" when it has none, or a description of the fault
	Fields    []FieldError
	// ResolutionURL is the page that the service names for resolving the cause, "" if
	// it names none.
	ResolutionURL string
	// Advice is what the reader can do, where the adapter knows better than the Kind.
	Advice    string
	RequestID string
	// RetryAfter is how long the service asked to wait, which may be longer than
	// [MaxRetryAfter]; 0 when it did not ask.
	RetryAfter time.Duration
	// SentAt is when a request that creates or rotates a key left, after all waits, by
	// this machine's clock; zero if none left.
	SentAt time.Time
	// Err is the cause, where there is one below.
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

// phrase is a service's sentence as part of a longer one.
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

// EffectOf is the effect of a call that returned err. Whatever did not come from
// an adapter proves nothing.
func EffectOf(err error) Effect {
	if e, ok := AsError(err); ok {
		return e.Effect
	}
	return EffectUnknown
}

// Canceled is the error of a wait that ctx has ended.
func Canceled(ctx context.Context, operation string) error {
	return &Error{
		Service: "the provider", Operation: operation, Kind: KindCanceled, Effect: EffectNone,
		Message: "given up, because Terraform was interrupted or ran out of time", Err: context.Cause(ctx),
	}
}

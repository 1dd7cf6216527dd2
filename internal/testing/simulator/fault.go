package simulator

import (
	"bytes"
	"context"
	"net/http"
	"time"
)

// Kind is what goes wrong.
type Kind string

// The kinds of [Fault].
const (
	// FaultStatus answers with Status (500 if 0) and Body, or a refusal in the
	// service's shape without one.
	FaultStatus Kind = "status"
	// FaultCut closes the connection without an answer.
	FaultCut Kind = "cut"
	// FaultDelay waits for Delay and goes on. If the client hangs up while it
	// waits before the change, the change is not made.
	FaultDelay Kind = "delay"
	// FaultHalfBody announces a whole body and closes the connection after half
	// of it.
	FaultHalfBody Kind = "half_body"
	// FaultHTML answers with a page, Status 200 unless given.
	FaultHTML Kind = "html"
	// FaultGarbage answers with something called JSON that is none, Status 200
	// unless given.
	FaultGarbage Kind = "garbage"
	// FaultRedirect answers 307 (or Status) with a Location at another origin;
	// see [Server.Strays].
	FaultRedirect Kind = "redirect"
	// FaultHugeBody answers with more than anybody should read: 65 MiB for a
	// listing, 2 MiB for anything else, or until the client hangs up.
	FaultHugeBody Kind = "huge_body"
	// FaultRateLimit answers 429 with RetryAfter, which is "1" unless given.
	FaultRateLimit Kind = "rate_limit"
	// FaultNoValue makes the change and answers without the key's value. After
	// is of no importance.
	FaultNoValue Kind = "no_value"
	// FaultLate closes the connection without an answer and makes the change all
	// the same, Delay later on the store's clock. After is of no importance.
	FaultLate Kind = "late"
	// FaultBare answers with Status (200 unless given) and Body as it is, without a
	// body if that is empty: a proxy's words, not the service's.
	FaultBare Kind = "bare"
	// FaultFields makes the change and lays Fields over every object of the answer
	// that holds a key's value. After is of no importance.
	FaultFields Kind = "fields"
	// FaultNotRevoked answers as always, but the key that was to be revoked or
	// rotated lives on. After is of no importance.
	FaultNotRevoked Kind = "not_revoked"
	// FaultNamesake is somebody else's key of the same name, made just before the
	// request's own, which is listed only Delay later. After is of no importance.
	FaultNamesake Kind = "namesake"
)

// OpMint is a Fault.Operation: requests that create a key, [OpCreate] and [OpRotate].
const OpMint = "mint"

// Values of [Fault.Fields] that are filled in.
const (
	// OtherID is the id of a live key that was listed before the request: the
	// newest, of the same name if there is one.
	OtherID = "{other id}"
	// OwnValue is the new key's value.
	OwnValue = "{value}"
)

// carriesOut reports whether a fault of this kind lets the service do its work,
// whatever After says.
func (k Kind) carriesOut() bool {
	return k == FaultNoValue || k == FaultFields || k == FaultNotRevoked || k == FaultNamesake
}

// Fault is something that goes wrong with some requests.
type Fault struct {
	// Operation is what it happens to: [OpCreate] and its like, [OpMint], "" for any.
	Operation string `json:"operation,omitempty"`
	// Skip is how many requests of that operation pass first.
	Skip int `json:"skip,omitempty"`
	// Times is how often it happens: 0 is once, negative for ever.
	Times int `json:"times,omitempty"`
	// After: it happens after the change has been made instead of before.
	After bool `json:"after,omitempty"`

	Kind       Kind              `json:"kind"`
	Status     int               `json:"status,omitempty"`
	Body       string            `json:"body,omitempty"`
	Delay      time.Duration     `json:"delay,omitempty"` // of FaultDelay, FaultLate and FaultNamesake
	RetryAfter string            `json:"retry_after,omitempty"`
	Header     map[string]string `json:"header,omitempty"` // laid over the answer's
	Fields     map[string]any    `json:"fields,omitempty"` // of FaultFields; see [OtherID] and [OwnValue]
}

// meets reports whether the fault is one of requests of that operation.
func (f Fault) meets(op string) bool {
	return f.Operation == "" || f.Operation == op || f.Operation == OpMint && (op == OpCreate || op == OpRotate)
}

// Sizes of FaultHugeBody in bytes: more than 1 MiB and 64 MiB, which a careful
// client reads at most.
const (
	hugeSingle  = 2 << 20
	hugeListing = 65 << 20
)

// strike is one occurrence of a fault.
type strike struct {
	Fault
	store *Store
	op    string
}

// replace answers in place of the service. Made is the answer that the service
// would have given, nil if nothing has been done yet. It returns the status of the
// answer, 0 if that is not whole.
func (s strike) replace(w http.ResponseWriter, r *http.Request, made *answer) int {
	a := &answer{header: http.Header{}}
	switch s.Kind {
	case FaultCut:
		cut(w)
		return 0
	case FaultHugeBody:
		s.flood(w)
		return 0
	case FaultHTML:
		a.fill(s.Status, "text/html; charset=utf-8", htmlPage)
	case FaultBare:
		a.fill(s.Status, "", "")
	case FaultGarbage:
		a.fill(s.Status, "application/json", `}{"key": this is not JSON`)
	case FaultRedirect:
		a.fill(or(s.Status, http.StatusTemporaryRedirect), "", "")
		a.header.Set("Location", s.store.elsewhere()+r.URL.Path)
	case FaultRateLimit:
		s.store.Fail(a, r, &Problem{
			Status: or(s.Status, http.StatusTooManyRequests), Code: "rate_limited", Message: "too many requests",
			Header: map[string]string{"Retry-After": or(s.RetryAfter, "1")},
		})
	case FaultHalfBody:
		if a = made; a == nil {
			a = &answer{header: http.Header{}}
			a.fill(s.Status, "application/json", `{"cut": "in the middle of a sentence"}`)
		}
	default:
		status := or(s.Status, http.StatusInternalServerError)
		s.store.Fail(a, r, &Problem{Status: status, Code: "fault", Message: http.StatusText(status)})
	}
	if s.Body != "" {
		a.body = []byte(s.Body)
		a.header.Set("Content-Type", http.DetectContentType(a.body))
		if bytes.HasPrefix(a.body, []byte("{")) || bytes.HasPrefix(a.body, []byte("[")) {
			a.header.Set("Content-Type", "application/json")
		}
	}
	if s.RetryAfter != "" {
		a.header.Set("Retry-After", s.RetryAfter)
	}
	for name, value := range s.Header {
		a.header.Set(name, value)
	}
	announced := len(a.body)
	if s.Kind == FaultHalfBody {
		a.body = a.body[:announced/2] // the server closes the connection when the rest does not come
	}
	a.send(w, announced)
	if s.Kind == FaultHalfBody {
		return 0
	}
	return a.status
}

// fill sets an answer's status (200 if 0) and body.
func (a *answer) fill(status int, contentType, body string) {
	a.status, a.body = or(status, http.StatusOK), []byte(body)
	if contentType != "" {
		a.header.Set("Content-Type", contentType)
	}
}

// flood sends a body that is JSON as far as one can see, and never ends well.
func (s strike) flood(w http.ResponseWriter) {
	left := hugeSingle
	if s.op == OpList {
		left = hugeListing
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(or(s.Status, http.StatusOK))
	chunk := append([]byte(`{"padding": "`), bytes.Repeat([]byte("x"), 64<<10)...)
	for left > 0 {
		n, err := w.Write(chunk[:min(len(chunk), left)])
		if err != nil {
			return
		}
		left -= n
		chunk = chunk[len(chunk)-64<<10:]
	}
}

// cut closes the connection under the client.
func cut(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // no connection of its own (HTTP/2): the stream is reset instead
	}
	_ = connection.Close()
}

// wait returns after d, and false when before that the client hung up or the
// server was closed.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// or returns the first value unless it is the zero value.
func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

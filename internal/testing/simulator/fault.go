package simulator

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Kind is what goes wrong.
type Kind string

// Faults in place of the service's answer, before the change or after it.
const (
	// FaultStatus answers with Status (500 if 0), and Body or a refusal in the service's
	// shape.
	FaultStatus Kind = "status"
	// FaultCut closes the connection without an answer.
	FaultCut Kind = "cut"
	// FaultHalfBody announces a complete body and closes the connection after half of it.
	FaultHalfBody Kind = "half_body"
	// FaultHTML answers with a page, Status 200 by default.
	FaultHTML Kind = "html"
	// FaultGarbage answers with JSON's content type but no JSON, Status 200 by default.
	FaultGarbage Kind = "garbage"
	// FaultBare answers with Status (200 by default) and Body, as a proxy does.
	FaultBare Kind = "bare"
	// FaultRedirect answers 307 (or Status) with a Location at another origin; see
	// [Server.Strays].
	FaultRedirect Kind = "redirect"
	// FaultHugeBody answers with 65 MiB for a listing and 2 MiB for anything else.
	FaultHugeBody Kind = "huge_body"
	// FaultRateLimit answers 429 with RetryAfter, "1" by default.
	FaultRateLimit Kind = "rate_limit"
)

// FaultDelay waits for Delay, before the change or after it. A client that hangs up
// before the change prevents it.
const FaultDelay Kind = "delay"

// Faults of requests that the service carries out. After does not matter.
const (
	// FaultNoValue answers without the key's value.
	FaultNoValue Kind = "no_value"
	// FaultFields overrides fields of the new key in the answer with Fields.
	FaultFields Kind = "fields"
	// FaultLate closes the connection without an answer, and makes the change Delay
	// later on the store's clock.
	FaultLate Kind = "late"
	// FaultNotRevoked answers as always, but the key to revoke or rotate stays live.
	FaultNotRevoked Kind = "not_revoked"
	// FaultNamesake creates somebody else's key of the same name just before the
	// request's own, which is listed only Delay later.
	FaultNamesake Kind = "namesake"
)

// OpMint is a Fault.Operation: requests that create a key, [OpCreate] and [OpRotate].
const OpMint = "mint"

// Values of [Fault.Fields] that are replaced.
const (
	// OtherID is the id of the newest live key older than the new one, if possible of
	// the same name.
	OtherID = "{other id}"
	// OwnValue is the new key's value.
	OwnValue = "{value}"
)

// Fault is something that goes wrong with some requests.
type Fault struct {
	// Operation is what it happens to: [OpCreate] …, [OpMint], "" for any.
	Operation string `json:"operation,omitempty"`
	// Skip is how many requests of that operation pass first.
	Skip int `json:"skip,omitempty"`
	// Times is how often it happens: 0 is once, negative is always.
	Times int `json:"times,omitempty"`
	// After: it happens after the change instead of before.
	After bool `json:"after,omitempty"`

	Kind       Kind              `json:"kind"`
	Status     int               `json:"status,omitempty"`
	Body       string            `json:"body,omitempty"`
	Delay      time.Duration     `json:"-"` // of FaultDelay, FaultLate and FaultNamesake
	RetryAfter string            `json:"retry_after,omitempty"`
	Header     map[string]string `json:"header,omitempty"` // overrides the answer's
	Fields     map[string]any    `json:"fields,omitempty"` // of FaultFields; see [OtherID] and [OwnValue]
}

func (f Fault) matches(op string) bool {
	return f.Operation == "" || f.Operation == op || f.Operation == OpMint && (op == OpCreate || op == OpRotate)
}

// carriesOut reports whether the service does its work and answers.
func (k Kind) carriesOut() bool {
	return k == "" || k == FaultNoValue || k == FaultFields || k == FaultNotRevoked || k == FaultNamesake
}

// Sizes of FaultHugeBody in bytes: more than the 1 MiB and 64 MiB that the provider
// reads at most.
const (
	hugeSingle  = 2 << 20
	hugeListing = 65 << 20
)

// canned are the answers of faults that the service does not shape.
var canned = map[Kind]struct {
	status            int
	contentType, body string
}{
	FaultHTML:     {http.StatusOK, "text/html; charset=utf-8", htmlPage},
	FaultBare:     {http.StatusOK, "", ""},
	FaultGarbage:  {http.StatusOK, "application/json", `}{"key": this is not JSON`},
	FaultRedirect: {http.StatusTemporaryRedirect, "", ""},
	FaultHalfBody: {http.StatusOK, "application/json", `{"cut": "in the middle of a sentence"}`},
}

// replace answers in place of the service. made is the service's answer, nil before the
// change. It returns the status, 0 if the answer is not complete.
func (st *Store) replace(w http.ResponseWriter, r *http.Request, f Fault, made *answer) int {
	switch f.Kind {
	case FaultCut:
		cut(w)
		return 0
	case FaultHugeBody:
		flood(w, cmp.Or(f.Status, http.StatusOK), CallOf(r.Context()).Operation == OpList)
		return 0
	}
	a := st.faulty(r, f, made)
	if f.Body != "" {
		a.body = []byte(f.Body)
		a.header.Set("Content-Type", http.DetectContentType(a.body))
		if strings.HasPrefix(f.Body, "{") || strings.HasPrefix(f.Body, "[") {
			a.header.Set("Content-Type", "application/json")
		}
	}
	if f.RetryAfter != "" {
		a.header.Set("Retry-After", f.RetryAfter)
	}
	for name, value := range f.Header {
		a.header.Set(name, value)
	}
	announced := len(a.body)
	if f.Kind == FaultHalfBody {
		a.body = a.body[:announced/2]
		a.send(w, announced) // the server closes the connection as the rest is missing
		return 0
	}
	a.send(w, announced)
	return a.status
}

// faulty is the answer of a fault by its kind alone.
func (st *Store) faulty(r *http.Request, f Fault, made *answer) *answer {
	if f.Kind == FaultHalfBody && made != nil {
		return made
	}
	if c, ok := canned[f.Kind]; ok {
		a := &answer{header: http.Header{}, status: cmp.Or(f.Status, c.status), body: []byte(c.body)}
		if c.contentType != "" {
			a.header.Set("Content-Type", c.contentType)
		}
		if f.Kind == FaultRedirect {
			a.header.Set("Location", cmp.Or(st.traffic.elsewhere, "http://127.0.0.1:9")+r.URL.Path)
		}
		return a
	}
	p := tooMany("1")
	if f.Kind != FaultRateLimit {
		p = &Problem{Status: http.StatusInternalServerError, Code: "fault"}
	}
	p.Status = cmp.Or(f.Status, p.Status)
	p.Message = cmp.Or(p.Message, http.StatusText(p.Status))
	return st.refused(r, p)
}

// hideValue removes values of keys from an answer.
func (st *Store) hideValue(a *answer) {
	st.mu.RLock()
	defer st.mu.RUnlock()
	a.rewrite(func(object map[string]any) {
		maps.DeleteFunc(object, func(_ string, field any) bool {
			text, _ := field.(string)
			return st.byValue[text] != nil
		})
	})
}

// override replaces fields of the new key in an answer: of the first object that has its
// id, or its value where the service gives no id.
func (st *Store) override(fields map[string]any, id string, a *answer) {
	made, _ := st.Get(id)
	done := false
	for _, mark := range []string{made.ID, made.Value} {
		a.rewrite(func(object map[string]any) {
			if done || !slices.ContainsFunc(slices.Collect(maps.Values(object)), func(v any) bool { return v == mark }) {
				return
			}
			done = true
			for field, value := range fields {
				switch value {
				case OtherID:
					value = st.other(made)
				case OwnValue:
					value = made.Value
				}
				object[field] = value
			}
		})
	}
}

// other is an [OtherID]; "" if there is none.
func (st *Store) other(than Record) string {
	id, same := "", false
	for _, r := range st.Ledger() {
		if r.ID == than.ID {
			break
		}
		if r.Scope == than.Scope && r.Live() && (!same || r.Name == than.Name) {
			id, same = r.ID, r.Name == than.Name
		}
	}
	return id
}

// flood sends a very long body that begins like JSON.
func flood(w http.ResponseWriter, status int, listing bool) {
	remaining := hugeSingle
	if listing {
		remaining = hugeListing
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	chunk := append([]byte(`{"padding": "`), bytes.Repeat([]byte("x"), 64<<10)...)
	for remaining > 0 {
		n, err := w.Write(chunk[:min(len(chunk), remaining)])
		if err != nil {
			return
		}
		remaining -= n
		chunk = chunk[len(chunk)-64<<10:]
	}
}

// cut closes the client's connection.
func cut(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2: resets the stream
	}
	_ = connection.Close()
}

// wait returns false if the client hung up or the server was closed before d had passed.
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

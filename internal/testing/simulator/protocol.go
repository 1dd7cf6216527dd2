package simulator

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The operations of services.
const (
	OpCreate = "create"
	OpList   = "list"
	OpGet    = "get"
	OpUpdate = "update"
	OpRotate = "rotate"
	OpRevoke = "revoke"
	OpWhoami = "whoami"
)

// opUnknown is the operation of requests without a route.
const opUnknown = "unknown"

// maxRequest bounds the body of a request, in bytes.
const maxRequest = 1 << 20

// Protocol is how a service's API differs from others, besides its handlers.
type Protocol struct {
	// Routes are the operations by pattern of http.ServeMux: "DELETE /api-keys/{key_id}".
	Routes map[string]string
	// Bearer: the credential is sent as "Authorization: Bearer …" and may be a session
	// ([Store.Session]). Otherwise it is sent in X-API-Key.
	Bearer bool
	// Credential reads the credential where it is sent in another way; nil elsewhere.
	Credential func(*http.Request) string
	// SessionCreates, unless empty, is the message that refuses creates signed by an API
	// key: only a session ([Store.Session]), sent as a bearer, creates keys.
	SessionCreates string
	// NewID and NewValue return new identifiers and values. The administrator's
	// credential is such a value.
	NewID, NewValue func() string
	// Home is the administrator's scope, "" at services without scopes.
	Home string
	// Attributes are the defaults for new keys.
	Attributes map[string]any
	// NewestFirst: listings begin with the newest key.
	NewestFirst bool
	// Errors is the shape of error bodies, ErrorsOf that of statuses with another one.
	Errors   Shape
	ErrorsOf map[int]Shape
}

// Call is the request that a handler carries out.
type Call struct {
	Operation string
	RequestID string    // also in the answer's X-Request-Id
	At        time.Time // on the store's clock
	Root      string    // "http://127.0.0.1:4711/onepin", before the service's paths
	Caller    Caller

	entry *Exchange // in the log
	fault Fault     // of a request that is carried out
	late  time.Time // when the change is made; see FaultLate
}

// Caller is who signed a request.
type Caller struct {
	ID    string // a key's id, [Admin], or [Outside] where there is no request
	Scope string
	Key   Record // empty for the administrator
}

type callKey struct{}

// CallOf returns the call that ctx belongs to. Without one its caller is [Outside].
func CallOf(ctx context.Context) Call {
	if call, ok := ctx.Value(callKey{}).(Call); ok {
		return call
	}
	return Call{Caller: Caller{ID: Outside}}
}

func withCall(r *http.Request, call Call) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), callKey{}, call))
}

// Serve adds what is the same for all services to a service's handler. Handlers find
// their caller with [CallOf] and return a [*Problem] to refuse.
func (st *Store) Serve(p Protocol, h http.Handler) http.Handler {
	st.protocol, st.admin = p, p.NewValue()
	routes := http.NewServeMux()
	for pattern := range p.Routes {
		routes.Handle(pattern, h)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := routes.Handler(r)
		op := cmp.Or(p.Routes[pattern], opUnknown)
		call := Call{Operation: op, RequestID: UUID(), At: st.instant(), Root: root(r), Caller: Caller{ID: Outside}}
		w.Header().Set("Date", call.At.Format(http.TimeFormat))
		w.Header().Set("X-Request-Id", call.RequestID)
		st.carryOut(w, r, h, call, pattern)
	})
}

// carryOut handles one request from its arrival to its answer.
func (st *Store) carryOut(w http.ResponseWriter, r *http.Request, h http.Handler, call Call, pattern string) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil { // too large, or the client has gone
		st.Fail(w, r, &Problem{Status: http.StatusRequestEntityTooLarge, Code: "too_large", Message: err.Error()})
		return
	}
	st.traffic.runPostponed(st.now())
	name, target := subject(pattern, r, body)
	fault, latency, refusal := st.traffic.open(&call, name, target)
	w, r = meter{w, &st.traffic, call.entry}, withCall(r, call)
	st.traffic.notify(call.entry, Arrived)
	status := 0
	switch {
	case !wait(r.Context(), latency):
		cut(w)
	case refusal != nil:
		st.Fail(w, r, refusal)
		status = refusal.Status
	default:
		status = st.answer(w, r, h, body, fault)
	}
	if r.Context().Err() != nil {
		status = 0
	}
	st.traffic.close(call.entry, status)
}

// answer makes the change and sends the answer, both as the fault has them. It returns
// the status if the answer is complete, else 0.
func (st *Store) answer(w http.ResponseWriter, r *http.Request, h http.Handler, body []byte, f Fault) int {
	call := CallOf(r.Context())
	switch {
	case f.Kind == FaultLate:
		st.traffic.postpone(st.now().Add(f.Delay), func(at time.Time) {
			call.late = at
			st.handle(h, r.WithContext(context.WithoutCancel(r.Context())), body, call)
		})
		cut(w)
		return 0
	case f.Kind.carriesOut():
		call.fault = f
	case f.After:
	case f.Kind != FaultDelay:
		return st.replace(w, r, f, nil)
	case !st.wait(r.Context(), f.Delay):
		cut(w)
		return 0
	}
	a := st.handle(h, r, body, call)
	st.traffic.notify(call.entry, Changed)
	switch {
	case f.Kind == FaultNoValue:
		st.hideValue(a)
	case f.Kind == FaultFields && call.entry.Made != "":
		st.override(f.Fields, call.entry.Made, a)
	case f.Kind.carriesOut(), !f.After:
	case f.Kind != FaultDelay:
		return st.replace(w, r, f, a)
	case !st.wait(r.Context(), f.Delay):
		cut(w)
		return 0
	}
	a.send(w, len(a.body))
	return a.status
}

// wait does the waiting of a FaultDelay.
func (st *Store) wait(ctx context.Context, d time.Duration) bool {
	st.traffic.mu.Lock()
	delay := st.traffic.delay
	st.traffic.mu.Unlock()
	if delay == nil {
		delay = wait
	}
	return delay(ctx, d)
}

// handle authenticates the request and runs the service's handler.
func (st *Store) handle(h http.Handler, r *http.Request, body []byte, call Call) *answer {
	caller, err := st.authenticate(r, call.Operation)
	if call.Operation == opUnknown {
		err = NotFound(fmt.Sprintf("no route for %s %s", r.Method, r.URL.Path))
	}
	if err != nil {
		return st.refused(r, err)
	}
	call.Caller = caller
	st.traffic.amend(call.entry, func() { call.entry.By = caller.ID })
	r = withCall(r, call)
	r.Body = io.NopCloser(bytes.NewReader(body))
	a := respond(h, r)
	if a.status/100 == 2 {
		st.applyQuirks(call.Operation, a)
	}
	return a
}

// subject finds the name and the id of the key that a request is about: in the wildcard
// of its route, or in its body.
func subject(pattern string, r *http.Request, body []byte) (name, id string) {
	_, route, _ := strings.Cut(pattern, " ")
	path := strings.Split(r.URL.Path, "/")
	for i, part := range strings.Split(route, "/") {
		if strings.HasPrefix(part, "{") && i < len(path) {
			id = path[i]
		}
	}
	var fields struct {
		Name  string `json:"name"`
		KeyID string `json:"key_id"`
	}
	_ = json.Unmarshal(body, &fields) // nothing if it is no JSON
	return fields.Name, cmp.Or(id, fields.KeyID)
}

// authenticate returns who signed a request, or the [*Problem] with it.
func (st *Store) authenticate(r *http.Request, op string) (Caller, error) {
	q := st.Quirks()
	if q.OutOfCredit {
		return Caller{}, &Problem{Status: http.StatusPaymentRequired, Code: "insufficient_credits", Message: "the account is out of credits"}
	}
	credential, refusal := st.credential(r, op)
	caller, err := st.identify(credential)
	switch {
	case err != nil:
		return Caller{}, err
	case refusal != nil:
		return Caller{}, refusal
	}
	if q.Forbidden {
		return Caller{}, Forbidden("the credential may not do this")
	}
	if scopes, _ := caller.Key.Attributes["scopes"].([]string); q.RequiredScope != "" && caller.ID != Admin && !slices.Contains(scopes, q.RequiredScope) {
		return Caller{}, Forbidden("the API key lacks the scope " + q.RequiredScope)
	}
	return caller, nil
}

// credential is what a request is signed with, and a refusal if no valid credential of
// that kind may do this.
func (st *Store) credential(r *http.Request, op string) (credential string, refusal error) {
	key := r.Header.Get("X-API-Key")
	scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		bearer = ""
	}
	switch {
	case st.protocol.Credential != nil:
		return st.protocol.Credential(r), nil
	case st.protocol.Bearer:
		return bearer, nil
	case st.protocol.SessionCreates == "" || op != OpCreate:
		return key, nil
	}
	credential = cmp.Or(key, bearer)
	if !st.isSession(credential) {
		refusal = Forbidden(st.protocol.SessionCreates)
	}
	return credential, refusal
}

// identify finds the owner of a credential and counts its use.
func (st *Store) identify(credential string) (Caller, error) {
	session := st.isSession(credential)
	st.mu.Lock()
	defer st.mu.Unlock()
	switch e := st.byValue[credential]; {
	case credential == "":
		return Caller{}, Unauthorized("the credential is missing")
	case credential == st.admin, session:
		return Caller{ID: Admin, Scope: st.protocol.Home}, nil
	case e == nil || !e.usable(st.now()):
		return Caller{}, Unauthorized("the credential is wrong, expired or revoked")
	default:
		st.touch(e)
		return Caller{ID: e.ID, Scope: e.Scope, Key: e.Record}, nil
	}
}

// Resolve returns the scope that a call asks for: its caller's own for "", any for the
// administrator. A scope that is not a key's own is a 403 [*Problem].
func (st *Store) Resolve(ctx context.Context, asked string) (string, error) {
	caller := CallOf(ctx).Caller
	if asked == "" || asked == caller.Scope {
		return caller.Scope, nil
	}
	if caller.ID != Admin {
		return "", Forbidden("the API key belongs to another workspace or tenant")
	}
	return asked, nil
}

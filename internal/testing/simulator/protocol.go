package simulator

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The operations of services, by which requests are counted and faults asked
// for.
const (
	OpCreate = "create"
	OpList   = "list"
	OpGet    = "get"
	OpUpdate = "update"
	OpRotate = "rotate"
	OpRevoke = "revoke"
	OpWhoami = "whoami"
)

// opUnknown is what requests count as that no route takes.
const opUnknown = "unknown"

// maxRequest is how many bytes of a request's body are read at most.
const maxRequest = 1 << 20

// Protocol is what a service's API has of its own, besides its handlers.
type Protocol struct {
	// Routes are the operations by pattern, as of http.ServeMux:
	// "DELETE /api-keys/{key_id}".
	Routes map[string]string
	// Bearer: the credential comes as "Authorization: Bearer …" and may be a
	// session ([Store.Session]). Otherwise it comes in X-API-Key.
	Bearer bool
	// Credential reads the credential where neither is so; nil otherwise.
	Credential func(*http.Request) string
	// SessionCreates, unless empty, is what a create is refused with that an API key
	// signs: only a session ([Store.Session]) creates keys, as a bearer.
	SessionCreates string
	// NewID and NewValue make up identifiers and key values; the
	// administrator's credential looks like a value too.
	NewID, NewValue func() string
	// Home is the administrator's scope, "" at services without scopes.
	Home string
	// Attributes are those that a key has unless it is made with others.
	Attributes map[string]any
	// NewestFirst: listings begin with the youngest key.
	NewestFirst bool
	// Errors is the shape of error bodies, Invalid that of 422 and Denied that of 402
	// where they differ.
	Errors, Invalid, Denied Shape
}

// Call is what is known of a request while it is carried out.
type Call struct {
	Operation string
	RequestID string    // also in the answer's X-Request-Id
	At        time.Time // on the store's clock
	Root      string    // "http://127.0.0.1:4711/onepin": what the service's paths stand behind
	Caller    Caller

	entry *Exchange // in the log
	late  time.Time // when a change is made that comes after its answer; see FaultLate
	fault Fault     // one of those that carry the request out
}

// Caller is who signed a request.
type Caller struct {
	ID    string // a key's id, [Admin], or [Outside] where there is no request
	Scope string
	Key   Record // the key; empty for the administrator
}

// callKey is the context's key of the Call.
type callKey struct{}

// CallOf returns the call that ctx belongs to. Its caller is [Outside] if there
// is none.
func CallOf(ctx context.Context) Call {
	if call, ok := ctx.Value(callKey{}).(Call); ok {
		return call
	}
	return Call{Caller: Caller{ID: Outside}}
}

// Serve puts everything that is the same for all services around the handler
// of one. Handlers find out who is calling with [CallOf] and return a [*Problem]
// for what they refuse.
func (st *Store) Serve(p Protocol, h http.Handler) http.Handler {
	st.protocol = p
	st.home, st.admin = p.Home, p.NewValue()
	routes := http.NewServeMux()
	for pattern := range p.Routes {
		routes.Handle(pattern, h)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := routes.Handler(r)
		op := or(p.Routes[pattern], opUnknown)
		call := Call{Operation: op, RequestID: UUID(), At: st.instant(), Root: root(r), Caller: Caller{ID: Outside}}
		w.Header().Set("Date", call.At.Format(http.TimeFormat))
		w.Header().Set("X-Request-Id", call.RequestID)
		st.carryOut(meter{w, &st.traffic}, r, h, call, pattern)
	})
}

// carryOut is one request from its arrival to its answer.
func (st *Store) carryOut(w http.ResponseWriter, r *http.Request, h http.Handler, call Call, pattern string) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil { // too large, or the client has gone and will not see this
		st.Fail(w, r, &Problem{Status: http.StatusRequestEntityTooLarge, Code: "too_large", Message: err.Error()})
		return
	}
	st.catchUp()
	refusal := st.traffic.admit(call.Operation, call.At)
	fault, struck, latency := st.traffic.arrive(call.Operation, refusal != nil)
	name, target := subject(pattern, r, body)
	call.entry = st.diary.open(call, name, target, fault)
	r = r.WithContext(context.WithValue(r.Context(), callKey{}, call))
	st.diary.notify(call.entry, Arrived)
	status := 0
	switch {
	case !wait(r.Context(), latency):
		cut(w)
	case refusal != nil:
		st.Fail(w, r, refusal)
		status = refusal.Status
	default:
		status = st.respond(w, r, h, body, strike{Fault: fault, store: st, op: call.Operation}, struck)
	}
	if r.Context().Err() != nil {
		status = 0
	}
	st.diary.close(call.entry, status)
}

// respond makes the change and sends the answer, or what the strike makes of
// them, and returns the status of the answer if it was sent whole.
func (st *Store) respond(w http.ResponseWriter, r *http.Request, h http.Handler, body []byte, s strike, struck bool) int {
	call, before := CallOf(r.Context()), struck && !s.After
	switch {
	case before && s.Kind == FaultDelay:
		if !st.wait(r.Context(), s.Delay) {
			cut(w)
			return 0
		}
	case struck && s.Kind == FaultLate:
		st.postpone(s.Delay, func(at time.Time) {
			call.late = at
			st.handle(h, r.WithContext(context.WithoutCancel(r.Context())), body, call)
		})
		cut(w)
		return 0
	case struck && s.Kind.carriesOut():
		call.fault = s.Fault
	case before:
		return s.replace(w, r, nil)
	}
	made := st.handle(h, r, body, call)
	st.diary.notify(call.entry, Changed)
	switch {
	case struck && s.Kind == FaultNoValue:
		made.rewrite(func(object map[string]any) {
			maps.DeleteFunc(object, func(_ string, field any) bool {
				text, _ := field.(string)
				return st.isValue(text)
			})
		})
	case struck && s.Kind == FaultFields:
		if key, found := st.Get(call.entry.Made); found {
			st.lay(s.Fields, key, made)
		}
	case struck && s.Kind.carriesOut():
	case struck && s.After && s.Kind == FaultDelay:
		if !st.wait(r.Context(), s.Delay) {
			cut(w)
			return 0
		}
	case struck && s.After:
		return s.replace(w, r, made)
	}
	made.send(w, len(made.body))
	return made.status
}

// handle authenticates the request and runs the service's handler.
func (st *Store) handle(h http.Handler, r *http.Request, body []byte, call Call) *answer {
	caller, err := st.authenticate(r, call.Operation)
	if call.Operation == opUnknown {
		err = NotFound(fmt.Sprintf("no route for %s %s", r.Method, r.URL.Path))
	}
	if err != nil {
		return record(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { st.Fail(w, r, err) }), r)
	}
	call.Caller = caller
	st.diary.amend(call.entry, func(e *Exchange) { e.By = caller.ID })
	r = r.WithContext(context.WithValue(r.Context(), callKey{}, call))
	r.Body = io.NopCloser(bytes.NewReader(body))
	made := record(h, r)
	if made.good() {
		st.echo(made)
		st.Quirks().apply(call.Operation, made)
	}
	return made
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

// credential is what a request is signed with, and the refusal of whoever that is, if
// it may be nobody who signs like that.
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
	credential = or(key, bearer)
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
		return Caller{ID: Admin, Scope: st.home}, nil
	case e == nil || !e.Live() || !e.Active || e.expired(st.now()):
		return Caller{}, Unauthorized("the credential is wrong, expired or revoked")
	default:
		st.touch(e)
		return Caller{ID: e.ID, Scope: e.Scope, Key: e.Record}, nil
	}
}

// Resolve returns the scope that a call works in when it asks for one: its
// caller's own for "", any for the administrator. Another scope than a key's
// own is a 403 [*Problem].
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

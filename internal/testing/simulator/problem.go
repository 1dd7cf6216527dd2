package simulator

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// Problem is a refusal. Handlers return it as an error, which [Store.Fail] writes.
type Problem struct {
	Status  int
	Code    string // machine-readable, such as "not_found"
	Message string
	Fields  []FieldProblem
	Header  map[string]string
}

// FieldProblem is one refused part of a request, such as "body.name".
type FieldProblem struct {
	// In is "body", "query", "path" or "header".
	In, Field, Message string
}

// Error implements error.
func (p *Problem) Error() string { return p.Message }

// Unauthorized refuses a credential that is missing, malformed or revoked.
func Unauthorized(message string) *Problem {
	return &Problem{Status: http.StatusUnauthorized, Code: "unauthorized", Message: message}
}

// Forbidden refuses a credential that may not do this.
func Forbidden(message string) *Problem {
	return &Problem{Status: http.StatusForbidden, Code: "forbidden", Message: message}
}

// NotFound refuses a key, or a route, that does not exist.
func NotFound(message string) *Problem {
	return &Problem{Status: http.StatusNotFound, Code: "not_found", Message: message}
}

// Conflict refuses a field of the body that collides with another key.
func Conflict(field, message string) *Problem {
	return &Problem{
		Status: http.StatusConflict, Code: "conflict", Message: message,
		Fields: []FieldProblem{{In: "body", Field: field, Message: message}},
	}
}

// Invalid refuses a part of the request: in is "body", "query", "path" or "header",
// field may be empty.
func Invalid(in, field, message string) *Problem {
	return &Problem{
		Status: http.StatusUnprocessableEntity, Code: "validation_error", Message: "request validation failed",
		Fields: []FieldProblem{{In: in, Field: field, Message: message}},
	}
}

// tooMany refuses a request over a limit; retryAfter "" is no header.
func tooMany(retryAfter string) *Problem {
	p := &Problem{Status: http.StatusTooManyRequests, Code: "rate_limited", Message: "too many requests"}
	if retryAfter != "" {
		p.Header = map[string]string{"Retry-After": retryAfter}
	}
	return p
}

// Shape is how an error body looks: what the services document, and what proxies send.
type Shape string

// The shapes of error bodies.
const (
	ShapeMessage  Shape = "message"  // {"error": code, "message"}
	ShapeDetail   Shape = "detail"   // {"detail"}
	ShapeFields   Shape = "fields"   // {"detail": [{"loc": ["body", "name"], "msg", "type"}]}, or ShapeDetail
	ShapeEnvelope Shape = "envelope" // {"error": {"code", "message", "details": [{"field", "message"}]}, "meta": {"request_id", "timestamp"}}
	ShapeBilling  Shape = "billing"  // {"code", "message", "resolution_url"}
	ShapeHTML     Shape = "html"     // a page
	ShapeEmpty    Shape = "empty"    // no body
)

// Fail answers with err in the service's shape, and with 500 if it is no [*Problem]. It
// is an error hook of generated strict servers.
func (st *Store) Fail(w http.ResponseWriter, r *http.Request, err error) {
	var p *Problem
	if !errors.As(err, &p) {
		p = &Problem{Status: http.StatusInternalServerError, Code: "internal_error", Message: err.Error()}
	}
	shape := cmp.Or(st.Quirks().Errors, st.protocol.ErrorsOf[p.Status], st.protocol.Errors)
	for name, value := range p.Header {
		w.Header().Set(name, value)
	}
	body, contentType := shape.render(p, CallOf(r.Context()))
	if contentType != "" {
		w.Header().Set("Content-Type", contentType)
	}
	w.WriteHeader(p.Status)
	_, _ = w.Write(body)
}

// BadRequest answers 422 and names the part of the request that the generated server
// could not bind. It is the hook for that.
func (st *Store) BadRequest(w http.ResponseWriter, r *http.Request, err error) {
	in, field := "body", ""
	// The error types are the generated packages' own; all say "Invalid format for
	// parameter limit: …".
	if _, rest, found := strings.Cut(err.Error(), "parameter "); found {
		name, _, _ := strings.Cut(rest, " ")
		in, field = "query", strings.Trim(name, `:,"`)
	}
	st.Fail(w, r, Invalid(in, field, err.Error()))
}

// htmlPage is what a proxy in front of a service says.
const htmlPage = "<!DOCTYPE html>\n<html><head><title>Service gateway</title></head>" +
	"<body><h1>Service gateway</h1><p>This is not the page you are looking for.</p></body></html>\n"

// render returns the body and its content type, both empty for [ShapeEmpty].
func (s Shape) render(p *Problem, call Call) ([]byte, string) {
	var body any
	switch s {
	case ShapeEmpty:
		return nil, ""
	case ShapeHTML:
		return []byte(htmlPage), "text/html; charset=utf-8"
	case ShapeMessage:
		body = map[string]any{"error": p.Code, "message": p.sentence()}
	case ShapeBilling:
		body = map[string]any{"code": p.Code, "message": p.sentence(), "resolution_url": "https://agent.pioneer.ai/credits"}
	case ShapeFields:
		body = map[string]any{"detail": p.located()}
	case ShapeEnvelope:
		e := map[string]any{"code": p.Code, "message": p.Message}
		if len(p.Fields) > 0 {
			details := make([]map[string]string, len(p.Fields))
			for i, f := range p.Fields {
				details[i] = map[string]string{"field": f.Field, "message": f.Message}
			}
			e["details"] = details
		}
		body = map[string]any{"error": e, "meta": map[string]any{"request_id": call.RequestID, "timestamp": Timestamp(call.At)}}
	default:
		body = map[string]any{"detail": p.sentence()}
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		panic("simulator: an error body that is no JSON: " + err.Error()) // maps of strings always are
	}
	return encoded, "application/json"
}

// sentence is the message with the fields in it, for shapes without a place for
// them.
func (p *Problem) sentence() string {
	parts := []string{p.Message}
	for _, f := range p.Fields {
		if f.Message != p.Message {
			parts = append(parts, strings.Trim(f.Field+": "+f.Message, ": "))
		}
	}
	return strings.Join(parts, "; ")
}

// located is the value of "detail": a list of places, or the message where no
// place is to blame.
func (p *Problem) located() any {
	if len(p.Fields) == 0 {
		return p.Message
	}
	list := make([]map[string]any, len(p.Fields))
	for i, f := range p.Fields {
		loc := []string{f.In}
		if f.Field != "" {
			loc = append(loc, f.Field)
		}
		list[i] = map[string]any{"loc": loc, "msg": f.Message, "type": "value_error"}
	}
	return list
}

package httpclient

import (
	"bytes"
	"cmp"
	"encoding/json"
	"html"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxMessage   = 500 // bytes
	maxFieldName = 100 // bytes
	maxCode      = 100 // bytes
	maxRequestID = 128 // bytes
	maxFields    = 20
	// maxTitle is how long a page's title may be and still be its message.
	maxTitle = 200
)

// Problem is what an error answer says. All texts are one line, valid UTF-8, at
// most 500 bytes, without control characters and redacted of secrets.
type Problem struct {
	Code    string // machine-readable, "" when the answer has none
	Message string // for people, "" when the answer has none
	Fields  []FieldProblem
	// ResolutionURL is the page on which the service says the cause can be resolved
	// (docs.pioneer.ai, Errors); "" unless it is an https URL.
	ResolutionURL string
	// RequestID is the id by which the service's operators find the request.
	RequestID string
	// RetryAfter is how long the service asks to wait; 0 when it does not.
	RetryAfter time.Duration
	// FromAPI: the body is a JSON object in one of the shapes in which the services
	// report errors. Anything else may come from something in between.
	FromAPI bool
	// HTML: the body is a page.
	HTML bool
	// SpendCap: a 429 that clears at 00:00 UTC and not before (docs.pioneer.ai:
	// X-RateLimit-Reason: daily_spend_cap_exceeded).
	SpendCap bool
}

// FieldProblem is one rejected field, by the service's own name: nested names are
// joined by dots, "body" by itself is all of the body.
type FieldProblem struct{ Field, Message string }

// spendCapReason is Pioneer's name for its daily cap (docs.pioneer.ai).
const spendCapReason = "daily_spend_cap_exceeded"

var pageTitle = pattern(`(?is)<title[^>]*>(.*?)</title`)

// Problem reads an error answer. It accepts every shape of error body that the
// services are known to send, and anything else without failing; what cannot be
// read stays empty. The credential of the request is redacted too.
func (a *Answer) Problem() Problem {
	r := reader{secrets: a.SignedWith()}
	body := bytes.TrimSpace(bytes.TrimPrefix(a.Body, bom))
	var value any
	switch {
	case len(body) == 0 || len(body) > bodyLimit:
	case json.Unmarshal(body, &value) == nil:
		r.read("message", value)
		_, object := value.(map[string]any)
		r.FromAPI = object && (r.Code != "" || r.Message != "" || len(r.Fields) > 0)
	case body[0] == '<' || strings.Contains(strings.ToLower(a.Header.Get("Content-Type")), "html"):
		r.HTML = true
		if m := pageTitle().FindSubmatch(body); len(m) == 2 && len(m[1]) <= maxTitle {
			r.Message = html.UnescapeString(string(m[1]))
		}
	default:
		r.Message = string(body)
	}

	p := r.Problem
	p.RetryAfter = retryAfter(a.Header)
	p.Message = sanitize(p.Message, maxMessage, r.secrets)
	p.Code = sanitize(p.Code, maxCode, r.secrets)
	p.ResolutionURL = resolutionURL(p.ResolutionURL, r.secrets)
	p.RequestID = cmp.Or(sanitize(p.RequestID, maxRequestID, r.secrets), a.RequestID())
	p.SpendCap = a.Status == http.StatusTooManyRequests &&
		(strings.EqualFold(strings.TrimSpace(a.Header.Get("X-RateLimit-Reason")), spendCapReason) || p.Code == spendCapReason)
	p.FromAPI = p.FromAPI || p.SpendCap && !p.HTML
	return p
}

// reader collects a Problem from decoded JSON. Whatever is found first stays.
type reader struct {
	Problem
	secrets []string
}

// members are the members of an object that are read, in this order.
var members = []string{
	"code", "error_code", "message", "msg", "error_description", "resolution_url", "request_id",
	"error", "detail", "details", "errors", "title", "meta",
}

// read reads the value of a member. Objects have the shapes
//
//	{"error": "code", "message": "…"}
//	{"detail": "…"}, {"detail": [{"loc", "msg"}]}, {"detail": {"code", "message"}}
//	{"error": {"code", "message", "details": [{"field", "message"}]}, "meta": {"request_id"}}
//	{"code", "message", "resolution_url"}
//
// or those of usual relatives.
func (r *reader) read(member string, value any) {
	switch v := value.(type) {
	case []any:
		r.list(v)
	case map[string]any:
		switch member {
		case "details", "errors":
			r.fieldMap(v)
		case "meta":
			setOnce(&r.RequestID, text(v["request_id"]))
		default:
			for _, name := range members {
				if said := text(v[name]); name == "error" && said != "" {
					r.error(said, text(v["detail"]) != "")
				} else {
					r.read(name, v[name])
				}
			}
		}
	default:
		switch said := text(v); member {
		case "code", "error_code":
			setOnce(&r.Code, scalar(v))
		case "resolution_url":
			setOnce(&r.ResolutionURL, said)
		case "request_id":
			setOnce(&r.RequestID, said)
		default:
			setOnce(&r.Message, said)
		}
	}
}

// error reads {"error": "…"}: with a message beside it, or without a space in it, it is a
// code.
func (r *reader) error(said string, hasDetail bool) {
	if r.Code == "" && (r.Message != "" || hasDetail || !strings.Contains(said, " ")) {
		r.Code = said
	} else {
		setOnce(&r.Message, said)
	}
}

// list reads a list of rejected fields, or of plain sentences.
func (r *reader) list(items []any) {
	var sentences []string
	for _, item := range items {
		o, _ := item.(map[string]any)
		message, field := text(item), location(o["loc"])
		for _, name := range []string{"message", "msg", "detail", "error", "type", "code"} {
			setOnce(&message, text(o[name]))
		}
		for _, name := range []string{"field", "path", "param", "name", "location"} {
			setOnce(&field, location(o[name]))
		}
		if field != "" {
			r.field(field, message)
		} else if message != "" && len(sentences) < maxFields {
			sentences = append(sentences, message)
		}
	}
	setOnce(&r.Message, strings.Join(sentences, "; "))
}

// fieldMap reads {"name": ["too long"]} and {"name": "too long"}.
func (r *reader) fieldMap(o map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		list, ok := o[name].([]any)
		if !ok && text(o[name]) != "" {
			list = []any{o[name]}
		}
		for _, item := range list {
			r.field(name, text(item))
		}
	}
}

func (r *reader) field(name, message string) {
	if name != "" && len(r.Fields) < maxFields {
		r.Fields = append(r.Fields, FieldProblem{
			Field: sanitize(name, maxFieldName, r.secrets), Message: sanitize(message, maxMessage, r.secrets),
		})
	}
}

// location joins the parts of a field's place. The part of the request that it
// begins with goes, unless only a position in the text follows: then all of
// that part is wrong.
func location(v any) string {
	list, ok := v.([]any)
	if !ok {
		return text(v)
	}
	var parts []string
	for _, item := range list {
		if s := scalar(item); s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) > 1 && slices.Contains([]string{"body", "query", "header", "path"}, parts[0]) {
		if _, err := strconv.Atoi(parts[1]); err == nil && len(parts) == 2 {
			return parts[0]
		}
		parts = parts[1:]
	}
	return strings.Join(parts, ".")
}

// resolutionURL is an https URL as it may be shown, "" for anything else. One that
// would have to be cut or redacted leads nowhere.
func resolutionURL(address string, secrets []string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	if shown := u.String(); sanitize(shown, maxMessage, secrets) == shown {
		return shown
	}
	return ""
}

func setOnce(to *string, s string) {
	if *to == "" {
		*to = s
	}
}

// text is v if it is a string, trimmed.
func text(v any) string {
	s, _ := v.(string)
	return strings.TrimSpace(s)
}

// scalar is v as text if it is a string or an integer.
func scalar(v any) string {
	if n, ok := v.(float64); ok && n == float64(int64(n)) {
		return strconv.FormatInt(int64(n), 10)
	}
	return text(v)
}

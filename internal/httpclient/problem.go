package httpclient

import (
	"bytes"
	"encoding/json"
	"html"
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
	r.RetryAfter = retryAfter(a.Header, time.Now())
	body := bytes.TrimSpace(bytes.TrimPrefix(a.Body, bom))

	var value any
	switch {
	case len(body) == 0 || len(body) > bodyLimit:
	case json.Unmarshal(body, &value) == nil:
		r.value(value)
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
	p.Message = sanitize(p.Message, maxMessage, r.secrets)
	p.Code = sanitize(p.Code, maxCode, r.secrets)
	p.ResolutionURL = resolutionURL(p.ResolutionURL, r.secrets)
	if p.RequestID = sanitize(p.RequestID, maxRequestID, r.secrets); p.RequestID == "" {
		p.RequestID = a.RequestID()
	}
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

func (r *reader) value(v any) {
	switch v := v.(type) {
	case string:
		setOnce(&r.Message, v)
	case map[string]any:
		r.object(v)
	case []any:
		r.fields(v)
	}
}

// object reads the shapes
//
//	{"error": "code", "message": "…"}
//	{"detail": "…"}, {"detail": [{"loc", "msg"}]}, {"detail": {"code", "message"}}
//	{"error": {"code", "message", "details": [{"field", "message"}]}, "meta": {"request_id"}}
//	{"code", "message", "resolution_url"}
//
// and the usual relatives of theirs.
func (r *reader) object(o map[string]any) {
	for _, name := range []string{"code", "error_code"} {
		setOnce(&r.Code, scalar(o[name]))
	}
	for _, name := range []string{"message", "msg", "error_description"} {
		setOnce(&r.Message, text(o[name]))
	}
	setOnce(&r.ResolutionURL, text(o["resolution_url"]))
	switch e := o["error"].(type) {
	case string:
		// With a message beside it, or without a space in it, it is a code.
		if (r.Message != "" || text(o["detail"]) != "" || !strings.Contains(e, " ")) && r.Code == "" {
			r.Code = e
		} else {
			setOnce(&r.Message, e)
		}
	case map[string]any, []any:
		r.value(e)
	}
	for _, name := range []string{"detail", "details", "errors", "title"} {
		switch d := o[name].(type) {
		case map[string]any:
			if name == "detail" {
				r.object(d)
			} else {
				r.fieldMap(d)
			}
		default:
			r.value(d)
		}
	}
	setOnce(&r.RequestID, text(o["request_id"]))
	if meta, ok := o["meta"].(map[string]any); ok {
		setOnce(&r.RequestID, text(meta["request_id"]))
	}
}

// fields reads a list of rejected fields, or of plain sentences.
func (r *reader) fields(list []any) {
	var sentences []string
	for _, item := range list {
		switch v := item.(type) {
		case string:
			sentences = append(sentences, v)
		case map[string]any:
			message := ""
			for _, name := range []string{"message", "msg", "detail", "error", "type", "code"} {
				setOnce(&message, text(v[name]))
			}
			field := location(v["loc"])
			for _, name := range []string{"field", "path", "param", "name", "location"} {
				setOnce(&field, location(v[name]))
			}
			if field == "" && message != "" {
				sentences = append(sentences, message)
				continue
			}
			r.field(field, message)
		}
		if len(sentences) >= maxFields {
			break
		}
	}
	setOnce(&r.Message, strings.Join(sentences, "; "))
}

// fieldMap reads {"name": ["too long"]} and {"name": "too long"}.
func (r *reader) fieldMap(o map[string]any) {
	names := make([]string, 0, len(o))
	for name := range o {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		switch v := o[name].(type) {
		case string:
			r.field(name, v)
		case []any:
			for _, item := range v {
				r.field(name, text(item))
			}
		}
	}
}

func (r *reader) field(name, message string) {
	if name == "" || len(r.Fields) >= maxFields {
		return
	}
	r.Fields = append(r.Fields, FieldProblem{
		Field: sanitize(name, maxFieldName, r.secrets), Message: sanitize(message, maxMessage, r.secrets),
	})
}

// location joins the parts of a field's place. The part of the request that it
// begins with goes, unless only a position in the text follows: then all of
// that part is wrong.
func location(v any) string {
	list, ok := v.([]any)
	if !ok {
		return text(v)
	}
	parts := make([]string, 0, len(list))
	for _, item := range list {
		if s := scalar(item); s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	switch parts[0] {
	case "body", "query", "header", "path":
		if len(parts) == 1 {
			return parts[0]
		}
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

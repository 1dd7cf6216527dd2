package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
)

// step is a part of the life of the key.
type step string

// The steps, in their order.
const (
	stepList    step = "list"
	stepCreate  step = "create"
	stepFind    step = "list with the new key"
	stepWhoami  step = "who is calling"
	stepRead    step = "read"
	stepUpdate  step = "update"
	stepRotate  step = "rotate"
	stepRevoke  step = "revoke"
	stepGone    step = "list without the key"
	stepRevoked step = "read the revoked key"
	stepUnknown step = "a key that does not exist"
	stepRefused step = "sign in with the revoked key"
	stepClean   step = "clean up"
)

// exchange is one request and its answer.
type exchange struct {
	step   step
	route  string
	status int
	format string // of the body
	body   any    // nil unless the format is JSON
	date   time.Time
	offset time.Duration // of the date from this machine's clock
}

// The formats of bodies.
const (
	formatJSON  = "JSON"
	formatNone  = "no body"
	formatOther = "a body that is not JSON"
)

// observed is everything that checks may use. The table shows only statuses, kinds of
// values and names of fields. It is safe for concurrent use.
type observed struct {
	now func() time.Time

	mu        sync.Mutex
	step      step
	exchanges []exchange
	texts     map[string]bool // every string in a body: not to be shown as a field's name

	minted driver.Minted // zero unless a create has succeeded
	listed *driver.Key   // its record in the listing after the create
	facts  map[step]verdict
}

func newObserved(now func() time.Time) *observed {
	return &observed{now: now, texts: map[string]bool{}, facts: map[step]verdict{}}
}

// begin names what the exchanges that follow are for.
func (o *observed) begin(s step) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.step = s
}

// maxBody bounds what is read of a body, in bytes; the adapter reads the rest.
const maxBody = 64 << 20

// wrap is for [httpclient.Config.Wrap].
func (o *observed) wrap(route string, next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		began := o.now()
		resp, err := next.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		read, _ := io.ReadAll(io.LimitReader(resp.Body, maxBody)) // an error comes again below
		o.keep(route, resp, read, began)
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(read), resp.Body), resp.Body}
		return resp, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func (o *observed) keep(route string, resp *http.Response, body []byte, began time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e := exchange{step: o.step, route: route, status: resp.StatusCode, format: formatOther}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		e.date, e.offset = date, date.Sub(began.Add(o.now().Sub(began)/2))
	}
	decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))))
	decoder.UseNumber()
	if len(bytes.TrimSpace(body)) == 0 {
		e.format = formatNone
	} else if decoder.Decode(&e.body) == nil {
		e.format = formatJSON
		o.noteTexts(e.body)
	}
	o.exchanges = append(o.exchanges, e)
}

func (o *observed) noteTexts(v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, inner := range v {
			o.noteTexts(inner)
		}
	case []any:
		for _, inner := range v {
			o.noteTexts(inner)
		}
	case string:
		o.texts[v] = true
	}
}

// of returns the exchanges of a step, of one route if that is not "", without those
// that the engine repeats after passing trouble.
func (o *observed) of(s step, route string) []exchange {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []exchange
	for _, e := range o.exchanges {
		if e.step == s && (route == "" || e.route == route) && e.status != http.StatusTooManyRequests && e.status < http.StatusInternalServerError {
			all = append(all, e)
		}
	}
	return all
}

// createdAt is the time in an answer to a create, which may have an envelope.
func createdAt(body any) time.Time {
	for _, path := range []string{"data.created_at", "created_at"} {
		for _, text := range valuesAt(body, path) {
			if at, err := services.ParseTime(fmt.Sprint(text)); err == nil {
				return at
			}
		}
	}
	return time.Time{}
}

// valuesAt returns the values at a path in JSON: names separated by dots, and "[]" for
// each row of an array. "" is the value itself.
func valuesAt(v any, path string) []any {
	found := []any{v}
	for name := range strings.SplitSeq(path, ".") {
		var next []any
		for _, one := range found {
			object, _ := one.(map[string]any)
			rows, _ := one.([]any)
			switch inner, there := object[name]; {
			case name == "":
				next = append(next, one)
			case name == "[]":
				next = append(next, rows...)
			case there:
				next = append(next, inner)
			}
		}
		found = next
	}
	return found
}

// The kinds of values.
const (
	kindNull   = "null"
	kindQuoted = `"null"`
	kindTime   = "time"
)

var uuid = regexp.MustCompile(`(?i)^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$`)

func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return kindNull
	case map[string]any:
		return "object"
	case []any:
		return "array"
	case bool:
		return fmt.Sprint(v)
	case json.Number:
		if _, err := v.Int64(); err == nil {
			return "integer"
		}
		return "number"
	case string:
		return kindOfText(v)
	}
	return "unknown"
}

func kindOfText(text string) string {
	if _, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return kindTime
	}
	switch {
	case text == "":
		return "empty string"
	case text == "null":
		return kindQuoted
	case uuid.MatchString(text):
		return "uuid"
	case strings.HasPrefix(text, "https://"), strings.HasPrefix(text, "http://"):
		return "url"
	}
	return "string"
}

// is reports whether a value is of a kind; every text is a string.
func is(v any, kind string) bool {
	_, text := v.(string)
	return kindOf(v) == kind || text && kind == "string"
}

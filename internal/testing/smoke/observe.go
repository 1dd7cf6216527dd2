package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
)

// exchange is what is kept of one request and its answer.
type exchange struct {
	step   step
	route  string
	status int
	format string    // of the body: JSON, none or something else
	body   *shape    // nil unless the format is JSON
	date   time.Time // of the Date header; zero if there is none
	offset time.Duration
	// created is the created_at in the answer to a create.
	created time.Time
}

// The formats of bodies.
const (
	formatJSON  = "JSON"
	formatNone  = "no body"
	formatOther = "a body that is not JSON"
)

// maxBody bounds what is looked at of a body, in bytes; the transport reads on.
const maxBody = 64 << 20

// observer sees every exchange and keeps the shapes of the answers. It is safe for
// concurrent use.
type observer struct {
	now func() time.Time

	mu        sync.Mutex
	step      step
	exchanges []exchange
	texts     *texts
}

func newObserver(now func() time.Time) *observer { return &observer{now: now, texts: newTexts()} }

// begin names what the exchanges that follow are for.
func (o *observer) begin(s step) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.step = s
}

// wrap is for [httpclient.Config.Wrap].
func (o *observer) wrap(route string, next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		began := o.now()
		resp, err := next.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		read, rest := io.ReadAll(io.LimitReader(resp.Body, maxBody))
		o.keep(route, resp, read, began)
		body := io.MultiReader(bytes.NewReader(read), failing{rest}, resp.Body)
		resp.Body = struct {
			io.Reader
			io.Closer
		}{body, resp.Body}
		return resp, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// failing passes on the error that ended a body, if there was one.
type failing struct{ err error }

// Read implements io.Reader.
func (f failing) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}

func (o *observer) keep(route string, resp *http.Response, body []byte, began time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e := exchange{step: o.step, route: route, status: resp.StatusCode, format: formatOther}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		ended := o.now()
		e.date, e.offset = date, date.Sub(began.Add(ended.Sub(began)/2))
	}
	decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))))
	decoder.UseNumber()
	var value any
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		e.format = formatNone
	case decoder.Decode(&value) == nil:
		e.format, e.body = formatJSON, o.texts.shapeOf(value)
		if o.step == stepCreate {
			e.created = createdAt(value)
		}
	}
	o.exchanges = append(o.exchanges, e)
}

// createdAt is the time in an answer to a create, which may have an envelope.
func createdAt(value any) time.Time {
	object, _ := value.(map[string]any)
	if inner, ok := object["data"].(map[string]any); ok {
		object = inner
	}
	at, err := services.ParseTime(fmt.Sprint(object["created_at"]))
	if err != nil {
		return time.Time{}
	}
	return at
}

// of returns the exchanges of a step, those of one route if that is not "". Answers
// that passing trouble explains, and that the engine has asked again after, are left out.
func (o *observer) of(s step, route string) []exchange {
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

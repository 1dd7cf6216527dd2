package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// altered lets a test change answers: edit gets the request, the answer and its JSON.
func altered(edit func(r *http.Request, w *httptest.ResponseRecorder, body any) any) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			recorded := httptest.NewRecorder()
			next.ServeHTTP(recorded, r)
			var body any
			_ = json.Unmarshal(recorded.Body.Bytes(), &body)
			body = edit(r, recorded, body)
			text := recorded.Body.Bytes()
			if body != nil {
				text, _ = json.Marshal(body)
			}
			for name, values := range recorded.Header() {
				if name != "Content-Length" {
					w.Header()[name] = values
				}
			}
			w.WriteHeader(recorded.Code)
			_, _ = w.Write(text)
		})
	}
}

// each calls edit for every object in a document.
func each(document any, edit func(map[string]any)) {
	switch d := document.(type) {
	case []any:
		for _, item := range d {
			each(item, edit)
		}
	case map[string]any:
		for _, item := range d {
			each(item, edit)
		}
		edit(d)
	}
}

func renamed(from, to string) func(http.Handler) http.Handler {
	return altered(func(_ *http.Request, _ *httptest.ResponseRecorder, body any) any {
		each(body, func(o map[string]any) {
			if value, ok := o[from]; ok {
				delete(o, from)
				o[to] = value
			}
		})
		return body
	})
}

func isCreate(r *http.Request) bool { return r.Method == http.MethodPost }

// Each way to differ is found, named in words that hold nothing of other keys, and
// costs no key.
func TestDiffers(t *testing.T) {
	t.Parallel()
	created202 := altered(func(r *http.Request, w *httptest.ResponseRecorder, body any) any {
		if isCreate(r) {
			w.Code = http.StatusAccepted
		}
		return body
	})
	late := altered(func(_ *http.Request, w *httptest.ResponseRecorder, body any) any {
		date, _ := http.ParseTime(w.Header().Get("Date"))
		w.Header().Set("Date", date.Add(time.Hour).Format(http.TimeFormat))
		return body
	})
	masked := func(field string) func(http.Handler) http.Handler {
		return altered(func(_ *http.Request, _ *httptest.ResponseRecorder, body any) any {
			each(body, func(o map[string]any) {
				if text, ok := o[field].(string); ok && (field != "key" || strings.Contains(text, "*")) {
					o[field] = "#########"
				}
			})
			return body
		})
	}
	for name, test := range map[string]struct {
		service string
		around  func(http.Handler) http.Handler
		quirks  simulator.Quirks
		wrong   []string // beginnings of the assumptions that differ, all of them
		seen    []string
	}{
		"expunct, the value renamed":  {"expunct", renamed("key", "token"), simulator.Quirks{}, []string{"The answer to a create is"}, []string{"no key", "other fields: token"}},
		"pioneer, the value renamed":  {"pioneer", renamed("key", "token"), simulator.Quirks{}, []string{"The answer to a create has"}, []string{"no key or secret_key", "other fields: token"}},
		"onepin, the value renamed":   {"onepin", renamed("api_key", "token"), simulator.Quirks{}, []string{"The answer to a create is"}, []string{"no api_key", "token"}},
		"expunct, no created_at":      {"expunct", renamed("created_at", "created"), simulator.Quirks{}, []string{"A listed key", "The answer to a create is"}, []string{"other fields: created"}},
		"onepin, no updated_at":       {"onepin", renamed("updated_at", "modified"), simulator.Quirks{}, []string{"A key object", "The answer to a create", "A read", "An update", "A rotate answers"}, []string{"modified"}},
		"expunct, 202":                {"expunct", created202, simulator.Quirks{}, []string{"A create answers"}, []string{"202 with JSON"}},
		"onepin, 202":                 {"onepin", created202, simulator.Quirks{}, []string{"A create answers"}, []string{"202 with JSON"}},
		"pioneer, 202":                {"pioneer", created202, simulator.Quirks{}, []string{"A create answers"}, []string{"202 with JSON"}},
		"expunct, no paging":          {"expunct", nil, simulator.Quirks{IgnorePaging: true}, []string{"A page has"}, []string{"a page of more than 100"}},
		"onepin, no paging":           {"onepin", nil, simulator.Quirks{IgnorePaging: true}, []string{"A page has"}, []string{"a page of more than 100"}},
		"expunct, another mask":       {"expunct", masked("prefix"), simulator.Quirks{}, []string{"A record's prefix"}, nil},
		"onepin, another mask":        {"onepin", masked("key_suffix"), simulator.Quirks{}, []string{"key_prefix and key_suffix"}, nil},
		"pioneer, another mask":       {"pioneer", masked("key"), simulator.Quirks{}, []string{"A record shows"}, nil},
		"expunct, another clock":      {"expunct", late, simulator.Quirks{}, []string{"created_at of a new key"}, []string{"1h0m0s"}},
		"onepin, another clock":       {"onepin", late, simulator.Quirks{}, []string{"created_at of a new key"}, []string{"1h0m0s"}},
		"pioneer, another clock":      {"pioneer", late, simulator.Quirks{}, []string{"created_at of a new key"}, []string{"1h0m0s"}},
		"expunct, errors":             {"expunct", nil, simulator.Quirks{Errors: simulator.ShapeEnvelope}, []string{"An error is"}, nil},
		"onepin, errors":              {"onepin", nil, simulator.Quirks{Errors: simulator.ShapeDetail}, []string{"An error is"}, nil},
		"pioneer, errors":             {"pioneer", nil, simulator.Quirks{Errors: simulator.ShapeEnvelope}, []string{"An error is"}, nil},
		"onepin, errors of a proxy":   {"onepin", nil, simulator.Quirks{Errors: simulator.ShapeHTML}, []string{"An error is"}, []string{"not JSON"}},
		"onepin, the word null":       {"onepin", nil, simulator.Quirks{NullStrings: true}, nil, nil},
		"expunct, times are numbers":  {"expunct", nil, simulator.Quirks{Times: simulator.TimesUnix}, []string{"A listed key", "The answer to a create"}, []string{"created_at is integer"}},
		"pioneer, another id":         {"pioneer", nil, simulator.Quirks{IDField: "id"}, nil, []string{"id, "}},
		"pioneer, by name":            {"pioneer", nil, simulator.Quirks{RevokeByName: true}, []string{"A revoke by key_id", "A key that does not"}, []string{"422 with JSON"}},
		"expunct, revoked with 204":   {"expunct", nil, simulator.Quirks{RevokeNoContent: true}, []string{"The answer to a revoke"}, []string{"no body"}},
		"onepin, names are shortened": {"onepin", nil, simulator.Quirks{Names: simulator.NamesCut}, []string{"A new key is in", "An update"}, []string{"another one"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTestRun(t, test.service, test.around)
			tr.store.Seed(120, func(int) string { return "somebody-elses" })
			tr.store.Quirk(test.quirks)
			want := exitDiffers
			if test.wrong == nil {
				want = exitHolds
			}
			var wrong []string
			for text, result := range tr.run(context.Background(), want) {
				if result == string(differs) {
					wrong = append(wrong, text)
				}
			}
			for _, text := range wrong {
				if !slices.ContainsFunc(test.wrong, func(begin string) bool { return strings.HasPrefix(text, begin) }) {
					t.Errorf("differs too: %s", text)
				}
			}
			if len(wrong) != len(test.wrong) {
				t.Errorf("%d differ: %q", len(wrong), wrong)
			}
			for _, words := range test.seen {
				if !strings.Contains(tr.out.String(), words) {
					t.Errorf("the table lacks %q", words)
				}
			}
			if t.Failed() {
				t.Log(tr.out.String(), tr.log.String())
			}
		})
	}
}

// A listing that has keys' names in place of fields' names shows none of them.
func TestTable_holdsNoNames(t *testing.T) {
	t.Parallel()
	byName := altered(func(r *http.Request, _ *httptest.ResponseRecorder, body any) any {
		list, ok := body.([]any)
		if !ok {
			return body
		}
		keys := map[string]any{"id": "x"}
		for _, item := range list {
			if o, ok := item.(map[string]any); ok {
				name, _ := o["name"].(string)
				keys[name] = o
			}
		}
		return keys
	})
	tr := newTestRun(t, "expunct", byName)
	for _, name := range []string{"production", "staging", "ci"} {
		tr.store.Mint(name)
	}
	tr.run(context.Background(), exitDiffers)
	if !strings.Contains(tr.out.String(), "object") {
		t.Errorf("%s", tr.out.String())
	}
}

// An API key that may not create keys is what Pioneer documents since 2026; the rest is
// not seen, and the exit status says that the life was not gone through.
func TestCreateRefused(t *testing.T) {
	t.Parallel()
	tr := newTestRun(t, "pioneer", nil)
	tr.store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: 1000})
	for text, result := range tr.run(context.Background(), exitFailed) {
		want := string(notSeen)
		if strings.Contains(text, "listing answers") || strings.Contains(text, "array keys") || strings.Contains(text, "one page") || strings.Contains(text, "403") || strings.HasPrefix(text, "An error") {
			want = string(holds)
		}
		if result != want {
			t.Errorf("%s: %s", result, text)
		}
	}
	if !bytes.Contains(tr.out.Bytes(), []byte("403 with JSON")) {
		t.Errorf("%s", tr.out.String())
	}
}

package custom

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/servicestest"
)

// connect decodes a declaration, with the server's address, and connects.
func connect(t testing.TB, s *servicestest.Server, declaration string) driver.Service {
	t.Helper()
	d, err := Decode([]byte(declaration))
	if err != nil {
		t.Fatal(err)
	}
	d.BaseURL = s.URL + d.BaseURL
	if d.Credential == "" {
		d.Credential = "admin-credential"
	}
	if problems := d.Check(); len(problems) > 0 {
		t.Fatalf("the declaration has problems: %v", problems)
	}
	svc, err := Connect(d, services.Config{HTTP: servicestest.Config(s.URL, nil).HTTP}, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

// Three services unlike each other.
const (
	bare = `{"name": "bare", "base_url": "/v1",
		"create": {"path": "/keys", "name": "/label", "id": "/id", "value": "/secret"},
		"list": {"path": "/keys", "name": "/label"},
		"revoke": {"path": "/keys/{id}"}}`
	wrapped = `{"name": "wrapped", "vars": {"project": "p/1"}, "headers": {"X-Api-Version": "2026-04"},
		"auth": {"header": "X-Admin-Key"},
		"create": {"path": "/projects/{project}/keys", "name": "/key/label", "body": "{\"key\": {\"kind\": \"live\"}}", "id": "/data/id", "value": "/data/secret", "created_at": "/data/created"},
		"list": {"path": "/projects/{project}/keys?limit=2", "items": "/data/rows", "id": "/key/id", "name": "/key/label", "created_at": "/key/created", "created_at_format": "unix_ms", "hint": "/key/masked",
			"page": {"style": "cursor", "param": "after", "next": "/data/next"}},
		"get": {"path": "/keys/{id}", "item": "/data"},
		"update": {"path": "/keys/{id}"},
		"revoke": {"path": "/keys/{id}"}}`
	form = `{"name": "form", "auth": {"basic": true, "user": "api"},
		"create": {"path": "/keys", "encoding": "form", "name": "/description", "id": "/key/id", "value": "/key/secret"},
		"list": {"path": "/keys", "items": "/items", "name": "/description", "created_at": "/created", "created_at_format": "unix"},
		"revoke": {"path": "/revoke", "method": "POST", "id": "/id", "success": [202]}}`
)

func TestCreate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		declaration, arguments, answer string
		want                           servicestest.Request
		id                             string
	}{
		"bare": {
			declaration: bare, answer: `{"id": 7, "label": "ci", "secret": "value-of-the-key"}`, id: "7",
			want: servicestest.Request{Path: "/v1/keys", Body: `{"label":"ci"}`, Header: http.Header{"Authorization": {"Bearer admin-credential"}, "Content-Type": {"application/json"}}},
		},
		"wrapped": {
			declaration: wrapped, answer: `{"data": {"id": 90071992547409931, "secret": "value-of-the-key", "created": 1770000000123}}`, id: "90071992547409931",
			arguments: `{"key": {"limits": {"per_minute": 10}}, "dry": false}`,
			want: servicestest.Request{
				Path: "/projects/p%2F1/keys", Body: `{"dry":false,"key":{"kind":"live","label":"ci","limits":{"per_minute":10}}}`,
				Header: http.Header{"X-Admin-Key": {"admin-credential"}, "X-Api-Version": {"2026-04"}},
			},
		},
		"form": {
			declaration: form, answer: `{"key": {"id": "k-1", "secret": "value-of-the-key"}}`, id: "k-1",
			arguments: `{"role": "admin", "domains": ["a", "b"], "days": 3}`,
			want: servicestest.Request{
				Path: "/keys", Body: "days=3&description=ci&domains=a&domains=b&role=admin",
				Header: http.Header{"Authorization": {"Basic YXBpOmFkbWluLWNyZWRlbnRpYWw="}, "Content-Type": {"application/x-www-form-urlencoded"}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := servicestest.Always(t, servicestest.Answer{Status: http.StatusCreated, Body: tc.answer})
			spec := driver.Spec{Name: "ci"}
			if tc.arguments != "" {
				spec.Attributes = driver.Attributes{Arguments: tc.arguments}
			}
			m, err := connect(t, s, tc.declaration).Create(context.Background(), spec)
			if err != nil {
				t.Fatal(err)
			}
			if m.ID != tc.id || m.Name != "ci" || m.Value.Reveal() != "value-of-the-key" || m.SentAt.IsZero() {
				t.Errorf("got %+v", m)
			}
			sent := s.Only(t)
			if sent.Method != http.MethodPost || sent.Path != tc.want.Path || sent.Body != tc.want.Body {
				t.Errorf("sent %s %s %s", sent.Method, sent.Path, sent.Body)
			}
			for name := range tc.want.Header {
				if sent.Header.Get(name) != tc.want.Header.Get(name) {
					t.Errorf("sent %s: %q, want %q", name, sent.Header.Get(name), tc.want.Header.Get(name))
				}
			}
		})
	}
}

func TestCreate_withoutValue(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"data": {"id": 1}}`:                       "create.value /data/secret is missing; /data is an object with id",
		`{"data": {"id": 1, "secret": {"v": "s"}}}`: "create.value /data/secret is an object with v",
		`[]`: "create.value /data/secret is missing; the answer is an array of 0",
		``:   "create.value /data/secret is missing",
	} {
		s := servicestest.Always(t, servicestest.OK(answer))
		_, err := connect(t, s, wrapped).Create(context.Background(), driver.Spec{Name: "ci"})
		e := servicestest.Failure(t, err)
		if e.Effect != driver.EffectUnknown || !strings.Contains(e.Message, want) {
			t.Errorf("%s: got effect %v, %q", answer, e.Effect, e.Message)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	t.Run("bare array without times", func(t *testing.T) {
		t.Parallel()
		s := servicestest.Always(t, servicestest.OK(`[{"id": 1, "label": "a"}, {"id": 2, "label": "b"}]`))
		keys := servicestest.ListAll(t, connect(t, s, bare), driver.StatusLive)
		if len(keys) != 2 || keys[0].ID != "1" || keys[1].Name != "b" || !keys[0].CreatedAt.IsZero() {
			t.Errorf("got %+v", keys)
		}
		if sent := s.Only(t); sent.Path != "/v1/keys" || sent.Body != "" || len(sent.Query) != 0 {
			t.Errorf("sent %+v", sent)
		}
	})
	t.Run("cursor", func(t *testing.T) {
		t.Parallel()
		s := servicestest.Serve(t, func(r servicestest.Request) servicestest.Answer {
			switch r.Query.Get("after") {
			case "":
				return servicestest.OK(`{"data": {"rows": [{"key": {"id": 1, "label": "a", "created": 1770000000123, "masked": "sk-ab…cdef"}}], "next": "c+2"}}`)
			case "c+2":
				return servicestest.OK(`{"data": {"rows": [{"key": {"id": 2, "label": "b", "created": "soon"}}], "next": null}}`)
			}
			return servicestest.Answer{Status: http.StatusBadRequest}
		})
		keys := servicestest.ListAll(t, connect(t, s, wrapped), driver.StatusLive)
		if len(keys) != 2 || keys[0].CreatedAt.UnixMilli() != 1770000000123 || keys[0].Hint != (driver.Hint{Prefix: "sk-ab", Suffix: "cdef"}) {
			t.Fatalf("got %+v", keys)
		}
		if fmt.Sprint(keys[1].Unreadable) != "[created_at]" {
			t.Errorf("a time in another format counts as %v", keys[1].Unreadable)
		}
		if first := s.Requests()[0]; first.Query.Get("limit") != "2" {
			t.Errorf("the path's own query was not sent: %v", first.Query)
		}
	})
	t.Run("wrong shapes", func(t *testing.T) {
		t.Parallel()
		for answer, want := range map[string]string{
			`{"data": {"keys": []}}`:                     "list.items /data/rows is missing; /data is an object with keys",
			`{"data": {"rows": [{"key": {"name": 1}}]}}`: "key 1 of a page of the listing: it has no id: /key/id is missing; /key is an object with name",
			`{"data": {"rows": "none"}}`:                 "list.items /data/rows is a string",
			`<html>`:                                     "web page",
		} {
			s := servicestest.Always(t, servicestest.OK(answer))
			_, err := connect(t, s, wrapped).List(context.Background(), driver.Query{})
			if e := servicestest.Failure(t, err); !strings.Contains(e.Message, want) {
				t.Errorf("%s: got %q", answer, e.Message)
			}
		}
	})
}

// TestList_paging follows each style through a service with five keys and two on a page.
func TestList_paging(t *testing.T) {
	t.Parallel()
	for style, tc := range map[string]struct {
		page  string
		start func(param string) int // the first row of a page
		asked string
	}{
		"after_last_id": {page: `{"style": "after_last_id", "param": "p", "more": "/more"}`, start: atoi, asked: "- 2 4"},
		"offset":        {page: `{"style": "offset", "param": "p"}`, start: atoi, asked: "- 1 2 3 4"},
		"page":          {page: `{"style": "page", "param": "p"}`, start: func(p string) int { return 2 * max(0, atoi(p)-1) }, asked: "- 2 3"},
		"page from 0":   {page: `{"style": "page", "param": "p", "first": 0}`, start: func(p string) int { return 2 * atoi(p) }, asked: "0 1 2"},
	} {
		t.Run(style, func(t *testing.T) {
			t.Parallel()
			s := servicestest.Serve(t, func(r servicestest.Request) servicestest.Answer {
				var rows []string
				first := tc.start(r.Query.Get("p"))
				for id := first + 1; id <= min(first+2, 5); id++ {
					rows = append(rows, fmt.Sprintf(`{"id": %d, "name": "k"}`, id))
				}
				return servicestest.OK(fmt.Sprintf(`{"rows": [%s], "more": %v}`, strings.Join(rows, ","), first+2 < 5))
			})
			svc := connect(t, s, `{"name": "paged", "create": {"path": "/k", "value": "/key"}, "revoke": {"path": "/k/{id}"},
				"list": {"path": "/k", "items": "/rows", "page": `+tc.page+`}}`)
			keys := servicestest.ListAll(t, svc, driver.StatusLive)
			var asked []string
			for _, r := range s.Requests() {
				if p := r.Query.Get("p"); p != "" {
					asked = append(asked, p)
				} else {
					asked = append(asked, "-")
				}
			}
			if len(keys) != 5 || strings.Join(asked, " ") != tc.asked {
				t.Errorf("got %d keys from pages %v, want 5 from %s", len(keys), asked, tc.asked)
			}
		})
	}
}

// TestList_moved: if the last row of a page is not on the next page, rows have moved, and
// one of them may be on no page.
func TestList_moved(t *testing.T) {
	t.Parallel()
	s := servicestest.Serve(t, func(r servicestest.Request) servicestest.Answer {
		if r.Query.Get("p") == "" {
			return servicestest.OK(`[{"id": 1}, {"id": 2}]`)
		}
		return servicestest.OK(`[{"id": 4}]`) // 1 and 2 are gone, so 3 has moved to the first page
	})
	svc := connect(t, s, `{"name": "moved", "create": {"path": "/k", "value": "/key"}, "revoke": {"path": "/k/{id}"},
		"list": {"path": "/k", "page": {"style": "offset", "param": "p"}}}`)
	first, err := svc.List(context.Background(), driver.Query{})
	if err != nil || first.Next == "" {
		t.Fatalf("got %+v, %v", first, err)
	}
	_, err = svc.List(context.Background(), driver.Query{Cursor: first.Next})
	if e := servicestest.Failure(t, err); e.Code != driver.CodeListingShifted {
		t.Errorf("got %v", err)
	}
}

// TestRevoke_confirmation: an answer with 200 confirms only with what the declaration
// points to.
func TestRevoke_confirmation(t *testing.T) {
	t.Parallel()
	declaration := `{"name": "confirming", "create": {"path": "/k", "value": "/key"}, "list": {"path": "/k", "created_at_format": "unix"},
		"revoke": {"path": "/k/{id}", "confirm": "/deleted"}}`
	for answer, done := range map[string]bool{
		`{"deleted": true}`: true, `{"deleted": "k-1"}`: true, `{"deleted": 1770000000}`: true,
		`{"deleted": false}`: false, `{"deleted": 0}`: false, `{"deleted": null}`: false, `{"deleted": "k-2"}`: false, `{"ok": true}`: false, ``: false,
	} {
		s := servicestest.Always(t, servicestest.OK(answer))
		if err := connect(t, s, declaration).Revoke(context.Background(), "k-1"); (err == nil) != done {
			t.Errorf("%s: got %v", answer, err)
		}
	}
}

func atoi(text string) (n int) {
	_, _ = fmt.Sscan(text, &n)
	return n
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		declaration, id, method, path, body string
		status                              int
		done                                bool
	}{
		{bare, "k/1", http.MethodDelete, "/v1/keys/k%2F1", "", http.StatusNoContent, true},
		{form, "k-1", http.MethodPost, "/revoke", `{"id":"k-1"}`, http.StatusAccepted, true},
		{form, "k-1", http.MethodPost, "/revoke", `{"id":"k-1"}`, http.StatusOK, false},
	} {
		s := servicestest.Always(t, servicestest.Answer{Status: tc.status})
		err := connect(t, s, tc.declaration).Revoke(context.Background(), tc.id)
		if (err == nil) != tc.done {
			t.Errorf("%d: got %v", tc.status, err)
		}
		if sent := s.Only(t); sent.Method != tc.method || sent.Path != tc.path || sent.Body != tc.body {
			t.Errorf("sent %s %s %s", sent.Method, sent.Path, sent.Body)
		}
	}
	s := servicestest.Always(t, servicestest.OK(""))
	for _, id := range []string{"", ".", ".."} {
		if err := connect(t, s, bare).Revoke(context.Background(), id); err == nil {
			t.Errorf("id %q was accepted", id)
		}
	}
	if sent := s.Requests(); len(sent) > 0 {
		t.Errorf("sent %+v", sent)
	}
}

func TestAbilities(t *testing.T) {
	t.Parallel()
	s := servicestest.Always(t, servicestest.OK("[]"))
	for declaration, want := range map[string][2]bool{
		bare: {false, false}, wrapped: {true, true},
		strings.Replace(bare, `"revoke"`, `"get": {"path": "/k/{id}"}, "revoke"`, 1):    {true, false},
		strings.Replace(bare, `"revoke"`, `"update": {"path": "/k/{id}"}, "revoke"`, 1): {false, true},
	} {
		svc := connect(t, s, declaration)
		_, gets := svc.(driver.Getter)
		_, updates := svc.(driver.Updater)
		if got := [2]bool{gets, updates}; got != want {
			t.Errorf("%s: gets and updates %v, want %v", declaration, got, want)
		}
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	for answer, found := range map[string]bool{
		`{"data": {"key": {"id": "k-1", "label": "ci"}}}`:   true,
		`{"data": {"key": {"id": "other", "label": "ci"}}}`: false,
		`{"key": {"id": "k-1"}}`:                            false,
	} {
		s := servicestest.Always(t, servicestest.OK(answer))
		getter, ok := connect(t, s, wrapped).(driver.Getter)
		if !ok {
			t.Fatal("it cannot read one key")
		}
		k, err := getter.Get(context.Background(), "k-1")
		if (err == nil) != found || found && (k.ID != "k-1" || k.Name != "ci") {
			t.Errorf("%s: got %+v, %v", answer, k, err)
		}
		if sent := s.Only(t); sent.Path != "/keys/k-1" {
			t.Errorf("sent %s", sent.Path)
		}
	}
}

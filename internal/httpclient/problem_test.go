package httpclient

import (
	"context"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func answer(status int, header ...string) *Answer {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &Answer{Status: status, Header: h}
}

// problemOf reads an answer with this body.
func problemOf(a *Answer, body []byte) Problem {
	b := *a
	b.Body = body
	return b.Problem()
}

func TestProblem(t *testing.T) {
	name := FieldProblem{"name", "too long"}
	tests := map[string]struct {
		resp *Answer
		body string
		want Problem
	}{
		"code and message":        {body: `{"error":"unauthorized","message":"API key revoked"}`, want: Problem{Code: "unauthorized", Message: "API key revoked"}},
		"detail":                  {body: `{"detail":"Not found"}`, want: Problem{Message: "Not found"}},
		"error beside detail":     {body: `{"error":"Payment Required","detail":"Out of credits"}`, want: Problem{Code: "Payment Required", Message: "Out of credits"}},
		"error is a code":         {body: `{"error":"not_found"}`, want: Problem{Code: "not_found"}},
		"error is a sentence":     {body: `{"error":"key not found"}`, want: Problem{Message: "key not found"}},
		"detail list":             {body: `{"detail":[{"loc":["body","name"],"msg":"too long","type":"string_too_long"}]}`, want: Problem{Fields: []FieldProblem{name}}},
		"detail list, nested":     {body: `{"detail":[{"loc":["body","scopes",0],"msg":"unknown"},{"loc":["query","limit"],"msg":"too big"}]}`, want: Problem{Fields: []FieldProblem{{"scopes.0", "unknown"}, {"limit", "too big"}}}},
		"detail list, whole body": {body: `{"detail":[{"loc":["body"],"msg":"field required"},{"loc":["body",12],"msg":"JSON decode error"}]}`, want: Problem{Fields: []FieldProblem{{"body", "field required"}, {"body", "JSON decode error"}}}},
		"field called body":       {body: `{"detail":[{"loc":["body","body"],"msg":"x"},{"loc":["name"],"msg":"y"}]}`, want: Problem{Fields: []FieldProblem{{"body", "x"}, {"name", "y"}}}},
		"detail object":           {body: `{"detail":{"code":"conflict","message":"in use"}}`, want: Problem{Code: "conflict", Message: "in use"}},
		"detail sentences":        {body: `{"detail":["a","b"]}`, want: Problem{Message: "a; b"}},
		"envelope":                {body: `{"error":{"code":"VALIDATION","message":"Invalid","details":[{"field":"name","message":"too long"}]},"meta":{"request_id":"7e57"}}`, want: Problem{Code: "VALIDATION", Message: "Invalid", Fields: []FieldProblem{name}, RequestID: "7e57"}},
		"envelope, loc":           {body: `{"error":{"code":422,"message":"Invalid","details":[{"loc":["body","name"],"msg":"too long"}]}}`, want: Problem{Code: "422", Message: "Invalid", Fields: []FieldProblem{name}}},
		"envelope, details map":   {body: `{"error":{"message":"Invalid","details":{"name":["too long"],"age":"odd","x":3}}}`, want: Problem{Message: "Invalid", Fields: []FieldProblem{{"age", "odd"}, name}}},
		"errors list":             {body: `{"message":"Invalid","errors":[{"field":"name","message":"too long"}]}`, want: Problem{Message: "Invalid", Fields: []FieldProblem{name}}},
		"errors map":              {body: `{"errors":{"name":["too long"]}}`, want: Problem{Fields: []FieldProblem{name}}},
		"problem document":        {body: `{"type":"about:blank","title":"Forbidden","status":403,"detail":"scope missing"}`, want: Problem{Message: "scope missing"}},
		"problem, title only":     {body: `{"type":"about:blank","title":"Forbidden"}`, want: Problem{Message: "Forbidden"}},
		"bare list":               {body: `[{"loc":["body","name"],"msg":"too long"}]`, want: Problem{Fields: []FieldProblem{name}}},
		"bare string":             {body: `"nope"`, want: Problem{Message: "nope"}},
		"plain text":              {body: "upstream\r\n  timed\x00 out", want: Problem{Message: "upstream timed out"}},
		"empty":                   {body: "", want: Problem{}},
		"blank, called HTML":      {resp: answer(404, "Content-Type", "text/html"), body: " \n", want: Problem{}},
		"null":                    {body: "null", want: Problem{}},
		"number":                  {body: "42", want: Problem{}},
		"wrong types":             {body: `{"error":7,"message":{"a":1},"detail":[3,null,[1],{"loc":5,"msg":[]},{"loc":[{}],"msg":"x"}],"meta":[],"code":1.5,"errors":true}`, want: Problem{Message: "x"}},
		"wrong types, envelope":   {body: `{"error":{"code":[],"message":null,"details":"see docs"},"meta":{"request_id":9}}`, want: Problem{Message: "see docs"}},
		"half JSON":               {body: `{"error":`, want: Problem{Message: `{"error":`}},
		"HTML":                    {body: "\n<!DOCTYPE html><html><head><TITLE class=a>\n502 Bad &amp; Gateway </TITLE></head></html>", want: Problem{HTML: true, Message: "502 Bad & Gateway"}},
		"HTML, long title":        {body: "<title>" + strings.Repeat("a", 300) + "</title>", want: Problem{HTML: true}},
		"HTML, no title":          {body: "<h1>oops</h1>", want: Problem{HTML: true}},
		"HTML by its type":        {resp: answer(502, "Content-Type", "Text/HTML; charset=utf-8"), body: "oops", want: Problem{HTML: true}},
		"JSON called HTML":        {resp: answer(404, "Content-Type", "text/html"), body: `{"detail":"Not found"}`, want: Problem{Message: "Not found"}},
		"byte order mark":         {body: "\xef\xbb\xbf" + `{"detail":"Not found"}`, want: Problem{Message: "Not found"}},
		"request id header":       {resp: answer(500, "X-Request-Id", " 7e57\t"), want: Problem{RequestID: "7e57"}},
		"request id, body first":  {resp: answer(500, "X-Request-Id", "proxy"), body: `{"request_id":"7e57"}`, want: Problem{RequestID: "7e57"}},
		"retry after":             {resp: answer(429, "Retry-After", "7"), body: `{"detail":"slow down"}`, want: Problem{Message: "slow down", RetryAfter: 7 * time.Second}},
		"spend cap":               {resp: answer(429, "X-RateLimit-Reason", "daily_spend_cap_exceeded"), want: Problem{SpendCap: true}},
		"other reason":            {resp: answer(429, "X-RateLimit-Reason", "requests"), want: Problem{}},
		"spend cap, no 429":       {resp: answer(403, "X-RateLimit-Reason", "daily_spend_cap_exceeded"), want: Problem{}},
		"billing":                 {body: `{"code":"out_of_credits","message":"Add credits.","resolution_url":"https://agent.pioneer.ai/credits"}`, want: Problem{Code: "out_of_credits", Message: "Add credits.", ResolutionURL: "https://agent.pioneer.ai/credits"}},
		"resolution, escaped":     {body: `{"message":"x","resolution_url":"https://a.example/\u202eb c"}`, want: Problem{Message: "x", ResolutionURL: "https://a.example/%E2%80%AEb%20c"}},
		"resolution, plain http":  {body: `{"message":"x","resolution_url":"http://a.example/"}`, want: Problem{Message: "x"}},
		"resolution, a script":    {body: `{"message":"x","resolution_url":"javascript:alert(1)"}`, want: Problem{Message: "x"}},
		"resolution, with user":   {body: `{"message":"x","resolution_url":"https://a:b@c.example/"}`, want: Problem{Message: "x"}},
		"resolution, a secret":    {body: `{"message":"x","resolution_url":"https://a.example/?k=pio_sk_0123456789"}`, want: Problem{Message: "x"}},
		"resolution, too long":    {body: `{"message":"x","resolution_url":"https://a.example/` + strings.Repeat("a", 500) + `"}`, want: Problem{Message: "x"}},
		"resolution, no text":     {body: `{"message":"x","resolution_url":7}`, want: Problem{Message: "x"}},
		"resolution alone":        {body: `{"resolution_url":"https://a.example/"}`, want: Problem{ResolutionURL: "https://a.example/"}},
		"invalid UTF-8":           {body: "a\xffb", want: Problem{Message: "a\uFFFDb"}},
		"terminal control":        {body: `{"detail":"a\u001b[31mb\u202ec"}`, want: Problem{Message: "a[31mbc"}},
	}
	for title, tt := range tests {
		t.Run(title, func(t *testing.T) {
			if tt.resp == nil {
				tt.resp = answer(400)
			}
			got := problemOf(tt.resp, []byte(tt.body))
			got.FromAPI = false // see TestProblemsFromTheAPI
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

// Only an object that says something where the services say it is the API's answer.
func TestProblemsFromTheAPI(t *testing.T) {
	for body, want := range map[string]bool{
		`{"error":"unauthorized","message":"API key revoked"}`:            true,
		`{"detail":"Not found"}`:                                          true,
		`{"detail":[{"loc":["body","name"],"msg":"too long"}]}`:           true,
		`{"error":{"code":"c","message":"m"},"meta":{"request_id":"7e"}}`: true,
		`{"message":"m"}`:                         true,
		`{"code":"credit_ceiling_reached"}`:       true,
		`{"errors":{"name":["too long"]}}`:        true,
		"\xef\xbb\xbf" + `{"detail":"Not found"}`: true,
		``: false, `null`: false, `{}`: false, `[]`: false, `42`: false, `"Not found"`: false, `["Not found"]`: false,
		`{"status":404}`: false, `{"detail":""}`: false, `{"error":null,"message":[]}`: false, `{"meta":{"request_id":"7e"}}`: false,
		`404 page not found`: false, `<html><title>Not found</title></html>`: false, `{"detail":"Not fou`: false,
	} {
		if got := problemOf(answer(404, "Content-Type", "application/json"), []byte(body)).FromAPI; got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
	capped := answer(429, "X-RateLimit-Reason", spendCapReason)
	if !problemOf(capped, nil).FromAPI || problemOf(capped, []byte("<html>")).FromAPI {
		t.Error("the header of the spend cap is the service's, but not on a page")
	}
}

func TestProblemsAreCut(t *testing.T) {
	long := strings.Repeat("é", 400)
	p := problemOf(answer(422), []byte(`{"message":"`+long+`","detail":[`+strings.Repeat(`{"loc":["`+long+`"],"msg":"`+long+`"},`, 50)+`{}]}`))
	checkProblem(t, p)
	if len(p.Fields) != maxFields || len(p.Message) < maxMessage-5 || !strings.HasSuffix(p.Message, "é…") {
		t.Errorf("%d fields, message of %d bytes ending %q", len(p.Fields), len(p.Message), p.Message[len(p.Message)-6:])
	}
	// A list of sentences ends where a list of fields does, and a title that is no title is none.
	p = problemOf(answer(422), []byte(`{"errors":[`+strings.Repeat(`"no",`, 2*maxFields)+`"no"]}`))
	if n := strings.Count(p.Message, "no"); n != maxFields {
		t.Errorf("%d sentences, want %d", n, maxFields)
	}
	for n, want := range map[int]int{bodyLimit: maxMessage, bodyLimit + 1: 0} {
		if p = problemOf(answer(500), []byte(strings.Repeat("a", n))); len(p.Message) != want {
			t.Errorf("of %d bytes the message has %d, want %d", n, len(p.Message), want)
		}
	}
	for n, want := range map[int]int{maxTitle: maxTitle, maxTitle + 1: 0} {
		if p = problemOf(answer(503), []byte("<title>"+strings.Repeat("t", n)+"</title>")); !p.HTML || len(p.Message) != want {
			t.Errorf("a title of %d bytes: %q", n, p.Message)
		}
	}
	// Neither what fits nor the end of what does not is lost.
	for text, want := range map[string]string{"abcdef": "abcdef", "abcdefg": "abc…", "abéefg": "ab…", "éééé": "é…"} {
		if got := sanitize(text, 6, nil); got != want {
			t.Errorf("%q in 6 bytes is %q, want %q", text, got, want)
		}
	}
	if got := sanitize("éé", 3, nil); got != "…" {
		t.Errorf("in 3 bytes: %q", got)
	}
	// A secret on the edge of the cut goes as a whole.
	p = problemOf(answer(422), []byte(strings.Repeat("a", maxMessage-14)+" "+testKey))
	if strings.Contains(p.Message, "pio_") {
		t.Errorf("half a secret is left: %q", p.Message[maxMessage-30:])
	}
}

// What the request was signed with does not come back in the server's words,
// whatever it looks like.
func TestProblemsHideTheRequestsCredential(t *testing.T) {
	const credential = "opaque.unlike.any.known.key"
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		w.Header().Set("X-Request-Id", token)
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"error":{"code":"`+token+`","message":"key <`+token+`> is for others","details":[{"field":"`+token+`","message":"`+token+`"}]}}`)
	})
	c, _ := newTestClient(t, srv.URL, func(cfg *Config) {
		testSigner(cfg).authorize = func(_ context.Context, h http.Header) error {
			h.Set("Authorization", "Bearer "+credential)
			return nil
		}
	})
	resp, err := send(t.Context(), c, http.MethodGet, "/", "", Call{})
	wantStatus(t, resp, err, 403)
	got := resp.Problem()
	want := Problem{FromAPI: true, Code: Redacted, Message: "key <" + Redacted + "> is for others", Fields: []FieldProblem{{Redacted, Redacted}}, RequestID: Redacted}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"key pio_sk_abc123 is bad":                "key (redacted) is bad",
		"xpk_live_f8a3b2c1,pk_test_d2e":           "(redacted),(redacted)",
		"4acme_live_f8a3b2c1 of another service":  "4(redacted) of another service",
		"PIO_SK_ABC and op_live_0123456789abcdef": "(redacted) and (redacted)",
		"Bearer abc.def-ghi":                      "Bearer (redacted)",
		`{"Authorization": "Bearer s3cr3t"}`:      `{"Authorization": "Bearer (redacted)"}`,
		"bearer token is missing":                 "bearer token is missing",
		"Bearer authentication required.":         "Bearer authentication required.",
		"X-API-Key: s3cr3t":                       "X-API-Key: (redacted)",
		`{"X-API-Key":"s3cr3t"}`:                  `{"X-API-Key":"(redacted)"}`,
		"X-API-Key: missing":                      "X-API-Key: missing",
		"jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.c2ln!": "jwt (redacted)!",
		"jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIi":       "jwt (redacted)",
		"mine is open-sesame-2":                   "mine is (redacted)",
		"open-sesame":                             "(redacted)",
		"Bearer (redacted)":                       "Bearer (redacted)",
		"nothing to hide":                         "nothing to hide",
		"no token in hiding":                      "no token in (redacted)", // six letters are a secret, five are a word
		"":                                        "",
	} {
		if got := Redact(in, "open-sesame", "", "open-sesame-2", "to", "hiding", "token"); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestCheckCredential(t *testing.T) {
	for _, good := range []string{"a", testKey, "op_live_" + strings.Repeat("a", 32), "!~#$%&'*+-.^_`|=/:"} {
		if err := CheckCredential(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for bad, want := range map[string]string{
		"": "empty", "hunter2 ": "space", " hunter2": "space", "hun\tter2": "space", "hunter2\n": "line break", "hunter2\r\n": "line break",
		"hunter2\x00": "control", "hunter2\x7f": "control", "hunter2é": "ASCII", "hunter2\u00a0": "space", "hunter2\u200b": "ASCII", "hunter2\xff": "ASCII",
	} {
		err := CheckCredential(bad)
		if bad == "hun\tter2" && err != nil && !strings.Contains(err.Error(), "character 4 of 8") {
			t.Errorf("%q: %v; want to know where", bad, err)
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hun") {
			t.Errorf("%q: %v; want an error that says %q and not the value", bad, err, want)
		}
	}
}

// checkProblem asserts what holds of every Problem.
func checkProblem(t *testing.T, p Problem) {
	t.Helper()
	texts := []string{p.Code, p.Message, p.RequestID}
	for _, f := range p.Fields {
		if f.Field == "" {
			t.Error("a field without a name")
		}
		texts = append(texts, f.Field, f.Message)
	}
	for _, s := range texts {
		if len(s) > maxMessage || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
			t.Errorf("unfit text %q", s)
		}
		if credentialWords().MatchString(s) {
			t.Errorf("not redacted: %q", s)
		}
	}
	if len(p.Fields) > maxFields || p.RetryAfter < 0 {
		t.Errorf("%d fields, retry after %v", len(p.Fields), p.RetryAfter)
	}
}

func FuzzProblem(f *testing.F) {
	for _, body := range []string{
		``, `null`, `[]`, `"x"`, `{"error":"code","message":"m"}`, `{"detail":"d"}`,
		`{"detail":[{"loc":["body","name"],"msg":"m","type":"t"}]}`,
		`{"error":{"code":"c","message":"m","details":[{"field":"f","message":"m"}]},"meta":{"request_id":"r"}}`,
		`<html><title>502</title></html>`, `{"detail":"Bearer abcdefg pio_sk_123 eyJhbGci.abc.def"}`, "a\xff\x00b",
	} {
		f.Add(429, "5", "application/json", []byte(body))
	}
	f.Add(502, "-1", "text/html", []byte("oops"))
	f.Fuzz(func(t *testing.T, status int, after, kind string, body []byte) {
		checkProblem(t, problemOf(answer(status, "Retry-After", after, "Content-Type", kind, "X-Request-Id", string(body)), body))
	})
}

package services_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/servicestest"
)

var info = definition.Info{Name: "try", Title: "Try", Console: "try.example"}

var (
	tryIt   = services.Call{Operation: services.Operation{Does: "try it", OK: []int{200, 201}}}
	offline = services.NewClient(services.API{Key: definition.Service{Info: info}})
)

// decode reads a checked answer's JSON.
func decode(a *httpclient.Answer, err error) (thing, error) {
	var v thing
	answer, err := offline.Check(tryIt, a, err)
	if err == nil {
		err = answer.Decode(&v)
	}
	return v, err
}

type thing struct {
	ID    string `json:"id"`
	Count int    `json:"count"`
}

var sentAt = time.Date(2026, 2, 13, 10, 0, 0, 0, time.UTC)

func response(status int, contentType, body string) *httpclient.Answer {
	return &httpclient.Answer{
		Status: status, SentAt: sentAt, Body: []byte(body),
		Header: http.Header{"Content-Type": {contentType}, "X-Request-Id": {"req-1"}},
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	const js, page = "application/json", "text/html"
	for name, c := range map[string]struct {
		status  int
		content string
		body    string
		kind    driver.Kind
		effect  driver.Effect
	}{
		"401":                {401, js, `{"error":"unauthorized","message":"no such key"}`, driver.KindUnauthorized, driver.EffectNone},
		"402":                {402, js, `{"detail":"out of credits"}`, driver.KindPayment, driver.EffectNone},
		"402 billing":        {402, js, `{"code":"out_of_credits","message":"no","resolution_url":"https://agent.pioneer.ai/credits"}`, driver.KindPayment, driver.EffectNone},
		"403 ceiling":        {403, js, `{"code":"credit_ceiling_reached","message":"no"}`, driver.KindPayment, driver.EffectNone},
		"403 card":           {403, js, `{"code":"card_required","message":"no"}`, driver.KindPayment, driver.EffectNone},
		"403 credential":     {403, js, `{"code":"invalid_credentials","message":"your discard pile"}`, driver.KindForbidden, driver.EffectNone},
		"413":                {413, js, `{"detail":"too large"}`, driver.KindInvalid, driver.EffectNone},
		"425":                {425, js, `{"detail":"warming up"}`, driver.KindNotYet, driver.EffectNone},
		"451":                {451, js, `{"detail":"not here"}`, driver.KindLegal, driver.EffectNone},
		"403":                {403, js, `{"detail":"no"}`, driver.KindForbidden, driver.EffectNone},
		"404":                {404, js, `{"detail":"not found"}`, driver.KindNotFound, driver.EffectNone},
		"409":                {409, js, `{"detail":"exists"}`, driver.KindConflict, driver.EffectNone},
		"400":                {400, js, `{"detail":"no"}`, driver.KindInvalid, driver.EffectNone},
		"422":                {422, js, `{"detail":[{"loc":["body","name"],"msg":"too long","type":"x"}]}`, driver.KindInvalid, driver.EffectNone},
		"429":                {429, js, `{"detail":"slow down"}`, driver.KindRateLimit, driver.EffectNone},
		"500":                {500, js, `{"detail":"oops"}`, driver.KindServer, driver.EffectUnknown},
		"502 page":           {502, page, "<html>Bad Gateway</html>", driver.KindServer, driver.EffectUnknown},
		"202":                {202, js, `{"id":"a"}`, driver.KindServer, driver.EffectUnknown},
		"200 page":           {200, page, "<html><title>Sign in</title></html>", driver.KindNotJSON, driver.EffectUnknown},
		"200 empty":          {200, js, "  ", driver.KindMalformed, driver.EffectUnknown},
		"200 cut":            {200, js, `{"id":"a"`, driver.KindNotJSON, driver.EffectUnknown},
		"200 garbage":        {200, js, "\x00\xff", driver.KindNotJSON, driver.EffectUnknown},
		"200 of other shape": {200, js, `{"id":"a","count":"many"}`, driver.KindMalformed, driver.EffectUnknown},
		"200 list":           {200, js, `["a"]`, driver.KindMalformed, driver.EffectUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := decode(response(c.status, c.content, c.body), nil)
			e := servicestest.Failure(t, err)
			if e.Kind != c.kind || e.Effect != c.effect || e.Status != c.status || e.RequestID != "req-1" || !e.SentAt.Equal(sentAt) ||
				e.Service != "Try" || e.Operation != "try it" || e.Message == "" && len(e.Fields) == 0 {
				t.Errorf("got %#v", e)
			}
		})
	}
	for _, status := range []int{200, 201} {
		got, err := decode(response(status, js, "\xef\xbb\xbf"+`{"id":"a","count":2,"more":[1]}`), nil)
		if err != nil || got != (thing{"a", 2}) {
			t.Errorf("%d: got %+v, %v", status, got, err)
		}
	}
}

// A 4xx in the API's own form is a refusal, whatever its number; without one it
// proves nothing, and a 404 not even that there is no key.
func TestDecode_refusals(t *testing.T) {
	t.Parallel()
	const js = `{"error":"code","message":"no"}`
	for status, kinds := range map[int]struct{ api, text, page driver.Kind }{
		400: {driver.KindInvalid, driver.KindInvalid, driver.KindNotJSON},
		401: {driver.KindUnauthorized, driver.KindUnauthorized, driver.KindUnauthorized},
		402: {driver.KindPayment, driver.KindPayment, driver.KindNotJSON},
		403: {driver.KindForbidden, driver.KindForbidden, driver.KindForbidden},
		404: {driver.KindNotFound, driver.KindNotJSON, driver.KindNotJSON},
		405: {driver.KindUnsupported, driver.KindNotJSON, driver.KindNotJSON},
		406: {driver.KindUnsupported, driver.KindNotJSON, driver.KindNotJSON},
		407: {driver.KindRejected, driver.KindNotJSON, driver.KindNotJSON},
		409: {driver.KindConflict, driver.KindConflict, driver.KindNotJSON},
		410: {driver.KindUnsupported, driver.KindNotJSON, driver.KindNotJSON},
		412: {driver.KindRejected, driver.KindNotJSON, driver.KindNotJSON},
		413: {driver.KindInvalid, driver.KindInvalid, driver.KindNotJSON},
		415: {driver.KindUnsupported, driver.KindNotJSON, driver.KindNotJSON},
		418: {driver.KindRejected, driver.KindNotJSON, driver.KindNotJSON},
		422: {driver.KindInvalid, driver.KindInvalid, driver.KindNotJSON},
		423: {driver.KindNotYet, driver.KindNotJSON, driver.KindNotJSON},
		425: {driver.KindNotYet, driver.KindNotJSON, driver.KindNotJSON},
		426: {driver.KindUnsupported, driver.KindNotJSON, driver.KindNotJSON},
		429: {driver.KindRateLimit, driver.KindRateLimit, driver.KindNotJSON},
		431: {driver.KindInvalid, driver.KindInvalid, driver.KindNotJSON},
		451: {driver.KindLegal, driver.KindNotJSON, driver.KindNotJSON},
		498: {driver.KindRejected, driver.KindNotJSON, driver.KindNotJSON},
		// These two say that somebody has stopped waiting.
		408: {driver.KindServer, driver.KindServer, driver.KindServer},
		499: {driver.KindServer, driver.KindServer, driver.KindServer},
	} {
		for body, want := range map[string]driver.Kind{
			js: kinds.api, "": kinds.text, "nothing here": kinds.text, "{}": kinds.text, `"no"`: kinds.text,
			"<html><title>nothing here</title></html>": kinds.page,
		} {
			_, err := decode(response(status, "text/plain", body), nil)
			effect := driver.EffectUnknown
			if body == js && status != 408 && status != 499 {
				effect = driver.EffectNone
			}
			if e := servicestest.Failure(t, err); e.Kind != want || e.Effect != effect || body == js && (e.Message != "no" || e.Code != "code") {
				t.Errorf("%d %q: %#v, want %s", status, body, e, want)
			}
		}
	}
}

func TestDecode_quotesTheService(t *testing.T) {
	t.Parallel()
	resp := response(422, "application/json",
		`{"error":{"code":"validation_error","message":"wrong input","details":[{"field":"name","message":"too long"}]},"meta":{"request_id":"7e57"}}`)
	resp.Header.Set("Retry-After", "7")
	_, err := decode(resp, nil)
	e := servicestest.Failure(t, err)
	if e.Code != "validation_error" || e.Message != "wrong input" || e.RequestID != "7e57" || e.RetryAfter != 7*time.Second ||
		len(e.Fields) != 1 || e.Fields[0] != (driver.FieldError{Field: "name", Message: "too long"}) {
		t.Errorf("got %#v", e)
	}

	resp = response(402, "application/json", `{"code":"out_of_credits","message":"Add credits.","resolution_url":"https://agent.pioneer.ai/credits"}`)
	_, err = decode(resp, nil)
	if e := servicestest.Failure(t, err); !strings.Contains(e.Error(), "402 payment: Add credits (see https://agent.pioneer.ai/credits)") {
		t.Errorf("got %v", e)
	}

	resp = response(429, "application/json", ``)
	resp.Header.Set("X-RateLimit-Reason", "daily_spend_cap_exceeded")
	if _, err = decode(resp, nil); servicestest.Failure(t, err).Kind != driver.KindSpendCap {
		t.Errorf("got %v, want the spend cap", err)
	}
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	gone := tryIt
	gone.OK = []int{200, 204}
	client := services.NewClient(services.API{Key: definition.Service{Info: info}, Revoked: func(a *services.Answer, row *services.Object) bool {
		return a.Status == 204 || strings.Contains(row.Text("detail"), "revoked")
	}})
	for name, c := range map[string]struct {
		resp *httpclient.Answer
		kind driver.Kind // "" for success
	}{
		"204":        {response(204, "", ""), ""},
		"200 JSON":   {response(200, "application/json", `{"detail":"API key revoked"}`), ""},
		"200 empty":  {response(200, "", ""), driver.KindMalformed},
		"200 other":  {response(200, "application/json", `{"detail":"maintenance"}`), driver.KindMalformed},
		"200 page":   {response(200, "text/html", "<html>Sign in</html>"), driver.KindNotJSON},
		"200 noise":  {response(200, "text/plain", "welcome"), driver.KindNotJSON},
		"201":        {response(201, "application/json", "{}"), driver.KindServer},
		"404":        {response(404, "application/json", `{"detail":"no"}`), driver.KindNotFound},
		"bad answer": {response(500, "application/json", "{}"), driver.KindServer},
	} {
		answer, err := client.Check(gone, c.resp, nil)
		if err == nil {
			err = client.Confirm(answer)
		}
		if c.kind == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if e := servicestest.Failure(t, err); e.Kind != c.kind || name == "200 other" && !strings.Contains(e.Message, "maintenance") {
			t.Errorf("%s: got %v, want %s", name, e, c.kind)
		}
	}
}

// Every kind of transport error has a kind of its own, and only proof that nothing
// was carried out counts as no effect.
func TestDecode_transportErrors(t *testing.T) {
	t.Parallel()
	for transportKind, kind := range map[httpclient.ErrorKind]driver.Kind{
		httpclient.KindTimeout: driver.KindTimeout, httpclient.KindDNS: driver.KindDNS,
		httpclient.KindTLS: driver.KindTLS, httpclient.KindHandshake: driver.KindHandshake,
		httpclient.KindConnection: driver.KindConnection,
		httpclient.KindCanceled:   driver.KindCanceled, httpclient.KindRedirect: driver.KindRedirect,
		httpclient.KindTooLarge: driver.KindTooLarge, httpclient.KindCredential: driver.KindCredential, httpclient.KindRateLimit: driver.KindRateLimit,
	} {
		for sent, effect := range map[bool]driver.Effect{true: driver.EffectUnknown, false: driver.EffectNone} {
			_, err := decode(nil, &httpclient.TransportError{Kind: transportKind, Ambiguous: sent, SentAt: sentAt, Err: io.ErrUnexpectedEOF})
			if e := servicestest.Failure(t, err); e.Kind != kind || e.Effect != effect || e.Message == "" || !e.SentAt.Equal(sentAt) {
				t.Errorf("%s, sent %v: got %#v", transportKind, sent, e)
			}
		}
	}
	_, err := decode(nil, io.ErrUnexpectedEOF)
	if e := servicestest.Failure(t, err); e.Effect != driver.EffectUnknown {
		t.Errorf("an error of unknown origin proves nothing, got %#v", e)
	}
}

// An id that is a path would be another call.
func TestSend_oddIDs(t *testing.T) {
	t.Parallel()
	call := tryIt
	call.NeedsID = true
	for _, id := range []string{"", ".", ".."} {
		_, err := offline.Send(t.Context(), call, services.Request{ID: id})
		if e := servicestest.Failure(t, err); e.Effect != driver.EffectNone || e.Kind != driver.KindInvalid {
			t.Errorf("%q: got %#v", id, e)
		}
	}
}

func TestConfig_Credential(t *testing.T) {
	t.Parallel()
	setting := services.Setting{Name: "api_key", Env: []string{"TRY_KEY", "TRY_TOKEN"}}
	c := services.Config{Settings: map[string]string{}, Source: map[string]string{}}
	_, err := c.Credential(info, setting)
	e := servicestest.Failure(t, err)
	for _, want := range []string{"try.api_key", "TRY_KEY", "TRY_TOKEN", "try.example"} {
		if e.Kind != driver.KindCredential || !strings.Contains(e.Message, want) {
			t.Errorf("got %v, want it to name %s", e, want)
		}
	}
	for source, want := range map[string]string{services.FromAttribute: "attribute try.api_key", "TRY_KEY": "variable TRY_KEY"} {
		c.Settings["api_key"], c.Source["api_key"] = "hush hush", source
		_, err = c.Credential(info, setting)
		e = servicestest.Failure(t, err)
		if !strings.Contains(e.Message, want) || strings.Contains(e.Error(), "hush") {
			t.Errorf("got %v, want it to name the %s and not the value", e, want)
		}
	}
	c.Settings["api_key"] = "secret-value"
	key, err := c.Credential(info, setting)
	if err != nil || key.Reveal() != "secret-value" {
		t.Fatalf("got %v, %v", key, err)
	}
}

func TestClient(t *testing.T) {
	t.Parallel()
	s := servicestest.Always(t, servicestest.OK(`{"id":"a"}`))
	setting := services.Setting{Name: "api_key"}
	explained := services.API{
		Key:     definition.Service{Info: info, Scope: "space"},
		Explain: func(a *services.Answer, e *driver.Error) { e.Advice = fmt.Sprint(a.Status, a.ID) },
	}
	config := servicestest.Config(s.URL+"/prefix", map[string]string{"api_key": "secret-value", "space": "s1"})
	client, err := config.ConnectWithKey(explained, setting, "X-API-Key")
	if err != nil {
		t.Fatal(err)
	}
	var scope *string
	call := tryIt
	call.Build = func(r services.Request) (*http.Request, error) {
		scope = r.Scope
		return http.NewRequest(http.MethodGet, r.BaseURL+"things", nil)
	}
	began := time.Now()
	answer, err := client.Send(t.Context(), call, services.Request{})
	if err != nil || string(answer.Body) != `{"id":"a"}` || answer.SentAt.Before(began) || answer.SentAt.After(time.Now()) {
		t.Errorf("got %+v, %v", answer, err)
	}
	if got := s.Only(t); got.Path != "/prefix/things" || got.Header.Get("X-API-Key") != "secret-value" || client.Credential().Reveal() != "secret-value" {
		t.Errorf("sent %+v", got)
	}
	if d := time.Since(client.Now()).Abs(); d > 5*time.Second {
		t.Errorf("the clock is %v off", d)
	}
	for in, want := range map[string]string{"": "s1", "s2": "s2"} {
		if _, err := client.In(in).Send(t.Context(), call, services.Request{}); err != nil || *scope != want {
			t.Errorf("the scope of requests in %q is %s, %v", in, *scope, err)
		}
	}
	call.OK = []int{204}
	_, err = client.Send(t.Context(), call, services.Request{ID: "k"})
	if e := servicestest.Failure(t, err); e.Advice != "" {
		t.Errorf("an answer that proves nothing is explained: %#v", e)
	}
	_, err = client.Check(call, response(422, "application/json", `{"detail":"no"}`), nil)
	if e := servicestest.Failure(t, err); e.Advice != "422" {
		t.Errorf("got %#v", e)
	}
	call.Build = func(services.Request) (*http.Request, error) { return nil, errors.New("no such path") }
	_, err = client.Send(t.Context(), call, services.Request{})
	if e := servicestest.Failure(t, err); e.Effect != driver.EffectNone || !strings.Contains(e.Message, "no such path") {
		t.Errorf("got %#v", e)
	}
}

func TestConfig_Connect_refusesAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "http://api.example.com", "https://user:pw-1234@example.com", "https://example.com?x=1"} {
		c := servicestest.Config(address, map[string]string{"api_key": "k"})
		_, err := c.ConnectWithKey(services.API{Key: definition.Service{Info: info}}, services.Setting{Name: "api_key"}, "X")
		e := servicestest.Failure(t, err)
		if e.Kind != driver.KindInvalid || len(e.Fields) != 1 || e.Fields[0].Field != "base_url" ||
			!strings.Contains(e.Error(), "try.base_url") || strings.Contains(e.Error(), "pw-1234") {
			t.Errorf("%s: got %#v", address, e)
		}
	}
}

var coded = definition.Service{Info: info, Scope: "space", Attributes: []definition.Attribute{
	{Name: "text", Mode: definition.InPlace},
	{Name: "n", Kind: definition.Int64, Mode: definition.InPlace},
	{Name: "on", Kind: definition.Bool, Mode: definition.InPlace},
	{Name: "list", Kind: definition.StringSet, Mode: definition.InPlace},
	{Name: "kind", Mode: definition.Replace},
	{Name: "works", Kind: definition.Bool, Mode: definition.InPlace, Default: true},
	{Name: "space", Mode: definition.Replace},
	{Name: "shown"},
}}

// Attributes are sent as they are declared; others are rejected.
func TestBody(t *testing.T) {
	t.Parallel()
	client := services.NewClient(services.API{Key: coded})
	create, update := services.Call{Operation: services.Create}, services.Call{Operation: services.Update}
	for _, tc := range []struct {
		call   services.Call
		values driver.Attributes
		want   string // of the body, or of the error
	}{
		{create, nil, `{"name":"n"}`},
		{create, driver.Attributes{"text": "a", "n": int64(7), "on": false, "list": []string{"b", "a"}, "kind": "x"}, `{"kind":"x","list":["a","b"],"n":7,"name":"n","on":false,"text":"a"}`},
		{update, driver.Attributes{"text": nil, "n": nil, "list": []string(nil)}, `{"list":[],"n":null,"name":"n","text":null}`},
		{update, driver.Attributes{"works": false}, `{"name":"n","works":false}`},
		{create, driver.Attributes{"works": true}, "works cannot be set by this call"},
		{create, driver.Attributes{"text": 1}, "text cannot be set to 1"},
		{create, driver.Attributes{"n": "7"}, "n cannot be set to 7"},
		{create, driver.Attributes{"on": "true"}, "on cannot be set to true"},
		{create, driver.Attributes{"on": nil}, "on cannot be set to <nil>"},
		{create, driver.Attributes{"list": "a"}, "list cannot be set to a"},
		{create, driver.Attributes{"list": nil}, "list cannot be set to <nil>"},
		{create, driver.Attributes{"kind": nil}, "kind cannot be set to <nil>"},
		{update, driver.Attributes{"kind": "x"}, "kind cannot be set by this call"},
		{create, driver.Attributes{"space": "s"}, "space cannot be set by this call"},
		{create, driver.Attributes{"shown": "s"}, "shown cannot be set by this call"},
		{create, driver.Attributes{"other": "s"}, "other cannot be set by this call"},
	} {
		body, err := services.Body(client, tc.call, map[string]any{"name": "n"}, tc.values)
		if err != nil {
			if e := servicestest.Failure(t, err); e.Message != tc.want || e.Effect != driver.EffectNone {
				t.Errorf("%v: got %#v", tc.values, e)
			}
			continue
		}
		if got, err := io.ReadAll(body); err != nil || string(got) != tc.want {
			t.Errorf("%v: got %s, want %s", tc.values, got, tc.want)
		}
	}
}

// The engine and the transport wait equally long.
func TestMaxRetryAfter(t *testing.T) {
	t.Parallel()
	if driver.MaxRetryAfter != httpclient.MaxRetryAfter {
		t.Errorf("the engine waits %s, the transport %s", driver.MaxRetryAfter, httpclient.MaxRetryAfter)
	}
}

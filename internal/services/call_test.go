package services_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/servicestest"
)

var tryIt = services.Call{Site: services.Site{Name: "try", Title: "Try"}, Operation: "try it"}

type thing struct {
	ID    string `json:"id"`
	Count int    `json:"count"`
}

func response(status int, contentType, body string) *http.Response {
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {contentType}, "X-Request-Id": {"req-1"}},
		Body:       io.NopCloser(strings.NewReader(body)),
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	const js, page = "application/json", "text/html"
	for name, c := range map[string]struct {
		status  int
		content string
		body    string
		kind    keyring.Kind
		effect  keyring.Effect
	}{
		"401":                 {401, js, `{"error":"unauthorized","message":"no such key"}`, keyring.KindUnauthorized, keyring.EffectNone},
		"402":                 {402, js, `{"detail":"out of credits"}`, keyring.KindPayment, keyring.EffectNone},
		"403 empty":           {403, js, ``, keyring.KindForbidden, keyring.EffectNone},
		"404":                 {404, js, `{"detail":"not found"}`, keyring.KindNotFound, keyring.EffectNone},
		"404 empty":           {404, js, ``, keyring.KindNotFound, keyring.EffectNone},
		"404 of a proxy":      {404, "text/plain", "404 page not found", keyring.KindNotJSON, keyring.EffectNone},
		"404 page":            {404, page, "<html><title>Not Found</title></html>", keyring.KindNotJSON, keyring.EffectUnknown},
		"409":                 {409, js, `{"detail":"exists"}`, keyring.KindConflict, keyring.EffectNone},
		"400":                 {400, js, `{}`, keyring.KindInvalid, keyring.EffectNone},
		"422":                 {422, js, `{"detail":[{"loc":["body","name"],"msg":"too long","type":"x"}]}`, keyring.KindInvalid, keyring.EffectNone},
		"429":                 {429, js, `{}`, keyring.KindRateLimit, keyring.EffectNone},
		"500":                 {500, js, `{"detail":"oops"}`, keyring.KindServer, keyring.EffectUnknown},
		"502 page":            {502, page, "<html>Bad Gateway</html>", keyring.KindServer, keyring.EffectUnknown},
		"status nobody knows": {418, js, `{}`, keyring.KindServer, keyring.EffectUnknown},
		"202":                 {202, js, `{"id":"a"}`, keyring.KindServer, keyring.EffectUnknown},
		"200 page":            {200, page, "<html><title>Sign in</title></html>", keyring.KindNotJSON, keyring.EffectUnknown},
		"200 empty":           {200, js, "  ", keyring.KindMalformed, keyring.EffectUnknown},
		"200 cut":             {200, js, `{"id":"a"`, keyring.KindNotJSON, keyring.EffectUnknown},
		"200 garbage":         {200, js, "\x00\xff", keyring.KindNotJSON, keyring.EffectUnknown},
		"200 of other shape":  {200, js, `{"id":"a","count":"many"}`, keyring.KindMalformed, keyring.EffectUnknown},
		"200 list":            {200, js, `["a"]`, keyring.KindMalformed, keyring.EffectUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := services.Decode[thing](tryIt, response(c.status, c.content, c.body), nil)
			e := servicestest.Failure(t, err)
			if e.Kind != c.kind || e.Effect != c.effect || e.Status != c.status || e.RequestID != "req-1" ||
				e.Service != "Try" || e.Operation != "try it" || e.Message == "" && len(e.Fields) == 0 {
				t.Errorf("got %#v", e)
			}
		})
	}
	for _, status := range []int{200, 201} {
		got, err := services.Decode[thing](tryIt, response(status, js, "\xef\xbb\xbf"+`{"id":"a","count":2,"more":[1]}`), nil)
		if err != nil || got != (thing{"a", 2}) {
			t.Errorf("%d: got %+v, %v", status, got, err)
		}
	}
}

func TestDecode_tellsWhatTheServiceSaid(t *testing.T) {
	t.Parallel()
	resp := response(422, "application/json",
		`{"error":{"code":"validation_error","message":"wrong input","details":[{"field":"name","message":"too long"}]},"meta":{"request_id":"7e57"}}`)
	resp.Header.Set("Retry-After", "7")
	_, err := services.Decode[thing](tryIt, resp, nil)
	e := servicestest.Failure(t, err)
	if e.Code != "validation_error" || e.Message != "wrong input" || e.RequestID != "7e57" || e.RetryAfter != 7*time.Second ||
		len(e.Fields) != 1 || e.Fields[0] != (keyring.FieldError{Field: "name", Message: "too long"}) {
		t.Errorf("got %#v", e)
	}

	resp = response(429, "application/json", `{}`)
	resp.Header.Set("X-RateLimit-Reason", "daily_spend_cap_exceeded")
	if _, err = services.Decode[thing](tryIt, resp, nil); servicestest.Failure(t, err).Kind != keyring.KindSpendCap {
		t.Errorf("got %v, want the spend cap", err)
	}
}

func TestDone(t *testing.T) {
	t.Parallel()
	gone := tryIt
	gone.OK = []int{200, 204}
	for name, c := range map[string]struct {
		resp *http.Response
		kind keyring.Kind // "" for success
	}{
		"204":        {response(204, "", ""), ""},
		"200 JSON":   {response(200, "application/json", `{"detail":"API key revoked"}`), ""},
		"200 empty":  {response(200, "", ""), ""},
		"200 other":  {response(200, "application/json", `{"detail":"maintenance"}`), keyring.KindMalformed},
		"200 page":   {response(200, "text/html", "<html>Sign in</html>"), keyring.KindNotJSON},
		"200 noise":  {response(200, "text/plain", "welcome"), keyring.KindNotJSON},
		"201":        {response(201, "application/json", "{}"), keyring.KindServer},
		"404":        {response(404, "application/json", "{}"), keyring.KindNotFound},
		"bad answer": {response(500, "application/json", "{}"), keyring.KindServer},
	} {
		err := services.Done(gone, c.resp, nil, func(body []byte) bool { return bytes.Contains(body, []byte("revoked")) })
		if c.kind == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if e := servicestest.Failure(t, err); e.Kind != c.kind {
			t.Errorf("%s: got %v, want %s", name, e, c.kind)
		}
	}
}

// Every fault of the transport has a kind of its own, and only proof that nothing
// was carried out counts as no effect.
func TestDecode_faults(t *testing.T) {
	t.Parallel()
	for fault, kind := range map[httpclient.Fault]keyring.Kind{
		httpclient.FaultTimeout: keyring.KindTimeout, httpclient.FaultDNS: keyring.KindDNS,
		httpclient.FaultTLS: keyring.KindTLS, httpclient.FaultConnection: keyring.KindConnection,
		httpclient.FaultCanceled: keyring.KindCanceled, httpclient.FaultRedirect: keyring.KindRedirect,
		httpclient.FaultTooLarge: keyring.KindTooLarge, httpclient.FaultCredential: keyring.KindCredential, httpclient.FaultRateLimit: keyring.KindRateLimit,
	} {
		for sent, effect := range map[bool]keyring.Effect{true: keyring.EffectUnknown, false: keyring.EffectNone} {
			_, err := services.Decode[thing](tryIt, nil, &httpclient.TransportError{Fault: fault, Sent: sent, Err: io.ErrUnexpectedEOF})
			if e := servicestest.Failure(t, err); e.Kind != kind || e.Effect != effect || e.Message == "" {
				t.Errorf("%s, sent %v: got %#v", fault, sent, e)
			}
		}
	}
	_, err := services.Decode[thing](tryIt, nil, io.ErrUnexpectedEOF)
	if e := servicestest.Failure(t, err); e.Effect != keyring.EffectUnknown {
		t.Errorf("an error of unknown origin proves nothing, got %#v", e)
	}
}

func TestCall_CheckID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", ".", ".."} {
		if e := servicestest.Failure(t, tryIt.CheckID(id)); e.Effect != keyring.EffectNone {
			t.Errorf("%q: got %#v", id, e)
		}
	}
	if err := tryIt.CheckID("key_1"); err != nil {
		t.Error(err)
	}
}

func TestConfig_Credential(t *testing.T) {
	t.Parallel()
	site := services.Site{Name: "try", Title: "Try", Console: "try.example"}
	setting := services.Setting{Name: "api_key", Env: []string{"TRY_KEY", "TRY_TOKEN"}}
	c := services.Config{Settings: map[string]string{}, Source: map[string]string{}}
	_, err := c.Credential(site, setting)
	e := servicestest.Failure(t, err)
	for _, want := range []string{"try.api_key", "TRY_KEY", "TRY_TOKEN", "try.example"} {
		if e.Kind != keyring.KindCredential || !strings.Contains(e.Message, want) {
			t.Errorf("got %v, want it to name %s", e, want)
		}
	}
	for source, want := range map[string]string{services.FromAttribute: "attribute try.api_key", "TRY_KEY": "variable TRY_KEY"} {
		c.Settings["api_key"], c.Source["api_key"] = "hush hush", source
		_, err = c.Credential(site, setting)
		e = servicestest.Failure(t, err)
		if !strings.Contains(e.Message, want) || strings.Contains(e.Error(), "hush") {
			t.Errorf("got %v, want it to name the %s and not the value", e, want)
		}
	}
	c.Settings["api_key"] = "secret-value"
	key, err := c.Credential(site, setting)
	if err != nil || key.Reveal() != "secret-value" {
		t.Fatalf("got %v, %v", key, err)
	}
}

func TestConfig_Link(t *testing.T) {
	t.Parallel()
	s := servicestest.Always(t, servicestest.OK(`{"id":"a"}`))
	site := services.Site{Name: "try", Title: "Try"}
	link, err := servicestest.Config(s.URL, map[string]string{"api_key": "secret-value"}).Link(site, services.Setting{Name: "api_key"}, "X-API-Key")
	if err != nil {
		t.Fatal(err)
	}
	req, _ := http.NewRequestWithContext(tryIt.In(context.Background()), http.MethodGet, link.Address+"/things", nil)
	resp, err := link.HTTP.Do(req)
	if got, err := services.Decode[thing](tryIt, resp, err); err != nil || got.ID != "a" {
		t.Errorf("got %+v, %v", got, err)
	}
	if got := s.Only(t).Header.Get("X-API-Key"); got != "secret-value" || link.Credential().Reveal() != got {
		t.Errorf("signed with %q", got)
	}
	if d := time.Since(link.Now()).Abs(); d > 5*time.Second {
		t.Errorf("the clock is %v off", d)
	}
	if _, err := servicestest.Config("http://example.com", map[string]string{"api_key": "k"}).Link(site, services.Setting{Name: "api_key"}, "X"); err == nil {
		t.Error("an address that is refused makes no link")
	}
}

func TestConfig_Client_refusesAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "http://api.example.com", "https://user:pw-1234@example.com", "https://example.com?x=1"} {
		c := servicestest.Config(address, nil)
		_, _, err := c.Client(services.Site{Name: "try", Title: "Try"})
		e := servicestest.Failure(t, err)
		if e.Kind != keyring.KindInvalid || len(e.Fields) != 1 || e.Fields[0].Field != "base_url" ||
			!strings.Contains(e.Error(), "try.base_url") || strings.Contains(e.Error(), "pw-1234") {
			t.Errorf("%s: got %#v", address, e)
		}
	}
}

package pioneer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/pioneer/api"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/servicestest"
)

func TestMain(m *testing.M) { servicestest.Main(m) }

// Documents with every field that docs.pioneer.ai names since 2026-07-15; those under
// "denied" stand there as they are.
const (
	createdDocument = `{"secret_key": "pio_sk_0123456789abcdef9f8e", "id": "key_1", "name": "ci", "created_at": "2026-08-14T10:00:00.5Z",
		"api_key_last_digits": "9f8e", "expires_at": "2027-08-14T10:00:00Z", "team_id": "team_1", "stripe_customer_created": false}`
	listedDocument = `{"keys": [
		{"id": "key_1", "name": "ci", "created_at": "2026-08-14T10:00:00Z", "api_key_last_digits": "9f8e", "last_used_at": "2026-08-15T10:00:00Z",
			"expires_at": "2027-08-14T10:00:00Z", "team_id": "team_1", "usage_tokens": 1200, "usage_cost": 0.25, "request_count": 7},
		{"id": "key_2", "name": "prod", "created_at": "2026-08-14T10:00:00Z", "api_key_last_digits": "ab12", "last_used_at": null,
			"expires_at": null, "team_id": null, "usage_tokens": 0, "usage_cost": 0, "request_count": 0}
	], "count": 2}`
	deniedDocument = `{
  "code": "out_of_credits",
  "message": "You've used your included credits. Add credits or enable auto top-up.",
  "resolution_url": "https://agent.pioneer.ai/credits"
}`
	dashboardOnly = `{"detail": "API key creation is only allowed from the web dashboard."}`
)

// The documents fit the contract: every field is in it, with its type.
func TestContract(t *testing.T) {
	t.Parallel()
	for document, into := range map[string]any{
		createdDocument: &api.CreatedKey{}, listedDocument: &api.KeyList{}, deniedDocument: &api.Error{}, dashboardOnly: &api.Error{},
		`{"key": "pio_sk_4f", "name": "my-integration-key", "created_at": "2026-02-13T10:00:00Z"}`: &api.CreatedKey{},
		`{"success": true, "message": null}`:                                                   &api.RevokedKey{},
		`{"success": true, "message": "API key revoked"}`:                                      &api.RevokedKey{},
		`{"detail": "Rate limit exceeded: ...", "code": "rate_limited", "scope": "client_ip"}`: &api.Error{},
		`{"detail": "For 'POST /felix/training-jobs', ...", "errors": []}`:                     &api.Error{},
		`{"error": "Internal server error", "message": "..."}`:                                 &api.Error{},
	} {
		decoder := json.NewDecoder(strings.NewReader(document))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(into); err != nil {
			t.Errorf("%s: %v", document, err)
			continue
		}
		var want, got bytes.Buffer
		again, err := json.Marshal(into)
		if err != nil || json.Compact(&want, []byte(document)) != nil || json.Compact(&got, again) != nil || len(got.Bytes()) != want.Len() {
			t.Errorf("%s: the contract makes %s of it, %v", document, again, err)
		}
	}
}

func TestCreate_sinceJuly2026(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201} {
		s := servicestest.Always(t, servicestest.Answer{Status: status, Body: createdDocument})
		made, err := connect(t, s).Create(context.Background(), driver.Spec{Name: "ci"})
		if err != nil {
			t.Fatal(err)
		}
		if made.Value.Reveal() != "pio_sk_0123456789abcdef9f8e" || made.ID != "key_1" || made.Name != "ci" || made.Attributes["team_id"] != "team_1" ||
			made.Hint != (driver.Hint{Suffix: "9f8e"}) || !made.ExpiresAt.Equal(servicestest.At(t, "2027-08-14T10:00:00Z")) {
			t.Errorf("%d: got %+v", status, made)
		}
	}
}

func TestList_sinceJuly2026(t *testing.T) {
	t.Parallel()
	page, err := connect(t, servicestest.Always(t, servicestest.OK(listedDocument))).List(context.Background(), driver.Query{})
	if err != nil || len(page.Keys) != 2 {
		t.Fatalf("got %+v, %v", page, err)
	}
	k := page.Keys[0]
	if k.ID != "key_1" || k.Hint.Suffix != "9f8e" || !k.LastUsedAt.Equal(servicestest.At(t, "2026-08-15T10:00:00Z")) || !k.ExpiresAt.Equal(servicestest.At(t, "2027-08-14T10:00:00Z")) ||
		k.Attributes["team_id"] != "team_1" || k.Attributes["usage_tokens"] != int64(1200) || k.Attributes["usage_cost"] != 0.25 || k.Attributes["request_count"] != int64(7) {
		t.Errorf("got %+v", k)
	}
	if k := page.Keys[1]; !k.ExpiresAt.IsZero() || !k.LastUsedAt.IsZero() || len(k.Unreadable) > 0 || k.Attributes["team_id"] != nil {
		t.Errorf("got %+v", k)
	}
}

// The last digits come with or without what stands for the rest, and beside a mask.
func TestList_lastDigits(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]driver.Hint{
		`"api_key_last_digits": "9f8e"`:                                  {Suffix: "9f8e"},
		`"api_key_last_digits": "...9f8e"`:                               {Suffix: "9f8e"},
		`"api_key_last_digits": "****9f8e "`:                             {Suffix: "9f8e"},
		`"api_key_last_digits": "••••9f8e"`:                              {Suffix: "9f8e"},
		`"api_key_last_digits": 1234`:                                    {Suffix: "1234"},
		`"api_key_last_digits": "", "masked_key": "pio_sk_ab***9f8e"`:    {Prefix: "pio_sk_ab", Suffix: "9f8e"},
		`"api_key_last_digits": "9f8e", "masked_key": "pio_sk_ab12****"`: {Prefix: "pio_sk_ab12", Suffix: "9f8e"},
		`"api_key_last_digits": null`:                                    {},
		`"api_key_last_digits": "9f8e****"`:                              {},
	} {
		page, err := connect(t, servicestest.Always(t, servicestest.OK(`{"keys": [{"id": "k1", `+fields+`}], "count": 1}`))).List(context.Background(), driver.Query{})
		if err != nil || page.Keys[0].Hint != want {
			t.Errorf("%s: got %+v, %v", fields, page.Keys, err)
		}
	}
}

// The provider's own key is recognised by its last digits, before anything is sent.
func TestRevoke_ownKey(t *testing.T) {
	t.Parallel()
	s := servicestest.Always(t, servicestest.OK(`{"keys": [{"id": "own", "name": "a", "api_key_last_digits": "dmin"}, {"id": "other", "name": "a", "api_key_last_digits": "xxxx"}], "count": 2}`))
	ring := keyring.New(connect(t, s), keyring.Options{})
	if e := servicestest.Failure(t, ring.Revoke(context.Background(), "own", driver.Secret{})); e.Kind != driver.KindSelf {
		t.Errorf("got %v", e)
	}
	if slices.ContainsFunc(s.Requests(), func(r servicestest.Request) bool { return r.Method == http.MethodDelete }) {
		t.Error("a revoke was sent")
	}
}

// "success": false is no success and no proof either: the listing decides.
func TestRevoke_unsuccessful(t *testing.T) {
	t.Parallel()
	for gone, listing := range map[bool]string{true: `{"keys": [], "count": 0}`, false: `{"keys": [{"id": "k1", "name": "a", "created_at": "2026-08-14T10:00:00Z"}], "count": 1}`} {
		s := servicestest.Serve(t, func(r servicestest.Request) servicestest.Answer {
			if r.Method == http.MethodGet {
				return servicestest.OK(listing)
			}
			return servicestest.OK(`{"success": false, "message": "Key is locked"}`)
		})
		ring := keyring.New(connect(t, s), keyring.Options{ListingDelay: time.Millisecond, PollInterval: time.Millisecond, ReconcileTimeout: time.Millisecond})
		err := ring.Revoke(context.Background(), "k1", driver.NewSecret("another"))
		if (err == nil) != gone {
			t.Errorf("gone %v: got %v", gone, err)
		}
		var e *driver.Error
		if !gone && (!errors.As(err, &e) || e.Kind != driver.KindRejected || e.Effect != driver.EffectNone || e.Message != "Key is locked") {
			t.Errorf("the service's refusal is not reported as one: %v", err)
		}
		sent := slices.DeleteFunc(s.Requests(), func(r servicestest.Request) bool { return r.Method != http.MethodDelete })
		if len(sent) != 1 {
			t.Errorf("gone %v: %d requests to revoke", gone, len(sent))
		}
	}
}

func sessionConfig(s *servicestest.Server) services.Config {
	return servicestest.Config(s.URL, map[string]string{"api_key": adminKey, settings[1].Name: "session-one"})
}

// The session signs creates, alone; the API key signs everything else, alone.
func TestSession_signsCreatesOnly(t *testing.T) {
	t.Parallel()
	s := servicestest.Serve(t, func(r servicestest.Request) servicestest.Answer {
		switch r.Method {
		case http.MethodPost:
			return servicestest.OK(createdDocument)
		case http.MethodGet:
			return servicestest.OK(listedDocument)
		default:
			return servicestest.OK(`{"success": true, "message": null}`)
		}
	})
	config, logged := sessionConfig(s), ""
	config.HTTP.Log = func(_ context.Context, a httpclient.Attempt) { logged += fmt.Sprintf("%+v\n", a) }
	svc := servicestest.Connect(t, Connect, config)
	if _, err := svc.Create(context.Background(), driver.Spec{Name: "ci"}); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.List(context.Background(), driver.Query{}); err != nil {
		t.Fatal(err)
	}
	if err := svc.Revoke(context.Background(), "key_1"); err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Requests() {
		key, session := adminKey, ""
		if r.Method == http.MethodPost {
			key, session = "", "Bearer session-one"
		}
		if r.Header.Get("X-API-Key") != key || r.Header.Get("Authorization") != session {
			t.Errorf("%s is signed with %q and %q", r.Method, r.Header.Get("X-API-Key"), r.Header.Get("Authorization"))
		}
	}
	if got := svc.Credential().Reveal(); got != adminKey {
		t.Errorf("the credential is %q", got)
	}
	if !strings.Contains(logged, "POST /create-api-key") || strings.Contains(logged, "session-one") || strings.Contains(logged, adminKey) {
		t.Errorf("logged %s", logged)
	}
}

// A session that is refused is fetched anew, once, and kept.
func TestSession_renewed(t *testing.T) {
	t.Parallel()
	s := servicestest.Serve(t, func(r servicestest.Request) servicestest.Answer {
		if r.Header.Get("Authorization") != "Bearer session-two" {
			return servicestest.Answer{Status: 401, Body: `{"detail": "session expired"}`}
		}
		return servicestest.OK(createdDocument)
	})
	p := servicestest.Script(t, "print session-one", "print session-two", "print session-three")
	c := servicestest.Config(s.URL, map[string]string{"api_key": adminKey})
	c.Lists[settings[2].Name] = p.Command(t)
	svc := servicestest.Connect(t, Connect, c)
	for range 2 {
		if _, err := svc.Create(context.Background(), driver.Spec{Name: "ci"}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.Requests()); n != 3 || p.Runs() != 2 {
		t.Errorf("%d requests, %d runs", n, p.Runs())
	}
}

// A refused create says who was refused, and what there is to do; it quotes no
// credential.
func TestCreate_refused(t *testing.T) {
	t.Parallel()
	const noSession, session = "key_wo", "does not accept the session"
	for name, c := range map[string]struct {
		session bool
		answer  servicestest.Answer
		kind    driver.Kind
		advice  string
	}{
		"no session":               {false, servicestest.Answer{Status: 403, Body: dashboardOnly}, driver.KindForbidden, noSession},
		"no session, other words":  {false, servicestest.Answer{Status: 403, Body: `{"error": "forbidden", "message": "Use the Dashboard to create keys"}`}, driver.KindForbidden, noSession},
		"no session, no right":     {false, servicestest.Answer{Status: 403, Body: `{"detail": "read-only key"}`}, driver.KindForbidden, ""},
		"no session, wrong key":    {false, servicestest.Answer{Status: 401, Body: `{"detail": "invalid API key, see the dashboard"}`}, driver.KindUnauthorized, ""},
		"no session, no credit":    {false, servicestest.Answer{Status: 403, Body: `{"code": "credit_ceiling_reached", "message": "see the dashboard"}`}, driver.KindPayment, ""},
		"session expired":          {true, servicestest.Answer{Status: 401, Body: `{"detail": "token session-one expired"}`}, driver.KindUnauthorized, session},
		"session refused":          {true, servicestest.Answer{Status: 403, Body: dashboardOnly}, driver.KindForbidden, session},
		"session, out of credit":   {true, servicestest.Answer{Status: 402, Body: deniedDocument}, driver.KindPayment, ""},
		"session, something wrong": {true, servicestest.Answer{Status: 422, Body: `{"detail": "bad name"}`}, driver.KindInvalid, ""},
	} {
		s := servicestest.Always(t, c.answer)
		config := servicestest.Config(s.URL, map[string]string{"api_key": adminKey})
		if c.session {
			config = sessionConfig(s)
		}
		_, err := servicestest.Connect(t, Connect, config).Create(context.Background(), driver.Spec{Name: "ci"})
		e := servicestest.Failure(t, err)
		if e.Kind != c.kind || e.Effect != driver.EffectNone || (e.Advice == "") != (c.advice == "") || !strings.Contains(e.Advice, c.advice) {
			t.Errorf("%s: got %v, advice %q", name, e, e.Advice)
		}
		if strings.Contains(e.Error()+e.Advice, "session-one") || strings.Contains(e.Error()+e.Advice, adminKey) {
			t.Errorf("%s: a credential is quoted: %v", name, e)
		}
		s.Only(t)
	}
}

func TestSession_settings(t *testing.T) {
	t.Parallel()
	s := servicestest.Always(t, servicestest.OK(""))
	both := sessionConfig(s)
	both.Lists[settings[2].Name] = []string{"print-token"}
	empty := servicestest.Config(s.URL, map[string]string{"api_key": adminKey})
	empty.Lists[settings[2].Name] = []string{}
	spaced := servicestest.Config(s.URL, map[string]string{"api_key": adminKey, settings[1].Name: "two words"})
	blank := servicestest.Config(s.URL, map[string]string{"api_key": adminKey})
	blank.Source[settings[1].Name] = "PIONEER_SESSION_TOKEN"
	for words, c := range map[string]services.Config{
		"pioneer.session_token and pioneer.session_token_command are both set": both,
		"names no program": empty,
		"pioneer.session_token cannot be used: the credential holds a space": spaced,
		"PIONEER_SESSION_TOKEN cannot be used":                               blank,
	} {
		_, err := Connect(c)
		if e := servicestest.Failure(t, err); !strings.Contains(e.Error(), words) || strings.Contains(e.Error(), "two words") {
			t.Errorf("got %v, want %q", e, words)
		}
	}
	// The program's attribute wins over the variable.
	c := sessionConfig(s)
	c.Source[settings[1].Name] = "PIONEER_SESSION_TOKEN"
	c.Lists[settings[2].Name] = []string{"print-token"}
	if _, err := Connect(c); err != nil {
		t.Error(err)
	}
}

// What speaks against creating keys is what the listing looks like, and only without a
// session.
func TestCreateDoubt(t *testing.T) {
	t.Parallel()
	for listing, doubtful := range map[string]bool{
		listedDocument:                         true,
		`{"keys": [], "count": 0}`:             true,
		`{"keys": []}`:                         false,
		`{"keys": [{"key_id": "k1"}]}`:         false,
		`{"keys": [{"id": "k1", "key": "x"}]}`: false,
	} {
		s := servicestest.Always(t, servicestest.OK(listing))
		for _, c := range []services.Config{servicestest.Config(s.URL, map[string]string{"api_key": adminKey}), sessionConfig(s)} {
			ring := keyring.New(servicestest.Connect(t, Connect, c), keyring.Options{})
			if doubt := ring.CreateProblem(); doubt != "" {
				t.Errorf("before anything was listed: %q", doubt)
			}
			if _, err := ring.List(t.Context()); err != nil {
				t.Fatal(err)
			}
			hasSession := c.Source[settings[1].Name] != ""
			if doubt := ring.CreateProblem(); (doubt != "") != (doubtful && !hasSession) {
				t.Errorf("%s, session %v: %q", listing, hasSession, doubt)
			}
		}
	}
}

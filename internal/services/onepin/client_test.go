package onepin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/servicestest"
)

const (
	someID    = "d290f1ee-6c54-4b01-90e6-d701748f0851"
	someToken = "op_live_caller"
)

func dial(t testing.TB, s *servicestest.Server, settings map[string]string) workspace {
	t.Helper()
	all := map[string]string{"token": someToken}
	for name, value := range settings {
		all[name] = value
	}
	w, ok := servicestest.Connect(t, Connect, servicestest.Config(s.URL, all)).(workspace)
	if !ok {
		t.Fatal("not a workspace")
	}
	return w
}

// example is the key object of the API reference's Create Api Key page, with some
// fields replaced. A value of "-" drops the field.
func example(changes map[string]any) string {
	var o map[string]any
	_ = json.Unmarshal([]byte(`{
		"id": "d290f1ee-6c54-4b01-90e6-d701748f0851", "workspace_id": "a3f1c2d4-5b6e-4f7a-9c8d-123456789abc",
		"created_by": "f47ac10b-58cc-4372-a567-0e02b2c3d479", "name": "Production API Key", "key_type": "live",
		"key_prefix": "pk_live_", "key_suffix": "9f8e7d6c", "scopes": ["workflows:read", "workflows:run", "voices:read"],
		"active": true, "last_used_at": "2024-04-20T14:22:00Z", "rate_limit_per_min": 1000, "revoked_at": "null",
		"created_at": "2024-04-15T09:30:00Z", "updated_at": "2024-04-15T09:30:00Z", "preview": "pk_live_9f8e7d6c"}`), &o)
	for name, value := range changes {
		if o[name] = value; value == "-" {
			delete(o, name)
		}
	}
	text, _ := json.Marshal(o)
	return string(text)
}

func enveloped(data string) string {
	return `{"data": ` + data + `, "meta": {"request_id": "7e57d004-2b97-0e7a-b45f-5387367791cd", "timestamp": "2024-04-15T09:30:00Z"}}`
}

func withValue(changes map[string]any) string {
	all := map[string]any{"api_key": "pk_live_9f8e7d6c3b2a1d0e"}
	for name, value := range changes {
		all[name] = value
	}
	return example(all)
}

func TestCreate(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201} {
		s := servicestest.Always(t, servicestest.Answer{Status: status, Body: enveloped(withValue(nil))})
		made, err := dial(t, s, nil).Create(context.Background(), driver.Spec{Name: "Production API Key"})
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2024, 4, 15, 9, 30, 0, 0, time.UTC)
		want := driver.Key{
			ID: someID, Name: "Production API Key", CreatedAt: at, LastUsedAt: time.Date(2024, 4, 20, 14, 22, 0, 0, time.UTC),
			Hint: driver.Hint{Prefix: "pk_live_", Suffix: "9f8e7d6c"},
			Attributes: driver.Attributes{
				"workspace_id": "a3f1c2d4-5b6e-4f7a-9c8d-123456789abc", "created_by": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
				"key_type": "live", "key_prefix": "pk_live_", "key_suffix": "9f8e7d6c", "active": true, "rate_limit_per_min": int64(1000),
				"scopes": []string{"workflows:read", "workflows:run", "voices:read"}, "preview": "pk_live_9f8e7d6c", "updated_at": at,
			},
		}
		if !made.Live() || made.Value.Reveal() != "pk_live_9f8e7d6c3b2a1d0e" || !reflect.DeepEqual(made.Key, want) {
			t.Errorf("got  %+v\nwant %+v", made.Key, want)
		}
		sent := s.Only(t)
		if sent.Method != http.MethodPost || sent.Path != "/api/v1/api-keys" || sent.Body != `{"name":"Production API Key"}` ||
			sent.Header.Get("Authorization") != "Bearer "+someToken || sent.Header.Values("X-Workspace-Id") != nil {
			t.Errorf("sent %+v", sent)
		}
	}
}

func TestCreate_sendsOnlyWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	for want, asked := range map[string]driver.Attributes{
		`{"name":"n","scopes":["a:read","b:new"],"rate_limit_per_min":5,"key_type":"live"}`: {
			"scopes": []string{"b:new", "a:read"}, "rate_limit_per_min": int64(5), "key_type": "live",
		},
		`{"name":"n","scopes":[],"rate_limit_per_min":null}`: {"scopes": []string{}, "rate_limit_per_min": nil},
	} {
		s := servicestest.Always(t, servicestest.OK(enveloped(withValue(nil))))
		if _, err := dial(t, s, nil).Create(context.Background(), driver.Spec{Name: "n", Attributes: asked}); err != nil {
			t.Fatal(err)
		}
		if got := s.Only(t).Body; !sameJSON(got, want) {
			t.Errorf("sent %s, want %s", got, want)
		}
	}
	s := servicestest.Always(t, servicestest.OK(enveloped(withValue(nil))))
	for name, value := range map[string]any{"active": false, "rate_limit_per_min": "5", "scopes": "a", "workspace_id": "w"} {
		_, err := dial(t, s, nil).Create(context.Background(), driver.Spec{Name: "n", Attributes: driver.Attributes{name: value}})
		if e := servicestest.Failure(t, err); e.Effect != driver.EffectNone || !strings.Contains(e.Message, name) {
			t.Errorf("%s: got %v", name, e)
		}
	}
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests for what cannot be made", n)
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

func TestCreate_withoutAValue(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		enveloped(example(nil)), enveloped(withValue(map[string]any{"api_key": nil})), enveloped(`null`), `{}`, ``, `<html></html>`,
	} {
		s := servicestest.Always(t, servicestest.Answer{Status: 201, Body: body})
		_, err := dial(t, s, nil).Create(context.Background(), driver.Spec{Name: "n"})
		if e := servicestest.Failure(t, err); e.Effect != driver.EffectUnknown {
			t.Errorf("%s: got %#v", body, e)
		}
	}
	for _, body := range []string{enveloped(`{"api_key": "op_live_x", "revoked_at": "later"}`), `{"api_key": "op_live_x"}`} {
		s := servicestest.Always(t, servicestest.OK(body))
		made, err := dial(t, s, nil).Create(context.Background(), driver.Spec{Name: "n"})
		if err != nil || made.Value.Reveal() != "op_live_x" || made.Name != "n" || made.ID != "" {
			t.Errorf("the value must be kept, got %+v, %v", made, err)
		}
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	get := func(changes map[string]any) (driver.Key, error) {
		s := servicestest.Always(t, servicestest.OK(enveloped(example(changes))))
		k, err := dial(t, s, nil).Get(context.Background(), someID)
		if sent := s.Only(t); sent.Method != http.MethodGet || sent.Path != "/api/v1/api-keys/"+someID {
			t.Errorf("sent %+v", sent)
		}
		return k, err
	}
	for _, revoked := range []any{"null", nil, "", "-"} {
		if k, err := get(map[string]any{"revoked_at": revoked, "active": false}); err != nil || !k.Live() || k.Attributes["active"] != false {
			t.Errorf("revoked_at %v: got %+v, %v", revoked, k, err)
		}
	}
	if k, err := get(map[string]any{"revoked_at": "2024-05-01T00:00:00.25Z"}); err != nil || k.Live() {
		t.Errorf("a revoked key: got %+v, %v", k, err)
	}
	bare := map[string]any{}
	for _, name := range []string{"workspace_id", "created_by", "key_type", "key_prefix", "key_suffix", "scopes", "active", "last_used_at",
		"rate_limit_per_min", "revoked_at", "created_at", "updated_at", "preview"} {
		bare[name] = "-"
	}
	if k, err := get(bare); err != nil || !reflect.DeepEqual(k, driver.Key{ID: someID, Name: "Production API Key"}) {
		t.Errorf("what is not reported must be missing, got %+v, %v", k, err)
	}
	k, err := get(map[string]any{"created_by": nil, "rate_limit_per_min": nil, "preview": nil, "updated_at": "-", "future": []int{1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"created_by", "rate_limit_per_min", "preview"} {
		if v, has := k.Attributes[name]; !has || v != nil {
			t.Errorf("%s: got %v, %v, want a null", name, v, has)
		}
	}
	if k, err := get(map[string]any{"id": strings.ToUpper(someID)}); err != nil || k.ID == "" {
		t.Errorf("ids are the same in capitals, got %+v, %v", k, err)
	}
	for _, id := range []any{"another", nil, 1.5, false} {
		_, err := get(map[string]any{"id": id})
		if e := servicestest.Failure(t, err); e.Kind != driver.KindMalformed {
			t.Errorf("%v: got %v", id, e)
		}
	}
	for name, value := range map[string]any{"revoked_at": "some day", "scopes": "all", "active": 7, "name": true, "created_at": []int{1}} {
		if k, err := get(map[string]any{name: value}); err != nil || len(k.Unreadable) != 1 || k.Unreadable[0] != name {
			t.Errorf("%s: got %+v, %v", name, k, err)
		}
	}
}

func TestUpdate_sendsOnlyWhatChanges(t *testing.T) {
	t.Parallel()
	name := "renamed"
	for want, c := range map[string]driver.Changes{
		`{"name":"renamed"}`:                            {Name: &name},
		`{"rate_limit_per_min":null}`:                   {Attributes: driver.Attributes{"rate_limit_per_min": nil}},
		`{"active":false,"scopes":["a","b"]}`:           {Attributes: driver.Attributes{"active": false, "scopes": []string{"b", "a"}}},
		`{"rate_limit_per_min":7,"name":"renamed"}`:     {Name: &name, Attributes: driver.Attributes{"rate_limit_per_min": int64(7)}},
		`{"active":true,"rate_limit_per_min":10000000}`: {Attributes: driver.Attributes{"active": true, "rate_limit_per_min": int64(1e7)}},
	} {
		s := servicestest.Always(t, servicestest.OK(enveloped(example(map[string]any{"rate_limit_per_min": 3}))))
		k, err := dial(t, s, nil).Update(context.Background(), someID, c)
		if err != nil || k.Attributes["rate_limit_per_min"] != int64(3) {
			t.Errorf("got %+v, %v, want what the answer says", k, err)
		}
		if sent := s.Only(t); sent.Method != http.MethodPatch || sent.Path != "/api/v1/api-keys/"+someID || !sameJSON(sent.Body, want) {
			t.Errorf("sent %+v, want %s", sent, want)
		}
	}
	s := servicestest.Always(t, servicestest.OK(""))
	_, err := dial(t, s, nil).Update(context.Background(), someID, driver.Changes{Attributes: driver.Attributes{"key_type": "test"}})
	if e := servicestest.Failure(t, err); e.Effect != driver.EffectNone || len(s.Requests()) != 0 {
		t.Errorf("got %v", e)
	}
}

func TestRotate(t *testing.T) {
	t.Parallel()
	rotated := func(successor string) servicestest.Answer {
		return servicestest.OK(enveloped(`{"old_key": ` + example(map[string]any{"active": false, "revoked_at": "2024-05-01T00:00:00Z"}) + `, "new_key": ` + successor + `}`))
	}
	s := servicestest.Always(t, rotated(withValue(map[string]any{"id": "new"})))
	made, revoked, err := dial(t, s, nil).Rotate(context.Background(), someID)
	if err != nil || !revoked || made.ID != "new" || !made.Live() || made.Value.Reveal() != "pk_live_9f8e7d6c3b2a1d0e" {
		t.Errorf("got %+v, %v", made, err)
	}
	if sent := s.Only(t); sent.Method != http.MethodPatch || sent.Path != "/api/v1/api-keys/"+someID+"/rotate" || sent.Body != "" {
		t.Errorf("sent %+v", sent)
	}
	for _, successor := range []string{example(nil), `null`, `{}`} {
		_, _, err := dial(t, servicestest.Always(t, rotated(successor)), nil).Rotate(context.Background(), someID)
		if e := servicestest.Failure(t, err); e.Kind != driver.KindMalformed || e.Effect != driver.EffectUnknown {
			t.Errorf("%s: got %v", successor, e)
		}
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	for _, answer := range []servicestest.Answer{
		servicestest.OK(enveloped(example(map[string]any{"active": false, "revoked_at": "2024-05-01T00:00:00Z"}))),
		servicestest.OK(enveloped(example(map[string]any{"active": false}))),
		servicestest.OK(enveloped(example(map[string]any{"revoked_at": 1714521600}))),
	} {
		s := servicestest.Always(t, answer)
		if err := dial(t, s, nil).Revoke(context.Background(), someID); err != nil {
			t.Error(err)
		}
		if sent := s.Only(t); sent.Method != http.MethodDelete || sent.Path != "/api/v1/api-keys/"+someID {
			t.Errorf("sent %+v", sent)
		}
	}
}

// An id that is no UUID is answered with 422 instead of 404. What else is refused so
// proves nothing about the key.
func TestNoSuchID(t *testing.T) {
	t.Parallel()
	const (
		plain  = `{"error": {"code": "validation_error", "message": "invalid request"}, "meta": {"request_id": "7e57"}}`
		listed = `{"detail": [{"loc": ["path", "key_id"], "msg": "Input should be a valid UUID", "type": "uuid_parsing"}]}`
		other  = `{"detail": [{"loc": ["header", "X-Workspace-Id"], "msg": "Input should be a valid UUID", "type": "uuid_parsing"}]}`
	)
	for _, c := range []struct {
		id, body string
		status   int
		want     driver.Kind
	}{
		{"web", plain, 422, driver.KindNotFound}, {"web", listed, 422, driver.KindNotFound}, {"web", listed, 400, driver.KindNotFound},
		{"web", other, 422, driver.KindInvalid}, {"web", "", 422, driver.KindInvalid}, {"web", "unprocessable", 422, driver.KindInvalid},
		{someID, plain, 422, driver.KindInvalid}, {someID, listed, 422, driver.KindInvalid}, {strings.ReplaceAll(someID, "-", ""), plain, 422, driver.KindInvalid},
		{"web", plain, 403, driver.KindForbidden}, {"web", plain, 500, driver.KindServer},
	} {
		w := dial(t, servicestest.Always(t, servicestest.Answer{Status: c.status, Body: c.body}), nil)
		for call, send := range map[string]func() error{
			"get":    func() error { _, err := w.Get(context.Background(), c.id); return err },
			"revoke": func() error { return w.Revoke(context.Background(), c.id) },
			"rotate": func() error { _, _, err := w.Rotate(context.Background(), c.id); return err },
		} {
			if e := servicestest.Failure(t, send()); e.Kind != c.want || e.Status != c.status {
				t.Errorf("%s %s, answered %d %s: %v", call, c.id, c.status, c.body, e)
			}
		}
	}
}

// Any other success has to be looked into, also of a rotation.
func TestRevoke_unconfirmed(t *testing.T) {
	t.Parallel()
	for _, answer := range []servicestest.Answer{
		{Status: 204}, {Status: 200}, servicestest.OK(`{}`), servicestest.OK(enveloped(`null`)), servicestest.OK(enveloped(example(nil))),
		servicestest.OK(enveloped(example(map[string]any{"id": "another", "active": false, "revoked_at": "2024-05-01T00:00:00Z"}))),
		servicestest.OK(enveloped(example(map[string]any{"revoked_at": "lately"}))),
	} {
		err := dial(t, servicestest.Always(t, answer), nil).Revoke(context.Background(), someID)
		if e := servicestest.Failure(t, err); e.Effect != driver.EffectUnknown {
			t.Errorf("%+v: got %v", answer, e)
		}
	}
	for _, old := range []string{example(nil), `null`, `{}`, example(map[string]any{"id": "another", "active": false})} {
		s := servicestest.Always(t, servicestest.OK(enveloped(`{"old_key": `+old+`, "new_key": `+withValue(map[string]any{"id": "new"})+`}`)))
		if made, revoked, err := dial(t, s, nil).Rotate(context.Background(), someID); err != nil || revoked || made.ID != "new" {
			t.Errorf("%s: got %+v, revoked %t, %v", old, made, revoked, err)
		}
	}
}

func TestErrors_quoteTheRequestID(t *testing.T) {
	t.Parallel()
	s := servicestest.Always(t, servicestest.Answer{Status: 422, Body: `{"error": {"code": "validation_error", "message": "invalid request",
		"details": [{"field": "scopes", "message": "unknown scope"}]}, "meta": {"request_id": "7e57", "timestamp": "2024-04-15T09:30:00Z"}}`})
	_, err := dial(t, s, nil).Create(context.Background(), driver.Spec{Name: "n"})
	e := servicestest.Failure(t, err)
	if e.Service != "OnePin" || e.Kind != driver.KindInvalid || e.Effect != driver.EffectNone || e.RequestID != "7e57" ||
		len(e.Fields) != 1 || e.Fields[0].Field != "scopes" {
		t.Errorf("got %#v", e)
	}
}

func TestSelf(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"auth_kind": "api_key", "user_id": "u", "workspace_id": "w", "api_key_id": "k1", "scopes": []}`: "k1",
		`{"auth_kind": "clerk", "user_id": "u", "api_key_id": null}`:                                      "",
		`{"auth_kind": "api_key"}`: "",
		`{}`:                       "",
	} {
		s := servicestest.Always(t, servicestest.OK(enveloped(body)))
		if id, err := dial(t, s, nil).Self(context.Background()); err != nil || id != want {
			t.Errorf("%s: got %q, %v", body, id, err)
		}
		if sent := s.Only(t); sent.Path != "/api/v1/auth/whoami" {
			t.Errorf("sent %+v", sent)
		}
	}
	old := servicestest.Always(t, servicestest.Answer{Status: 404, Body: `{"detail": "Not Found"}`})
	if id, err := dial(t, old, nil).Self(context.Background()); id != "" || err != nil {
		t.Errorf("got %q, %v", id, err)
	}
	broken := servicestest.Always(t, servicestest.Answer{Status: 500})
	if _, err := dial(t, broken, nil).Self(context.Background()); err == nil {
		t.Error("a failure must not pass for nobody")
	}
}

func TestWorkspaceHeader(t *testing.T) {
	t.Parallel()
	s := servicestest.Serve(t, func(r servicestest.Request) servicestest.Answer {
		return servicestest.OK(`{"data": [], "pagination": {"total": 0}}`)
	})
	connected, err := Connect(servicestest.Config(s.URL, map[string]string{"token": someToken, "workspace_id": "w1"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, scope := range []string{"", "w2"} {
		if _, err := connected(scope).List(context.Background(), driver.Query{}); err != nil {
			t.Fatal(err)
		}
	}
	var sent []string
	for _, r := range s.Requests() {
		sent = append(sent, r.Header.Get("X-Workspace-Id"))
	}
	if fmt.Sprint(sent) != "[w1 w2]" {
		t.Errorf("got %v", sent)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	want := map[string]string{"token": "", "token_command": "", "workspace_id": "", "base_url": "https://api.onepin.ai"}
	for _, s := range settings {
		if def, ok := want[s.Name]; !ok || def != s.Default {
			t.Errorf("%+v", s)
		}
		if s.Name == services.BaseURL && s.Sensitive || s.Name == "token" && !s.Sensitive {
			t.Errorf("%+v", s)
		}
	}
}

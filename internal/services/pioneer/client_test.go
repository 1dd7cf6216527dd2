package pioneer

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/servicestest"
)

const adminKey = "pio_sk_admin"

func connect(t testing.TB, s *servicestest.Server) driver.Service {
	t.Helper()
	return servicestest.Connect(t, Connect, servicestest.Config(s.URL, map[string]string{"api_key": adminKey}))
}

func TestCreate(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201} {
		s := servicestest.Always(t, servicestest.Answer{Status: status, Body: `{
			"key": "pio_sk_4f", "name": "my-integration-key", "created_at": "2026-02-13T10:00:00.5Z", "plan": {"new": "field"}}`})
		made, err := connect(t, s).Create(context.Background(), driver.Spec{Name: "my-integration-key"})
		if err != nil {
			t.Fatal(err)
		}
		want := driver.Key{Name: "my-integration-key", CreatedAt: time.Date(2026, 2, 13, 10, 0, 0, 5e8, time.UTC)}
		if made.Value.Reveal() != "pio_sk_4f" || made.ID != want.ID || made.Name != want.Name || !made.CreatedAt.Equal(want.CreatedAt) {
			t.Errorf("%d: got %+v", status, made)
		}
		got := s.Only(t)
		if got.Method != http.MethodPost || got.Path != "/create-api-key" || got.Body != `{"name":"my-integration-key"}` ||
			got.Header.Get("X-API-Key") != adminKey || got.Header.Get("Content-Type") != "application/json" {
			t.Errorf("sent %+v", got)
		}
	}
}

func TestCreate_keepsTheValueWhateverElseIsMissing(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"key":"pio_sk_4f"}`, `{"key":"pio_sk_4f","name":"n","created_at":"null"}`, `{"key":"pio_sk_4f","created_at":"soon"}`} {
		s := servicestest.Always(t, servicestest.Answer{Status: 201, Body: body})
		made, err := connect(t, s).Create(context.Background(), driver.Spec{Name: "n"})
		if err != nil || made.Value.Reveal() != "pio_sk_4f" || made.Name != "n" || !made.CreatedAt.IsZero() {
			t.Errorf("%s: got %+v, %v", body, made, err)
		}
	}
}

func TestCreate_withoutAValue(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"name":"n"}`, `{"key":null}`, `{"key":""}`, `{}`, `null`, ``, `<html></html>`, `{"key":`} {
		s := servicestest.Always(t, servicestest.Answer{Status: 201, Body: body})
		_, err := connect(t, s).Create(context.Background(), driver.Spec{Name: "n"})
		if e := servicestest.Failure(t, err); e.Effect != driver.EffectUnknown || e.Kind != driver.KindMalformed && e.Kind != driver.KindNotJSON {
			t.Errorf("%s: got %#v", body, e)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	s := servicestest.Always(t, servicestest.OK(`{"keys": [
		{"key_id": "k1", "name": "ci-pipeline", "created_at": "2026-02-13T10:00:00Z", "last_used_at": "null", "key": "pio_sk_ab12****9f8e"},
		{"id": "k2", "name": "ci-pipeline", "created_at": null, "last_used_at": "2026-02-14T00:00:00Z", "masked_key": "pio_sk_cd34…", "owner": 7},
		{"key_id": "k3", "id": 3, "name": "x"}
	], "total": 3}`))
	odd, err := connect(t, s).List(context.Background(), driver.Query{})
	if err != nil || len(odd.Keys) != 3 || odd.Keys[2].ID != "k3" {
		t.Errorf("got %+v, %v", odd, err)
	}

	s = servicestest.Always(t, servicestest.OK(`{"keys": [
		{"key_id": "k1", "name": "ci-pipeline", "created_at": "2026-02-13T10:00:00Z", "last_used_at": "null", "key": "pio_sk_ab12****9f8e"},
		{"id": "k2", "name": "ci-pipeline", "created_at": null, "last_used_at": "2026-02-14T00:00:00Z", "masked_key": "pio_sk_cd34…", "owner": 7},
		{"key_id": "k3", "id": "row-3"}
	], "total": 3}`))
	svc := connect(t, s)
	page, err := svc.List(context.Background(), driver.Query{})
	if err != nil || page.Next != "" || page.Total != -1 {
		t.Fatalf("got %+v, %v", page, err)
	}
	want := []driver.Key{
		{ID: "k1", Name: "ci-pipeline", CreatedAt: time.Date(2026, 2, 13, 10, 0, 0, 0, time.UTC), Hint: driver.Hint{Prefix: "pio_sk_ab12", Suffix: "9f8e"}},
		{ID: "k2", Name: "ci-pipeline", LastUsedAt: time.Date(2026, 2, 14, 0, 0, 0, 0, time.UTC), Hint: driver.Hint{Prefix: "pio_sk_cd34"}},
		{ID: "k3"},
	}
	if fmt.Sprint(page.Keys) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", page.Keys, want)
	}
	if got := s.Only(t); got.Method != http.MethodGet || got.Path != "/list-api-keys" {
		t.Errorf("sent %+v", got)
	}
	// Pioneer forgets revoked keys.
	if page, err = svc.List(context.Background(), driver.Query{Status: driver.StatusInactive}); err != nil || len(page.Keys) != 0 {
		t.Errorf("got %+v, %v", page, err)
	}
	s.Only(t)
}

// A listing that cannot be read in full proves nothing about any key.
func TestList_oddShapes(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{}`, `{"keys": null}`, `null`, `[]`, ``, `{"keys": {}}`, `{"keys": ["k1"]}`, `<html></html>`,
		`{"keys": [{"key_id": "k1"}, {"name": "nobody"}]}`,
	} {
		_, err := connect(t, servicestest.Always(t, servicestest.OK(body))).List(context.Background(), driver.Query{})
		if e := servicestest.Failure(t, err); e.Kind != driver.KindMalformed && e.Kind != driver.KindNotJSON {
			t.Errorf("%s: got %v", body, e)
		}
	}
	page, err := connect(t, servicestest.Always(t, servicestest.OK(`{"keys": []}`))).List(context.Background(), driver.Query{})
	if err != nil || len(page.Keys) != 0 {
		t.Errorf("an empty account: got %+v, %v", page, err)
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	for _, answer := range []servicestest.Answer{{Status: 204}, servicestest.OK(`{"success": true, "message": null}`)} {
		s := servicestest.Always(t, answer)
		if err := connect(t, s).Revoke(context.Background(), "k1"); err != nil {
			t.Fatal(err)
		}
		if got := s.Only(t); got.Method != http.MethodDelete || got.Path != "/delete-api-key" || got.Body != `{"key_id":"k1"}` {
			t.Errorf("sent %+v", got)
		}
	}
	for _, body := range []string{``, `{}`, `null`, `[]`, `{"success": "true"}`, `{"message": "deleted"}`} {
		err := connect(t, servicestest.Always(t, servicestest.OK(body))).Revoke(context.Background(), "k1")
		if e := servicestest.Failure(t, err); e.Effect != driver.EffectUnknown {
			t.Errorf("%s: got %v", body, e)
		}
	}
	s := servicestest.Always(t, servicestest.Answer{Status: 404, Body: `{"error":"not_found","message":"API key not found"}`})
	if err := connect(t, s).Revoke(context.Background(), "k1"); !driver.IsNotFound(err) {
		t.Errorf("got %v", err)
	}
}

// wantsNames is a service that revokes by name, as the Authentication page of
// docs.pioneer.ai shows.
type wantsNames struct {
	keys    [][2]string // id, name
	refusal servicestest.Answer
}

func (w *wantsNames) serve(t *testing.T) *servicestest.Server {
	t.Helper()
	return servicestest.Serve(t, func(r servicestest.Request) servicestest.Answer {
		if r.Method == http.MethodGet {
			var items []string
			for _, k := range w.keys {
				items = append(items, fmt.Sprintf(`{"key_id":%q,"name":%q}`, k[0], k[1]))
			}
			return servicestest.OK(`{"keys":[` + strings.Join(items, ",") + `]}`)
		}
		var body map[string]string
		if err := json.Unmarshal([]byte(r.Body), &body); err != nil || len(body) != 1 || body["name"] == "" {
			return w.refusal
		}
		w.keys = slices.DeleteFunc(w.keys, func(k [2]string) bool { return k[1] == body["name"] })
		return servicestest.Answer{Status: 204}
	})
}

var refusals = map[string]servicestest.Answer{
	"detail list": {Status: 422, Body: `{"detail":[{"loc":["body","name"],"msg":"field required","type":"missing"}]}`},
	"whole body":  {Status: 422, Body: `{"detail":[{"loc":["body"],"msg":"extra fields"}]}`},
	"sentence":    {Status: 400, Body: `{"error":"bad_request","message":"Missing field: name"}`},
	"detail":      {Status: 422, Body: `{"detail":"invalid request body"}`},
}

func TestRevoke_byNameOnProof(t *testing.T) {
	t.Parallel()
	for name, refusal := range refusals {
		w := &wantsNames{keys: [][2]string{{"k1", "ci"}, {"k2", "prod"}}, refusal: refusal}
		s := w.serve(t)
		if err := connect(t, s).Revoke(context.Background(), "k1"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(w.keys) != 1 || w.keys[0][0] != "k2" {
			t.Errorf("%s: left %v", name, w.keys)
		}
		for _, r := range s.Requests() {
			if strings.Contains(r.Body, "key_id") && strings.Contains(r.Body, "name") {
				t.Errorf("%s: sent both: %s", name, r.Body)
			}
		}
	}
}

func TestRevoke_neverByASharedName(t *testing.T) {
	t.Parallel()
	for name, refusal := range refusals {
		w := &wantsNames{keys: [][2]string{{"k1", "ci"}, {"k2", "prod"}, {"k3", "ci"}}, refusal: refusal}
		err := connect(t, w.serve(t)).Revoke(context.Background(), "k1")
		e := servicestest.Failure(t, err)
		if e.Effect != driver.EffectNone || len(w.keys) != 3 {
			t.Errorf("%s: got %v, left %v", name, e, w.keys)
		}
		for _, want := range []string{"2 keys", `"ci"`, "k1", "k3", "nothing was revoked", "pioneer.ai"} {
			if !strings.Contains(e.Message, want) {
				t.Errorf("%s: %q does not say %s", name, e.Message, want)
			}
		}
	}
}

func TestRevoke_byNameOfAKeyThatIsGone(t *testing.T) {
	t.Parallel()
	w := &wantsNames{keys: [][2]string{{"k2", "ci"}}, refusal: refusals["detail"]}
	if err := connect(t, w.serve(t)).Revoke(context.Background(), "k1"); !driver.IsNotFound(err) || len(w.keys) != 1 {
		t.Errorf("got %v, left %v", err, w.keys)
	}
}

// A refusal that is about the key, the credential or the service is no reason to
// try a name.
func TestRevoke_otherRefusalsStand(t *testing.T) {
	t.Parallel()
	for _, refusal := range []servicestest.Answer{
		{Status: 400, Body: `{"error":"bad_request","message":"try again"}`},
		{Status: 401, Body: `{"detail":[{"loc":["body","name"],"msg":"?"}]}`},
		{Status: 404, Body: `{"message":"no key of that name"}`},
		{Status: 422, Body: `<html>name</html>`},
		{Status: 500, Body: `{"message":"name"}`},
	} {
		w := &wantsNames{keys: [][2]string{{"k1", "ci"}}, refusal: refusal}
		s := w.serve(t)
		e := servicestest.Failure(t, connect(t, s).Revoke(context.Background(), "k1"))
		if e.Status != refusal.Status || len(w.keys) != 1 {
			t.Errorf("%+v: got %v", refusal, e)
		}
		s.Only(t)
	}
}

func TestConnect_withoutAKey(t *testing.T) {
	t.Parallel()
	_, err := Connect(servicestest.Config("https://api.pioneer.ai", nil))
	e := servicestest.Failure(t, err)
	if e.Kind != driver.KindCredential || !strings.Contains(e.Message, "pioneer.api_key") || !strings.Contains(e.Message, "PIONEER_API_KEY") {
		t.Errorf("got %v", e)
	}
	for _, s := range settings {
		if s.Name == services.BaseURL && s.Default != "https://api.pioneer.ai" {
			t.Errorf("default base_url is %s", s.Default)
		}
	}
}

func TestCredential(t *testing.T) {
	t.Parallel()
	if got := connect(t, servicestest.Always(t, servicestest.OK(""))).Credential().Reveal(); got != adminKey {
		t.Errorf("got %s", got)
	}
}

func FuzzPioneerList(f *testing.F) {
	for _, seed := range []string{
		`{"keys": [{"key_id": "k1", "name": "a", "created_at": "2026-02-13T10:00:00Z", "key": "pio_sk_ab***9f"}]}`,
		`{"keys": [{"id": "k1", "created_at": "null", "masked_key": "…"}]}`, `{"keys": []}`, `{"keys": null}`, `[]`, `<html>`, ``,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		page, err := servicestest.InMemory(t, Connect, map[string]string{"api_key": adminKey}, servicestest.OK(body)).List(context.Background(), driver.Query{})
		if next := servicestest.CheckPage(t, page, err); len(next) > 0 {
			t.Errorf("more pages: %q", next)
		}
	})
}

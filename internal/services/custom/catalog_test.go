package custom

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/servicestest"
)

// fromCatalog is an entry as a user gets it who only names it, with a credential and a
// value for each variable.
func fromCatalog(t testing.TB, name string) Declaration {
	t.Helper()
	d, err := Decode([]byte(`{"name": "` + name + `", "credential": "admin-credential"}`))
	if err != nil {
		t.Fatal(err)
	}
	d.Vars = map[string]string{}
	paths := []string{d.BaseURL, d.Create.Path, d.List.Path, d.Revoke.Path}
	for _, match := range variable.FindAllStringSubmatch(strings.Join(paths, " "), -1) {
		if match[1] != idVariable {
			d.Vars[match[1]] = "a-value"
		}
	}
	return d
}

// sentence is a note: it begins like a sentence and has one full stop, at its end.
var sentence = regexp.MustCompile("^[A-Z`].*[^.]\\.$")

func TestCatalog(t *testing.T) {
	t.Parallel()
	for _, entry := range Catalog() {
		t.Run(entry.Name, func(t *testing.T) {
			t.Parallel()
			d := fromCatalog(t, entry.Name)
			for _, problem := range d.Check() {
				t.Errorf("%s: %s", problem.At, problem.Message)
			}
			if entry.Title == "" || d.CredentialEnv == "" || d.Create.ID == "" {
				t.Errorf("title %q, credential_env %q, create.id %q: one is missing", entry.Title, d.CredentialEnv, d.Create.ID)
			}
			if _, err := time.Parse(time.DateOnly, entry.Read); err != nil {
				t.Errorf("read: %v", err)
			}
			if len(entry.Documentation) == 0 {
				t.Error("documentation is missing")
			}
			for _, address := range entry.Documentation {
				if !strings.HasPrefix(address, "https://") {
					t.Errorf("documentation: %q is no public address", address)
				}
			}
			for _, note := range entry.Notes {
				if !sentence.MatchString(note) || strings.Contains(note, ". ") {
					t.Errorf("a note is a sentence that ends with a full stop: %q", note)
				}
			}
			for name := range d.Vars {
				if !slices.ContainsFunc(entry.Notes, func(note string) bool { return strings.Contains(note, "`"+name+"`") }) {
					t.Errorf("no note says that vars needs %s", name)
				}
			}
			if _, err := object(entry.Arguments); err != nil {
				t.Errorf("arguments %v", err)
			}
		})
	}
}

// documented is what the documentation of a service has as answers.
type documented struct {
	Source                    string
	Create, List, Get, Revoke json.RawMessage
	Life                      json.RawMessage // of internal/testing/services/documented
}

func readDocumented(t testing.TB, name string) documented {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var answers documented
	if err := decoder.Decode(&answers); err != nil {
		t.Fatal(err)
	}
	return answers
}

// Entries read the answers that the services' documentation has.
func TestCatalog_documentedAnswers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		// created is the answer to a create, first the first key of the listing. The
		// times are RFC 3339; "" is none.
		createdID, createdAt, value                  string
		firstID, firstName, firstCreatedAt, lastUsed string
		hint                                         driver.Hint
		arguments                                    string
		live                                         int
	}{
		"databricks": {
			createdID: "token-1", createdAt: "2021-07-14T18:16:41.651Z", value: "dapi-fake-value-of-a-key",
			firstID: "token-1", firstName: "an example", firstCreatedAt: "2021-07-14T18:16:41.651Z", live: 1,
		},
		"elastic_cloud": {
			createdID: "key-1", createdAt: "2026-01-02T03:04:05.678Z", value: "fake-value-of-a-key",
			firstID: "key-1", firstName: "an example", firstCreatedAt: "2026-01-02T03:04:05.678Z", live: 1,
		},
		"pulumi_organization": {
			createdID: "token-1", value: "pul-fake-value-of-a-key",
			firstID: "token-1", firstName: "ci", firstCreatedAt: "2026-01-02T03:04:05.678Z", lastUsed: "2026-01-02T03:04:05Z",
			arguments: `{"admin":false,"description":"An example","expires":0}`, live: 1,
		},
		"agentmail": {
			createdID: "key_1", createdAt: "2026-01-02T03:04:05Z", value: "am_fake-value-of-a-key",
			firstID: "key_1", firstName: "My Key", firstCreatedAt: "2026-01-02T03:04:05Z", lastUsed: "2026-01-03T00:00:00Z", live: 1,
		},
		"axiom": {
			createdID: "test", value: "fake-value-of-a-key",
			firstID: "test", firstName: "test", live: 1,
		},
		"buildkite": {
			createdID: "b6001416-0e1e-41c6-9dbe-3d96766f451a", createdAt: "2023-05-26T04:21:41.35Z", value: "fake-value-of-a-key",
			firstID: "b6001416-0e1e-41c6-9dbe-3d96766f451a", firstName: "Windows agents", firstCreatedAt: "2023-05-26T04:21:41.35Z",
			arguments: `{"allowed_ip_addresses":"202.144.0.0/24"}`, live: 1,
		},
		"clerk": {
			createdID: "ak_3beecc9c60adb5f9b850e91a8ee1e992", createdAt: "2024-05-28T08:00:00Z", value: "ak_fake-value-of-a-key",
			firstID: "ak_3beecc9c60adb5f9b850e91a8ee1e992", firstName: "MY_SERVICE_API_KEY", firstCreatedAt: "2024-05-28T08:00:00Z", lastUsed: "2024-05-28T08:00:00Z",
			arguments: `{"claims":{"foo":"bar"},"description":"This is my API Key","subject":"user_2xhFjEI5X2qWRvtV13BzSj8H6Dk"}`, live: 1,
		},
		"cloudflare": {
			createdID: "ed17574386854bf78a67040be0a770b0", createdAt: "2018-07-01T05:20:00Z", value: "fake-value-of-a-key",
			firstID: "ed17574386854bf78a67040be0a770b0", firstName: "readonly token", firstCreatedAt: "2018-07-01T05:20:00Z", lastUsed: "2020-01-02T12:34:00Z", live: 1,
		},
		"cloudflare_account": {
			createdID: "ed17574386854bf78a67040be0a770b0", createdAt: "2018-07-01T05:20:00Z", value: "fake-value-of-a-key",
			firstID: "ed17574386854bf78a67040be0a770b0", firstName: "readonly token", firstCreatedAt: "2018-07-01T05:20:00Z", lastUsed: "2020-01-02T12:34:00Z", live: 1,
		},
		"digitalocean_spaces": {
			createdID: "DOACCESSKEYEXAMPLE", createdAt: "2018-07-19T15:04:16Z", value: "DOSECRETKEYEXAMPLE",
			firstID: "DOACCESSKEYEXAMPLE", firstName: "my-access-key", firstCreatedAt: "2018-07-19T15:04:16Z",
			arguments: `{"grants":[{"bucket":"my-bucket","permission":"read"}]}`, live: 1,
		},
		"doppler": {
			createdID: "00000000-0000-0000-0000-000000000000", createdAt: "2026-01-02T03:04:05.678Z", value: "dp.st.fake-value-of-a-key",
			firstID: "00000000-0000-0000-0000-000000000000", firstName: "ci", firstCreatedAt: "2026-01-02T03:04:05.678Z",
			arguments: `{"access":"read"}`, live: 1,
		},
		"fal": {
			createdID: "abc123def456", value: "abc123def456:fake-secret",
			firstID: "abc123def456", firstName: "Production Key", firstCreatedAt: "2025-01-15T12:00:00Z", live: 2,
		},
		"fireworks": {
			createdID: "key-1", createdAt: "2023-11-07T05:31:56Z", value: "fw_fake-value-of-a-key",
			firstID: "key-1", firstName: "<string>", firstCreatedAt: "2023-11-07T05:31:56Z", live: 1,
		},
		"gitlab_project": {
			createdID: "58", createdAt: "2021-01-21T19:35:37.921Z", value: "fake-value-of-a-key",
			firstID: "42", firstName: "token", firstCreatedAt: "2021-01-20T22:11:48.151Z",
			arguments: `{"access_level":40,"description":"Test Token description","expires_at":"2021-01-31"}`, live: 1,
		},
		"grafana": {
			createdID: "7", value: "glsa_fake-value-of-a-key",
			firstID: "1", firstName: "grafana", firstCreatedAt: "2022-03-23T10:31:02Z", lastUsed: "2022-03-23T10:31:02Z", live: 1,
		},
		"launchdarkly": {
			createdID: "61095542756dba551110ae21", createdAt: "2021-08-03T14:40:02.644Z", value: "api-fake-value-1234",
			firstID: "61095542756dba551110ae21", firstName: "Example reader token", firstCreatedAt: "2021-08-03T14:40:02.644Z",
			hint:      driver.Hint{Suffix: "1234"},
			arguments: `{"defaultApiVersion":20240415,"description":"A reader token used in testing and examples","role":"reader","serviceToken":false}`, live: 1,
		},
		"planetscale": {
			createdID: "test-id", createdAt: "2021-01-14T10:19:23Z", value: "fake-value-of-a-key",
			firstID: "txhc257pxjuc", firstName: "list-token", firstCreatedAt: "2021-01-14T10:19:23Z", live: 1,
		},
		"portkey": {
			createdID: "183f497a-2a7f-4f47-992e-26213fa863ed", value: "fake-value-of-a-key",
			firstID: "f47ac10b-58cc-4372-a567-0e02b2c3d479", firstName: "Development API Key", firstCreatedAt: "2023-09-15T10:30:00Z",
			hint: driver.Hint{Prefix: "Xk", Suffix: "S4"}, live: 1,
		},
		"scaleway": {
			createdID: "SCWXXXXXXXXXXXXXXXXX", createdAt: "2026-01-02T03:04:05.678901Z", value: "fake-value-of-a-key",
			firstID: "SCWXXXXXXXXXXXXXXXXX", firstName: "an example", firstCreatedAt: "2026-01-02T03:04:05.678901Z",
			arguments: `{"application_id":"00000000-0000-0000-0000-000000000000","default_project_id":"00000000-0000-0000-0000-000000000001"}`, live: 1,
		},
		"deepgram": {
			createdID: "1234567890abcdef1234567890abcdef", value: "fake-value-of-a-key",
			firstID: "1234567890abcdef1234567890abcdef", firstName: "A comment", firstCreatedAt: "2021-01-01T00:00:00Z", live: 1,
		},
		"elevenlabs": {
			createdID: "key_1", value: "fake-value-of-a-key",
			firstID: "key_1", firstName: "Sneaky Fox", firstCreatedAt: "2024-05-02T11:45:06Z", live: 1,
		},
		"mailgun": {
			createdID: "f2153fd0-f1277777", createdAt: "2006-01-02T15:04:05Z", value: "fake-value-of-a-key",
			firstID: "f2153fd0-f1277777", firstName: "api key", firstCreatedAt: "2006-01-02T15:04:05Z",
			arguments: `{"domain_name":"example.com","kind":"domain","role":"sending"}`, live: 1,
		},
		"neon": {
			createdID: "165434", createdAt: "2022-11-15T20:13:35Z", value: "fake-value-of-a-key",
			firstID: "165432", firstName: "mykey_1", firstCreatedAt: "2022-11-15T20:13:35Z", lastUsed: "2022-11-15T20:22:51Z", live: 2,
		},
		"neon_organization": {
			createdID: "165434", createdAt: "2022-11-15T20:13:35Z", value: "fake-value-of-a-key",
			firstID: "165432", firstName: "orgkey_1", firstCreatedAt: "2022-11-15T20:13:35Z", lastUsed: "2022-11-15T20:22:51Z",
			arguments: `{}`, live: 2,
		},
		"openai": {
			createdID: "key_xyz", createdAt: "2024-03-26T16:45:33Z", value: "sk-admin-fake",
			firstID: "key_abc", firstName: "Main Admin Key", firstCreatedAt: "2024-03-26T16:45:33Z", lastUsed: "2024-03-26T16:45:34Z",
			hint: driver.Hint{Prefix: "sk-admin", Suffix: "def"}, live: 1,
		},
		"openrouter": {
			createdID: "f01d52606dc8f0a8303a7b5cc3fa07109c2e346cec7c0a16b40de462992ce943", createdAt: "2025-08-24T10:30:00Z", value: "sk-or-v1-fake-value-of-a-key",
			firstID: "f01d52606dc8f0a8303a7b5cc3fa07109c2e346cec7c0a16b40de462992ce943", firstName: "My Production Key", firstCreatedAt: "2025-08-24T10:30:00Z",
			arguments: `{"include_byok_in_limit":false,"limit":100,"limit_reset":"monthly"}`, live: 1,
		},
		"pinecone": {
			createdID: "3fa85f64-5717-4562-b3fc-2c963f66afa6", value: "pckey_fake-value-of-a-key",
			firstID: "3fa85f64-5717-4562-b3fc-2c963f66afa6", firstName: "string", arguments: `{"roles":["ProjectEditor"]}`, live: 1,
		},
		"qdrant": {
			createdID: "11111111-1111-1111-1111-111111111111", createdAt: "2026-01-02T03:04:05Z", value: "fake-value-of-a-key",
			firstID: "11111111-1111-1111-1111-111111111111", firstName: "example key", firstCreatedAt: "2026-01-02T03:04:05Z",
			hint: driver.Hint{Suffix: "of-a-key"}, live: 1,
		},
		"resend": {
			createdID: "690bd6a5-bbaf-4a7a-b379-8c883409de8c", value: "re_REDACTED_API_KEY",
			firstID: "5262504e-8ed7-4fac-bd16-0d4be94bc9f2", firstName: "My API Key 1",
			firstCreatedAt: "2023-04-07T20:29:10.666968Z", lastUsed: "2023-04-08T12:00:00Z", live: 2,
		},
		"sendgrid": {
			createdID: "xxxxxxxx", value: "SG.xxxxxxxx.yyyyyyyy",
			firstID: "some-apikey-id", firstName: "API Key Name", live: 2,
		},
		"vercel": {
			createdID: "5d9f2ebd38ddca62e5d51e9c1704c72530bdc8bfdd41e782a6687c48399e8391", createdAt: "2021-09-28T08:08:56.002Z", value: "fake-value-of-a-key",
			firstID: "5d9f2ebd38ddca62e5d51e9c1704c72530bdc8bfdd41e782a6687c48399e8391", firstName: "<value>",
			firstCreatedAt: "2021-09-28T08:08:56.002Z", lastUsed: "2021-09-28T08:08:56.003Z", hint: driver.Hint{Suffix: "-key"}, live: 1,
		},
	}
	for _, entry := range Catalog() {
		if _, ok := tests[entry.Name]; !ok {
			t.Errorf("%s: no documented answers are tested", entry.Name)
		}
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := readDocumented(t, name)
			if !strings.HasPrefix(answers.Source, "https://") {
				t.Errorf("source: %q is no public address", answers.Source)
			}
			d := fromCatalog(t, name)
			is := func(r servicestest.Request, c Call, id string) bool {
				return r.Method == c.Method && r.Path == expand(withoutQuery(c.Path), d.Vars, id)
			}
			server := servicestest.Serve(t, func(r servicestest.Request) servicestest.Answer {
				switch {
				case is(r, d.Create.Call, ""):
					return servicestest.Answer{Status: d.Create.Success[0], Body: string(answers.Create)}
				case is(r, d.List.Call, ""):
					return servicestest.OK(string(answers.List))
				case d.Get != nil && is(r, d.Get.Call, want.firstID):
					return servicestest.OK(string(answers.Get))
				case d.Update != nil && is(r, d.Update.Call, want.firstID) && strings.Contains(r.Body, `"another name"`):
					return servicestest.OK(`{}`)
				case is(r, d.Revoke.Call, want.firstID) && (strings.Contains(d.Revoke.Path, "{id}") || strings.Contains(r.Body, `"`+want.firstID+`"`)):
					return servicestest.Answer{Status: d.Revoke.Success[0], Body: string(answers.Revoke)}
				}
				return servicestest.Answer{Status: http.StatusNotFound, Body: `{}`}
			})
			d.BaseURL = server.URL
			svc, err := Connect(d, services.Config{HTTP: servicestest.Config(server.URL, nil).HTTP}, func(string) string { return "" })
			if err != nil {
				t.Fatal(err)
			}

			entry, _ := Lookup(name)
			minted, err := svc.Create(context.Background(), driver.Spec{Name: "a name", Attributes: driver.Attributes{Arguments: entry.Arguments}})
			if err != nil {
				t.Fatalf("create: %v", err)
			}
			if k := minted.Key; k.ID != want.createdID || rfc3339(k.CreatedAt) != want.createdAt || minted.Value.Reveal() != want.value || len(k.Unreadable) > 0 {
				t.Errorf("create: id %q, created_at %q, value %q, unreadable %v", k.ID, rfc3339(k.CreatedAt), minted.Value.Reveal(), k.Unreadable)
			}

			keys := servicestest.ListAll(t, svc, driver.StatusLive)
			if len(keys) == 0 {
				t.Fatal("list: no keys")
			}
			checkFirst := func(call string, k driver.Key) {
				t.Helper()
				if k.ID != want.firstID || k.Name != want.firstName || rfc3339(k.CreatedAt) != want.firstCreatedAt || rfc3339(k.LastUsedAt) != want.lastUsed {
					t.Errorf("%s: id %q, name %q, created_at %q, last_used_at %q", call, k.ID, k.Name, rfc3339(k.CreatedAt), rfc3339(k.LastUsedAt))
				}
				arguments, _ := k.Attributes[Arguments].(string)
				if k.Hint != want.hint || arguments != want.arguments || len(k.Unreadable) > 0 {
					t.Errorf("%s: hint %+v, arguments %s, unreadable %v", call, k.Hint, arguments, k.Unreadable)
				}
			}
			checkFirst("list", keys[0])
			live := 0
			for _, k := range keys {
				if k.Live() {
					live++
				}
			}
			if live != want.live {
				t.Errorf("list: %d live keys, want %d", live, want.live)
			}

			getter, can := svc.(driver.Getter)
			if can != (answers.Get != nil) {
				t.Fatalf("the entry has a get call: %t, and testdata an answer to it: %t", can, answers.Get != nil)
			}
			if can {
				k, err := getter.Get(context.Background(), want.firstID)
				if err != nil {
					t.Fatalf("get: %v", err)
				}
				checkFirst("get", k)
			}
			if updater, can := svc.(driver.Updater); can {
				name := "another name"
				k, err := updater.Update(context.Background(), want.firstID, driver.Changes{Name: &name})
				if err != nil {
					t.Fatalf("update: %v", err)
				}
				checkFirst("update", k) // the answers stay as they are documented
			}
			// A 200 that nothing is known to confirm sends the engine to look for the key.
			err = svc.Revoke(context.Background(), want.firstID)
			if e, ok := driver.AsError(err); err != nil && (!ok || e.Status != http.StatusOK || e.Kind != driver.KindMalformed || entry.Revoke.Confirm != "") {
				t.Errorf("revoke: %v", err)
			}
		})
	}
}

func rfc3339(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(time.RFC3339Nano)
}

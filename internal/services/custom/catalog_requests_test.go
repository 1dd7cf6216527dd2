package custom

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/servicestest"
)

// What the entries send: where the name and the credential are.
func TestCatalog_requests(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ header, body, list string }{
		"databricks":          {"Authorization: Bearer admin-credential", `{"comment":"a name","lifetime_seconds":7776000}`, "/api/2.0/token/list?"},
		"elastic_cloud":       {"Authorization: ApiKey admin-credential", `{"description":"a name","expiration":"90d"}`, "/users/auth/keys?"},
		"pulumi_organization": {"Authorization: token admin-credential", `{"admin":false,"description":"An example","expires":0,"name":"a name"}`, "/orgs/a-value/tokens?maxResults=1000"},
		"clerk":               {"Authorization: Bearer admin-credential", `{"name":"a name","scopes":["read","write"],"subject":"user_2xhFjEI5X2qWRvtV13BzSj8H6Dk"}`, "/api_keys?limit=100&subject=a-value"},
		"agentmail":           {"Authorization: Bearer admin-credential", `{"name":"a name","permissions":{"inbox_read":true,"message_read":true,"message_send":true}}`, "/v0/api-keys?type=bearer"},
		"axiom":               {"Authorization: Bearer admin-credential", `{"datasetCapabilities":{"*":{"ingest":["create"]}},"expiresAt":"2027-12-31T23:59:59Z","name":"a name"}`, "/v2/tokens?"},
		"buildkite":           {"Authorization: Bearer admin-credential", `{"allowed_ip_addresses":"202.144.0.0/24","description":"a name"}`, "/v2/organizations/a-value/clusters/a-value/tokens?per_page=100"},
		"cloudflare":          {"Authorization: Bearer admin-credential", `{"expires_on":"2027-12-31T23:59:59Z","name":"a name","policies":[{"effect":"allow","permission_groups":[{"id":"00000000000000000000000000000000"}],"resources":{"com.cloudflare.api.account.zone.00000000000000000000000000000000":"*"}}]}`, "/user/tokens?"},
		"cloudflare_account":  {"Authorization: Bearer admin-credential", `{"expires_on":"2027-12-31T23:59:59Z","name":"a name","policies":[{"effect":"allow","permission_groups":[{"id":"00000000000000000000000000000000"}],"resources":{"com.cloudflare.api.account.zone.00000000000000000000000000000000":"*"}}]}`, "/accounts/a-value/tokens?"},
		"digitalocean_spaces": {"Authorization: Bearer admin-credential", `{"grants":[{"bucket":"my-bucket","permission":"read"}],"name":"a name"}`, "/v2/spaces/keys?per_page=200"},
		"doppler":             {"Authorization: Bearer admin-credential", `{"access":"read","name":"a name"}`, "/v3/configs/config/tokens?config=a-value&project=a-value"},
		"fal":                 {"Authorization: Key admin-credential", `{"alias":"a name"}`, "/keys?"},
		"fireworks":           {"Authorization: Bearer admin-credential", `{"apiKey":{"displayName":"a name","expireTime":"2027-12-31T23:59:59Z"}}`, "/v1/accounts/a-value/users/a-value/apiKeys?"},
		"gitlab_project":      {"Private-Token: admin-credential", `{"access_level":30,"expires_at":"2027-01-31","name":"a name","scopes":["api","read_repository"]}`, "/projects/a-value/access_tokens?per_page=100&state=active"},
		"grafana":             {"Authorization: Bearer admin-credential", `{"name":"a name","secondsToLive":604800}`, "/api/serviceaccounts/a-value/tokens?"},
		"launchdarkly":        {"Authorization: admin-credential", `{"defaultApiVersion":20240415,"name":"a name","role":"reader","serviceToken":true}`, "/api/v2/tokens?"},
		"planetscale":         {"Authorization: admin-credential", `{"name":"a name","ttl":3600}`, "/organizations/a-value/service-tokens?"},
		"portkey":             {"X-Portkey-Api-Key: admin-credential", `{"name":"a name","scopes":["completions.write"],"workspace_id":"ws-myworkspace"}`, "/api-keys?current_page=0&workspace_id=a-value"},
		"scaleway":            {"X-Auth-Token: admin-credential", `{"application_id":"00000000-0000-0000-0000-000000000000","description":"a name"}`, "/iam/v1alpha1/api-keys?organization_id=a-value&page_size=100"},
		"deepgram":            {"Authorization: Token admin-credential", `{"comment":"a name","scopes":["usage:read","usage:write"],"tags":["prod","west-region"]}`, "/v1/projects/a-value/keys?"},
		"elevenlabs":          {"Xi-Api-Key: admin-credential", `{"character_limit":100000,"name":"a name","permissions":["text_to_speech","speech_to_text"]}`, "/v1/service-accounts/a-value/api-keys?"},
		"mailgun":             {"Authorization: Basic YXBpOmFkbWluLWNyZWRlbnRpYWw=", `description=a+name&domain_name=example.com&kind=domain&role=sending`, "/v1/keys?"},
		"neon":                {"Authorization: Bearer admin-credential", `{"key_name":"a name"}`, "/api_keys?"},
		"neon_organization":   {"Authorization: Bearer admin-credential", `{"key_name":"a name","project_id":"quiet-surf-12345678"}`, "/organizations/a-value/api_keys?"},
		"openai":              {"Authorization: Bearer admin-credential", `{"expires_in_seconds":2592000,"name":"a name"}`, "/organization/admin_api_keys?"},
		"openrouter":          {"Authorization: Bearer admin-credential", `{"include_byok_in_limit":true,"limit":50,"limit_reset":"monthly","name":"a name"}`, "/keys?include_disabled=true"},
		"pinecone":            {"X-Pinecone-Api-Version: 2026-04", `{"name":"a name","roles":["ProjectEditor"]}`, "/admin/projects/a-value/api-keys?"},
		"qdrant": {"Authorization: apikey admin-credential", `{"databaseApiKey":{"accessRules":[{"globalAccess":{"accessType":"GLOBAL_ACCESS_RULE_ACCESS_TYPE_READ_ONLY"}}],"clusterId":"00000000-0000-0000-0000-000000000000","name":"a name"}}`,
			"/api/cluster/auth/v2/accounts/a-value/database-api-keys?clusterId=a-value"},
		"resend":   {"Authorization: Bearer admin-credential", `{"domain_id":"00000000-0000-0000-0000-000000000000","name":"a name","permission":"sending_access"}`, "/api-keys?limit=100"},
		"sendgrid": {"Authorization: Bearer admin-credential", `{"name":"a name","scopes":["mail.send","alerts.create","alerts.read"]}`, "/v3/api_keys?"},
		"vercel":   {"Authorization: Bearer admin-credential", `{"name":"a name","projectId":"prj_example"}`, "/v6/user/tokens?limit=100"},
	}
	for _, entry := range Catalog() {
		t.Run(entry.Name, func(t *testing.T) {
			t.Parallel()
			want, ok := tests[entry.Name]
			if !ok {
				t.Fatal("its requests are not tested")
			}
			d := fromCatalog(t, entry.Name)
			server := servicestest.Always(t, servicestest.Answer{Status: http.StatusForbidden, Body: `{}`})
			d.BaseURL = server.URL
			svc, err := Connect(d, services.Config{HTTP: servicestest.Config(server.URL, nil).HTTP}, func(string) string { return "" })
			if err != nil {
				t.Fatal(err)
			}
			_, _ = svc.Create(context.Background(), driver.Spec{Name: "a name", Attributes: driver.Attributes{Arguments: entry.Arguments}})
			_, _ = svc.List(context.Background(), driver.Query{})
			requests := server.Requests()
			if len(requests) != 2 {
				t.Fatalf("%d requests, want 2", len(requests))
			}
			create, list := requests[0], requests[1]
			name, value, _ := strings.Cut(want.header, ": ")
			if got := create.Header.Get(name); got != value {
				t.Errorf("create: %s is %q, want %q", name, got, value)
			}
			if create.Body != want.body {
				t.Errorf("create: %s, want %s", create.Body, want.body)
			}
			if got := list.Path + "?" + list.Query.Encode(); got != want.list {
				t.Errorf("list: %s, want %s", got, want.list)
			}
		})
	}
}

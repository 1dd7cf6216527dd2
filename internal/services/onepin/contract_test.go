package onepin

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/servicestest"
)

// createExample is the example of the API reference's Create Api Key page, verbatim.
const createExample = `{
 "data": {
  "id": "d290f1ee-6c54-4b01-90e6-d701748f0851",
  "workspace_id": "a3f1c2d4-5b6e-4f7a-9c8d-123456789abc",
  "created_by": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
  "name": "Production API Key",
  "key_type": "live",
  "key_prefix": "pk_live_",
  "key_suffix": "9f8e7d6c",
  "scopes": [
   "workflows:read",
   "workflows:run",
   "voices:read"
  ],
  "active": true,
  "last_used_at": "2024-04-20T14:22:00Z",
  "rate_limit_per_min": 1000,
  "revoked_at": "null",
  "created_at": "2024-04-15T09:30:00Z",
  "updated_at": "2024-04-15T09:30:00Z",
  "api_key": "pk_live_9f8e7d6c3b2a1d0e",
  "preview": "pk_live_9f8e7d6c"
 },
 "meta": {
  "request_id": "7e57d004-2b97-0e7a-b45f-5387367791cd",
  "timestamp": "2024-04-15T09:30:00Z"
 }
}`

// Its revoked_at is the string "null", and its key_suffix is not the value's end.
func TestCreate_example(t *testing.T) {
	t.Parallel()
	made, err := dial(t, servicestest.Always(t, servicestest.OK(createExample)), nil).Create(context.Background(), driver.Spec{Name: "Production API Key"})
	if err != nil {
		t.Fatal(err)
	}
	if !made.Live() || len(made.Unreadable) > 0 {
		t.Errorf("the key is %+v", made.Key)
	}
	if !made.Hint.Matches(made.Value) || made.Hint.Contradicts(made.Value) {
		t.Errorf("the hint %+v does not match the value", made.Hint)
	}
	if other := driver.NewSecret("pk_live_3b2a1d0e9f8e7d6d"); made.Hint.Matches(other) {
		t.Errorf("the hint %+v matches another value", made.Hint)
	}
}

// Whoever validates answers by the contract, as a proxy does, must let the example
// pass: a nullable time has no format of its own, but a pattern that takes "null".
func TestContract_nullableTimes(t *testing.T) {
	t.Parallel()
	contract, err := os.ReadFile("api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range strings.Lines(string(contract)) {
		field, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		if !strings.HasSuffix(field, "_at") || !strings.Contains(rest, "nullable: true") {
			continue
		}
		found++
		quoted := regexp.MustCompile(`pattern: '([^']+)'`).FindStringSubmatch(rest)
		if quoted == nil || strings.Contains(rest, "format:") {
			t.Errorf("%s does not take the string \"null\": %s", field, rest)
			continue
		}
		pattern := regexp.MustCompile(quoted[1])
		for text, want := range map[string]bool{"null": true, "2024-04-20T14:22:00Z": true, "2024-04-20T14:22:00.5+02:00": true, "": false, "never": false} {
			if pattern.MatchString(text) != want {
				t.Errorf("%s takes %q: %t", field, text, !want)
			}
		}
	}
	if found != 2 {
		t.Errorf("%d nullable times, want last_used_at and revoked_at", found)
	}
}

package simulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// The fields that the models of OnePin's public SDK require (podonos/onepin-python,
// types/; those of keys as they were before commit 394f488).
var (
	requiredOfKey    = []string{"id", "workspace_id", "name", "key_type", "key_prefix", "key_suffix", "scopes", "active", "created_at", "updated_at"}
	requiredOfCaller = []string{"auth_kind", "user_id", "scopes"}
)

// Every answer, refusals too, has what the models of the public SDK require.
func TestOnePin_required(t *testing.T) {
	client, store := startOnePin(t)
	key := store.Mint("ci")
	one := keysPath + "/" + key.ID
	made := client.Do(http.StatusCreated, onepinService().Create("made"))
	rotated := client.Do(http.StatusOK, req("PATCH", keysPath+"/"+Text(made.JSON, "data", "id")+"/rotate", ""))
	program := client.As(key.Value)
	whoami := req("GET", "/api/v1/auth/whoami", "")
	for name, test := range map[string]struct {
		answer Answer
		at     []any
		fields []string
	}{
		"create":           {made, []any{"data"}, append([]string{"api_key"}, requiredOfKey...)},
		"list":             {client.Do(http.StatusOK, onepinService().List()), []any{"data", 0}, requiredOfKey},
		"pagination":       {client.Do(http.StatusOK, onepinService().List()), []any{"pagination"}, []string{"limit", "total"}},
		"get":              {client.Do(http.StatusOK, req("GET", one, "")), []any{"data"}, requiredOfKey},
		"update":           {client.Do(http.StatusOK, req("PATCH", one, `{"name": "b"}`)), []any{"data"}, requiredOfKey},
		"rotate, old":      {rotated, []any{"data", "old_key"}, requiredOfKey},
		"rotate, new":      {rotated, []any{"data", "new_key"}, append([]string{"api_key"}, requiredOfKey...)},
		"whoami, session":  {client.Do(http.StatusOK, whoami), []any{"data"}, requiredOfCaller},
		"whoami, key":      {program.Do(http.StatusOK, whoami), []any{"data"}, requiredOfCaller},
		"unauthorized":     {client.As("op_live_wrong").Do(http.StatusUnauthorized, onepinService().List()), []any{"error"}, []string{"code", "message"}},
		"forbidden":        {program.Do(http.StatusForbidden, onepinService().List(), "X-Workspace-Id", simulator.UUID()), []any{"error"}, []string{"code", "message"}},
		"not found":        {client.Do(http.StatusNotFound, req("GET", keysPath+"/"+simulator.UUID(), "")), []any{"error"}, []string{"code", "message"}},
		"no route":         {client.Do(http.StatusNotFound, req("GET", "/api/v1/nothing", "")), []any{"error"}, []string{"code", "message"}},
		"invalid":          {client.Do(http.StatusUnprocessableEntity, onepinService().Create("")), []any{"error"}, []string{"code", "message"}},
		"invalid, details": {client.Do(http.StatusUnprocessableEntity, onepinService().Create("")), []any{"error", "details", 0}, []string{"field", "message"}},
		"invalid query":    {client.Do(http.StatusUnprocessableEntity, req("GET", keysPath+"?limit=0", "")), []any{"error", "details", 0}, []string{"field", "message"}},
		"revoke":           {client.Do(http.StatusOK, onepinService().Revoke(key.ID)), []any{"data"}, requiredOfKey},
	} {
		object, _ := At(test.answer.JSON, test.at...).(map[string]any)
		for _, field := range test.fields {
			if object[field] == nil {
				t.Errorf("%s lacks %s: %s", name, field, test.answer.Raw)
			}
		}
		at, err := time.Parse(time.RFC3339Nano, Text(test.answer.JSON, "meta", "timestamp"))
		if err != nil || at.IsZero() || Text(test.answer.JSON, "meta", "request_id") == "" {
			t.Errorf("%s has an incomplete meta: %s", name, test.answer.Raw)
		}
	}
}

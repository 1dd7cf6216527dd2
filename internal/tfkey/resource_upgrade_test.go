package tfkey_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/provider"
)

// stateV0 is one resource of testdata/state_v0.json: the attributes of a state that the
// provider wrote with real Terraform when its schema had version 0.
type stateV0 struct {
	Type       string          `json:"type"`
	Name       string          `json:"name"`
	Attributes json.RawMessage `json:"attributes"`
}

// upgraded is such a state after the upgrade, as JSON.
func upgraded(t *testing.T, kind, state string) map[string]any {
	t.Helper()
	server := provider.NewServer(provider.Options{Version: "test", Quiet: true})
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.UpgradeResourceState(t.Context(), &tfprotov6.UpgradeResourceStateRequest{
		TypeName: kind, Version: 0, RawState: &tfprotov6.RawState{JSON: []byte(state)},
	})
	if err != nil || len(resp.Diagnostics) > 0 {
		t.Fatalf("%v, %v", err, resp.Diagnostics)
	}
	value, err := resp.UpgradedState.Unmarshal(schemas.ResourceSchemas[kind].ValueType())
	if err != nil {
		t.Fatal(err)
	}
	decoded, _ := plain(t, value).(map[string]any)
	return decoded
}

// TestUpgradeState upgrades states of version 0: the rotation object becomes flat
// attributes, keys that retire get retired_at, and all else stays as it is.
func TestUpgradeState(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/state_v0.json")
	if err != nil {
		t.Fatal(err)
	}
	var states []stateV0
	if err := json.Unmarshal(text, &states); err != nil {
		t.Fatal(err)
	}
	if len(states) < 4 {
		t.Fatalf("%d states", len(states))
	}
	for _, s := range states {
		var before map[string]any
		if err := json.Unmarshal(s.Attributes, &before); err != nil {
			t.Fatal(err)
		}
		after := upgraded(t, s.Type, string(s.Attributes))
		rotation, _ := before["rotation"].(map[string]any)
		want := map[string]any{
			"rotation_triggers": rotation["triggers"], "rotate_after": rotation["after"], "rotation_overlap": rotation["overlap"],
		}
		if native, ok := rotation["native"]; ok {
			want["native_rotation"] = native
		}
		for name, v := range before {
			switch name {
			case "rotation":
			case "on_duplicate_name":
				want[name] = "warn"
			case "retiring":
				for _, e := range v.([]any) { //nolint:forcetypeassert // as the schema had it
					e.(map[string]any)["retired_at"] = before["created_at"].(string)[:len("2006-01-02T15:04:05")] + "Z" //nolint:forcetypeassert // as the schema had it
				}
				want[name] = v
			default:
				want[name] = v
			}
		}
		got, _ := json.Marshal(after)
		expected, _ := json.Marshal(want)
		if !bytes.Equal(got, expected) {
			t.Errorf("%s.%s is\n%s, want\n%s", s.Type, s.Name, got, expected)
		}
	}
}

// TestUpgradeState_unknownOutcome: creates without a clear answer keep what there is to
// find their keys by, under the prefix that their ids have now.
func TestUpgradeState_unknownOutcome(t *testing.T) {
	t.Parallel()
	state := `{"id": "unsettled-1770976800123-1770976860123!ci", "name": "ci", "key_version": 9007199254740993, "on_duplicate_name": "ignore", "rotation": null,
		"retiring": [{"id": "unsettled-1-2*5~a,c%2Cd!b", "revoke_at": "2026-01-02T03:04:05Z", "due": true}, {"id": "k", "revoke_at": "2026-01-02T03:04:05Z", "due": false}]}`
	after := upgraded(t, "apikeys_pioneer_key", state)
	got, _ := json.Marshal(after)
	for _, part := range []string{
		`"id":"unknown-outcome-{\"name\":\"ci\",\"from\":\"2026-02-13T10:00:00.123Z\",\"to\":\"2026-02-13T10:01:00.123Z\"}"`,
		`"id":"unknown-outcome-{\"name\":\"b\",\"from\":\"1970-01-01T00:00:00.001Z\",\"to\":\"1970-01-01T00:00:00.002Z\",\"not\":[\"a\",\"c,d\"],\"certain\":true,\"created\":\"1970-01-01T00:00:00.000000005Z\"}","retired_at":null`,
		`"id":"k","retired_at":null`,
		`"key_version":9007199254740993`, `"on_duplicate_name":"ignore"`, `"rotation_triggers":null`,
	} {
		if !strings.Contains(string(got), part) {
			t.Errorf("%s is not in %s", part, got)
		}
	}
}

// TestUpgradeState_unreadable: what is no state is an error that quotes nothing of it.
func TestUpgradeState_unreadable(t *testing.T) {
	t.Parallel()
	server := provider.NewServer(provider.Options{Version: "test", Quiet: true})
	for _, state := range []string{`{`, `{"retiring": "pio_sk_secret"}`, `{"key": {"pio_sk_secret": 1}}`} {
		resp, err := server.UpgradeResourceState(t.Context(), &tfprotov6.UpgradeResourceStateRequest{
			TypeName: "apikeys_pioneer_key", Version: 0, RawState: &tfprotov6.RawState{JSON: []byte(state)},
		})
		if err != nil || len(resp.Diagnostics) != 1 || !strings.Contains(resp.Diagnostics[0].Detail, "could not be read") || strings.Contains(resp.Diagnostics[0].Detail, "pio_sk_secret") {
			t.Errorf("%s: %v, %+v", state, err, resp.Diagnostics)
		}
	}
}

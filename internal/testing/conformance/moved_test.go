package conformance

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/declared"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// movedFrom is a request to move a resource of another provider, as a state has it.
func movedFrom(provider, kind string, state map[string]any) *tfprotov6.MoveResourceStateRequest {
	text, err := json.Marshal(state)
	if err != nil {
		panic(err)
	}
	return &tfprotov6.MoveResourceStateRequest{SourceProviderAddress: "registry.terraform.io/" + provider, SourceTypeName: kind, SourceState: &tfprotov6.RawState{JSON: text}}
}

// restapi is a restapi_object of version 2 or 3 that has created a key.
func restapi(path, id, data, created string) map[string]any {
	return map[string]any{
		"id": id, "path": path, "create_path": nil, "data": data, "create_response": created, "api_response": `{"id": "shown"}`,
		"api_data": map[string]any{"id": id}, "debug": nil, "force_new": nil, "id_attribute": "id",
	}
}

// dynamic is an attribute of a dynamic type in a state.
func dynamic(value string) any {
	return map[string]any{"type": "dynamic", "value": json.RawMessage(value)}
}

// movedStates are states of other providers' resources that have created a key, by what is
// special about them. All of them have its value.
func movedStates(service string, k simulator.Record) map[string]*tfprotov6.MoveResourceStateRequest {
	switch service {
	case "bare":
		answer := fmt.Sprintf(`{"id": %q, "label": %q, "secret": %q}`, k.ID, k.Name, k.Value)
		body := fmt.Sprintf(`{"label": %q}`, k.Name)
		old := restapi("/v1/keys", k.ID, body, "")
		delete(old, "create_response") // before version 1.10
		old["api_response"] = answer
		masked := restapi("/keys/", k.ID, body, answer)
		masked["api_response"] = fmt.Sprintf(`{"id": %q, "secret": "bare_****"}`, k.ID)
		return map[string]*tfprotov6.MoveResourceStateRequest{
			"restapi":                        movedFrom("mastercard/restapi", "restapi_object", masked),
			"restapi before create_response": movedFrom("mastercard/restapi", "restapi_object", old),
			"restful_operation": movedFrom("magodo/restful", "restful_operation", map[string]any{
				"id": "v1/keys/" + k.ID, "path": "v1/keys", "body": dynamic(body), "output": dynamic(answer), "sensitive_output": nil,
			}),
			"restful_resource": movedFrom("magodo/restful", "restful_resource", map[string]any{
				"id": "/v1/keys/" + k.ID + "/", "path": "/v1/keys", "body": dynamic(body), "output": nil, "sensitive_output": dynamic(answer),
			}),
			"restful_resource of version 0": movedFrom("magodo/restful", "restful_resource", map[string]any{
				"id": "/v1/keys/" + k.ID, "path": "/v1/keys", "body": body, "output": answer,
			}),
		}
	case "wrapped":
		answer := fmt.Sprintf(`{"data": {"key": {"id": %s, "label": %q, "created": %d}, "secret": %q}}`, k.ID, k.Name, k.CreatedAt.UnixMilli(), k.Value)
		body := fmt.Sprintf(`{"key": {"label": %q}, "role": "admin", "days": 3}`, k.Name)
		return map[string]*tfprotov6.MoveResourceStateRequest{
			// restapi writes large numbers as a float64 has them.
			"restapi": movedFrom("mastercard/restapi", "restapi_object", restapi("/projects/p%2F1/keys", "90071992547409000", body, answer)),
			// Version 3 puts what it reads into data.
			"restapi that was read": movedFrom("mastercard/restapi", "restapi_object", restapi("/projects/p%2F1/keys", k.ID, fmt.Sprintf(`{"key": {"id": %s, "label": %q}}`, k.ID, k.Name), answer)),
		}
	}
	answer := fmt.Sprintf(`{"key": {"id": %q, "secret": %q}}`, k.ID, k.Value)
	return map[string]*tfprotov6.MoveResourceStateRequest{
		"restful_operation": movedFrom("magodo/restful", "restful_operation", map[string]any{
			"id": "/keys", "path": "/keys", "body": dynamic(fmt.Sprintf(`{"description": %q}`, k.Name)), "output": dynamic(answer),
		}),
	}
}

// TestMoved: a key that a generic provider has created moves with its value. Nothing is
// created or changed at the service, and the plan is empty.
func TestMoved(t *testing.T) {
	t.Parallel()
	for name, s := range declared.Services() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := NewHarness(t, s)
			k := h.Store.Mint("ci")
			for what, from := range movedStates(name, k) {
				h.State = nil
				h.Store.Reset()
				ds := h.Move(key, h.Type(), from, false)
				if len(ds.Errors()) > 0 || contains(ds.Warnings(), "without its value") {
					t.Errorf("%s: %s", what, ds)
					continue
				}
				i := h.State[key]
				if i.ID() != k.ID || i.Attribute("key") != k.Value || i.Attribute("name") != "ci" || i.Attribute("service") != name {
					t.Errorf("%s: key %s, service %v, or another value", what, i.ID(), i.Attribute("service"))
				}
				if strings.Contains(string(i.Private()), k.Value) || strings.Contains(i.Text("key"), k.Value) || strings.Contains(ds.String(), k.Value) {
					t.Errorf("%s: the value is not only in the sensitive attribute", what)
				}
				arguments := map[string]any{}
				if name == "wrapped" && what == "restapi" {
					arguments["arguments"] = `{"days":3,"role":"admin"}`
				}
				h.MustBeEmpty(protocol.Config{key: h.Block("ci", arguments)})
				if n := h.writes(); n > 0 {
					t.Errorf("%s: sent %v", what, h.Store.Requests())
				}
			}
			h.MustApply(protocol.Config{key: h.Block("ci", Trigger("1"))})
			h.MustApply(protocol.Config{key: h.Block("ci", Trigger("2"))})
			h.destroyAll(t)
		})
	}
}

// TestMoved_withoutValue: without the value in the old state a move is an import.
func TestMoved_withoutValue(t *testing.T) {
	t.Parallel()
	h := NewHarness(t, declared.Services()["form"])
	k, other := h.Store.Mint("ci"), h.Store.Mint("other")
	for what, answer := range map[string]string{
		"no answer":        ``,
		"none there":       fmt.Sprintf(`{"id": %q}`, k.ID),
		"masked":           fmt.Sprintf(`{"key": {"id": %q, "secret": "form-****"}}`, k.ID),
		"of another key":   fmt.Sprintf(`{"key": {"id": %q, "secret": %q}}`, k.ID, other.Value),
		"the key's own id": fmt.Sprintf(`{"key": {"id": %q, "secret": %[1]q}}`, k.ID),
	} {
		h.State = nil
		ds := h.Move(key, h.Type(), movedFrom("mastercard/restapi", "restapi_object", restapi("keys", k.ID, `{"description": "ci"}`, answer)), false)
		if len(ds.Errors()) > 0 || !contains(ds.Warnings(), "without its value", "key_wo", k.ID) {
			t.Errorf("%s: %s", what, ds)
			continue
		}
		if h.State[key].ID() != k.ID || h.State[key].Attribute("key") != nil {
			t.Errorf("%s: key %s, value known: %v", what, h.State[key].ID(), h.State[key].Attribute("key") != nil)
		}
		h.MustBeEmpty(protocol.Config{key: h.Block("ci")})
	}
}

// TestMoved_refused: what cannot be moved is an error that says what to do, and nothing is
// sent.
func TestMoved_refused(t *testing.T) {
	t.Parallel()
	h := NewHarness(t, declared.Services()["bare"])
	k := h.Store.Mint("ci")
	state := restapi("/v1/keys", k.ID, `{"label": "ci"}`, fmt.Sprintf(`{"id": %q, "secret": %q}`, k.ID, k.Value))
	elsewhere := restapi("/keys/of/another/service", k.ID, "{}", "")
	several := restapi("/tokens", k.ID, "{}", "")
	unknown := restapi("/v1/keys", "k_unknown", "{}", "")
	for want, from := range map[string]*tfprotov6.MoveResourceStateRequest{
		"Source Resource Type: restapi_data":                              movedFrom("mastercard/restapi", "restapi_data", state),
		"Source Provider Address: registry.terraform.io/somebody/restapi": movedFrom("somebody/restapi", "restapi_object", state),
		"no declared service creates keys there":                          movedFrom("mastercard/restapi", "restapi_object", elsewhere),
		"several services create keys there: axiom":                       movedFrom("mastercard/restapi", "restapi_object", several),
		"No such bare key":                                                movedFrom("mastercard/restapi", "restapi_object", unknown),
	} {
		if ds := h.Move(key, h.Type(), from, false); !contains(ds.Errors(), want) || strings.Contains(ds.String(), k.Value) {
			t.Errorf("%s: got %s", want, ds)
		}
	}
	if n := h.writes(); n > 0 {
		t.Errorf("sent %v", h.Store.Requests())
	}
}

// TestMoved_unread: until a refresh has read a moved key, no plan uses what the state has of
// it.
func TestMoved_unread(t *testing.T) {
	t.Parallel()
	h := NewHarness(t, declared.Services()["bare"])
	k := h.Store.Mint("ci")
	from := movedStates("bare", k)["restapi"]
	config := protocol.Config{key: h.Block("ci")}
	if ds := h.Move(key, h.Type(), from, true); len(ds.Errors()) > 0 {
		t.Fatal(ds)
	}
	for _, planned := range []protocol.Config{config, {}} {
		if p := h.PlanWithoutRefresh(planned); !contains(p.Diagnostics.Errors(), "Moved key has not been read", "-refresh=false") {
			t.Errorf("a plan of %d keys without a refresh: %s", len(planned), p.Diagnostics)
		}
	}
	h.MustApply(config)
	if h.State[key].Attribute("key") != k.Value {
		t.Error("the value was lost")
	}
}

// TestMoved_samePath: of several services with the path of the create, the one that lists the
// key is taken.
func TestMoved_samePath(t *testing.T) {
	t.Parallel()
	h := NewHarness(t, declared.Services()["bare"])
	second := NewHarness(t, declared.Services()["bare"])
	blocks, _ := h.Provider["service"].([]any)
	more, _ := second.Provider["service"].([]any)
	twin, _ := more[0].(map[string]any)
	twin["name"], twin["credential"] = "twin", second.Store.Admin()
	h.Provider["service"] = append(blocks, twin)
	k := second.Store.Mint("ci")
	if ds := h.Move(key, h.Type(), movedStates("bare", k)["restapi"], false); len(ds.Errors()) > 0 || h.State[key].Attribute("service") != "twin" {
		t.Fatalf("%s", ds)
	}
	if err := second.Store.Revoke(k.ID); err != nil {
		t.Fatal(err)
	}
	if ds := h.Move(key, h.Type(), movedStates("bare", k)["restapi"], false); !contains(ds.Errors(), "not exactly one of them has this key: bare, twin") {
		t.Errorf("%s", ds)
	}
}

package tfkey

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

var _ resource.ResourceWithUpgradeState = &keyResource{}

// UpgradeState implements resource.ResourceWithUpgradeState.
//
// Version 0 had an object "rotation" with triggers, after, overlap and native, no
// retired_at, the policy "fail", and ids that begin with "unsettled-".
func (r *keyResource) UpgradeState(context.Context) map[int64]resource.StateUpgrader {
	return map[int64]resource.StateUpgrader{0: {StateUpgrader: r.upgradeFrom0}}
}

// stateV0 is what version 0 had otherwise.
type stateV0 struct {
	ID              string `json:"id"`
	OnDuplicateName string `json:"on_duplicate_name"`
	Rotation        *struct {
		Triggers json.RawMessage `json:"triggers"`
		After    *string         `json:"after"`
		Overlap  *string         `json:"overlap"`
		Native   *bool           `json:"native"`
	} `json:"rotation"`
	Retiring []struct {
		ID       string     `json:"id"`
		RevokeAt *time.Time `json:"revoke_at"`
		Due      bool       `json:"due"`
	} `json:"retiring"`
}

func (r *keyResource) upgradeFrom0(ctx context.Context, req resource.UpgradeStateRequest, resp *resource.UpgradeStateResponse) {
	defer RecoverPanic(ctx, &resp.Diagnostics)
	var state map[string]any
	var old stateV0
	decoder := json.NewDecoder(bytes.NewReader(req.RawState.JSON))
	decoder.UseNumber() // a float would change long numbers
	err := decoder.Decode(&state)
	if err == nil {
		err = json.Unmarshal(req.RawState.JSON, &old)
	}
	if err != nil {
		resp.Diagnostics.AddError("State not readable", Sentence("The state of an earlier version of the provider could not be read: "+err.Error()))
		return
	}
	delete(state, "rotation")
	var overlap types.String
	if rotation := old.Rotation; rotation != nil {
		state["rotation_triggers"], state["rotate_after"], state["rotation_overlap"] = rotation.Triggers, rotation.After, rotation.Overlap
		if r.def.HasRotate {
			state[nativeRotation] = rotation.Native
		}
		overlap = types.StringPointerValue(rotation.Overlap)
	}
	if old.OnDuplicateName == "fail" {
		state["on_duplicate_name"] = duplicateWarn
	}
	if old.ID != "" {
		state["id"] = idFromV0(old.ID)
	}
	if old.Retiring != nil {
		retiring := make([]map[string]any, len(old.Retiring))
		for i, k := range old.Retiring {
			id := idFromV0(k.ID)
			retiring[i] = map[string]any{"id": id, "revoke_at": k.RevokeAt, "due": k.Due}
			if d, err := ParseDuration(overlap.ValueString()); err == nil && id == k.ID && k.RevokeAt != nil {
				retiring[i]["retired_at"] = k.RevokeAt.Add(-d) // as the overlap was when it was replaced, most likely
			}
		}
		state["retiring"] = retiring
	}
	upgraded, err := json.Marshal(state)
	if err != nil {
		resp.Diagnostics.AddError("State not written", Sentence(err.Error()))
		return
	}
	schemaType := r.def.resourceSchema().Type().TerraformType(ctx)
	value, err := (&tfprotov6.RawState{JSON: upgraded}).UnmarshalWithOpts(schemaType, tfprotov6.UnmarshalOpts{ValueFromJSONOpts: tftypes.ValueFromJSONOpts{IgnoreUndefinedAttributes: true}})
	if err != nil {
		resp.Diagnostics.AddError("State not readable", Sentence("The state of an earlier version of the provider could not be read: "+err.Error()))
		return
	}
	dynamic, err := tfprotov6.NewDynamicValue(schemaType, value)
	if err != nil {
		resp.Diagnostics.AddError("State not written", Sentence(err.Error()))
		return
	}
	resp.DynamicValue = &dynamic
}

// idFromV0 is an id under the prefix that creates of unknown outcome have now.
func idFromV0(id string) string {
	if rest, ok := strings.CutPrefix(id, "unsettled-"); ok {
		return "unknown-outcome-" + rest
	}
	return id
}

package tfkey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// UpgradeState upgrades states of version 0: it had an object "rotation" with triggers, after,
// overlap and native, no retired_at, the policy "fail", and ids that begin with "unsettled-".
func (r *keyResource) UpgradeState(context.Context) map[int64]resource.StateUpgrader {
	return map[int64]resource.StateUpgrader{0: {StateUpgrader: r.upgradeFrom0}}
}

func (r *keyResource) upgradeFrom0(ctx context.Context, req resource.UpgradeStateRequest, resp *resource.UpgradeStateResponse) {
	defer RecoverPanic(ctx, &resp.Diagnostics)
	var state map[string]any
	decoder := json.NewDecoder(bytes.NewReader(req.RawState.JSON))
	decoder.UseNumber() // a float would change long numbers
	err := decoder.Decode(&state)
	var value tftypes.Value
	schemaType := r.def.resourceSchema().Type().TerraformType(ctx)
	if err == nil {
		value, err = r.def.upgradeValues(state, schemaType)
	}
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

// upgradeValues turns the values of version 0 into those of the schema.
func (d serviceDef) upgradeValues(state map[string]any, schemaType tftypes.Type) (tftypes.Value, error) {
	rotation, _ := state["rotation"].(map[string]any)
	delete(state, "rotation")
	state["rotation_triggers"], state["rotate_after"], state["rotation_overlap"] = rotation["triggers"], rotation["after"], rotation["overlap"]
	if d.HasRotate {
		state[nativeRotation] = rotation["native"]
	}
	if state["on_duplicate_name"] == "fail" {
		state["on_duplicate_name"] = duplicateWarn
	}
	upgradeID(state)
	retiring, isList := state["retiring"].([]any)
	if !isList && state["retiring"] != nil {
		return tftypes.Value{}, errors.New("retiring is not a list")
	}
	for _, member := range retiring {
		old, ok := member.(map[string]any)
		if !ok || upgradeID(old) {
			continue
		}
		// As the overlap was when the key was replaced, most likely.
		overlapText, _ := rotation["overlap"].(string)
		revokeText, _ := old["revoke_at"].(string)
		overlap, err1 := ParseDuration(overlapText)
		revokeAt, err2 := time.Parse(time.RFC3339, revokeText)
		if err1 == nil && err2 == nil {
			old["retired_at"] = rfc3339(revokeAt.Add(-overlap))
		}
	}
	upgraded, err := json.Marshal(state)
	if err != nil {
		return tftypes.Value{}, err
	}
	raw := tfprotov6.RawState{JSON: upgraded}
	return raw.UnmarshalWithOpts(schemaType, tfprotov6.UnmarshalOpts{ValueFromJSONOpts: tftypes.ValueFromJSONOpts{IgnoreUndefinedAttributes: true}})
}

// upgradeID writes the id of a create of unknown outcome as it is written now. It reports
// whether it is such an id: "unsettled-<from>-<to>" in Unix milliseconds, "*<time>" if a key
// was created, in nanoseconds or empty, "~<id>,<id>" for keys that it did not create, and
// "!<name>".
func upgradeID(values map[string]any) bool {
	id, _ := values["id"].(string)
	rest, is := strings.CutPrefix(id, "unsettled-")
	if !is {
		return false
	}
	var w keyring.CreateWindow
	rest, name, _ := strings.Cut(rest, "!")
	rest, others, hasOthers := strings.Cut(rest, "~")
	times, created, certain := strings.Cut(rest, "*")
	from, to, _ := strings.Cut(times, "-")
	w.From, w.To, w.Certain = time.UnixMilli(number(from)), time.UnixMilli(number(to)), certain
	if created != "" {
		w.CreatedAt = time.Unix(0, number(created))
	}
	w.Name, _ = url.QueryUnescape(name)
	for other := range strings.SplitSeq(others, ",") {
		if other, _ = url.QueryUnescape(other); hasOthers {
			w.NotCreated = append(w.NotCreated, other)
		}
	}
	values["id"] = w.ID()
	return true
}

func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

package tfkey

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// isJSONObject accepts JSON objects.
func isJSONObject() validator.String {
	return Parses("Invalid JSON", "a JSON object, written with jsonencode", func(s string) error {
		var object map[string]any
		if err := json.Unmarshal([]byte(s), &object); err != nil || object == nil {
			return errors.New("it is not a JSON object; write it with jsonencode({ … })")
		}
		return nil
	})
}

// sameMeaning reports whether two values mean the same: JSON is compared without regard to
// how it is written.
func sameMeaning(a, b attr.Value) bool {
	x, isJSON := a.(jsontypes.Normalized)
	y, alsoJSON := b.(jsontypes.Normalized)
	if !isJSON || !alsoJSON || !isSet(x) || !isSet(y) {
		return equalValues(a, b)
	}
	var left, right any
	return json.Unmarshal([]byte(x.ValueString()), &left) == nil && json.Unmarshal([]byte(y.ValueString()), &right) == nil && reflect.DeepEqual(left, right)
}

// overlayJSON replaces the fields of a JSON object that a service shows, and keeps the
// others. An object that means the same stays as it is written.
func overlayJSON(old, shown attr.Value) attr.Value {
	before, isJSON := old.(jsontypes.Normalized)
	now, alsoJSON := shown.(jsontypes.Normalized)
	if !isJSON || !alsoJSON || !isSet(before) || !isSet(now) {
		return old // what nobody has set is the service's choice
	}
	var object, fields map[string]any
	if json.Unmarshal([]byte(before.ValueString()), &object) != nil || json.Unmarshal([]byte(now.ValueString()), &fields) != nil || object == nil {
		return old
	}
	maps.DeleteFunc(fields, func(name string, _ any) bool { _, set := object[name]; return !set })
	maps.Copy(object, fields)
	text, err := json.Marshal(object)
	if err != nil || sameMeaning(old, jsontypes.NewNormalizedValue(string(text))) {
		return old
	}
	return jsontypes.NewNormalizedValue(string(text))
}

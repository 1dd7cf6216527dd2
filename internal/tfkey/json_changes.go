package tfkey

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// A service shows some of the arguments that a key was created with, or none. So those in the
// configuration of an imported key, or none, are taken over unless the service shows others.

// takesOver reports whether the arguments of the configuration are taken over. shown is what
// the service showed at the import.
func (p privateData) takesOver(a attribute, config, shown attr.Value) bool {
	if a.Kind != definition.JSON || !p.Imported || config == nil || config.IsUnknown() {
		return false
	}
	return isNull(config) || isNull(shown) || sameMeaning(overlayJSON(config, shown), config)
}

// needsNewKey reports whether a change of a JSON object cannot be made in place: fields have
// changed that no update takes, or have been removed, which no update says.
func (a attribute) needsNewKey(next, prior attr.Value) bool {
	if next.IsUnknown() {
		return false
	}
	to, from := fieldsOf(next), fieldsOf(prior)
	for name, value := range from {
		if now, there := to[name]; !there || !reflect.DeepEqual(now, value) && !a.changesInPlace(name) {
			return true
		}
	}
	for name := range to {
		if _, there := from[name]; !there && !a.changesInPlace(name) {
			return true
		}
	}
	return false
}

// fieldsOf are the fields of a JSON object; none if it is null.
func fieldsOf(v attr.Value) (fields map[string]any) {
	text, _ := v.(jsontypes.Normalized)
	_ = json.Unmarshal([]byte(text.ValueString()), &fields)
	return fields
}

// changesInPlace reports whether a field can change in place.
func (a attribute) changesInPlace(field string) bool {
	return a.InPlaceFields == nil || slices.Contains(a.InPlaceFields, field)
}

// warnTakenOver warns that the configuration says what cannot be checked.
func (p *plan) warnTakenOver(a attribute) {
	if !isNull(p.next.specific[a.Name]) {
		p.AddAttributeWarning(path.Root(a.Name), "Arguments taken over",
			fmt.Sprintf("Key %s (%q) was imported, and %s does not show all that it was created with. The state takes over the arguments of the configuration, and nothing is sent. Check that they describe the key.", p.state.id(), p.state.Name.ValueString(), p.def.Title))
	}
}

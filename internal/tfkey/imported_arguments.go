package tfkey

import (
	"fmt"

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
	return isNull(config) || isNull(shown) || sameValue(overlayJSON(config, shown), config)
}

// warnTakenOver warns that the configuration says what cannot be checked.
func (p *plan) warnTakenOver(a attribute) {
	if !isNull(p.next.own[a.Name]) {
		p.AddAttributeWarning(path.Root(a.Name), "Arguments taken over",
			fmt.Sprintf("Key %s (%q) was imported, and %s does not show all that it was created with. The state takes over the arguments of the configuration, and nothing is sent. Check that they describe the key.", p.prior.id(), p.prior.Name.ValueString(), p.def.Title))
	}
}

// takeOverArguments takes over the arguments of the configuration.
func (u *update) takeOverArguments() {
	for _, a := range u.def.attributes(attribute.isSettable) {
		if want := u.plan.own[a.Name]; u.private.takesOver(a, want, u.state.own[a.Name]) {
			u.state.own[a.Name] = want
		}
	}
}

package tfkey

import (
	"cmp"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// change is from what a resource is to what it is to be: the plan decides on it, the update
// carries it out.
type change struct {
	operation
	state, next, config model
	private             privateData
}

// actualName is the key's name at the service.
func (c *change) actualName() string {
	return cmp.Or(c.private.GivenName, c.state.Name.ValueString())
}

// renames reports whether the key gets another name at the service.
func (c *change) renames() bool {
	return !c.next.Name.Equal(c.state.Name) && !c.next.Name.Equal(types.StringValue(c.actualName()))
}

// rotatesNatively reports whether a rotation is the service's own call. That needs a live key.
func (c *change) rotatesNatively() bool { return c.next.isNative() && !c.private.KeyGone }

// switchesOff reports whether the key is switched off.
func (c *change) switchesOff() bool {
	off := types.BoolValue(false)
	return slices.ContainsFunc(c.def.attributes(attribute.isInPlace), func(a attribute) bool {
		return a.Default == true && off.Equal(c.next.specific[a.Name]) && !off.Equal(c.state.specific[a.Name])
	})
}

// toSend are the attributes that the service has to change.
func (c *change) toSend() driver.Changes {
	changes := driver.Changes{Attributes: driver.Attributes{}}
	if isSet(c.next.Name) && c.renames() {
		changes.Name = new(c.next.Name.ValueString())
	}
	for _, a := range c.def.attributes(attribute.isInPlace) {
		if want := c.next.specific[a.Name]; isSet(want) && !equalValues(want, c.state.specific[a.Name]) && !c.private.takesOver(a, want, c.state.specific[a.Name]) {
			changes.Attributes[a.Name] = expand(want)
		}
	}
	return changes
}

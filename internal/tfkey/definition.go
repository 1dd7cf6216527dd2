package tfkey

import "github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

// serviceDef is a service's definition, with the schemas and values that follow from it.
type serviceDef struct{ definition.Service }

// attribute is the declaration of one of a service's own attributes.
type attribute struct{ definition.Attribute }

// attributes are the service's own attributes.
func (d serviceDef) attributes() []attribute {
	all := make([]attribute, len(d.Attributes))
	for i, a := range d.Attributes {
		all[i] = attribute{a}
	}
	return all
}

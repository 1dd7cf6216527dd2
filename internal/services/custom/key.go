package custom

import (
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// Service is the attribute that names a key's service.
const Service = "service"

// Definition is the Terraform side of all declared services together, for schemas.
var Definition = definition.Service{
	Info:            definition.Info{Name: Service, Title: "the service", Console: "the service's console"},
	Declared:        true,
	Scope:           Service,
	ReportsLastUsed: true,
	Attributes:      attributes(definition.Replace),
}

// attributes are the attributes of a key. mode is that of its arguments.
func attributes(mode definition.Mode) []definition.Attribute {
	return []definition.Attribute{
		{
			Name: Service, Mode: definition.Replace, Required: true,
			Description: "Name of the service: of a `service` block of the provider, or of the catalog.",
		},
		{
			Name: Arguments, Kind: definition.JSON, Mode: mode,
			Description: "JSON object of what the create sends besides the name, without secrets.",
			WhenUnset:   "Default: none",
			ChangeNote:  "a change creates a new key, or updates it if the service's declaration has an `update` call",
		},
	}
}

// Definition is the Terraform side of one declared service.
func (d Declaration) Definition() definition.Service {
	own := Definition
	own.Title, own.ReportsLastUsed, own.CanRename = d.Title, d.List.LastUsedAt != "", d.Update.canRename()
	if d.Console != "" {
		own.Console = d.Console
	}
	own.KeyPrefixes = d.KeyPrefixes
	if d.Update.changesArguments() {
		own.Attributes = attributes(definition.InPlace)
		own.Attributes[len(own.Attributes)-1].InPlaceFields = d.Update.Arguments
	}
	return own
}

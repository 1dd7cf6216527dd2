// Package definition is what a service declares for Terraform: its names, the
// properties of its keys, its limits and its abilities.
package definition

// Info names a service in messages.
type Info struct {
	// Name is the service in type names and in the provider's configuration: "onepin".
	Name string
	// Title is the service in prose: "OnePin".
	Title string
	// Console says where a person sees, creates and revokes keys by hand.
	Console string
}

// Service is the Terraform side of one service: what schemas, plans and messages need to
// know of it.
type Service struct {
	Info

	// KeyPrefixes are how the values of keys begin, as far as that is documented.
	KeyPrefixes []string

	// Attributes are the service's own properties of a key, declared once for
	// the resource and for the read-only forms that derive from it.
	Attributes []Attribute
	// Scope is the attribute that names the workspace or tenant of a key; "" if the service
	// has none.
	Scope string

	// Declared says that users declare the services of this type, and that Scope names one
	// of them. Each has a definition of its own, with the same attributes.
	Declared bool

	// MaxName is the longest name in characters; 0 where no limit is documented.
	MaxName int
	// CanRename says that a key can be renamed in place; otherwise a new name creates a new
	// key.
	CanRename bool
	// HasRotate says that the service has a rotate call (driver.Rotator).
	HasRotate bool
	// ReportsLastUsed says that the service reports when a key was last used.
	ReportsLastUsed bool
	// KeepsRevoked says that revoked keys can still be read, and listed by their state.
	KeepsRevoked bool
}

// ResourceType is the type name of the service's key resource: "apikeys_onepin_key".
func (s Service) ResourceType(provider string) string { return s.typePrefix(provider) + "_key" }

// RevokeType is the type name of the action that revokes the service's keys.
func (s Service) RevokeType(provider string) string { return s.typePrefix(provider) + "_revoke" }

func (s Service) typePrefix(provider string) string {
	if s.Declared {
		return provider
	}
	return provider + "_" + s.Name
}

// Attribute declares one of a service's own properties of a key.
type Attribute struct {
	Name string
	Kind Kind
	Mode Mode
	// Description is Markdown, for every form.
	Description string
	// WhenUnset says what holds if the configuration does not set it, without a full stop:
	// "Default `live`".
	WhenUnset string
	// ChangeNote says what a change in the resource does, where Mode alone does not: "a change
	// creates a new key".
	ChangeNote string
	// Default is the planned value if the configuration sets none; nil lets the service
	// choose.
	Default any
	// Required says that the configuration must set it. For String attributes only.
	Required bool
	// Min is the smallest number allowed, for Int64 attributes that can be set.
	Min int64
	// InPlaceFields are the fields of a JSON attribute that change in place; nil is all of
	// them. A change of others needs a new key.
	InPlaceFields []string
}

// Kind is the type of an attribute, and of its value in driver.Attributes.
type Kind int

// The kinds of attribute.
const (
	String    Kind = iota // string
	Int64                 // int64
	Bool                  // bool
	StringSet             // []string
	Time                  // time.Time, RFC 3339 in Terraform
	Float64               // float64; for Volatile attributes only
	JSON                  // string with a JSON object, compared by meaning; null if it is not set
)

// Mode says who sets an attribute, and what changing it does.
type Mode int

// The modes of an attribute.
const (
	// Computed: only the service sets it.
	Computed Mode = iota
	// InPlace: optional; a change updates the key.
	InPlace
	// Replace: optional; a change creates a new key.
	Replace
	// Volatile: the service changes it by itself, which would show as drift. The resource
	// leaves it out, the read-only forms have it.
	Volatile
)

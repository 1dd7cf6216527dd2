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
	// Scope is the attribute that names the workspace or tenant of a key; ""
	// where a service has no such thing.
	Scope string

	// MaxName is the longest name in characters; 0 where no limit is documented.
	MaxName int
	// CanRename says that a key can be renamed in place; otherwise a new name is a new key.
	CanRename bool
	// HasRotate says that the service has a rotate call of its own (driver.Rotator).
	HasRotate bool
	// ReportsLastUsed says that the service tells when a key was last used.
	ReportsLastUsed bool
	// KeepsRevoked says that the service keeps revoked keys: they can be read, and
	// listed by their state.
	KeepsRevoked bool
}

// ResourceType is the type name of the service's key resource: "apikeys_onepin_key".
func (s Service) ResourceType(provider string) string { return provider + "_" + s.Name + "_key" }

// Attribute declares one of a service's own properties of a key.
type Attribute struct {
	Name string
	Kind Kind
	Mode Mode
	// Description says in Markdown what the property is, for every form.
	Description string
	// WhenUnset says what holds where the configuration is silent, for the forms in
	// which the attribute can be set: "Default `live`."
	WhenUnset string
	// ChangeNote says which changes of a resource's attribute do something else than
	// what its Mode says.
	ChangeNote string
	// Default is the planned value where the configuration is silent; nil lets
	// the service choose.
	Default any
	// Min is the smallest number allowed, for Int64 attributes that can be set.
	Min int64
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
	Float64               // float64; for Moving attributes only
)

// Mode says who sets an attribute, and what changing it does.
type Mode int

// The modes of an attribute.
const (
	// Computed: only the service sets it.
	Computed Mode = iota
	// InPlace: optional; a change updates the key.
	InPlace
	// Replace: optional; a change makes a new key.
	Replace
	// Volatile: the service changes it all by itself, so that it would show as
	// drift; it is left out of the resource and kept in the read-only forms.
	Volatile
)

package custom

import "strings"

// Guarantee is something that holds for the keys of a service if its declaration says
// enough.
type Guarantee struct {
	// Name is the guarantee in the data source apikeys_service.
	Name string
	// Holds says whether the declaration has what the guarantee needs.
	Holds bool
	// Text says in a sentence what holds, or what does not and why.
	Text string
}

// Guarantees says what holds for the keys of the service.
func (d Declaration) Guarantees() []Guarantee {
	choose := func(name string, holds bool, yes, no string) Guarantee {
		if holds {
			return Guarantee{name, true, yes}
		}
		return Guarantee{name, false, no}
	}
	return []Guarantee{
		{"never_created_twice", true, "A create is sent again only when it is certain that the one before created no key."},
		choose("lost_creates_cleared_up", d.List.CreatedAt != "",
			"If the answer to a create is lost, its key is found by name and time, revoked, and the create is sent again.",
			"If the answer to a create is lost, the apply stops and names the keys that it may have created: without list.created_at they cannot be distinguished from older ones."),
		choose("own_key_protected", d.List.Hint != "",
			"The provider recognises the key that it signs in with, as far as the service shows enough of its value, and refuses to revoke it.",
			"The provider cannot recognise the key that it signs in with: without list.hint the service shows nothing of a value. Do not manage that key here."),
		choose("renamed_in_place", d.Update.canRename(),
			"A changed name updates the key in place.",
			"A changed name replaces the key: the declaration has no update call that can change it."),
		d.argumentsChanged(),
		choose("argument_drift_shown", len(d.List.Arguments) > 0,
			"Arguments that list.arguments maps are compared with what the service shows.",
			"Arguments that somebody changes at the service go unnoticed: the declaration has no list.arguments."),
		choose("age_by_service", d.List.CreatedAt != "",
			"rotate_after counts from the service's own time of creation.",
			"rotate_after counts from when this provider created or imported the key: the service does not say when it did."),
		choose("last_use_known", d.List.LastUsedAt != "",
			"Keys can be filtered by when they were last used, and a key that has been used is never revoked as a leftover.",
			"The service does not say when a key was last used, so unused_for counts from its creation."),
	}
}

// argumentsChanged says which changed arguments keep the key.
func (d Declaration) argumentsChanged() Guarantee {
	const name = "arguments_changed_in_place"
	switch {
	case !d.Update.changesArguments():
		return Guarantee{name, false, "Changed arguments replace the key: the declaration has no update call that can change them."}
	case d.Update.Arguments != nil:
		return Guarantee{name, true, "Of the arguments, " + strings.Join(d.Update.Arguments, ", ") + " change in place. A change of others, or one that is taken back, replaces the key."}
	}
	return Guarantee{name, true, "Changed arguments update the key in place. One that is taken back replaces it."}
}

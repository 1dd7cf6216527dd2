package keyring

import (
	"strings"
	"unicode/utf8"
)

// minTruncated is how long a name must be to count as truncated: no service is known
// to have a lower limit.
const minTruncated = 16

// The ways in which services change names.
const (
	nameSame      = ""
	nameTrimmed   = "trimmed"
	nameLower     = "lower case"
	nameBoth      = "trimmed, lower case"
	nameTruncated = "truncated"
)

// nameChange says how a service may have changed the name that was asked for into the
// one that it shows; ok is false if it is another name.
func nameChange(asked, shown string) (how string, ok bool) {
	trimmed := strings.TrimSpace(asked)
	switch shown {
	case asked:
		return nameSame, true
	case trimmed:
		return nameTrimmed, true
	case strings.ToLower(asked):
		return nameLower, true
	case strings.ToLower(trimmed):
		return nameBoth, true
	}
	isTruncated := utf8.RuneCountInString(shown) >= minTruncated &&
		(strings.HasPrefix(trimmed, shown) || strings.HasPrefix(strings.ToLower(trimmed), shown))
	return nameTruncated, isTruncated
}

// lockName is the same for all names that a service may take for one, except for
// truncated ones: see [Ring.learnName].
func lockName(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// learnName remembers how the service has changed the name of a key that this Ring has
// created. That it truncates names is not learned: other creates under way may have the
// same beginning, so a truncated name does not say whose key it is.
func (r *Ring) learnName(asked, shown string) {
	if how, ok := nameChange(asked, shown); ok && how != nameSame && how != nameTruncated {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.nameChanges[how] = true
	}
}

// matchesName reports whether a key has one of the names, perhaps changed as the
// service is known to change names. similar: the service may have changed it. r.mu is
// held.
func (r *Ring) matchesName(names []string, shown string) (same, similar bool) {
	for _, name := range names {
		how, ok := nameChange(name, shown)
		if how == nameTruncated && r.opts.Creates.isRequested(shown) {
			continue // this process has asked for that very name
		}
		same = same || ok && (how == nameSame || r.nameChanges[how])
		similar = similar || ok
	}
	return same, similar && !same
}

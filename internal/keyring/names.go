package keyring

import (
	"strings"
	"unicode/utf8"
)

// minCut is how many characters a name must have left before it counts as cut
// off: limits below that are not known of any service.
const minCut = 16

// The ways in which services change names.
const (
	nameSame    = ""
	nameTrimmed = "trimmed"
	nameLower   = "lower case"
	nameBoth    = "trimmed, lower case"
	nameCut     = "cut off"
)

// nameChange says how a service may have changed the name that it was asked for
// into the one that it shows; ok is false if it is another name.
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
	cut := utf8.RuneCountInString(shown) >= minCut &&
		(strings.HasPrefix(trimmed, shown) || strings.HasPrefix(strings.ToLower(trimmed), shown))
	return nameCut, cut
}

// lockName is what names have in common that a service may take for the same one.
// Names that are only cut off are not among them: see [Ring.learnName].
func lockName(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// learnName remembers how the service has changed the name of a key that this Ring
// has created. Cut names are not learned: other creates under way may share the
// rest, so that a name does not say whose key it is.
func (r *Ring) learnName(asked, shown string) {
	if how, ok := nameChange(asked, shown); ok && how != nameSame && how != nameCut {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.creates.changes == nil {
			r.creates.changes = map[string]bool{}
		}
		r.creates.changes[how] = true
	}
}

// bears reports whether a key has one of the names, or has it as the service is
// known to change names; similar, that the service may have changed it. r.mu is held.
func (r *Ring) bears(names []string, shown string) (same, similar bool) {
	for _, name := range names {
		how, ok := nameChange(name, shown)
		if how == nameCut && r.opts.Creates.isAskedFor(shown) {
			continue // a key of this process that is simply named so
		}
		same = same || ok && (how == nameSame || r.creates.changes[how])
		similar = similar || ok
	}
	return same, similar && !same
}

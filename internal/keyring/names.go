package keyring

import (
	"strings"
	"unicode/utf8"
)

// minTruncated is how long a name must be to count as truncated: no service is known
// to have a lower limit.
const minTruncated = 16

// nameMatch says whether a key may have been created for a request, judging by its name.
type nameMatch int

const (
	otherName   nameMatch = iota
	changedName           // the service may have trimmed the name, written it in lower case, or cut it off
	sameName
)

// compareNames compares the name that was asked for with the one that a key shows.
func compareNames(asked, shown string) nameMatch {
	if shown == asked {
		return sameName
	}
	isLong := utf8.RuneCountInString(shown) >= minTruncated
	for _, changed := range []string{strings.TrimSpace(asked), strings.ToLower(asked), normalName(asked)} {
		if shown == changed || isLong && strings.HasPrefix(changed, shown) {
			return changedName
		}
	}
	return otherName
}

// normalName is the same for all names that a service may take for one, except for
// truncated ones.
func normalName(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

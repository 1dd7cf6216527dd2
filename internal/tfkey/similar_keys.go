package tfkey

import (
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// How many keys, and how many similar keys, a message lists at most.
const (
	maxCandidates = 20
	maxSimilar    = 5
)

// describe names a key in a message.
func describe(k driver.Key) string { return keyring.Describe([]driver.Key{k}) }

// keyLines lists keys, one a line.
func keyLines(keys []driver.Key) string {
	text := ""
	for i, k := range keys {
		if i == maxCandidates {
			return text + fmt.Sprintf("  and %d more\n", len(keys)-i)
		}
		text += "  " + describe(k) + "\n"
	}
	return text
}

// similarKeys says which live keys there are: all of them, or if they are too many those
// with a similar id or name.
func similarKeys(keys []driver.Key, wanted string) string {
	switch {
	case len(keys) == 0:
		return "There are no live keys."
	case len(keys) <= maxCandidates:
		return "The live keys are:\n" + keyLines(keys)
	}
	var similar []driver.Key
	for _, k := range keys {
		if len(similar) < maxSimilar && (isSimilar(k.ID, wanted) || isSimilar(k.Name, wanted)) {
			similar = append(similar, k)
		}
	}
	if len(similar) == 0 {
		return fmt.Sprintf("There are %d live keys, and none has a similar id or name.", len(keys))
	}
	return fmt.Sprintf("There are %d live keys. Similar ones are:\n%s", len(keys), keyLines(similar))
}

// isSimilar reports whether one text contains the other, or both begin or end alike.
func isSimilar(a, b string) bool {
	const alike = 4 // characters
	a, b = strings.ToLower(a), strings.ToLower(b)
	switch {
	case a == "" || b == "":
		return false
	case strings.Contains(a, b), strings.Contains(b, a):
		return true
	case len(a) < alike || len(b) < alike:
		return false
	}
	return a[:alike] == b[:alike] || a[len(a)-alike:] == b[len(b)-alike:]
}

// nameHints explains why nothing was found: an id that is a key's name, a name that is a
// key's id, and names that only look the same.
func nameHints(keys []driver.Key, wanted string, written func(name string) string) string {
	text := ""
	for _, k := range keys {
		switch {
		case wanted == "":
		case k.Name == wanted && k.ID != wanted:
			text += fmt.Sprintf("\n\nA live key has that name: its id is %s.", k.ID)
			if written != nil {
				text += fmt.Sprintf(" To find it by its name, use %s.", written(wanted))
			}
		case k.ID == wanted && written == nil:
			text += fmt.Sprintf("\n\nA live key has that id, and the name %q.", k.Name)
		case looksSame(k.Name, wanted):
			text += fmt.Sprintf("\n\nKey %s has a name that only looks the same: it is %+q, not %+q. Use its id.", k.ID, k.Name, wanted)
		}
	}
	return text
}

// looksSame reports whether two different names look the same: accents can be composed in two
// ways, and spaces and upper case are easy to miss.
func looksSame(a, b string) bool {
	like := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(s)), " ")) }
	return a != b && like(a) == like(b)
}

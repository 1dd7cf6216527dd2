package tfkey

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// findID finds a live key by its id, for an import and a data source. Anything else is an error
// that lists the candidates. asName is how to write it if it is a name.
func (r operation) findID(ctx context.Context, ring *keyring.Ring, id, asName string) driver.Key {
	summary := fmt.Sprintf("No such %s key", r.def.Title)
	switch {
	case id == "":
		r.addNotFound(ctx, ring, summary, "The key's id is empty.", "", "")
		return driver.Key{}
	case isUnknownOutcome(id):
		r.addNotFound(ctx, ring, summary, fmt.Sprintf("%q is the provider's own mark for an unknown id; no key has it.", id), "", "")
		return driver.Key{}
	}
	k, found, err := ring.Read(ctx, id, time.Time{})
	switch {
	case r.failed("read", err):
	case !found:
		r.addNotFound(ctx, ring, summary, fmt.Sprintf("%s has no key with the id %q.", r.def.Title, id), id, asName)
	case !k.Live():
		summary = fmt.Sprintf("%s key is revoked", r.def.Title)
		if k.Expired {
			summary = fmt.Sprintf("%s key has expired", r.def.Title)
		}
		r.addNotFound(ctx, ring, summary, fmt.Sprintf("Key %s %s, which cannot be undone.", describe(k), k.EndedHow()), k.Name, "")
	}
	return k
}

// findName finds the only live key of a name.
func (r operation) findName(ctx context.Context, ring *keyring.Ring, name string) (k driver.Key) {
	found, err := ring.FindByName(ctx, name)
	switch {
	case r.failed("look for the", err):
	case len(found) == 0:
		r.addNoneNamed(ctx, ring, name)
	case len(found) == 1:
		k = found[0]
	default:
		r.AddError(fmt.Sprintf("%s key name is ambiguous", r.def.Title),
			fmt.Sprintf("%d live keys are named %q:\n%s\nUse the id of the right one.", len(found), name, keyLines(found)))
	}
	return k
}

// addNoneNamed is the error for a name without a live key. It names a revoked key of that name.
func (r operation) addNoneNamed(ctx context.Context, ring *keyring.Ring, name string) {
	detail := fmt.Sprintf("%s has no live key named %q.", r.def.Title, name)
	if r.def.KeepsRevoked {
		gone, err := ring.Keys(ctx, driver.StatusInactive)
		if r.failed("look for the", err) {
			return
		}
		gone = slices.DeleteFunc(gone, func(k driver.Key) bool { return k.Name != name || k.Live() })
		if len(gone) > 0 {
			last := gone[len(gone)-1]
			detail += fmt.Sprintf(" The last that was named so, %s, %s, which cannot be undone.", last.ID, last.EndedHow())
		}
	}
	r.addNotFound(ctx, ring, fmt.Sprintf("No such %s key", r.def.Title), detail, name, "")
}

// addNotFound adds an error that lists the keys that an id or a name may have meant. asName is
// how to write an id that is a name; "" for others.
func (r operation) addNotFound(ctx context.Context, ring *keyring.Ring, summary, detail, wanted, asName string) {
	all, err := ring.List(ctx)
	if r.failed("list", err) {
		return
	}
	detail += nameHints(all, wanted, asName) + "\n\n" + similarKeys(all, wanted)
	if len(all) == 0 {
		detail += " Check that the provider's settings name the right account, workspace or tenant."
	}
	r.AddError(summary, detail)
}

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
func nameHints(keys []driver.Key, wanted, asName string) string {
	text := ""
	for _, k := range keys {
		switch {
		case wanted == "":
		case k.Name == wanted && k.ID != wanted:
			text += fmt.Sprintf("\n\nA live key has that name: its id is %s.", k.ID)
			if asName != "" {
				text += fmt.Sprintf(" To find it by its name, use %s.", asName)
			}
		case k.ID == wanted:
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

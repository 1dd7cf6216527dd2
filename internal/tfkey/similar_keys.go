package tfkey

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"golang.org/x/text/unicode/norm"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// maxNearest bounds how many keys are named that are like a wanted one.
const maxNearest = 5

// similarKeys says in a sentence which live keys there are: all of them, oldest first,
// or if that is too many those whose id or name is most like the wanted one.
func similarKeys(keys []driver.Key, wanted string) string {
	switch {
	case len(keys) == 0:
		return "There are no live keys at all."
	case len(keys) <= maxCandidates:
		return "The live keys are: " + keyring.Describe(keys) + "."
	}
	type candidate struct {
		key  driver.Key
		away int
	}
	wanted = strings.ToLower(wanted)
	all := make([]candidate, len(keys))
	for i, k := range keys {
		all[i] = candidate{k, min(distance(wanted, strings.ToLower(k.ID)), distance(wanted, strings.ToLower(k.Name)))}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.away, b.away) })
	like := make([]driver.Key, maxNearest)
	for i := range like {
		like[i] = all[i].key
	}
	return fmt.Sprintf("There are %d live keys, of which these are most like it: %s.", len(keys), keyring.Describe(like))
}

// nameHints says which keys are named like something that was asked for in vain: an id
// that is a name, and names that only look the same.
func nameHints(keys []driver.Key, wanted string, written func(name string) string) string {
	text := ""
	for _, k := range keys {
		switch how := difference(k.Name, wanted); {
		case wanted == "":
		case k.Name == wanted && k.ID != wanted:
			text += fmt.Sprintf("\n\nA live key has that name: its id is %s.", k.ID)
			if written != nil {
				text += fmt.Sprintf(" To ask for it by its name, write %s.", written(wanted))
			}
		case k.ID == wanted && written == nil:
			text += fmt.Sprintf("\n\nA live key has that as its id, and is named %q.", k.Name)
		case how != "":
			text += fmt.Sprintf("\n\nKey %s has a name that looks the same and is not: %s. It is named %+q, and %+q was asked for. Use its id.", k.ID, how, k.Name, wanted)
		}
	}
	return text
}

// difference says in what two names differ that look the same; "" if they are the
// same, or look different.
func difference(a, b string) string {
	spaces := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	like := func(s string) string { return strings.ToLower(spaces(norm.NFKC.String(s))) }
	switch {
	case a == b || like(a) != like(b):
		return ""
	case norm.NFC.String(a) == norm.NFC.String(b):
		return "accented characters are composed in another way"
	case strings.EqualFold(a, b):
		return "upper and lower case differ"
	case spaces(a) == spaces(b):
		return "spaces differ"
	default:
		return "some characters are written in another way"
	}
}

// distance is how many characters must be put in, left out or replaced to make
// one text of the other (Levenshtein).
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, c := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, d := range to {
			replaced := diagonal
			if c != d {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, diagonal+1, row[j]+1)
		}
	}
	return row[len(to)]
}

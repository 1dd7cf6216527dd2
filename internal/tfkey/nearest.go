package tfkey

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// maxNearest bounds how many keys are named that are like a wanted one.
const maxNearest = 5

// nearest says in a sentence which live keys there are: all of them, oldest first,
// or if that is too many those whose id or name is most like the wanted one.
func nearest(keys []keyring.Key, wanted string) string {
	switch {
	case len(keys) == 0:
		return "There are no live keys at all."
	case len(keys) <= maxCandidates:
		return "The live keys are: " + keyring.Describe(keys) + "."
	}
	type candidate struct {
		key  keyring.Key
		away int
	}
	wanted = strings.ToLower(wanted)
	all := make([]candidate, len(keys))
	for i, k := range keys {
		all[i] = candidate{k, min(distance(wanted, strings.ToLower(k.ID)), distance(wanted, strings.ToLower(k.Name)))}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.away, b.away) })
	like := make([]keyring.Key, maxNearest)
	for i := range like {
		like[i] = all[i].key
	}
	return fmt.Sprintf("There are %d live keys, of which these are most like it: %s.", len(keys), keyring.Describe(like))
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

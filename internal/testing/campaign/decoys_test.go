package campaign

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// look-alikes of letters, and characters that cannot be seen.
const (
	cyrillicI  = "і"      // U+0456
	cyrillicC  = "с"      // U+0441
	fullWidthC = "ｃ"      // U+FF43
	zeroWidth  = "\u200b" // zero width space
	combining  = "\u0307" // combining dot above
	softHyphen = "\u00ad"
)

// decoyNames are what decoys around a name are called; the first is the name itself.
func decoyNames(name string) []string {
	all := []string{
		name, strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:], name + " ", " " + name, name + zeroWidth, zeroWidth + name,
		name + combining, name[:1] + softHyphen + name[1:], name + "-2", "my-" + name, name + "\t", name + "/" + name,
		strings.ReplaceAll(name, "i", cyrillicI), strings.ReplaceAll(name, "c", cyrillicC), strings.ReplaceAll(name, "c", fullWidthC),
	}
	for i, n := range all {
		if i > 0 && n == name {
			all[i] = name + zeroWidth + zeroWidth // a name without the letter in question
		}
	}
	return all
}

// decoyAges are how long ago decoys were made; some clocks are wrong.
var decoyAges = []time.Duration{
	0, time.Millisecond, 500 * time.Millisecond, time.Second, 3 * time.Second, time.Minute, time.Hour, 24 * time.Hour, 400 * 24 * time.Hour,
	-time.Hour, -400 * 24 * time.Hour,
}

// manySameName is the number of decoys above which fewer of them have the very same name.
const manySameName = 1000

// plantDecoys creates n decoys around a name in the administrator's scope: of the same
// name, of names that look like it; older, of the same second, from the future;
// used and never used. The newest is as old as since, which is no less than zero.
// In a store that has keys already, n should be small: they all come to lie
// behind those (see [simulator.Store.Seed]).
func plantDecoys(st *simulator.Store, now time.Time, since time.Duration, name string, n int) {
	called, every := decoyNames(name), 2
	if n > manySameName {
		every = 10 // all of them would be in the state, and make each plan slow
	}
	made := st.Seed(n, func(i int) string {
		if i%every == 0 {
			return name
		}
		return called[i/2%len(called)]
	})
	for i, k := range made {
		age := decoyAges[i/3%len(decoyAges)]
		if age >= 0 {
			age += since
		}
		used := i%3 == 1
		// Every record was made just now and lives, so this cannot fail.
		_ = st.Update(k.ID, func(r *simulator.Record) {
			r.CreatedAt = now.Add(-age)
			if used {
				r.LastUsedAt, r.Uses = now, 7
			}
		})
	}
}

// TestPlantDecoys: there are decoys of every kind, all live and all somebody else's.
func TestPlantDecoys(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	st, _ := simulator.NewStore(func() time.Time { return now }, func(st *simulator.Store) http.Handler {
		return st.Serve(simulator.Protocol{NewID: simulator.UUID, NewValue: simulator.UUID}, http.NotFoundHandler())
	})
	plantDecoys(st, now, 0, "ci", 2000)
	names := map[string]int{}
	var sameSecond, future, old, used, unused int
	for _, k := range st.Live() {
		if k.CreatedBy != simulator.Outside {
			t.Fatalf("made by %s", k.CreatedBy)
		}
		if names[k.Name]++; k.Name != "ci" {
			continue
		}
		switch age := now.Sub(k.CreatedAt); {
		case age < 0:
			future++
		case age < time.Second:
			sameSecond++
		case age > time.Hour:
			old++
		}
		if k.LastUsedAt.IsZero() {
			unused++
		} else {
			used++
		}
	}
	if len(st.Live()) != 2000 || len(names) < 15 || sameSecond == 0 || future == 0 || old == 0 || used == 0 || unused == 0 {
		t.Errorf("%d names, of the same one %d: %d of the same second, %d of the future, %d old, %d used, %d unused", len(names), names["ci"], sameSecond, future, old, used, unused)
	}
}

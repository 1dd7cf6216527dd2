// Package decoy plants other people's keys around one: everything that a
// provider could mistake for a key of its own.
package decoy

import (
	"strings"
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

// names are what decoys around a name are called; the first is the name itself.
func names(name string) []string {
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

// ages are how long ago decoys were made; some clocks are wrong.
var ages = []time.Duration{
	0, time.Millisecond, 500 * time.Millisecond, time.Second, 3 * time.Second, time.Minute, time.Hour, 24 * time.Hour, 400 * 24 * time.Hour,
	-time.Hour, -400 * 24 * time.Hour,
}

// crowd is from how many decoys on fewer of them have the very same name.
const crowd = 1000

// Plant makes n decoys around a name in the administrator's scope: of the same
// name, of names that look like it; older, of the same second, from the future;
// used and never used. The newest is as old as since, which is no less than zero.
// In a store that has keys already, n should be small: they all come to lie
// behind those (see [simulator.Store.Seed]).
func Plant(st *simulator.Store, now time.Time, since time.Duration, name string, n int) {
	called, every := names(name), 2
	if n > crowd {
		every = 10 // all of them would be in the state, and make each plan slow
	}
	made := st.Seed(n, func(i int) string {
		if i%every == 0 {
			return name
		}
		return called[i/2%len(called)]
	})
	for i, k := range made {
		age := ages[i/3%len(ages)]
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

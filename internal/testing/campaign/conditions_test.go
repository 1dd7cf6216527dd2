package campaign

import (
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// conditions is what a service is like, and who else has keys there.
type conditions struct {
	name   string
	quirks simulator.Quirks
	// decoys is how many there are, since how old the youngest is that was not
	// made in the future.
	decoys int
	since  time.Duration
	// later is how many keys others make after the first apply: where a listing
	// begins with the youngest, the key is no longer on its first page.
	later int
	// pause is the time before the clean apply.
	pause time.Duration
	// called is the key's name; "" is the usual one.
	called string
	// fits says where it makes sense; nil: everywhere.
	fits func(simulators.Service, operation) bool
	// person: what stays open is left to a person, who revokes the keys that the
	// error names.
	person bool
}

// fewDecoys is how many there are where they are not the point.
const fewDecoys = 24

// manyDecoys fill more than one page.
const manyDecoys = 120

// plain is the stage of every short run.
func plain() conditions {
	return conditions{decoys: fewDecoys, since: time.Hour, pause: 30 * time.Second}
}

// crowds are stages on which decoys are the point.
func crowds() []conditions {
	return []conditions{
		{name: "decoys of the same second", decoys: fewDecoys, pause: 30 * time.Second},
		{name: "one decoy of the same second", decoys: 1, pause: 30 * time.Second},
	}
}

// thousands is the stage with the most of them.
func thousands() conditions {
	return conditions{name: "thousands of decoys", decoys: 3000, since: 3 * time.Second, pause: 30 * time.Second}
}

// odd are stages with everything that the services' documentation leaves open.
func odd() []conditions {
	all := []conditions{
		{name: "seconds, null strings, error pages", quirks: simulator.Quirks{Times: simulator.TimesSeconds, NullStrings: true, Errors: simulator.ShapeHTML}},
		{name: "offsets, omitted nulls, other statuses", quirks: simulator.Quirks{Times: simulator.TimesOffset, OmitNulls: true, CreateOK: true, RevokeNoContent: true}},
		{name: "pages of 50, reverse order, more fields", quirks: simulator.Quirks{PageCap: 50, ReverseOrder: true, ExtraFields: true, Errors: simulator.ShapeFields}},
		{name: "listings lag", quirks: simulator.Quirks{ListingLag: 2 * time.Second}},
		{name: "no paging, empty errors", quirks: simulator.Quirks{IgnorePaging: true, Errors: simulator.ShapeEmpty, Times: simulator.TimesMicros}},
		{name: "again at once"},
		{name: "again tomorrow"},
	}
	for i := range all {
		all[i].decoys, all[i].since, all[i].pause = fewDecoys, time.Hour, 30*time.Second
	}
	all[2].decoys = manyDecoys
	all[len(all)-2].pause, all[len(all)-1].pause = 0, 24*time.Hour
	return all
}

package campaign

import (
	"net/http"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// victim is the name that one decoy alone has, see package decoy.
const victim = "CI"

// minting is for faults of requests that create a key.
func minting(_ simulators.Service, op operation) bool { return op.mints }

// wrongField is a fault whose answer has a wrong field of the new key.
func wrongField(name, field string, value any) named {
	return named{name, simulator.Fault{Kind: simulator.FaultFields, Operation: simulator.OpMint, Fields: map[string]any{field: value}}}
}

// untrue are answers that do not fit what was done.
func untrue() []disturbance {
	ownForm := keyring.CreateWindow{From: time.UnixMilli(1), To: time.UnixMilli(99999999999999), Name: victim}.ID()
	var all []disturbance
	for _, f := range []named{
		wrongField("id of another key", "id", simulator.OtherID), wrongField("id in the form of our own", "id", ownForm), wrongField("value as id", "id", simulator.OwnValue),
		wrongField("value as name", "name", simulator.OwnValue), wrongField("another name", "name", "another one"),
		{"namesake listed first", simulator.Fault{Kind: simulator.FaultNamesake, Operation: simulator.OpCreate, Delay: 3 * time.Second}},
		{"status 429, key made", simulator.Fault{Kind: simulator.FaultRateLimit, Operation: simulator.OpMint, RetryAfter: "2", After: true}},
	} {
		all = append(all, twice(f, "", disturbance{fits: minting})...)
	}
	// On other requests they are like those that breaks has.
	for _, code := range []int{http.StatusBadRequest, http.StatusForbidden, http.StatusGone} {
		for _, f := range []named{bare(code, ""), bare(code, "not by this gateway\n")} {
			f.Operation = simulator.OpMint
			all = append(all, twice(f, ", before", disturbance{fits: minting})...)
			f.After = true
			all = append(all, twice(f, ", after", disturbance{fits: minting})...)
		}
	}
	// Pioneer documents a 204 for a revocation: there, it cannot be distinguished from a true one.
	all = append(all, twice(named{"204, not revoked", simulator.Fault{Kind: simulator.FaultBare, Operation: simulator.OpRevoke, Status: http.StatusNoContent}}, "",
		disturbance{fits: func(s simulators.Service, _ operation) bool { return s.Key.Name != "pioneer" }})...)
	// OnePin alone shows the key that it has revoked or rotated.
	return append(all, twice(named{"shown alive, not revoked", simulator.Fault{Kind: simulator.FaultNotRevoked}}, "",
		disturbance{fits: func(s simulators.Service, _ operation) bool { return s.Key.HasRotate }})...)
}

// lists reports whether a service's listing has pages.
func lists(s simulators.Service, _ operation) bool { return s.Key.Name != "pioneer" }

// oddListings are listings that cannot be relied on for the time of a command.
func oddListings() []disturbance {
	return []disturbance{
		{name: "listings 30 s behind", standing: true, fits: minting, quirks: simulator.Quirks{ListingLag: 30 * time.Second}},
		{name: "listings without new keys", standing: true, fits: isListedInTime, unlisted: true},
	}
}

// isListedInTime leaves out the destroy of a key that a service gives an id, never lists and
// cannot be asked for: the published limits assume that a listing is at most a minute behind.
func isListedInTime(s simulators.Service, op operation) bool {
	return minting(s, op) && (s.Key.Name != "expunct" || op.name != "create and delete")
}

// repeated is a listing whose every page is the first one, and full.
func repeated() ([]disturbance, []conditions) {
	several := plain()
	several.name, several.later = "several pages", manyDecoys
	return []disturbance{{
		name: "offset ignored", standing: true, quirks: simulator.Quirks{IgnoreOffset: true},
		fits: lists,
	}}, []conditions{several}
}

// peculiar are stages with services that everything works with, if one does not
// believe too much.
func peculiar() []conditions {
	onepin := func(s simulators.Service, _ operation) bool { return s.Key.Name == "onepin" }
	all := []conditions{
		{name: "pages of 20", quirks: simulator.Quirks{PageCap: 20}, later: manyDecoys, fits: lists},
		{name: "offset ignored, one page", quirks: simulator.Quirks{IgnoreOffset: true}, fits: lists},
		{name: "a total of 10^10", quirks: simulator.Quirks{Total: 1e10}, fits: onepin},
		{name: "a total of one", quirks: simulator.Quirks{Total: 1}, later: manyDecoys, fits: onepin},
		{name: "a total of every status", quirks: simulator.Quirks{TotalAll: true}, fits: onepin},
		{name: "names trimmed", quirks: simulator.Quirks{Names: simulator.NamesTrimmed}, called: "Ci key ", person: true},
		{name: "names in lower case", quirks: simulator.Quirks{Names: simulator.NamesLower}, called: "Ci key", person: true},
		{name: "values shown", quirks: simulator.Quirks{Echo: "preview,prefix,key"}},
		{name: "listings 8 s behind", quirks: simulator.Quirks{ListingLag: 8 * time.Second}},
	}
	for i := range all {
		all[i].decoys, all[i].since, all[i].pause = fewDecoys, time.Hour, 30*time.Second
	}
	return all
}

// onPeculiar is what happens on a peculiar stage: nothing else, or an answer lost.
func onPeculiar() []disturbance {
	return []disturbance{
		{name: "nothing else", standing: true, heals: true},
		{name: "answer lost", fault: simulator.Fault{Kind: simulator.FaultCut, Operation: simulator.OpMint, After: true, Times: 1}, fits: minting},
	}
}

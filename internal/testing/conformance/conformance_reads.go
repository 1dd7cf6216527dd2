package conformance

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// readTests are about what an answer proves of a key's life.
func readTests() map[string]func(*testing.T, *Rig) {
	return map[string]func(*testing.T, *Rig){
		"unconfirmed revoke":      testUnconfirmedRevoke,
		"revoke, not found":       testRevokeNotFound,
		"revoked before":          testRevokedBefore,
		"pages shorter than told": testShortPages,
		"listed late":             testListedLate,
		"odd times":               testOddTimes,
		"unreadable times":        testUnreadableTimes,
		"records hide values":     testHiddenValues,
	}
}

// testUnconfirmedRevoke: a success that is not the service's confirmation is looked
// into: a key that lives is revoked again, and stays in the state as long as it lives.
func testUnconfirmedRevoke(t *testing.T, r *Rig) {
	for _, body := range []string{" ", `{}`, `null`, `[]`, `"ok"`, `{"ok": false}`, `{"detail": "maintenance"}`} {
		r.MustApply(protocol.Config{key: r.Block("ci")})
		fault := simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: http.StatusOK, Body: body, Times: always}
		r.Store.Fault(fault)
		if p := r.Destroy(); !contains(p.Diagnostics.Errors(), "does not confirm it", "still lives") || r.State[key] == nil || len(r.Live()) != 1 {
			t.Errorf("%s: %s, live %v, state %v", body, p.Diagnostics, r.Live(), r.State)
		}
		r.Store.ClearFaults()
		fault.Times = 1
		r.Store.Fault(fault)
		r.destroyAll(t)
		r.MustApply(protocol.Config{key: r.Block("ci")})
		fault.After = true
		r.Store.Fault(fault)
		r.destroyAll(t)
	}
}

// testRevokeNotFound: a key that the service lists, and does not find when it is to be
// revoked, stays in the state; the advice is not to check whether it exists.
func testRevokeNotFound(t *testing.T, r *Rig) {
	r.MustApply(protocol.Config{key: r.Block("ci")})
	r.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: http.StatusNotFound, Times: always})
	errs := r.Destroy().Diagnostics.Errors()
	if !contains(errs, "still lives", "The service lists the key", "revoke the key by hand") || contains(errs, "that the key exists") || r.State[key] == nil {
		t.Errorf("%s", errs)
	}
	r.Store.ClearFaults()
	r.destroyAll(t)
}

// testRevokedBefore: a refusal of the revocation of a key that is revoked is success at
// once; of one that lives, it stands.
func testRevokedBefore(t *testing.T, r *Rig) {
	for _, status := range []int{http.StatusConflict, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusForbidden} {
		fault := simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: status, Body: `{"detail": "API key is revoked already"}`}
		r.MustApply(protocol.Config{key: r.Block("ci")})
		r.Store.Fault(fault)
		if p := r.Destroy(); !contains(p.Diagnostics.Errors(), "revoked already") || len(r.Live()) != 1 || r.State[key] == nil {
			t.Errorf("%d, alive: %s, live %v", status, p.Diagnostics, r.Live())
		}
		fault.After = true
		r.Store.Fault(fault)
		r.destroyAll(t)
	}
}

// testShortPages: a page that is shorter than what was asked for, or than documented, is
// not the end of a listing.
func testShortPages(t *testing.T, r *Rig) {
	config := protocol.Config{key: r.Block("ci")}
	for _, reverse := range []bool{false, true} {
		r.Store.Quirk(simulator.Quirks{PageCap: 20, ReverseOrder: reverse})
		before := r.Store.Seed(30, func(int) string { return "somebody else's" })
		r.MustApply(config)
		was := r.State[key].ID()
		r.Store.Seed(29, func(int) string { return "somebody else's" })
		r.Clock.Advance(time.Hour)
		r.MustBeEmpty(config)
		if r.State[key].ID() != was {
			t.Error("the key was taken for gone")
		}
		if p := r.Destroy(); len(p.Diagnostics.Errors()) > 0 || slices.Contains(r.Live(), was) || !slices.Contains(r.Live(), before[0].ID) {
			t.Errorf("%s", p.Diagnostics)
		}
	}
}

// testListedLate: a key that is not listed yet is neither taken for revoked nor given
// up; one that is not in time is an error only until it would have to be.
func testListedLate(t *testing.T, r *Rig) {
	config := protocol.Config{key: r.Block("ci")}
	r.MustApply(config)
	was := r.State[key].ID()
	r.Store.Quirk(simulator.Quirks{ListingLag: 8 * time.Second})
	r.MustBeEmpty(config)
	if r.State[key].ID() != was {
		t.Error("the key was taken for gone")
	}
	// Nor one that has just begun to retire.
	r.Store.Quirk(simulator.Quirks{})
	overlap := func(v string) protocol.Config {
		return protocol.Config{key: r.Block("ci", Trigger(v, map[string]any{"rotation_overlap": "1h"}))}
	}
	r.MustApply(overlap("1"))
	r.MustApply(overlap("2"))
	r.Store.Quirk(simulator.Quirks{ListingLag: 20 * time.Second})
	r.MustBeEmpty(overlap("2"))
	if held := r.Held(); len(held) != 2 || !held[was] {
		t.Errorf("held %v", held)
	}
	r.destroyAll(t)
}

// testOddTimes: times that are written in another way than documented are read.
func testOddTimes(t *testing.T, r *Rig) {
	for _, times := range []simulator.Times{simulator.TimesUnix, simulator.TimesUnixMillis, simulator.TimesZoneless, simulator.TimesDate} {
		r.Store.Quirk(simulator.Quirks{Times: times})
		r.Store.Mint("other")
		if p := r.MustApply(protocol.Config{key: r.Block("ci")}); contains(p.Diagnostics.Warnings(), "not readable") {
			t.Errorf("%s: %s", times, p.Diagnostics)
		}
		data, ds := r.Run().Data(r.Type(), map[string]any{"id": r.State[key].ID()})
		made, _ := r.Store.Get(r.State[key].ID())
		if created, _ := data["created_at"].(string); len(ds) > 0 || !strings.HasPrefix(created, made.CreatedAt.Format(time.DateOnly)) {
			t.Errorf("%s: created_at %v, %s", times, data["created_at"], ds)
		}
		if p := r.Destroy(); len(p.Diagnostics.Errors()) > 0 || r.Store.Live()[0].Name != "other" {
			t.Errorf("%s: %s", times, p.Diagnostics)
		}
	}
}

// testUnreadableTimes: times that cannot be read are null, and a run warns of them once;
// nothing else fails.
func testUnreadableTimes(t *testing.T, r *Rig) {
	r.Abridged = true // what is said once is not said again
	r.Store.Mint("other")
	config := protocol.Config{"a": r.Block("one"), "b": r.Block("two")}
	r.MustApply(config)
	r.Store.Quirk(simulator.Quirks{Times: simulator.TimesUnreadable})
	p := r.Plan(config)
	warned := 0
	for _, w := range p.Diagnostics.Warnings() {
		if strings.Contains(w, "not readable") && strings.Contains(w, "created_at") && strings.Contains(w, `"other"`) {
			warned++
		}
	}
	if !p.Empty() || len(p.Diagnostics.Errors()) > 0 || warned != 1 {
		t.Errorf("warned %d times; %v, %s", warned, p.Actions, p.Diagnostics)
	}
	all, ds := r.Run().Data(r.keysType(), nil)
	keys, _ := all["keys"].([]any)
	first, _ := keys[0].(map[string]any)
	if len(keys) != 3 || first["created_at"] != nil || first["name"] == nil || !contains(ds.Warnings(), "not readable") {
		t.Errorf("%v, %s", all, ds)
	}
	config["c"] = r.Block("three")
	if p := r.Apply(config); len(p.Diagnostics.Errors()) > 0 {
		t.Errorf("%s", p.Diagnostics)
	}
	if p := r.Destroy(); len(p.Diagnostics.Errors()) > 0 || len(r.Live()) != 1 {
		t.Errorf("%s, live %v", p.Diagnostics, r.Live())
	}
}

// testHiddenValues: where records show nothing of a value, the provider's own key may
// be any duplicate, however lately it was made, unless the service says who is calling.
func testHiddenValues(t *testing.T, r *Rig) {
	own := r.Store.Mint("ci")
	r.Env = r.Credentials(own.Value)
	r.Store.Quirk(simulator.Quirks{HideValues: true})
	r.Clock.Advance(30 * time.Minute)
	leftover := r.Store.Mint("ci")
	r.Clock.Advance(time.Minute)
	config := protocol.Config{key: r.Block("ci", map[string]any{"on_duplicate_name": "revoke"})}
	r.Apply(config)
	p := r.Apply(config)
	if len(p.Diagnostics.Errors()) > 0 || !slices.Contains(r.Live(), own.ID) {
		t.Fatalf("%s, live %v", p.Diagnostics, r.Live())
	}
	if !contains(p.Diagnostics.Warnings(), own.ID, "does not show whether it does") {
		t.Errorf("%s", p.Diagnostics)
	}
	// Only a service that says who is calling knows that the other one is not in use.
	if knows := r.Store.Requests()[simulator.OpWhoami] > 0; slices.Contains(r.Live(), leftover.ID) == knows {
		t.Errorf("live %v, leftover %s", r.Live(), leftover.ID)
	}
}

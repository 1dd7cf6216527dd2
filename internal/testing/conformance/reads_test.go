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

// TestUnconfirmedRevoke: a success that is not the service's confirmation is looked
// into: a key that lives is revoked again, and stays in the state as long as it lives.
func (h *Suite) TestUnconfirmedRevoke(t *testing.T) {
	for _, body := range []string{" ", `{}`, `null`, `[]`, `"ok"`, `{"ok": false}`, `{"detail": "maintenance"}`} {
		h.MustApply(protocol.Config{key: h.Block("ci")})
		fault := simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: http.StatusOK, Body: body, Times: always}
		h.Store.Fault(fault)
		if p := h.Destroy(); !contains(p.Diagnostics.Errors(), "still lives") || h.State[key] == nil || len(h.Live()) != 1 {
			t.Errorf("%s: %s, live %v, state %v", body, p.Diagnostics, h.Live(), h.State)
		}
		h.Store.ClearFaults()
		fault.Times = 1
		h.Store.Fault(fault)
		h.destroyAll(t)
		h.MustApply(protocol.Config{key: h.Block("ci")})
		fault.After = true
		h.Store.Fault(fault)
		h.destroyAll(t)
	}
}

// TestRevokeNotFound: a key that the service lists, and does not find when it is to be
// revoked, stays in the state; the advice is not to check whether it exists.
func (h *Suite) TestRevokeNotFound(t *testing.T) {
	h.MustApply(protocol.Config{key: h.Block("ci")})
	h.Store.Fault(simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: http.StatusNotFound, Times: always})
	errs := h.Destroy().Diagnostics.Errors()
	if !contains(errs, "still lives", "The service lists the key", "revoke the key by hand") || contains(errs, "that the key exists") || h.State[key] == nil {
		t.Errorf("%s", errs)
	}
	h.Store.ClearFaults()
	h.destroyAll(t)
}

// TestRevokedBefore: a refusal of the revocation of a key that is revoked is success at
// once; of one that lives, it stands.
func (h *Suite) TestRevokedBefore(t *testing.T) {
	for _, status := range []int{http.StatusConflict, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusForbidden} {
		fault := simulator.Fault{Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: status, Body: `{"detail": "API key is revoked already"}`}
		h.MustApply(protocol.Config{key: h.Block("ci")})
		h.Store.Fault(fault)
		if p := h.Destroy(); !contains(p.Diagnostics.Errors(), "revoked already") || len(h.Live()) != 1 || h.State[key] == nil {
			t.Errorf("%d, alive: %s, live %v", status, p.Diagnostics, h.Live())
		}
		fault.After = true
		h.Store.Fault(fault)
		h.destroyAll(t)
	}
}

// TestShortPages: a page that is shorter than what was asked for, or than documented, is
// not the end of a listing.
func (h *Suite) TestShortPages(t *testing.T) {
	config := protocol.Config{key: h.Block("ci")}
	for _, reverse := range []bool{false, true} {
		h.Store.Quirk(simulator.Quirks{PageCap: 20, ReverseOrder: reverse})
		before := h.Store.Seed(30, func(int) string { return "somebody else's" })
		h.MustApply(config)
		was := h.State[key].ID()
		h.Store.Seed(29, func(int) string { return "somebody else's" })
		h.Clock.Advance(time.Hour)
		h.MustBeEmpty(config)
		if h.State[key].ID() != was {
			t.Error("the key was taken for gone")
		}
		if p := h.Destroy(); len(p.Diagnostics.Errors()) > 0 || slices.Contains(h.Live(), was) || !slices.Contains(h.Live(), before[0].ID) {
			t.Errorf("%s", p.Diagnostics)
		}
	}
}

// TestListedLate: a key that is not listed yet is neither taken for revoked nor given
// up; one that is not in time is an error only until it would have to be.
func (h *Suite) TestListedLate(t *testing.T) {
	config := protocol.Config{key: h.Block("ci")}
	h.MustApply(config)
	was := h.State[key].ID()
	h.Store.Quirk(simulator.Quirks{ListingLag: 8 * time.Second})
	h.MustBeEmpty(config)
	if h.State[key].ID() != was {
		t.Error("the key was taken for gone")
	}
	// Nor one that has just begun to retire.
	h.Store.Quirk(simulator.Quirks{})
	overlap := h.overlapping("1h")
	h.MustApply(overlap("1"))
	h.MustApply(overlap("2"))
	h.Store.Quirk(simulator.Quirks{ListingLag: 20 * time.Second})
	h.MustBeEmpty(overlap("2"))
	if held := h.Held(); len(held) != 2 || !held[was] {
		t.Errorf("held %v", held)
	}
	h.destroyAll(t)
}

// TestOddTimes: times that are encoded differently than documented are read.
func (h *Suite) TestOddTimes(t *testing.T) {
	for _, times := range []simulator.Times{simulator.TimesUnix, simulator.TimesUnixMillis, simulator.TimesZoneless, simulator.TimesDate} {
		h.Store.Quirk(simulator.Quirks{Times: times})
		h.Store.Mint("other")
		if p := h.MustApply(protocol.Config{key: h.Block("ci")}); contains(p.Diagnostics.Warnings(), "not readable") {
			t.Errorf("%s: %s", times, p.Diagnostics)
		}
		data, ds := h.Run().Data(h.Type(), map[string]any{"id": h.State[key].ID()})
		made, _ := h.Store.Get(h.State[key].ID())
		if created, _ := data["created_at"].(string); len(ds) > 0 || !strings.HasPrefix(created, made.CreatedAt.Format(time.DateOnly)) {
			t.Errorf("%s: created_at %v, %s", times, data["created_at"], ds)
		}
		if p := h.Destroy(); len(p.Diagnostics.Errors()) > 0 || h.Store.Live()[0].Name != "other" {
			t.Errorf("%s: %s", times, p.Diagnostics)
		}
	}
}

// TestUnreadableTimes: times that cannot be read are null, and a run warns of them once;
// nothing else fails.
func (h *Suite) TestUnreadableTimes(t *testing.T) {
	h.OnlyCoded(t, "the simulator cannot change fields whose names a declaration chooses")
	h.SkipComparison = true // what is said once is not said again
	h.Store.Mint("other")
	config := protocol.Config{"a": h.Block("one"), "b": h.Block("two")}
	h.MustApply(config)
	h.Store.Quirk(simulator.Quirks{Times: simulator.TimesUnreadable})
	p := h.Plan(config)
	warned := 0
	for _, w := range p.Diagnostics.Warnings() {
		if strings.Contains(w, "not readable") && strings.Contains(w, "created_at") && strings.Contains(w, `"other"`) {
			warned++
		}
	}
	if !p.Empty() || len(p.Diagnostics.Errors()) > 0 || warned != 1 {
		t.Errorf("warned %d times; %v, %s", warned, p.Actions, p.Diagnostics)
	}
	all, ds := h.Run().Data(h.keysType(), nil)
	keys, _ := all["keys"].([]any)
	first, _ := keys[0].(map[string]any)
	if len(keys) != 3 || first["created_at"] != nil || first["name"] == nil || !contains(ds.Warnings(), "not readable") {
		t.Errorf("%v, %s", all, ds)
	}
	config["c"] = h.Block("three")
	if p := h.Apply(config); len(p.Diagnostics.Errors()) > 0 {
		t.Errorf("%s", p.Diagnostics)
	}
	if p := h.Destroy(); len(p.Diagnostics.Errors()) > 0 || len(h.Live()) != 1 {
		t.Errorf("%s, live %v", p.Diagnostics, h.Live())
	}
}

// TestHiddenValues: where records show nothing of a value, the provider's own key may
// be any duplicate, however lately it was made, unless the service says who is calling.
func (h *Suite) TestHiddenValues(t *testing.T) {
	h.OnlyCoded(t, "the simulator cannot change fields whose names a declaration chooses")
	own := h.Store.Mint("ci")
	h.Env = h.Credentials(own.Value)
	h.Store.Quirk(simulator.Quirks{HideValues: true})
	h.Clock.Advance(30 * time.Minute)
	leftover := h.Store.Mint("ci")
	h.Clock.Advance(time.Minute)
	config := protocol.Config{key: h.Block("ci", withPolicy("revoke"))}
	h.Apply(config)
	p := h.Apply(config)
	if len(p.Diagnostics.Errors()) > 0 || !slices.Contains(h.Live(), own.ID) {
		t.Fatalf("%s, live %v", p.Diagnostics, h.Live())
	}
	if !contains(p.Diagnostics.Warnings(), own.ID, "cannot exclude that") {
		t.Errorf("%s", p.Diagnostics)
	}
	// Only a service that says who is calling knows that the other one is not in use.
	if knows := h.Store.Requests()[simulator.OpWhoami] > 0; slices.Contains(h.Live(), leftover.ID) == knows {
		t.Errorf("live %v, leftover %s", h.Live(), leftover.ID)
	}
}

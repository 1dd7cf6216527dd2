package conformance

import (
	"slices"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// TestDuplicates: the four policies.
func (h *Suite) TestDuplicates(t *testing.T) {
	config := func(policy string) protocol.Config {
		return protocol.Config{key: h.Block("ci", withPolicy(policy))}
	}
	h.MustApply(config("warn"))
	h.Clock.Advance(time.Hour)
	twin := h.Store.Mint("ci")
	p := h.Apply(config("warn"))
	if !p.Empty() || !contains(p.Diagnostics.Warnings(), twin.ID, "same name") {
		t.Errorf("warn: %v, %s", p.Actions, p.Diagnostics)
	}
	if p := h.Apply(config("ignore")); len(p.Diagnostics) != 0 {
		t.Errorf("ignore: %s", p.Diagnostics)
	}
	if h.Service.Key.ReportsLastUsed {
		if err := h.Store.Use(twin.ID); err != nil {
			t.Fatal(err)
		}
		p := h.Apply(config("revoke"))
		if !contains(p.Diagnostics.Warnings(), twin.ID, "used since") || len(h.Live()) != 2 {
			t.Errorf("a used duplicate: %s, live %v", p.Diagnostics, h.Live())
		}
		h.MustBeEmpty(config("revoke"))
		if err := h.Store.Revoke(twin.ID); err != nil {
			t.Fatal(err)
		}
		h.Store.Mint("ci")
	}
	if p := h.MustApply(config("revoke")); p.Actions[key] != protocol.Update {
		t.Errorf("revoke: %v", p.Actions)
	}
	h.wantLive(t, h.State[key].ID())
	h.MustApply(config("warn"))
	h.destroyAll(t)
}

// TestDuplicatesRenamed: with a new name, in place or as a new key, the other keys of
// the old one are none of the resource's business.
func (h *Suite) TestDuplicatesRenamed(t *testing.T) {
	config := func(name, policy string) protocol.Config {
		return protocol.Config{key: h.Block(name, withPolicy(policy))}
	}
	for _, policy := range []string{"revoke", "warn"} {
		h.MustApply(config("ci", "ignore"))
		twin := h.Store.Mint("ci")
		h.MustApply(config("ci", "ignore"))
		if p := h.MustApply(config("renamed", policy)); contains(p.Diagnostics.Warnings(), sameName) || !slices.Contains(h.Live(), twin.ID) {
			t.Errorf("%s: live %v, %s", policy, h.Live(), p.Diagnostics)
		}
		if err := h.Store.Revoke(twin.ID); err != nil {
			t.Fatal(err)
		}
		h.destroyAll(t)
	}
}

// TestSharedName: two resources may share a name; with "ignore" nobody minds.
func (h *Suite) TestSharedName(t *testing.T) {
	ignore := withPolicy("ignore")
	config := protocol.Config{"a": h.Block("ci", ignore), "b": h.Block("ci", ignore)}
	p := h.MustApply(config)
	if len(h.Live()) != 2 || len(p.Diagnostics.Warnings()) > 0 {
		t.Errorf("live %v, %s", h.Live(), p.Diagnostics)
	}
	// With "revoke" they would revoke each other: refused, or spared, by whichever
	// is planned first.
	revoke := withPolicy("revoke")
	for _, feud := range []protocol.Config{{"a": h.Block("ci", revoke), "b": h.Block("ci", revoke)}, {"a": h.Block("ci", ignore), "b": h.Block("ci", revoke)}, {"a": h.Block("ci", revoke), "b": h.Block("ci", ignore)}} {
		p := h.Apply(feud)
		if len(h.Live()) != 2 || !contains(append(p.Diagnostics.Errors(), p.Diagnostics.Warnings()...), "ignore") {
			t.Errorf("live %v, %s", h.Live(), p.Diagnostics)
		}
	}
	h.MustApply(config)
	h.MustApply(protocol.Config{"a": h.Block("ci", ignore)})
	h.wantLive(t, h.State["a"].ID())
}

// TestSharedNameLate: what another resource turns out to hold between the refresh and
// the plan of one with "revoke" fails that plan. The apply is another process, and
// would know nothing of it.
func (h *Suite) TestSharedNameLate(t *testing.T) {
	config := protocol.Config{"a": h.Block("ci", withPolicy("ignore")), "b": h.Block("ci", withPolicy("ignore"))}
	h.MustApply(config)
	config["a"] = h.Block("ci", withPolicy("revoke"))
	run := h.Run()
	for _, address := range []string{"a", "b"} {
		if _, ds := run.Refresh(address); len(ds.Errors()) > 0 {
			t.Fatal(ds)
		}
	}
	_, ds := run.PlanOne("a", config["a"])
	if !contains(ds.Errors(), "Two resources share a key name", h.State["b"].ID()) {
		t.Errorf("%s", ds)
	}
}

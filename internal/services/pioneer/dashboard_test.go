package pioneer_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/conformance"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// noSession is a harness at a server since 2026-07-15, without a session.
func noSession(t *testing.T) *conformance.Harness {
	t.Helper()
	r := conformance.NewHarness(t, dashboard())
	delete(r.Env, "PIONEER_SESSION_TOKEN")
	return r
}

func say(texts []string, words ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
	})
}

const refused = "Pioneer will probably refuse to create this key"

// Without a session a create is refused, and nothing is kept of it; the plan says so
// before, without a request more.
func TestDashboard_createWithoutSession(t *testing.T) {
	t.Parallel()
	r := noSession(t)
	r.Store.Mint("console")
	config := protocol.Config{"key": r.Block("ci")}
	r.Abridged = true
	r.Store.Reset()
	p := r.Plan(config)
	if !say(p.Diagnostics.Warnings(), refused, "pioneer.session_token", "key_wo", "PIONEER_SESSION_TOKEN") || len(p.Diagnostics.Errors()) > 0 || r.Store.Total() != 1 {
		t.Errorf("%d requests, %s", r.Store.Total(), p.Diagnostics)
	}
	p = r.Apply(config)
	if !say(p.Diagnostics.Errors(), "403", "only allowed from the web dashboard", "key_wo", "session_token") || say(p.Diagnostics.Errors(), "lacks a permission") {
		t.Errorf("%s", p.Diagnostics)
	}
	if len(r.State) != 0 || len(r.Live()) != 1 {
		t.Errorf("state %v, live %v", r.State, r.Live())
	}
}

// An imported key is listed, read and revoked by the API key alone; a plan that would
// rotate it says what to do instead.
func TestDashboard_importedWithoutSession(t *testing.T) {
	t.Parallel()
	for name, changed := range map[string]map[string]any{
		"replaced":         conformance.Trigger("2"),
		"in place":         conformance.Trigger("2", map[string]any{"rotation_overlap": "1h"}),
		"under a new name": {"name": "other"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := noSession(t)
			made := r.Store.Mint("ci")
			if ds := r.Import("key", r.Type(), made.ID); len(ds.Errors()) > 0 {
				t.Fatal(ds)
			}
			if p := r.MustApply(protocol.Config{"key": r.Block("ci", conformance.Trigger("1"))}); say(p.Diagnostics.Warnings(), refused) {
				t.Errorf("nothing is created: %s", p.Diagnostics)
			}
			p := r.Plan(protocol.Config{"key": r.Block("ci", conformance.Trigger("1"), changed)})
			if !say(p.Diagnostics.Warnings(), refused, made.ID, "terraform state rm", "key_wo", "Revoke the old key") {
				t.Errorf("%v: %s", p.Actions, p.Diagnostics)
			}
			if p := r.Destroy(); len(p.Diagnostics.Errors()) > 0 || len(r.Live()) != 0 {
				t.Errorf("destroy: %s, live %v", p.Diagnostics, r.Live())
			}
		})
	}
}

// With a session nothing warns, and a session that is not accepted is what the error
// is about.
func TestDashboard_session(t *testing.T) {
	t.Parallel()
	r := conformance.NewHarness(t, dashboard())
	r.Store.Mint("console")
	if p := r.MustApply(protocol.Config{"key": r.Block("ci")}); len(p.Diagnostics) > 0 {
		t.Errorf("%s", p.Diagnostics)
	}
	r.Env["PIONEER_SESSION_TOKEN"] = r.Store.Session(time.Minute)
	r.Clock.Advance(time.Hour)
	if p := r.Apply(protocol.Config{"key": r.Block("ci"), "more": r.Block("more")}); !say(p.Diagnostics.Errors(), "session token expired at", "pioneer.session_token_command") {
		t.Errorf("expired: %s", p.Diagnostics)
	}
	r.Env["PIONEER_SESSION_TOKEN"] = "opaque-and-wrong"
	p := r.Apply(protocol.Config{"key": r.Block("ci"), "more": r.Block("more")})
	if !say(p.Diagnostics.Errors(), "401", "does not accept the session") || say(p.Diagnostics.Errors(), "opaque-and-wrong") {
		t.Errorf("wrong: %s", p.Diagnostics)
	}
}

// A session that is not known yet is not taken for none.
func TestDashboard_sessionUnknown(t *testing.T) {
	t.Parallel()
	r := noSession(t)
	r.Store.Mint("console")
	r.Provider = map[string]any{"pioneer": map[string]any{"session_token": protocol.Unknown{}}}
	if p := r.Plan(protocol.Config{"key": r.Block("ci")}); len(p.Diagnostics) > 0 || p.Actions["key"] != protocol.Create {
		t.Errorf("%v: %s", p.Actions, p.Diagnostics)
	}
}

// A key that has expired is planned anew, with words that say so, and cannot be
// imported.
func TestDashboard_expired(t *testing.T) {
	t.Parallel()
	r := conformance.NewHarness(t, dashboard())
	config := protocol.Config{"key": r.Block("ci")}
	r.MustApply(config)
	was := r.State["key"].ID()
	if err := r.Store.Update(was, func(k *simulator.Record) {
		k.Attributes[simulator.ExpiresAt] = r.Clock.Now().Add(time.Hour)
	}); err != nil {
		t.Fatal(err)
	}
	r.MustBeEmpty(config)
	r.Clock.Advance(time.Hour + time.Minute)
	p := r.MustApply(config)
	if p.Actions["key"] != protocol.Create || r.State["key"].ID() == was || !say(p.Diagnostics.Warnings(), "expired", was) || say(p.Diagnostics.Warnings(), "revoked outside") {
		t.Errorf("%v: %s", p.Actions, p.Diagnostics)
	}
	if ds := r.Import("old", r.Type(), was); !say(ds.Errors(), "expired on", was) {
		t.Errorf("import: %s", ds)
	}
}

// The credential that the provider signs in with is recognised by its last digits.
func TestDashboard_ownKey(t *testing.T) {
	t.Parallel()
	r := conformance.NewHarness(t, dashboard())
	own := r.Store.Mint("terraform")
	r.Env["PIONEER_API_KEY"] = own.Value
	if ds := r.Import("key", r.Type(), own.ID); len(ds.Errors()) > 0 {
		t.Fatal(ds)
	}
	r.Store.Reset()
	p := r.Destroy()
	if !say(p.Diagnostics.Errors(), "the provider itself signs in with") || len(r.Live()) != 1 || r.Store.Requests()[simulator.OpRevoke] > 0 {
		t.Errorf("%s, live %v", p.Diagnostics, r.Live())
	}
}

package conformance

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// wrongValue is the value of no key: it shares no character with one.
var wrongValue = strings.Repeat("-", 40)

// given are the settings that give a value.
func given(value any, version any, more ...map[string]any) map[string]any {
	all := map[string]any{"key_wo": value, "key_wo_version": version}
	for _, m := range more {
		maps.Copy(all, m)
	}
	return all
}

// imported is a key that somebody else has created, and that was imported.
func (h *Harness) imported(t *testing.T, name string) simulator.Record {
	t.Helper()
	found := h.Store.Mint(name)
	h.adopt(key, found.ID)
	h.Store.Reset()
	return found
}

// writes are the requests that change something.
func (h *Harness) writes() int {
	n := h.Store.Requests()
	return n[simulator.OpCreate] + n[simulator.OpRevoke] + n[simulator.OpUpdate] + n[simulator.OpRotate]
}

// unchanged fails if anything was sent that changes something, or if the state holds
// something else than the key as it was imported.
func (h *Harness) unchanged(t *testing.T, found simulator.Record) {
	t.Helper()
	if n := h.writes(); n > 0 {
		t.Errorf("sent %v", h.Store.Requests())
	}
	i := h.State[key]
	if i == nil || i.ID() != found.ID || i.Attribute("key") != nil || i.Attribute("encrypted_key") != nil || i.Attribute("key_wo_version") != nil {
		t.Errorf("the state has changed: %v", h.State)
	}
	h.isSilent(t, nowhere)
}

// TestGivenValueImport: the value of an imported key is stored and handed over like one that
// was created here, again with each version, and stays when it is given no more.
func (h *Suite) TestGivenValueImport(t *testing.T) {
	to := newReader(t)
	for m, settings := range modes(to) {
		t.Run(string(m), func(t *testing.T) {
			h := NewHarness(t, h.Service)
			found := h.imported(t, "ci")
			h.MustBeEmpty(protocol.Config{key: h.Block("ci")})
			version := h.State[key].Attribute("key_version").(int64)
			for _, number := range []int{1, 2, 0} { // any change counts
				config := protocol.Config{key: h.Block("ci", given(found.Value, number, settings))}
				p := h.Plan(config)
				h.quietPlan(t, m, p)
				if len(p.Diagnostics) > 0 || p.Actions[key] != protocol.Update {
					t.Fatalf("plan: %v, %s", p.Actions, p.Diagnostics)
				}
				if _, unknown := p.Attribute(key, "key_version").(protocol.Unknown); !unknown {
					t.Error("the plan does not say that key_version changes")
				}
				ds := h.ApplyPlan(p, func(run *protocol.Run) {
					e := run.Open(handOver, map[string]any{"key_id": found.ID})
					if e.Attribute("value") != found.Value || e.Attribute("minted") != true {
						t.Errorf("the value is not handed over: %s", e.Diagnostics)
					}
				})
				if len(ds) > 0 {
					t.Fatalf("apply: %s", ds)
				}
				h.holdsIn(t, m, to)
				i := h.State[key]
				if now := i.Attribute("key_version").(int64); now <= version || i.ID() != found.ID || i.Attribute("key_wo") != nil {
					t.Errorf("key_version went from %d to %d, the key is %s", version, now, i.ID())
				}
				version = h.State[key].Attribute("key_version").(int64)
				h.MustBeEmpty(config)
				if e := h.Run().Open(handOver, map[string]any{"key_id": found.ID}); e.Attribute("value") != nil {
					t.Error("a later run hands the value over")
				}
			}
			before := h.State[key].Attributes()
			if p := h.MustApply(protocol.Config{key: h.Block("ci", settings)}); p.Actions[key] != protocol.Update {
				t.Errorf("giving no value any more: %v", p.Actions)
			}
			before["key_wo_version"] = nil
			if after := h.State[key].Attributes(); fmt.Sprint(before) != fmt.Sprint(after) {
				t.Error("giving no value any more changes more than that")
			}
			h.holdsIn(t, m, to)
			if n := h.writes(); n > 0 {
				t.Errorf("sent %v", h.Store.Requests())
			}
			h.destroyAll(t)
		})
	}
}

// TestWrongValue: a value that is not the key's is refused in the plan where the
// refresh has shown enough of it, and in the apply; neither shows a value.
func (h *Suite) TestWrongValue(t *testing.T) {
	found := h.imported(t, "ci")
	for name, value := range map[string]string{"another": wrongValue, "id": found.ID, "name": "ci"} {
		config := protocol.Config{key: h.Block("ci", given(value, 1))}
		p := h.Plan(config)
		if !contains(p.Diagnostics.Errors(), "Wrong key value", "This is not the value of key "+found.ID) {
			t.Errorf("%s: plan: %s", name, p.Diagnostics)
		}
		late := h.PlanWithoutRefresh(config) // without a refresh there is nothing to compare with
		if len(late.Diagnostics) > 0 {
			t.Fatalf("%s: plan without refresh: %s", name, late.Diagnostics)
		}
		ds := h.ApplyPlan(late, func(run *protocol.Run) {
			if e := run.Open(handOver, map[string]any{"key_id": found.ID}); e.Attribute("value") != nil {
				t.Errorf("%s: the wrong value is handed over", name)
			}
		})
		if !contains(ds.Errors(), "Wrong key value", "This is not the value of key "+found.ID) {
			t.Errorf("%s: apply: %s", name, ds)
		}
		for _, text := range []string{p.Diagnostics.String(), ds.String()} {
			if strings.Contains(text, wrongValue) || strings.Contains(text, found.Value[len(found.Value)-3:]) {
				t.Errorf("%s: a value is shown: %s", name, text)
			}
		}
		h.unchanged(t, found)
	}
	if p := h.MustApply(protocol.Config{key: h.Block("ci", given(found.Value, 1))}); p.Actions[key] != protocol.Update {
		t.Errorf("the right value: %v", p.Actions)
	}
	h.holdsIn(t, plaintext, reader{})
	h.destroyAll(t)
}

// TestUncheckedValue: where the service shows nothing of a value, it is taken with a
// warning.
func (h *Suite) TestUncheckedValue(t *testing.T) {
	h.OnlyCoded(t, "the simulator cannot change fields whose names a declaration chooses")
	h.Store.Quirk(simulator.Quirks{HideValues: true})
	found := h.imported(t, "ci")
	for _, label := range []string{found.ID, "ci"} {
		if p := h.Plan(protocol.Config{key: h.Block("ci", given(label, 1))}); !contains(p.Diagnostics.Errors(), "Wrong key value") {
			t.Errorf("a label for a value: %s", p.Diagnostics)
		}
	}
	p := h.MustApply(protocol.Config{key: h.Block("ci", given(found.Value, 1))})
	if ws := p.Diagnostics.Warnings(); !contains(ws, "Key value not checked", found.ID) || strings.Contains(p.Diagnostics.String(), found.Value) {
		t.Errorf("warnings: %v", ws)
	}
	h.holdsIn(t, plaintext, reader{})
	if n := h.writes(); n > 0 {
		t.Errorf("sent %v", h.Store.Requests())
	}
}

// TestUnusualValue: a value that does not have the form of the service's values is
// stored with a warning, however much of it fits.
func (h *Suite) TestUnusualValue(t *testing.T) {
	if len(h.Service.Key.KeyPrefixes) == 0 {
		t.Skip("nothing is known of how values look")
	}
	found := h.imported(t, "ci")
	for _, value := range []string{"zzzz" + found.Value, h.Service.Key.KeyPrefixes[0] + found.Value[len(found.Value)-8:]} {
		p := h.Plan(protocol.Config{key: h.Block("ci", given(value, 1))})
		if contains(p.Diagnostics.Errors(), "Wrong key value") {
			continue // the service shows enough to refuse it
		}
		if ws := p.Diagnostics.Warnings(); !contains(ws, "Key value looks unusual", found.ID) || strings.Contains(p.Diagnostics.String(), value) {
			t.Errorf("%s", p.Diagnostics)
		}
	}
	if p := h.Plan(protocol.Config{key: h.Block("ci", given("zzzz"+found.Value, 1))}); len(p.Diagnostics.Errors()) > 0 {
		t.Errorf("%s", p.Diagnostics)
	}
}

// TestMalformedValue: what cannot be a value, and a value without its version, are
// refused before anything is sent.
func (h *Suite) TestMalformedValue(t *testing.T) {
	found := h.imported(t, "ci")
	for name, c := range map[string]struct {
		settings map[string]any
		words    []string
	}{
		"line break":      {given(found.Value+"\n", 1), []string{"line break", "trimspace"}},
		"DOS line break":  {given(found.Value+"\r\n", 1), []string{"line break", "trimspace"}},
		"space":           {given(" "+found.Value, 1), []string{"trimspace"}},
		"control":         {given(found.Value+"\x00", 1), []string{"control character"}},
		"zero width":      {given("\u200b"+found.Value, 1), []string{"control character"}},
		"empty":           {given("", 1), []string{"empty"}},
		"spaces":          {given(" \n", 1), []string{"empty"}},
		"without version": {map[string]any{"key_wo": found.Value}, []string{"key_wo_version", "must be specified"}},
		"without value":   {map[string]any{"key_wo_version": 1}, []string{"key_wo", "must be specified"}},
	} {
		p := h.Plan(protocol.Config{key: h.Block("ci", c.settings)})
		if errs := p.Diagnostics.Errors(); len(errs) != 1 || !contains(errs, c.words...) || strings.Contains(errs[0], found.Value) {
			t.Errorf("%s: %s", name, p.Diagnostics)
		}
	}
	for name, value := range map[string]any{"line break": found.Value + "\n", "null": nil} { // known in the apply only
		p := h.Plan(protocol.Config{key: h.Block("ci", given(protocol.Unknown{}, 1))})
		if len(p.Diagnostics) > 0 {
			t.Fatal(p.Diagnostics)
		}
		p.Resolve(key, h.Block("ci", given(value, 1)).Attributes)
		if ds := h.ApplyPlan(p); !contains(ds.Errors(), "Invalid key value") || strings.Contains(ds.String(), found.Value) {
			t.Errorf("%s: apply: %s", name, ds)
		}
		h.unchanged(t, found)
	}
}

package conformance

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// valueTests are about values that the configuration gives, of keys created elsewhere.
func valueTests() map[string]func(*testing.T, *Rig) {
	return map[string]func(*testing.T, *Rig){
		"given value, import":      testGivenValue,
		"given value, wrong":       testWrongValue,
		"given value, not shown":   testUncheckedValue,
		"given value, unusual":     testUnusualValue,
		"given value, malformed":   testMalformedValue,
		"given value, create":      testGivenToNew,
		"given value, rotation":    testGivenToRotation,
		"given value, moved":       testGivenMoves,
		"given value, unknown":     testGivenUnknown,
		"given value, apply fails": testGivenNotApplied,
		"given value, in errors":   testGivenEcho,
	}
}

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
func (r *Rig) imported(t *testing.T, name string) simulator.Record {
	t.Helper()
	found := r.Store.Mint(name)
	if ds := r.Import(key, r.Type(), found.ID); len(ds.Errors()) > 0 {
		t.Fatal(ds)
	}
	r.Store.Reset()
	return found
}

// writes are the requests that change something.
func (r *Rig) writes() int {
	n := r.Store.Requests()
	return n[simulator.OpCreate] + n[simulator.OpRevoke] + n[simulator.OpUpdate] + n[simulator.OpRotate]
}

// unchanged fails if anything was sent that changes something, or if the state holds
// something else than the key as it was imported.
func (r *Rig) unchanged(t *testing.T, found simulator.Record) {
	t.Helper()
	if n := r.writes(); n > 0 {
		t.Errorf("sent %v", r.Store.Requests())
	}
	i := r.State[key]
	if i == nil || i.ID() != found.ID || i.Attribute("key") != nil || i.Attribute("encrypted_key") != nil || i.Attribute("key_wo_version") != nil {
		t.Errorf("the state has changed: %v", r.State)
	}
	r.isSilent(t, nowhere)
}

// testGivenValue: the value of an imported key is stored and handed over like one that
// was created here, again with each version, and stays when it is given no more.
func testGivenValue(t *testing.T, r *Rig) {
	to := newReader(t)
	for m, settings := range modes(to) {
		t.Run(string(m), func(t *testing.T) {
			r := NewRig(t, r.Service)
			found := r.imported(t, "ci")
			r.MustBeEmpty(protocol.Config{key: r.Block("ci")})
			version := r.State[key].Attribute("key_version").(int64)
			for _, number := range []int{1, 2, 0} { // any change counts
				config := protocol.Config{key: r.Block("ci", given(found.Value, number, settings))}
				p := r.Plan(config)
				r.quietPlan(t, m, p)
				if len(p.Diagnostics) > 0 || p.Actions[key] != protocol.Update {
					t.Fatalf("plan: %v, %s", p.Actions, p.Diagnostics)
				}
				if _, unknown := p.Attribute(key, "key_version").(protocol.Unknown); !unknown {
					t.Error("the plan does not say that key_version changes")
				}
				ds := r.ApplyPlan(p, func(run *protocol.Run) {
					e := run.Open(handOver, map[string]any{"key_id": found.ID})
					if e.Attribute("value") != found.Value || e.Attribute("minted") != true {
						t.Errorf("the value is not handed over: %s", e.Diagnostics)
					}
				})
				if len(ds) > 0 {
					t.Fatalf("apply: %s", ds)
				}
				r.holdsIn(t, m, to)
				i := r.State[key]
				if now := i.Attribute("key_version").(int64); now <= version || i.ID() != found.ID || i.Attribute("key_wo") != nil {
					t.Errorf("key_version went from %d to %d, the key is %s", version, now, i.ID())
				}
				version = r.State[key].Attribute("key_version").(int64)
				r.MustBeEmpty(config)
				if e := r.Run().Open(handOver, map[string]any{"key_id": found.ID}); e.Attribute("value") != nil {
					t.Error("a later run hands the value over")
				}
			}
			before := r.State[key].Attributes()
			if p := r.MustApply(protocol.Config{key: r.Block("ci", settings)}); p.Actions[key] != protocol.Update {
				t.Errorf("giving no value any more: %v", p.Actions)
			}
			before["key_wo_version"] = nil
			if after := r.State[key].Attributes(); fmt.Sprint(before) != fmt.Sprint(after) {
				t.Error("giving no value any more changes more than that")
			}
			r.holdsIn(t, m, to)
			if n := r.writes(); n > 0 {
				t.Errorf("sent %v", r.Store.Requests())
			}
			r.destroyAll(t)
		})
	}
}

// testWrongValue: a value that is not the key's is refused in the plan where the
// refresh has shown enough of it, and in the apply; neither shows a value.
func testWrongValue(t *testing.T, r *Rig) {
	found := r.imported(t, "ci")
	for name, value := range map[string]string{"another": wrongValue, "id": found.ID, "name": "ci"} {
		config := protocol.Config{key: r.Block("ci", given(value, 1))}
		p := r.Plan(config)
		if !contains(p.Diagnostics.Errors(), "Wrong key value", "This is not the value of key "+found.ID) {
			t.Errorf("%s: plan: %s", name, p.Diagnostics)
		}
		late := r.PlanWithoutRefresh(config) // without a refresh there is nothing to compare with
		if len(late.Diagnostics) > 0 {
			t.Fatalf("%s: plan without refresh: %s", name, late.Diagnostics)
		}
		ds := r.ApplyPlan(late, func(run *protocol.Run) {
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
		r.unchanged(t, found)
	}
	if p := r.MustApply(protocol.Config{key: r.Block("ci", given(found.Value, 1))}); p.Actions[key] != protocol.Update {
		t.Errorf("the right value: %v", p.Actions)
	}
	r.holdsIn(t, plaintext, reader{})
	r.destroyAll(t)
}

// testUncheckedValue: where the service shows nothing of a value, it is taken with a
// warning.
func testUncheckedValue(t *testing.T, r *Rig) {
	r.Store.Quirk(simulator.Quirks{HideValues: true})
	found := r.imported(t, "ci")
	for _, label := range []string{found.ID, "ci"} {
		if p := r.Plan(protocol.Config{key: r.Block("ci", given(label, 1))}); !contains(p.Diagnostics.Errors(), "Wrong key value") {
			t.Errorf("a label for a value: %s", p.Diagnostics)
		}
	}
	p := r.MustApply(protocol.Config{key: r.Block("ci", given(found.Value, 1))})
	if ws := p.Diagnostics.Warnings(); !contains(ws, "Key value not checked", found.ID) || strings.Contains(p.Diagnostics.String(), found.Value) {
		t.Errorf("warnings: %v", ws)
	}
	r.holdsIn(t, plaintext, reader{})
	if n := r.writes(); n > 0 {
		t.Errorf("sent %v", r.Store.Requests())
	}
}

// testUnusualValue: a value that does not look like a whole one of the service's is
// stored with a warning, however much of it fits.
func testUnusualValue(t *testing.T, r *Rig) {
	found := r.imported(t, "ci")
	for _, value := range []string{"zzzz" + found.Value, r.Service.Key.KeyPrefixes[0] + found.Value[len(found.Value)-8:]} {
		p := r.Plan(protocol.Config{key: r.Block("ci", given(value, 1))})
		if contains(p.Diagnostics.Errors(), "Wrong key value") {
			continue // the service shows enough to refuse it
		}
		if ws := p.Diagnostics.Warnings(); !contains(ws, "Key value looks unusual", found.ID) || strings.Contains(p.Diagnostics.String(), value) {
			t.Errorf("%s", p.Diagnostics)
		}
	}
	if p := r.Plan(protocol.Config{key: r.Block("ci", given("zzzz"+found.Value, 1))}); len(p.Diagnostics.Errors()) > 0 {
		t.Errorf("%s", p.Diagnostics)
	}
}

// testMalformedValue: what cannot be a value, and a value without its version, are
// refused before anything is sent.
func testMalformedValue(t *testing.T, r *Rig) {
	found := r.imported(t, "ci")
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
		p := r.Plan(protocol.Config{key: r.Block("ci", c.settings)})
		if errs := p.Diagnostics.Errors(); len(errs) != 1 || !contains(errs, c.words...) || strings.Contains(errs[0], found.Value) {
			t.Errorf("%s: %s", name, p.Diagnostics)
		}
	}
	for name, value := range map[string]any{"line break": found.Value + "\n", "null": nil} { // known in the apply only
		p := r.Plan(protocol.Config{key: r.Block("ci", given(protocol.Unknown{}, 1))})
		if len(p.Diagnostics) > 0 {
			t.Fatal(p.Diagnostics)
		}
		p.Resolve(key, r.Block("ci", given(value, 1)).Attributes)
		if ds := r.ApplyPlan(p); !contains(ds.Errors(), "Invalid key value") || strings.Contains(ds.String(), found.Value) {
			t.Errorf("%s: apply: %s", name, ds)
		}
		r.unchanged(t, found)
	}
}

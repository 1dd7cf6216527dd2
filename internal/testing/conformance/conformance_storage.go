package conformance

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/seal"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// storageTests are the tests of where a value goes.
func storageTests() map[string]func(*testing.T, *Rig) {
	return map[string]func(*testing.T, *Rig){
		"storage, life":               testStorageLife,
		"storage, import":             testStorageImport,
		"storage, encrypted later":    testReencrypt,
		"storage, moved":              testMoves,
		"storage, unknown recipients": testUnknownRecipients,
		"storage, invalid":            testInvalidStorage,
		"storage, refused rotation":   testStorageRefused,
		"hand-over":                   testHandOver,
	}
}

// reader can open what is encrypted to it.
type reader struct{ recipient, identity string }

func newReader(t *testing.T) reader {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return reader{id.Recipient().String(), id.String()}
}

// mode is one way to store a value.
type mode string

const (
	plaintext mode = "state"
	encrypted mode = "encrypt_to"
	nowhere   mode = "store_key=false"
)

// modes are all ways to store a value, and the settings that ask for them.
func modes(to reader) map[mode]map[string]any {
	return map[mode]map[string]any{
		plaintext: {},
		encrypted: {"encrypt_to": []string{to.recipient}},
		nowhere:   {"store_key": false},
	}
}

// rotations are the ways to rotate that the service has, each with its trigger.
func (r *Rig) rotations() map[string]func(trigger string) map[string]any {
	all := map[string]func(string) map[string]any{
		"replacement": func(v string) map[string]any { return Trigger(v) },
		"overlap":     func(v string) map[string]any { return Trigger(v, map[string]any{"rotation_overlap": "1h"}) },
	}
	if r.Service.Key.HasRotate {
		all["native"] = func(v string) map[string]any { return Trigger(v, map[string]any{"native_rotation": true}) }
	}
	return all
}

// cells runs a test for each mode and each way to rotate, on a rig of its own.
func cells(t *testing.T, r *Rig, test func(t *testing.T, r *Rig, m mode, to reader, config func(trigger string) protocol.Config)) {
	t.Helper()
	for how, rotate := range r.rotations() {
		to := newReader(t)
		for m, settings := range modes(to) {
			t.Run(how+"/"+string(m), func(t *testing.T) {
				r := NewRig(t, r.Service)
				test(t, r, m, to, func(trigger string) protocol.Config {
					return protocol.Config{key: r.Block("ci", settings, rotate(trigger))}
				})
			})
		}
	}
}

// holdsIn fails unless the state holds the newest key's value in this way, and in
// no other.
func (r *Rig) holdsIn(t *testing.T, m mode, by reader) simulator.Record {
	t.Helper()
	i := r.State[key]
	k, ok := r.Store.Get(i.ID())
	if !ok || !k.Live() {
		t.Fatalf("%s does not live", i.ID())
	}
	if plain := i.Attribute("key"); (plain != nil) != (m == plaintext) || plain != nil && plain != k.Value {
		t.Errorf("%s: key is set: %v, and right: %v", m, plain != nil, plain == k.Value)
	}
	armored, set := i.Attribute("encrypted_key").(string)
	if set != (m == encrypted) {
		t.Errorf("%s: encrypted_key is set: %v", m, set)
	}
	if set {
		if got, err := seal.Decrypt(armored, []string{by.identity}); err != nil || got != k.Value {
			t.Errorf("encrypted_key does not open to the value in the ledger: %v", err)
		}
	}
	r.isSilent(t, m)
	return k
}

// shown are the attributes that hold the value in the open.
func (m mode) shown() []string {
	if m == plaintext {
		return []string{"key"}
	}
	return nil
}

// isSilent fails if a value of any key stands in what Terraform writes to disk,
// but for the attribute key in the mode that asks for it.
func (r *Rig) isSilent(t *testing.T, m mode) {
	t.Helper()
	for address, i := range r.State {
		text := i.Text(m.shown()...)
		for _, k := range r.Store.Ledger() {
			if strings.Contains(text, k.Value) {
				t.Errorf("%s: the state of %s holds the value of %s", m, address, k.ID)
			}
		}
	}
}

// quietPlan fails if a plan or its diagnostics hold a value that the state is not
// asked to hold.
func (r *Rig) quietPlan(t *testing.T, m mode, p *protocol.Plan) {
	t.Helper()
	text := p.Diagnostics.String() + p.Text(m.shown()...)
	for _, k := range r.Store.Ledger() {
		if strings.Contains(text, k.Value) {
			t.Errorf("%s: a plan holds the value of %s", m, k.ID)
		}
	}
}

// testStorageLife: created, left alone, rotated and destroyed in every mode.
func testStorageLife(t *testing.T, r *Rig) {
	cells(t, r, func(t *testing.T, r *Rig, m mode, to reader, config func(string) protocol.Config) {
		r.quietPlan(t, m, r.MustApply(config("1")))
		first := r.holdsIn(t, m, to)
		version := r.State[key].Attribute("key_version").(int64)
		r.Store.Reset()
		r.MustApply(config("1"))
		if n := r.Store.Requests(); n[simulator.OpCreate]+n[simulator.OpRevoke]+n[simulator.OpUpdate] != 0 {
			t.Errorf("nothing to do, but sent %v", n)
		}
		r.Clock.Advance(time.Hour)
		r.quietPlan(t, m, r.MustApply(config("2")))
		second := r.holdsIn(t, m, to)
		if now := r.State[key].Attribute("key_version").(int64); first.Value == second.Value || now <= version {
			t.Errorf("rotated to the same value, or key_version went from %d to %d", version, now)
		}
		r.Clock.Advance(61 * time.Minute)
		r.Apply(config("2")) // ends an overlap
		r.MustBeEmpty(config("2"))
		if live := r.Live(); len(live) != 1 || live[0] != second.ID {
			t.Errorf("live %v", live)
		}
		r.holdsIn(t, m, to)
		r.destroyAll(t)
	})
}

// testStorageImport: a key that is imported takes on any mode without a request,
// and its first rotation gives a value that is stored so.
func testStorageImport(t *testing.T, r *Rig) {
	cells(t, r, func(t *testing.T, r *Rig, m mode, to reader, config func(string) protocol.Config) {
		found := r.Store.Mint("ci")
		if ds := r.Import(key, r.Type(), found.ID); len(ds.Errors()) > 0 {
			t.Fatal(ds)
		}
		r.MustBeEmpty(protocol.Config{key: r.Block("ci")})
		version := r.State[key].Attribute("key_version")
		p := r.Plan(config("1"))
		r.Store.Reset()
		if ds := r.ApplyPlan(p); len(ds) > 0 || p.Actions[key] != protocol.Update || r.Store.Total() != 0 {
			t.Fatalf("adopting %s: %v, %s, %d requests", m, p.Actions, ds, r.Store.Total())
		}
		r.MustBeEmpty(config("1"))
		if i := r.State[key]; i.ID() != found.ID || i.Attribute("key") != nil || i.Attribute("encrypted_key") != nil || i.Attribute("key_version") != version {
			t.Errorf("an imported key has a value, or a new version: %v", i.Attributes())
		}
		for _, settings := range modes(newReader(t)) { // nothing is stored, so nothing has to move
			if p := r.Plan(protocol.Config{key: r.Block("ci", settings, rotationOf(config("1")[key]))}); m != nowhere && p.Actions[key] != protocol.NoOp && p.Actions[key] != protocol.Update {
				t.Errorf("from %s to %v: %v, %s", m, settings, p.Actions, p.Diagnostics)
			}
		}
		r.MustApply(config("2"))
		r.holdsIn(t, m, to)
		r.destroyAll(t)
	})
}

// rotationOf is a block's rotation, to be set in another one.
func rotationOf(b protocol.Block) map[string]any {
	attributes := map[string]any{}
	for _, name := range []string{"rotation_triggers", "rotate_after", "rotation_overlap", "native_rotation"} {
		if v, ok := b.Attributes[name]; ok {
			attributes[name] = v
		}
	}
	return attributes
}

// testReencrypt: a value in the state is encrypted in place: nothing is sent, and
// key and version stay what they are.
func testReencrypt(t *testing.T, r *Rig) {
	for how, rotate := range r.rotations() {
		t.Run(how, func(t *testing.T) {
			r := NewRig(t, r.Service)
			a, b := newReader(t), newReader(t)
			plain := protocol.Config{key: r.Block("ci", rotate("1"))}
			sealed := protocol.Config{key: r.Block("ci", rotate("1"), map[string]any{"encrypt_to": []string{a.recipient, b.recipient}})}
			r.MustApply(plain)
			made, version := r.State[key].ID(), r.State[key].Attribute("key_version")
			p := r.Plan(sealed)
			r.quietPlan(t, encrypted, p)
			r.Store.Reset()
			if ds := r.ApplyPlan(p); len(ds) > 0 || p.Actions[key] != protocol.Update || r.Store.Total() != 0 {
				t.Fatalf("%v, %s, %d requests", p.Actions, ds, r.Store.Total())
			}
			r.MustBeEmpty(sealed)
			r.holdsIn(t, encrypted, a)
			r.holdsIn(t, encrypted, b)
			if i := r.State[key]; i.ID() != made || i.Attribute("key_version") != version {
				t.Errorf("id %s, version %v; were %s, %v", i.ID(), i.Attribute("key_version"), made, version)
			}
			r.destroyAll(t)
		})
	}
}

// testMoves: what only a new value can give is a rotation, with a warning; how is
// for the rotation to say.
func testMoves(t *testing.T, r *Rig) {
	a, b := newReader(t), newReader(t)
	all := modes(a)
	other := map[string]any{"encrypt_to": []string{b.recipient}}
	both := map[string]any{"encrypt_to": []string{a.recipient, b.recipient}}
	for name, c := range map[string]struct {
		from, to map[string]any
		ends     mode
		opens    reader
	}{
		"other recipients":     {all[encrypted], other, encrypted, b},
		"one more recipient":   {all[encrypted], both, encrypted, b},
		"no more encryption":   {all[encrypted], all[plaintext], plaintext, a},
		"encrypted to nowhere": {all[encrypted], all[nowhere], nowhere, a},
		"state to nowhere":     {all[plaintext], all[nowhere], nowhere, a},
		"nowhere to state":     {all[nowhere], all[plaintext], plaintext, a},
		"nowhere to encrypted": {all[nowhere], all[encrypted], encrypted, a},
	} {
		for how, rotate := range r.rotations() {
			t.Run(name+"/"+how, func(t *testing.T) {
				r := NewRig(t, r.Service)
				r.MustApply(protocol.Config{key: r.Block("ci", rotate("1"), c.from)})
				was, version := r.State[key].ID(), r.State[key].Attribute("key_version").(int64)
				to := protocol.Config{key: r.Block("ci", rotate("1"), c.to)}
				p := r.MustApply(to)
				if want := map[bool]protocol.Action{true: protocol.Replace, false: protocol.Update}[how == "replacement"]; p.Actions[key] != want {
					t.Errorf("%s, want %s", p.Actions[key], want)
				}
				if !contains(p.Diagnostics.Warnings(), "Key needs a new value", was) {
					t.Errorf("warnings: %v", p.Diagnostics)
				}
				r.holdsIn(t, c.ends, c.opens)
				if r.State[key].ID() == was || r.State[key].Attribute("key_version").(int64) <= version {
					t.Error("the key has no new value")
				}
				if live, want := len(r.Live()), map[bool]int{true: 2, false: 1}[how == "overlap"]; live != want {
					t.Errorf("%d live keys, want %d", live, want)
				}
				r.destroyAll(t)
			})
		}
	}
}

// testUnknownRecipients: recipients that are known only when the plan is applied,
// for a new key and for one whose value is in the state.
func testUnknownRecipients(t *testing.T, r *Rig) {
	a := newReader(t)
	for name, resolved := range map[string]any{"to recipients": []string{a.recipient}, "to null": nil} {
		for _, before := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, key exists %v", name, before), func(t *testing.T) {
				r := NewRig(t, r.Service)
				if before {
					r.MustApply(protocol.Config{key: r.Block("ci")})
				}
				p := r.Plan(protocol.Config{key: r.Block("ci", map[string]any{"encrypt_to": protocol.Unknown{}})})
				want := map[bool]protocol.Action{true: protocol.Update, false: protocol.Create}[before]
				if len(p.Diagnostics.Errors()) > 0 || p.Actions[key] != want {
					t.Fatalf("plan: %v, %s", p.Actions, p.Diagnostics)
				}
				known := r.Block("ci", map[string]any{"encrypt_to": resolved})
				p.Resolve(key, known.Attributes)
				if ds := r.ApplyPlan(p); len(ds.Errors()) > 0 {
					t.Fatalf("apply: %s", ds)
				}
				r.MustBeEmpty(protocol.Config{key: known})
				r.holdsIn(t, map[bool]mode{true: plaintext, false: encrypted}[resolved == nil], a)
				if n := len(r.Store.Ledger()); n != 1 {
					t.Errorf("%d keys were made", n)
				}
				r.destroyAll(t)
			})
		}
	}
}

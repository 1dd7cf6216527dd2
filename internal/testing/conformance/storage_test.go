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
func (h *Harness) rotations() map[string]func(trigger string) map[string]any {
	all := map[string]func(string) map[string]any{
		"replacement": func(v string) map[string]any { return Trigger(v) },
		"overlap":     func(v string) map[string]any { return Trigger(v, withOverlap("1h")) },
	}
	if h.Service.Key.HasRotate {
		all["native"] = func(v string) map[string]any { return Trigger(v, map[string]any{"native_rotation": true}) }
	}
	return all
}

// cells runs a test for each mode and each way to rotate, each with a harness of its own.
func cells(t *testing.T, h *Harness, test func(t *testing.T, h *Harness, m mode, to reader, config func(trigger string) protocol.Config)) {
	t.Helper()
	for how, rotate := range h.rotations() {
		to := newReader(t)
		for m, settings := range modes(to) {
			t.Run(how+"/"+string(m), func(t *testing.T) {
				h := NewHarness(t, h.Service)
				test(t, h, m, to, func(trigger string) protocol.Config {
					return protocol.Config{key: h.Block("ci", settings, rotate(trigger))}
				})
			})
		}
	}
}

// holdsIn fails unless the state holds the newest key's value in this way, and in
// no other.
func (h *Harness) holdsIn(t *testing.T, m mode, by reader) simulator.Record {
	t.Helper()
	i := h.State[key]
	k, ok := h.Store.Get(i.ID())
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
	h.isSilent(t, m)
	return k
}

// shown are the attributes that hold the value in the open.
func (m mode) shown() []string {
	if m == plaintext {
		return []string{"key"}
	}
	return nil
}

// isSilent fails if a value of any key is in what Terraform writes to disk,
// but for the attribute key in the mode that asks for it.
func (h *Harness) isSilent(t *testing.T, m mode) {
	t.Helper()
	for address, i := range h.State {
		text := i.Text(m.shown()...)
		for _, k := range h.Store.Ledger() {
			if strings.Contains(text, k.Value) {
				t.Errorf("%s: the state of %s holds the value of %s", m, address, k.ID)
			}
		}
	}
}

// quietPlan fails if a plan or its diagnostics hold a value that the state is not
// asked to hold.
func (h *Harness) quietPlan(t *testing.T, m mode, p *protocol.Plan) {
	t.Helper()
	text := p.Diagnostics.String() + p.Text(m.shown()...)
	for _, k := range h.Store.Ledger() {
		if strings.Contains(text, k.Value) {
			t.Errorf("%s: a plan holds the value of %s", m, k.ID)
		}
	}
}

// TestStorageLifecycle: created, left alone, rotated and destroyed in every mode.
func (h *Suite) TestStorageLifecycle(t *testing.T) {
	cells(t, h.Harness, func(t *testing.T, h *Harness, m mode, to reader, config func(string) protocol.Config) {
		h.quietPlan(t, m, h.MustApply(config("1")))
		first := h.holdsIn(t, m, to)
		version := h.State[key].Attribute("key_version").(int64)
		h.Store.Reset()
		h.MustApply(config("1"))
		if n := h.Store.Requests(); n[simulator.OpCreate]+n[simulator.OpRevoke]+n[simulator.OpUpdate] != 0 {
			t.Errorf("nothing to do, but sent %v", n)
		}
		h.Clock.Advance(time.Hour)
		h.quietPlan(t, m, h.MustApply(config("2")))
		second := h.holdsIn(t, m, to)
		if now := h.State[key].Attribute("key_version").(int64); first.Value == second.Value || now <= version {
			t.Errorf("rotated to the same value, or key_version went from %d to %d", version, now)
		}
		h.Clock.Advance(61 * time.Minute)
		h.Apply(config("2")) // ends an overlap
		h.MustBeEmpty(config("2"))
		h.wantLive(t, second.ID)
		h.holdsIn(t, m, to)
		h.destroyAll(t)
	})
}

// TestStorageImport: a key that is imported takes on any mode without a request,
// and its first rotation gives a value that is stored so.
func (h *Suite) TestStorageImport(t *testing.T) {
	cells(t, h.Harness, func(t *testing.T, h *Harness, m mode, to reader, config func(string) protocol.Config) {
		found := h.Store.Mint("ci")
		h.adopt(key, found.ID)
		h.MustBeEmpty(protocol.Config{key: h.Block("ci")})
		version := h.State[key].Attribute("key_version")
		p := h.Plan(config("1"))
		h.Store.Reset()
		if ds := h.ApplyPlan(p); len(ds) > 0 || p.Actions[key] != protocol.Update || h.Store.Total() != 0 {
			t.Fatalf("adopting %s: %v, %s, %d requests", m, p.Actions, ds, h.Store.Total())
		}
		h.MustBeEmpty(config("1"))
		if i := h.State[key]; i.ID() != found.ID || i.Attribute("key") != nil || i.Attribute("encrypted_key") != nil || i.Attribute("key_version") != version {
			t.Errorf("an imported key has a value, or a new version: %v", i.Attributes())
		}
		for _, settings := range modes(newReader(t)) { // nothing is stored, so nothing has to move
			if p := h.Plan(protocol.Config{key: h.Block("ci", settings, rotationOf(config("1")[key]))}); m != nowhere && p.Actions[key] != protocol.NoOp && p.Actions[key] != protocol.Update {
				t.Errorf("from %s to %v: %v, %s", m, settings, p.Actions, p.Diagnostics)
			}
		}
		h.MustApply(config("2"))
		h.holdsIn(t, m, to)
		h.destroyAll(t)
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

// TestEncryptExisting: a value in the state is encrypted in place: nothing is sent, and
// key and version stay what they are.
func (h *Suite) TestEncryptExisting(t *testing.T) {
	for how, rotate := range h.rotations() {
		t.Run(how, func(t *testing.T) {
			h := NewHarness(t, h.Service)
			a, b := newReader(t), newReader(t)
			plain := protocol.Config{key: h.Block("ci", rotate("1"))}
			sealed := protocol.Config{key: h.Block("ci", rotate("1"), map[string]any{"encrypt_to": []string{a.recipient, b.recipient}})}
			h.MustApply(plain)
			made, version := h.State[key].ID(), h.State[key].Attribute("key_version")
			p := h.Plan(sealed)
			h.quietPlan(t, encrypted, p)
			h.Store.Reset()
			if ds := h.ApplyPlan(p); len(ds) > 0 || p.Actions[key] != protocol.Update || h.Store.Total() != 0 {
				t.Fatalf("%v, %s, %d requests", p.Actions, ds, h.Store.Total())
			}
			h.MustBeEmpty(sealed)
			h.holdsIn(t, encrypted, a)
			h.holdsIn(t, encrypted, b)
			if i := h.State[key]; i.ID() != made || i.Attribute("key_version") != version {
				t.Errorf("id %s, version %v; were %s, %v", i.ID(), i.Attribute("key_version"), made, version)
			}
			h.destroyAll(t)
		})
	}
}

// TestStorageChanges: what only a new value can give is a rotation, with a warning; how is
// for the rotation to say.
func (h *Suite) TestStorageChanges(t *testing.T) {
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
		for how, rotate := range h.rotations() {
			t.Run(name+"/"+how, func(t *testing.T) {
				h := NewHarness(t, h.Service)
				h.MustApply(protocol.Config{key: h.Block("ci", rotate("1"), c.from)})
				was, version := h.State[key].ID(), h.State[key].Attribute("key_version").(int64)
				h.Clock.Advance(time.Second) // as key_version counts by the service's time
				to := protocol.Config{key: h.Block("ci", rotate("1"), c.to)}
				p := h.MustApply(to)
				if want := map[bool]protocol.Action{true: protocol.Replace, false: protocol.Update}[how == "replacement"]; p.Actions[key] != want {
					t.Errorf("%s, want %s", p.Actions[key], want)
				}
				if !contains(p.Diagnostics.Warnings(), "Key needs a new value", was) {
					t.Errorf("warnings: %v", p.Diagnostics)
				}
				h.holdsIn(t, c.ends, c.opens)
				if h.State[key].ID() == was || h.State[key].Attribute("key_version").(int64) <= version {
					t.Error("the key has no new value")
				}
				if live, want := len(h.Live()), map[bool]int{true: 2, false: 1}[how == "overlap"]; live != want {
					t.Errorf("%d live keys, want %d", live, want)
				}
				h.destroyAll(t)
			})
		}
	}
}

// TestUnknownRecipients: recipients that are known only when the plan is applied,
// for a new key and for one whose value is in the state.
func (h *Suite) TestUnknownRecipients(t *testing.T) {
	a := newReader(t)
	for name, resolved := range map[string]any{"to recipients": []string{a.recipient}, "to null": nil} {
		for _, before := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, key exists %v", name, before), func(t *testing.T) {
				h := NewHarness(t, h.Service)
				if before {
					h.MustApply(protocol.Config{key: h.Block("ci")})
				}
				p := h.Plan(protocol.Config{key: h.Block("ci", map[string]any{"encrypt_to": protocol.Unknown{}})})
				want := map[bool]protocol.Action{true: protocol.Update, false: protocol.Create}[before]
				if len(p.Diagnostics.Errors()) > 0 || p.Actions[key] != want {
					t.Fatalf("plan: %v, %s", p.Actions, p.Diagnostics)
				}
				known := h.Block("ci", map[string]any{"encrypt_to": resolved})
				p.Resolve(key, known.Attributes)
				if ds := h.ApplyPlan(p); len(ds.Errors()) > 0 {
					t.Fatalf("apply: %s", ds)
				}
				h.MustBeEmpty(protocol.Config{key: known})
				h.holdsIn(t, map[bool]mode{true: plaintext, false: encrypted}[resolved == nil], a)
				if n := len(h.Store.Ledger()); n != 1 {
					t.Errorf("%d keys were made", n)
				}
				h.destroyAll(t)
			})
		}
	}
}

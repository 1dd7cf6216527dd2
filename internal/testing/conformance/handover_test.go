package conformance

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// handOver is the type of the ephemeral resource that hands values on.
const handOver = "apikeys_key_value"

// TestHandOver: in the run that creates a key its value is available, whatever the
// mode; in others what can be decrypted is, and the rest is null, or an error where
// it is required.
func (h *Suite) TestHandOver(t *testing.T) {
	cells(t, h.Harness, func(t *testing.T, h *Harness, m mode, to reader, config func(string) protocol.Config) {
		ask := func(run *protocol.Run, more map[string]any) *protocol.Ephemeral {
			arguments := map[string]any{"key_id": h.State[key].ID()}
			for name, v := range more {
				arguments[name] = v
			}
			e := run.Open(handOver, arguments)
			if errs := e.Diagnostics.Errors(); len(errs) > 0 {
				t.Fatal(errs)
			}
			if len(e.Private) > 0 && strings.Contains(string(e.Private), e.Text("value")) && e.Text("value") != "" {
				t.Error("the private data of the hand-over holds the value")
			}
			return e
		}
		for _, trigger := range []string{"1", "2"} { // made, and rotated
			h.Clock.Advance(time.Hour)
			p := h.Plan(config(trigger))
			if e := h.Run().Open(handOver, map[string]any{"key_id": protocol.Unknown{}}); e.Known() || len(e.Diagnostics) > 0 {
				t.Errorf("opened before the key has an id: %s", e.Diagnostics)
			}
			ds := h.ApplyPlan(p, func(run *protocol.Run) {
				made, _ := h.Store.Get(h.State[key].ID())
				for _, more := range []map[string]any{nil, {"required": true}, {"service": h.ServiceName()}} {
					if e := ask(run, more); e.Attribute("value") != made.Value || e.Attribute("minted") != true {
						t.Errorf("%s, %v: the run that created the key does not give its value", m, more)
					}
				}
			})
			if len(ds.Errors()) > 0 {
				t.Fatal(ds)
			}
			if e := ask(h.Run(), nil); e.Attribute("value") != nil || e.Attribute("minted") != false {
				t.Errorf("%s: a later run hands something on", m)
			}
			if e := h.Run().Open(handOver, map[string]any{"key_id": h.State[key].ID(), "required": true}); !contains(e.Diagnostics.Errors(), "No value for this key", h.State[key].ID()) {
				t.Errorf("%s: a later run goes on without the value that it requires: %s", m, e.Diagnostics)
			}
			armored := h.State[key].Attribute("encrypted_key")
			made, _ := h.Store.Get(h.State[key].ID())
			with := map[string]any{"encrypted_key": armored, "identities": []string{newReader(t).identity, to.identity}}
			if e := ask(h.Run(), with); m == encrypted && e.Attribute("value") != made.Value || m != encrypted && e.Attribute("value") != nil || e.Attribute("minted") != false {
				t.Errorf("%s: a later run with identities hands on the wrong value", m)
			}
			if with["required"] = true; m == encrypted {
				if e := ask(h.Run(), with); e.Attribute("value") != made.Value {
					t.Errorf("%s: a later run with identities does not hand on what is required", m)
				}
			}
		}
		if m == encrypted {
			h.wrongIdentity(t, to)
		}
		h.destroyAll(t)
	})
}

// wrongIdentity: what does not open says so, without the material.
func (h *Harness) wrongIdentity(t *testing.T, to reader) {
	t.Helper()
	armored, _ := h.State[key].Attribute("encrypted_key").(string)
	made, _ := h.Store.Get(h.State[key].ID())
	run := h.Run()
	if got, err := run.Call("decrypt", armored, to.identity); err != nil || got != made.Value {
		t.Errorf("decrypt: %v", err)
	}
	wrong := newReader(t)
	for name, c := range map[string][2]string{
		"wrong identity": {armored, wrong.identity},
		"no identity":    {armored, "AGE-SECRET-KEY-1NONSENSE"},
		"truncated":      {armored[:len(armored)/2], to.identity},
		"no armor":       {"pk_live_pasted_by_mistake", to.identity},
	} {
		_, err := run.Call("decrypt", c[0], c[1])
		if err == nil || strings.Contains(err.Error(), c[1]) || strings.Contains(err.Error(), "pasted") {
			t.Errorf("decrypt, %s: %v", name, err)
		}
		e := run.Open(handOver, map[string]any{"key_id": made.ID, "encrypted_key": c[0], "identities": []string{c[1]}})
		if errs := e.Diagnostics.Errors(); len(errs) != 1 || strings.Contains(errs[0], c[1]) || strings.Contains(errs[0], "pasted") {
			t.Errorf("hand-over, %s: %s", name, e.Diagnostics)
		}
	}
}

// TestInvalidStorage: settings that cannot work are refused while planning, with
// the entry's position and none of its text, before anything is sent.
func (h *Suite) TestInvalidStorage(t *testing.T) {
	good, pasted := newReader(t), newReader(t)
	expired, current := newPGP(t, time.Now().Add(-48*time.Hour), 3600), newPGP(t, time.Now().Add(-time.Hour), 0)
	for name, c := range map[string]struct {
		settings map[string]any
		words    []string
	}{
		"private key": {map[string]any{"encrypt_to": []string{good.recipient, pasted.identity}}, []string{"recipient 2 of 2", "private key", "alphabetical"}},
		"expired PGP": {map[string]any{"encrypt_to": []string{current, expired}}, []string{"recipient 2 of 2", "expired", "alphabetical"}},
		"mixed":       {map[string]any{"encrypt_to": []string{good.recipient, current}}, []string{"recipient 2 of 2", "one list"}},
		"empty":       {map[string]any{"encrypt_to": []string{}}, []string{"no recipients"}},
		"nonsense":    {map[string]any{"encrypt_to": []string{"correct-horse"}}, []string{"recipient 1 of 1"}},
		"conflict":    {map[string]any{"encrypt_to": []string{good.recipient}, "store_key": false}, []string{"Conflicting storage", "Remove one"}},
	} {
		p := h.Plan(protocol.Config{key: h.Block("ci", c.settings)})
		if errs := p.Diagnostics.Errors(); len(errs) != 1 || !contains(errs, c.words...) {
			t.Errorf("%s: %s", name, p.Diagnostics)
		}
		for _, echo := range []string{pasted.identity, pasted.identity[20:40], "correct-horse", strings.Split(expired, "\n")[3]} {
			if strings.Contains(p.Diagnostics.String(), echo) {
				t.Errorf("%s: the entry is echoed", name)
			}
		}
	}
	if n := h.Store.Total(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// newPGP is an armored public key that was made at a time and expires so many
// seconds after, 0 for never.
func newPGP(t *testing.T, made time.Time, seconds uint32) string {
	t.Helper()
	entity, err := openpgp.NewEntity("Alice", "", "alice@example.com", &packet.Config{
		Time: func() time.Time { return made }, KeyLifetimeSecs: seconds, Algorithm: packet.PubKeyAlgoEdDSA,
	})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	w, err := armor.Encode(&text, openpgp.PublicKeyType, nil)
	if err == nil {
		err = entity.Serialize(w)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// TestStorageRefused: a rotation that is refused halfway leaves state and value
// as they were, and the next apply finishes it.
func (h *Suite) TestStorageRefused(t *testing.T) {
	cells(t, h.Harness, func(t *testing.T, h *Harness, m mode, to reader, config func(string) protocol.Config) {
		h.MustApply(config("1"))
		was := h.holdsIn(t, m, to)
		for _, op := range []string{simulator.OpCreate, simulator.OpRotate} {
			h.Store.Fault(simulator.Fault{Operation: op, Kind: simulator.FaultStatus, Status: http.StatusForbidden})
		}
		if p := h.Apply(config("2")); len(p.Diagnostics.Errors()) == 0 {
			t.Fatal("the refused rotation is no error")
		}
		h.Store.ClearFaults()
		if now := h.holdsIn(t, m, to); now.ID != was.ID {
			t.Errorf("holds %s", now.ID)
		}
		h.MustApply(config("2"))
		if now := h.holdsIn(t, m, to); now.ID == was.ID {
			t.Error("not rotated")
		}
		h.destroyAll(t)
	})
}

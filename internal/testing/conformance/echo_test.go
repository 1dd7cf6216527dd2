package conformance

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// TestValueInOtherFields: a value that the service repeats in other fields is in no state and no
// message, in the run that creates it and in later ones.
func (h *Suite) TestValueInOtherFields(t *testing.T) {
	for _, fields := range []string{"preview,prefix,key_prefix,key_suffix,note,masked_key,created_by", "name", "name,preview,prefix"} {
		h.Store.Quirk(simulator.Quirks{Echo: fields})
		config := protocol.Config{key: h.Block("ci", map[string]any{"store_key": false})}
		p := h.Apply(config)
		q := h.Plan(config)
		made := h.Store.Live()
		if len(made) != 1 {
			t.Fatalf("%s: live %v, %s", fields, h.Live(), p.Diagnostics)
		}
		for what, text := range map[string]string{"messages": fmt.Sprint(p.Diagnostics, q.Diagnostics), "the state": shown(t, h.Harness)} {
			if strings.Contains(text, made[0].Value) {
				t.Errorf("%s: the value is in %s: %s", fields, what, text)
			}
		}
		if i := h.State[key]; i == nil || i.Attribute("name") != "ci" && !strings.Contains(fields, "name") {
			t.Errorf("%s: %s", fields, p.Diagnostics)
		}
		h.Store.Quirk(simulator.Quirks{})
		h.State[key].Tainted = false
		h.destroyAll(t)
	}
}

// shown is the complete state as text.
func shown(t *testing.T, h *Harness) string {
	t.Helper()
	var all strings.Builder
	for _, i := range h.State {
		text, err := json.Marshal(i.Attributes())
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
		all.Write(i.Private())
	}
	return all.String()
}

// TestKeyAsID: who gives a key for its id by mistake does not see it in the message.
func (h *Suite) TestKeyAsID(t *testing.T) {
	value := h.Store.Mint("found").Value
	if ds := h.Import(key, h.Type(), value); len(ds.Errors()) == 0 || strings.Contains(ds.String(), value) {
		t.Errorf("%s", ds)
	}
}

package conformance

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// echoTests are about services that repeat a key's value where it does not belong.
func echoTests() map[string]func(*testing.T, *Rig) {
	return map[string]func(*testing.T, *Rig){"value in other fields": testEcho, "key as an id": testKeyAsID}
}

// testEcho: a value that the service repeats in other fields is in no state and no
// message, in the run that creates it and in later ones.
func testEcho(t *testing.T, r *Rig) {
	for _, fields := range []string{"preview,prefix,key_prefix,key_suffix,note,masked_key,created_by", "name", "name,preview,prefix"} {
		r.Store.Quirk(simulator.Quirks{Echo: fields})
		config := protocol.Config{key: r.Block("ci", map[string]any{"store_key": false})}
		p := r.Apply(config)
		q := r.Plan(config)
		made := r.Store.Live()
		if len(made) != 1 {
			t.Fatalf("%s: live %v, %s", fields, r.Live(), p.Diagnostics)
		}
		for what, text := range map[string]string{"messages": fmt.Sprint(p.Diagnostics, q.Diagnostics), "the state": shown(t, r)} {
			if strings.Contains(text, made[0].Value) {
				t.Errorf("%s: the value is in %s: %s", fields, what, text)
			}
		}
		if i := r.State[key]; i == nil || i.Attribute("name") != "ci" && !strings.Contains(fields, "name") {
			t.Errorf("%s: %s", fields, p.Diagnostics)
		}
		r.Store.Quirk(simulator.Quirks{})
		r.State[key].Tainted = false
		r.destroyAll(t)
	}
}

// shown is the whole state as text.
func shown(t *testing.T, r *Rig) string {
	t.Helper()
	var all strings.Builder
	for _, i := range r.State {
		text, err := json.Marshal(i.Attributes())
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
		all.Write(i.Private())
	}
	return all.String()
}

// testKeyAsID: who gives a key for its id by mistake does not see it in the message.
func testKeyAsID(t *testing.T, r *Rig) {
	value := r.Store.Mint("found").Value
	if ds := r.Import(key, r.Type(), value); len(ds.Errors()) == 0 || strings.Contains(ds.String(), value) {
		t.Errorf("%s", ds)
	}
}

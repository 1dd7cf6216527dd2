package conformance

import (
	"fmt"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// Many is a configuration of n keys.
func (r *Rig) Many(n int) protocol.Config {
	config := protocol.Config{}
	for i := range n {
		config[fmt.Sprintf("k%04d", i)] = r.Block(fmt.Sprintf("key %d", i))
	}
	return config
}

// fewReads is how many keys are read one by one before all are listed, where a service
// does not say how many there are, and Terraform does not ask for several at once.
const fewReads = 3

// testRequests: however many keys there are, a plan asks for one listing and no
// more, an apply and a destroy besides for what they change.
func testRequests(t *testing.T, r *Rig) {
	const keys = 230
	r.Abridged = true
	config := r.Many(keys)
	if p := r.Apply(config); len(p.Diagnostics.Errors()) > 0 {
		t.Fatal(p.Diagnostics)
	}
	if made := r.Store.Requests()[simulator.OpCreate]; made != keys {
		t.Errorf("%d requests made %d keys", made, keys)
	}
	pages := r.listedPages(t)
	r.MustBeEmpty(config)
	listed := r.Store.Requests()[simulator.OpList]
	if reads := r.Store.Total() - listed; listed > pages || reads > fewReads {
		t.Errorf("requests of a plan: %v, want %d listings at most", r.Store.Requests(), pages)
	}
	r.Store.Reset()
	if p := r.Destroy(); len(p.Diagnostics.Errors()) > 0 {
		t.Fatal(p.Diagnostics)
	}
	if most := keys + pages + 1 + fewReads; r.Store.Total() > most { // the apply asks once where it is
		t.Errorf("requests of a destroy: %v, want %d at most", r.Store.Requests(), most)
	}
	if live := len(r.Live()); live > 0 {
		t.Errorf("%d keys are left", live)
	}
}

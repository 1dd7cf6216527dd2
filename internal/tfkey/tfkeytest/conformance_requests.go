package tfkeytest

import (
	"fmt"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/simulator"
)

// Many is a configuration of n keys.
func (r *Rig) Many(n int) Config {
	config := Config{}
	for i := range n {
		config[fmt.Sprintf("k%04d", i)] = r.Block(fmt.Sprintf("key %d", i))
	}
	return config
}

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
	if listed != r.Store.Total() || listed > pages {
		t.Errorf("requests of a plan: %v, want %d listings at most", r.Store.Requests(), pages)
	}
	r.Store.Reset()
	if p := r.Destroy(); len(p.Diagnostics.Errors()) > 0 {
		t.Fatal(p.Diagnostics)
	}
	if total := r.Store.Total(); total > keys+pages+1 { // the apply asks once where it is
		t.Errorf("requests of a destroy: %v, want %d at most", r.Store.Requests(), keys+pages+1)
	}
	if live := len(r.Live()); live > 0 {
		t.Errorf("%d keys are left", live)
	}
}

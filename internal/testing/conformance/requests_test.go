package conformance

import (
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// fewReads is how many keys are read one by one before all are listed, where a service
// does not say how many there are, and Terraform does not ask for several at once.
const fewReads = 3

// TestManyKeys: however many keys there are, a plan asks for one listing and no
// more, an apply and a destroy besides for what they change.
func (h *Suite) TestManyKeys(t *testing.T) {
	const keys = 230
	h.SkipComparison = true
	config := h.Many(keys)
	if p := h.Apply(config); len(p.Diagnostics.Errors()) > 0 {
		t.Fatal(p.Diagnostics)
	}
	if made := h.Store.Requests()[simulator.OpCreate]; made != keys {
		t.Errorf("%d requests made %d keys", made, keys)
	}
	pages := h.listedPages(t)
	h.MustBeEmpty(config)
	listed := h.Store.Requests()[simulator.OpList]
	if reads := h.Store.Total() - listed; listed > pages || reads > fewReads {
		t.Errorf("requests of a plan: %v, want %d listings at most", h.Store.Requests(), pages)
	}
	h.Store.Reset()
	if p := h.Destroy(); len(p.Diagnostics.Errors()) > 0 {
		t.Fatal(p.Diagnostics)
	}
	if most := keys + pages + 1 + fewReads; h.Store.Total() > most { // the apply asks once where it is
		t.Errorf("requests of a destroy: %v, want %d at most", h.Store.Requests(), most)
	}
	if live := len(h.Live()); live > 0 {
		t.Errorf("%d keys are left", live)
	}
}

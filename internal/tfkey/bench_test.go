package tfkey_test

import (
	"fmt"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/provider"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/tfkeytest"
)

// many is a configuration of n keys.
func many(r *tfkeytest.Rig, n int) tfkeytest.Config {
	config := tfkeytest.Config{}
	for i := range n {
		config[fmt.Sprintf("k%04d", i)] = r.Block(fmt.Sprintf("key %d", i))
	}
	return config
}

// However many keys there are, a plan asks for one listing and no more, an apply
// and a destroy besides for what they change.
func TestRequests(t *testing.T) {
	for _, s := range provider.Services() {
		t.Run(s.Key.Name, func(t *testing.T) {
			const keys, pages = 230, 3
			r := tfkeytest.NewRig(t, s)
			r.Abridged = true
			config := many(r, keys)
			if p := r.Apply(config); len(p.Diagnostics.Errors()) > 0 {
				t.Fatal(p.Diagnostics)
			}
			if made := r.Store.Requests()["create"]; made != keys {
				t.Errorf("%d requests made %d keys", made, keys)
			}
			r.Store.Reset()
			r.MustBeEmpty(config)
			listed := r.Store.Requests()["list"]
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
		})
	}
}

// BenchmarkPlan plans keys that exist, through the protocol: refresh, validation
// and plan of each. ns/op and allocs/op are those of one key.
func BenchmarkPlan(b *testing.B) {
	for _, s := range provider.Services() {
		b.Run(s.Key.Name, func(b *testing.B) {
			const keys = 200
			r := tfkeytest.NewRig(b, s)
			r.Abridged = true
			config := many(r, keys)
			if p := r.Apply(config); len(p.Diagnostics.Errors()) > 0 {
				b.Fatal(p.Diagnostics)
			}
			b.ReportAllocs()
			for n := 0; n < b.N; n += keys {
				r.MustBeEmpty(config)
			}
		})
	}
}

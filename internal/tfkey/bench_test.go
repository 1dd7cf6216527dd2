package tfkey_test

import (
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/conformance"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// BenchmarkPlan plans keys that exist, through the protocol: refresh, validation
// and plan of each. ns/op and allocs/op are those of one key.
func BenchmarkPlan(b *testing.B) {
	for _, s := range simulators.Services() {
		b.Run(s.Key.Name, func(b *testing.B) {
			const keys = 200
			r := conformance.NewHarness(b, s)
			r.SkipComparison = true
			config := r.Many(keys)
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

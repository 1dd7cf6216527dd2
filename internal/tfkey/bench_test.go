package tfkey_test

import (
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/provider"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/tfkeytest"
)

// BenchmarkPlan plans keys that exist, through the protocol: refresh, validation
// and plan of each. ns/op and allocs/op are those of one key.
func BenchmarkPlan(b *testing.B) {
	for _, s := range provider.Services() {
		b.Run(s.Key.Name, func(b *testing.B) {
			const keys = 200
			r := tfkeytest.NewRig(b, s)
			r.Abridged = true
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

package keyring_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// What a read from a fresh listing allocates does not depend on how many keys it
// has: nothing is copied, sorted or built anew for one key.
func TestRead_allocatesLittle(t *testing.T) {
	for _, keys := range []int{10, 10_000} {
		r := ringOf(keyringtest.New(keys))
		read := func() { wantRead(t, r, "key-00007", true) }
		read()
		if n := testing.AllocsPerRun(100, read); n > 10 {
			t.Errorf("a read among %d keys allocates %.0f times, want 10 at most", keys, n)
		}
	}
}

// BenchmarkRead reads keys one after the other from a fresh listing.
func BenchmarkRead(b *testing.B) {
	for _, keys := range []int{10, 1_000, 100_000} {
		b.Run(fmt.Sprint(keys), func(b *testing.B) {
			r := keyring.New(keyringtest.New(keys), keyring.Options{MaxAge: time.Hour})
			b.ReportAllocs()
			for b.Loop() {
				if _, found, err := r.Read(b.Context(), "key-00007", time.Time{}); err != nil || !found {
					b.Fatalf("found %t, error %v", found, err)
				}
			}
		})
	}
}

package keyring_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// Creates that need a listing to find their ids share the one that begins after
// their answers. One that is alone does not wait.
func TestCreate_sharesListingsThatFindIDs(t *testing.T) {
	for name, tc := range map[string]struct {
		workers  int
		list     time.Duration
		listings int // at most, for 300 keys
	}{
		"a quick listing": {10, 10 * time.Millisecond, 301},
		"a long listing":  {10, 300 * time.Millisecond, 90},
		"alone":           {1, 0, 301},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				const keys = 300
				a := keyringtest.New(50)
				a.NoID = true
				a.After = only(keyringtest.List, 0, func(ctx context.Context) error { wait(ctx, tc.list); return nil })
				r := ringOf(a)
				wait(t.Context(), 500*time.Microsecond) // times of creation are exact
				began := time.Now()
				var wg sync.WaitGroup
				for worker := range tc.workers {
					wg.Go(func() {
						for i := worker; i < keys; i += tc.workers {
							wait(t.Context(), time.Duration(i%7)*time.Millisecond)
							if m := must[driver.Minted](t)(r.Create(t.Context(), driver.Spec{Name: fmt.Sprint(i)})); m.ID == "" {
								t.Error("a key has no id")
							}
						}
					})
				}
				wg.Wait()
				wantCalls(t, a, keyringtest.Create, keys)
				if n := a.Calls(keyringtest.List); n > tc.listings {
					t.Errorf("%d listings for %d keys, want %d at most", n, keys, tc.listings)
				}
				if took, most := time.Since(began), keys/time.Duration(tc.workers)*(2*tc.list+7*time.Millisecond)+time.Second; took > most {
					t.Errorf("took %v, want at most %v", took, most)
				}
			})
		})
	}
}

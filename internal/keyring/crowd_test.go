package keyring_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/keyringtest"
)

// Ten workers, as Terraform has them, who have other things to do in between:
// their creates share the listings that find the ids.
func TestCreate_sharesListingsThatFindIDs(t *testing.T) {
	for name, pace := range map[string]struct{ post, list, pause time.Duration }{
		"a quick service":     {2 * time.Millisecond, 0, 0},
		"busy in between":     {time.Millisecond, time.Millisecond, 40 * time.Millisecond},
		"a slow service":      {50 * time.Millisecond, 50 * time.Millisecond, 20 * time.Millisecond},
		"a long listing":      {10 * time.Millisecond, 300 * time.Millisecond, 20 * time.Millisecond},
		"a service that lags": {50 * time.Millisecond, 5 * time.Millisecond, 5 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				const keys, workers = 300, 10
				a := keyringtest.New(50)
				a.NoID = true
				a.After = func(ctx context.Context, c keyringtest.Call) error {
					wait(ctx, map[keyringtest.Op]time.Duration{keyringtest.Create: pace.post, keyringtest.List: pace.list}[c.Op])
					return nil
				}
				r := ringOf(a)
				began := time.Now()
				var wg sync.WaitGroup
				for worker := range workers {
					wg.Go(func() {
						for i := worker; i < keys; i += workers {
							wait(t.Context(), pace.pause+time.Duration(i%7)*time.Millisecond)
							m := must[keyring.Minted](t)(r.Create(t.Context(), keyring.Spec{Name: fmt.Sprint(i)}))
							if m.ID == "" {
								t.Error("a key has no id")
							}
						}
					})
				}
				wg.Wait()
				wantCalls(t, a, keyringtest.Create, keys)
				if n := a.Calls(keyringtest.List); n > 3*keys/10 {
					t.Errorf("%d listings for %d keys, want three in ten at most", n, keys)
				}
				// Waiting for company must not cost more than listing in turns would.
				alone := keys / workers * (pace.pause + pace.post + 2*pace.list + 60*time.Millisecond)
				if took := time.Since(began); took > alone+2*time.Second {
					t.Errorf("took %v, want about %v", took, alone)
				}
			})
		})
	}
}

// Who is alone has nobody to wait for.
func TestCreate_aloneDoesNotWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(5)
		a.NoID = true
		r := ringOf(a)
		began := time.Now()
		for i := range 20 {
			must[keyring.Minted](t)(r.Create(t.Context(), keyring.Spec{Name: fmt.Sprint(i)}))
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("20 creates, one after the other, have waited %v", took)
		}
	})
}

// A crowd that has gone is not waited for much longer.
func TestCreate_forgetsTheCrowd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(5)
		a.NoID = true
		a.After = only(keyringtest.Create, 0, func(ctx context.Context) error { wait(ctx, time.Millisecond); return nil })
		r := ringOf(a)
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() { must[keyring.Minted](t)(r.Create(t.Context(), keyring.Spec{Name: fmt.Sprint("crowd ", i)})) })
		}
		wg.Wait()
		began := time.Now()
		for i := range 20 {
			must[keyring.Minted](t)(r.Create(t.Context(), keyring.Spec{Name: fmt.Sprint("alone ", i)}))
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("20 creates after the crowd has gone have waited %v", took)
		}
	})
}

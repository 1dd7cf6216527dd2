package keyring_test

import (
	"context"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

func TestOptions_freshAndClock(t *testing.T) {
	a := keyringtest.New(1)
	now := time.Date(2026, 2, 13, 10, 0, 0, 0, time.UTC)
	r := keyring.New(a, keyring.Options{MaxAge: time.Hour, Now: func() time.Time { return now }})
	for i, step := range []struct {
		pass time.Duration
		want int
	}{{0, 1}, {59 * time.Minute, 1}, {time.Minute, 2}, {time.Hour - 1, 2}, {1, 3}} {
		now = now.Add(step.pass)
		must[[]driver.Key](t)(r.List(t.Context()))
		if got := a.Calls(keyringtest.List); got != step.want {
			t.Errorf("step %d: %d listings, want %d", i, got, step.want)
		}
	}
	a.Clock = func() time.Time { return now }
	if !r.Now().Equal(now) {
		t.Errorf("the ring's clock says %v, the service's %v", r.Now(), now)
	}
}

func TestOptions_defaults(t *testing.T) {
	o := keyring.Options{}.WithDefaults()
	for name, is := range map[string]struct{ got, want time.Duration }{
		"MaxAge": {o.MaxAge, time.Minute}, "ReconcileTimeout": {o.ReconcileTimeout, 10 * time.Second}, "ListingDelay": {o.ListingDelay, 5 * time.Second},
		"PollInterval": {o.PollInterval, 250 * time.Millisecond},
		"Timeout":      {o.Timeout, 5 * time.Minute}, "CallTimeout": {o.CallTimeout, 30 * time.Second},
	} {
		if is.got != is.want {
			t.Errorf("%s is %v by default, want %v", name, is.got, is.want)
		}
	}
	if o.Now == nil || o.Sleep == nil {
		t.Error("there is no clock by default")
	}
}

func TestRead_failedListingIsNoProof(t *testing.T) {
	for name, svc := range map[string]interface {
		driver.Service
		Calls(keyringtest.Op) int
	}{
		"listing only": &keyringtest.Account{Before: fails(keyringtest.List, 0, keyringtest.Lost(keyringtest.List))},
		"by id":        keyringtest.Lookup{Account: &keyringtest.Account{Before: fails(keyringtest.List, 0, keyringtest.Lost(keyringtest.List))}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, found, err := ringOf(svc).Read(t.Context(), "key-00001", time.Time{}); kindOf(err) != driver.KindConnection || found {
				t.Errorf("found %t, error %v; want the listing's failure", found, err)
			}
			wantCalls(t, svc, keyringtest.Get, 0)
		})
	}
}

// For a caller who has given up already nothing is requested.
func TestList_canceledBefore(t *testing.T) {
	a := keyringtest.NewFull(1)
	r := ringOf(a)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.List(ctx); kindOf(err) != driver.KindCanceled {
		t.Errorf("List: %v", err)
	}
	if _, _, err := r.Read(ctx, "key-00001", time.Time{}); kindOf(err) != driver.KindCanceled {
		t.Errorf("Read: %v", err)
	}
	if _, err := r.Create(ctx, driver.Spec{Name: "x"}); kindOf(err) != driver.KindCanceled {
		t.Errorf("Create: %v", err)
	}
	if n := a.Requests(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

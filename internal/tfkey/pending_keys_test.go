package tfkey

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// A key whose answer reaches nobody is revoked; one that can be delivered, or
// whose run was merely interrupted, lives.
func TestDelivery(t *testing.T) {
	for name, tc := range map[string]struct {
		delivery *Delivery
		lost     bool // Lost is called
		canceled bool // the call's context is
		live     bool
	}{
		"none":                          {nil, false, true, true},
		"delivered":                     {&Delivery{}, false, false, true},
		"server stopped":                {&Delivery{}, true, false, false},
		"Terraform gone":                {&Delivery{Disconnected: after(2)}, false, false, false}, // not yet when it begins
		"interrupted":                   {&Delivery{Disconnected: func() bool { return false }}, false, true, true},
		"interrupted, and gone shortly": {&Delivery{Disconnected: after(4)}, false, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service := keyringtest.NewFull(0)
				ring := keyring.New(service, keyring.Options{})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				ctx, hand := mustHand(ctx, t, &Account{Delivery: tc.delivery}, ring)
				made, err := ring.Create(ctx, driver.Spec{Name: "ci"})
				if err != nil {
					t.Fatal(err)
				}
				hand.key, hand.delivered = made, true
				if tc.lost {
					tc.delivery.Disconnect()
				}
				if tc.canceled {
					cancel()
				}
				hand.finish(ctx, &diag.Diagnostics{})
				if live := service.Key(made.ID).Live(); live != tc.live {
					t.Errorf("the key lives: %v", live)
				}
				if tc.delivery != nil {
					tc.delivery.Wait(time.Minute)
				}
			})
		})
	}
}

// mustHand begins a key's way to Terraform.
func mustHand(ctx context.Context, t *testing.T, a *Account, ring *keyring.Ring) (context.Context, *pendingKey) {
	t.Helper()
	ctx, hand, err := a.track(ctx, ring)
	if err != nil {
		t.Fatal(err)
	}
	return ctx, hand
}

// after returns a function that turns true with its nth call.
func after(n int) func() bool {
	return func() bool { n--; return n <= 0 }
}

// Wait waits for what is under way, but not for ever.
func TestDelivery_wait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Delivery{}
		_, hand := mustHand(t.Context(), t, &Account{Delivery: d}, nil)
		start := time.Now()
		d.Wait(time.Minute)
		if took := time.Since(start); took != time.Minute {
			t.Errorf("waited %v for what does not end", took)
		}
		go func() { time.Sleep(time.Second); hand.finish(t.Context(), &diag.Diagnostics{}) }()
		d.Wait(time.Minute)
		if took := time.Since(start); took != time.Minute+time.Second {
			t.Errorf("waited until %v", took)
		}
	})
}

// After an interrupt, a key is held up once to see whether Terraform goes away too,
// however often it is asked.
func TestHanding_waitsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Delivery{}
		ctx, cancel := context.WithCancel(t.Context())
		_, hand := mustHand(t.Context(), t, &Account{Delivery: d}, nil)
		start := time.Now()
		for range 3 {
			if hand.disconnected(ctx) || time.Since(start) != 0 {
				t.Fatalf("not interrupted, and lost or held up for %v", time.Since(start))
			}
		}
		cancel()
		for range 3 {
			if hand.disconnected(ctx) || time.Since(start) != disconnectGrace {
				t.Fatalf("lost, or held up for %v, want %v", time.Since(start), disconnectGrace)
			}
		}
		d.Disconnect()
		if !hand.disconnected(ctx) {
			t.Error("what happens later is not noticed")
		}
		hand.finish(ctx, &diag.Diagnostics{})
	})
}

// A panic between a key's birth and the answer that holds it revokes the key; one
// after it leaves the key to the state. Neither is passed on, and what was thrown
// is not shown.
func TestHanding_panic(t *testing.T) {
	for name, kept := range map[string]bool{"before the answer holds it": false, "after": true} {
		t.Run(name, func(t *testing.T) {
			service := keyringtest.NewFull(0)
			ring := keyring.New(service, keyring.Options{})
			made, err := ring.Create(t.Context(), driver.Spec{Name: "ci"})
			if err != nil {
				t.Fatal(err)
			}
			var diags diag.Diagnostics
			func() {
				_, hand := mustHand(t.Context(), t, &Account{}, ring)
				defer hand.finish(t.Context(), &diags)
				hand.key, hand.delivered = made, kept
				panic("sk_live_thrown")
			}()
			if live := service.Key(made.ID).Live(); live != kept {
				t.Errorf("the key lives: %v", live)
			}
			if len(diags) != 1 || diags[0].Summary() != "Bug in the provider" || diags[0].Detail() != bugDetail {
				t.Errorf("%v", diags)
			}
		})
	}
}

// A key that cannot even be revoked then is named.
func TestHanding_panicAndNoRevoke(t *testing.T) {
	service := keyringtest.NewFull(0)
	ring := keyring.New(service, keyring.Options{})
	made, err := ring.Create(t.Context(), driver.Spec{Name: "ci"})
	if err != nil {
		t.Fatal(err)
	}
	service.Before = func(_ context.Context, c keyringtest.Call) error {
		if c.Op == keyringtest.Revoke {
			return keyringtest.Refused(c.Op, driver.KindForbidden)
		}
		return nil
	}
	var diags diag.Diagnostics
	func() {
		_, hand := mustHand(t.Context(), t, &Account{}, ring)
		defer hand.finish(t.Context(), &diags)
		hand.key = made
		panic("sk_live_thrown")
	}()
	if len(diags) != 2 || !strings.Contains(diags[1].Detail(), made.ID) || strings.Contains(diags[1].Detail(), made.Value.Reveal()) {
		t.Errorf("%v", diags)
	}
}

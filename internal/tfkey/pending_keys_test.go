package tfkey

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// A key whose answer reaches nobody is revoked; one that can be delivered, or
// whose run was merely interrupted, lives.
func TestDelivery(t *testing.T) {
	for name, tc := range map[string]struct {
		delivery *Delivery
		lost     bool // Disconnect is called
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
				ctx, pending := mustTrack(ctx, t, &Account{Delivery: tc.delivery}, ring)
				created, err := ring.Create(ctx, driver.Spec{Name: "ci"})
				if err != nil {
					t.Fatal(err)
				}
				pending.key, pending.delivered = created, true
				if tc.lost {
					tc.delivery.Disconnect()
				}
				if tc.canceled {
					cancel()
				}
				pending.finish(ctx, &diag.Diagnostics{})
				if live := service.Key(created.ID).Live(); live != tc.live {
					t.Errorf("the key lives: %v", live)
				}
				if tc.delivery != nil {
					tc.delivery.Wait(time.Minute)
				}
			})
		})
	}
}

// mustTrack adds a pending key.
func mustTrack(ctx context.Context, t *testing.T, a *Account, ring *keyring.Ring) (context.Context, *pendingKey) {
	t.Helper()
	ctx, pending, err := a.track(ctx, ring)
	if err != nil {
		t.Fatal(err)
	}
	return ctx, pending
}

// after returns a function that turns true with its nth call.
func after(n int) func() bool {
	return func() bool { n--; return n <= 0 }
}

// Wait waits for what is under way, but not for ever.
func TestDelivery_wait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Delivery{}
		_, pending := mustTrack(t.Context(), t, &Account{Delivery: d}, nil)
		start := time.Now()
		d.Wait(time.Minute)
		if took := time.Since(start); took != time.Minute {
			t.Errorf("waited %v for what does not end", took)
		}
		go func() { time.Sleep(time.Second); pending.finish(t.Context(), &diag.Diagnostics{}) }()
		d.Wait(time.Minute)
		if took := time.Since(start); took != time.Minute+time.Second {
			t.Errorf("waited until %v", took)
		}
	})
}

// After an interrupt, a key is held up once to see whether Terraform goes away too,
// however often it is asked.
func TestPendingKey_waitsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Delivery{}
		ctx, cancel := context.WithCancel(t.Context())
		_, pending := mustTrack(t.Context(), t, &Account{Delivery: d}, nil)
		start := time.Now()
		for range 3 {
			if pending.disconnected(ctx) || time.Since(start) != 0 {
				t.Fatalf("not interrupted, and lost or held up for %v", time.Since(start))
			}
		}
		cancel()
		for range 3 {
			if pending.disconnected(ctx) || time.Since(start) != disconnectGrace {
				t.Fatalf("lost, or held up for %v, want %v", time.Since(start), disconnectGrace)
			}
		}
		d.Disconnect()
		if !pending.disconnected(ctx) {
			t.Error("what happens later is not noticed")
		}
		pending.finish(ctx, &diag.Diagnostics{})
	})
}

// A panic between a key's creation and the answer that holds it revokes the key; one
// after it leaves the key to the state. Neither is passed on, and what was thrown
// is not shown.
func TestPendingKey_panic(t *testing.T) {
	for name, kept := range map[string]bool{"before the answer holds it": false, "after": true} {
		t.Run(name, func(t *testing.T) {
			service := keyringtest.NewFull(0)
			ring := keyring.New(service, keyring.Options{})
			created, err := ring.Create(t.Context(), driver.Spec{Name: "ci"})
			if err != nil {
				t.Fatal(err)
			}
			var diags diag.Diagnostics
			func() {
				_, pending := mustTrack(t.Context(), t, &Account{}, ring)
				defer pending.finish(t.Context(), &diags)
				pending.key, pending.delivered = created, kept
				panic("sk_live_thrown")
			}()
			if live := service.Key(created.ID).Live(); live != kept {
				t.Errorf("the key lives: %v", live)
			}
			if len(diags) != 1 || diags[0].Summary() != "Bug in the provider" || diags[0].Detail() != bugDetail {
				t.Errorf("%v", diags)
			}
		})
	}
}

// A key that cannot even be revoked then is named.
func TestPendingKey_panicAndNoRevoke(t *testing.T) {
	service := keyringtest.NewFull(0)
	ring := keyring.New(service, keyring.Options{})
	created, err := ring.Create(t.Context(), driver.Spec{Name: "ci"})
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
		_, pending := mustTrack(t.Context(), t, &Account{}, ring)
		defer pending.finish(t.Context(), &diags)
		pending.key = created
		panic("sk_live_thrown")
	}()
	if len(diags) != 2 || !strings.Contains(diags[1].Detail(), created.ID) || strings.Contains(diags[1].Detail(), created.Value.Reveal()) {
		t.Errorf("%v", diags)
	}
}

package tfkey

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// Once Terraform is known to be gone, no create begins, and one that has not been
// sent yet is not sent.
func TestDelivery_nothingSentOnceDisconnected(t *testing.T) {
	for name, lose := range map[string]func(*Delivery){
		"lost": (*Delivery).Disconnect,
		"seen": func(d *Delivery) { d.Disconnected = func() bool { return true } },
	} {
		t.Run("before it begins, "+name, func(t *testing.T) {
			d := &Delivery{}
			lose(d)
			_, _, err := (&Account{Delivery: d}).track(t.Context(), nil)
			var e *driver.Error
			if !errors.As(err, &e) || e.Kind != driver.KindCanceled || e.Effect != driver.EffectNone {
				t.Errorf("it begins: %v", err)
			}
			d.Wait(0)
		})
	}
	t.Run("while it waits", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			service := keyringtest.NewFull(0)
			service.Before = func(_ context.Context, c keyringtest.Call) error {
				if c.Op == keyringtest.List {
					time.Sleep(time.Second)
				}
				return nil
			}
			ring, d := keyring.New(service, keyring.Options{}), &Delivery{}
			ctx, pending := mustTrack(t.Context(), t, &Account{Delivery: d}, ring)
			go func() { time.Sleep(time.Second / 2); d.Disconnect() }()
			if _, err := ring.Create(ctx, driver.Spec{Name: "ci"}); err == nil {
				t.Error("the create succeeds")
			}
			if n := service.Calls(keyringtest.Create); n != 0 {
				t.Errorf("%d creates were sent", n)
			}
			pending.finish(ctx, &diag.Diagnostics{})
			d.Wait(0)
			time.Sleep(time.Second) // the listing that nobody waits for ends
		})
	})
}

// Whatever begins while the process is ending is either refused or waited for.
func TestDelivery_race(t *testing.T) {
	for range 200 {
		d, start := &Delivery{}, make(chan struct{})
		var begun, finished atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				<-start
				_, pending, err := (&Account{Delivery: d}).track(context.Background(), nil)
				if err != nil {
					return
				}
				begun.Add(1)
				runtime.Gosched()
				finished.Add(1)
				pending.finish(context.Background(), &diag.Diagnostics{})
			})
		}
		all.Go(func() {
			<-start
			d.Shutdown(time.Minute)
			if begun.Load() != finished.Load() {
				t.Error("the process ends while a create is under way")
			}
			if _, _, err := (&Account{Delivery: d}).track(context.Background(), nil); err == nil {
				t.Error("a create begins after the end")
			}
		})
		close(start)
		all.Wait()
	}
}

// At the end of the process ephemeral keys that nobody has closed are revoked, side
// by side; what Terraform has closed, or holds in its state, is not touched.
func TestDelivery_shutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := keyringtest.NewFull(0)
		ring, d := keyring.New(service, keyring.Options{}), &Delivery{}
		create := func(name string, ephemeral bool) string {
			ctx, pending := mustTrack(t.Context(), t, &Account{Delivery: d}, ring)
			created, err := ring.Create(ctx, driver.Spec{Name: name})
			if err != nil {
				t.Fatal(err)
			}
			pending.key, pending.delivered, pending.ephemeral = created, true, ephemeral
			pending.finish(ctx, &diag.Diagnostics{})
			return created.ID
		}
		held, closed := create("held", false), create("closed", true)
		var open []string
		for _, name := range []string{"a", "b", "c"} {
			open = append(open, create(name, true))
		}
		d.closed(ring, closed)
		service.Before = func(_ context.Context, c keyringtest.Call) error {
			if c.Op == keyringtest.Revoke {
				time.Sleep(time.Second)
			}
			return nil
		}
		start := time.Now()
		d.Shutdown(time.Minute)
		if took := time.Since(start); took != time.Second {
			t.Errorf("it took %v, want one second for all", took)
		}
		for _, id := range open {
			if service.Key(id).Live() {
				t.Errorf("%s lives", id)
			}
		}
		if !service.Key(held).Live() || !service.Key(closed).Live() {
			t.Error("a key was revoked that was not open")
		}
		start = time.Now()
		d.Shutdown(time.Minute) // as when Terraform is seen to be gone meanwhile
		if took := time.Since(start); took != 0 || service.Calls(keyringtest.Revoke) != len(open) {
			t.Errorf("the second time took %v, %d revocations in all", took, service.Calls(keyringtest.Revoke))
		}
	})
}

// A service that does not answer holds the process up for the given time only.
func TestDelivery_shutdownLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := keyringtest.NewFull(0)
		ring, d := keyring.New(service, keyring.Options{}), &Delivery{}
		ctx, pending := mustTrack(t.Context(), t, &Account{Delivery: d}, ring)
		created, err := ring.Create(ctx, driver.Spec{Name: "ci"})
		if err != nil {
			t.Fatal(err)
		}
		pending.key, pending.delivered, pending.ephemeral = created, true, true
		pending.finish(ctx, &diag.Diagnostics{})
		service.Before = func(context.Context, keyringtest.Call) error { time.Sleep(time.Hour); return nil }
		start := time.Now()
		d.Shutdown(time.Second)
		if took := time.Since(start); took != time.Second {
			t.Errorf("it took %v", took)
		}
		time.Sleep(time.Hour)
	})
}

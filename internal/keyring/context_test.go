package keyring_test

import (
	"context"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// A request that creates a key is not sent if there is too little time left to find
// out its outcome.
func TestCreate_doesNotBeginTooLate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(1)
		a.Before = only(keyringtest.List, 1, func(ctx context.Context) error {
			wait(ctx, 25*time.Second)
			return nil
		})
		r := keyring.New(a, keyring.Options{Timeout: time.Minute, CallTimeout: 30 * time.Second, ReconcileTimeout: 10 * time.Second})
		if _, err := r.Create(t.Context(), spec); kindOf(err) != driver.KindCanceled {
			t.Errorf("%v, want the deadline", err)
		}
		wantCalls(t, a, keyringtest.Create, 0)
		// The same call begun in time.
		_ = must[driver.Minted](t)(r.Create(t.Context(), spec))
	})
}

// Nor is the second one of an ambiguous create.
func TestCreate_doesNotRepeatTooLate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := keyringtest.New(1)
		a.After = only(keyringtest.Create, 1, func(ctx context.Context) error {
			wait(ctx, 30*time.Second)
			return lostCreate
		})
		r := keyring.New(a, keyring.Options{Timeout: time.Minute, CallTimeout: 30 * time.Second, ReconcileTimeout: 10 * time.Second})
		start := time.Now()
		if _, err := r.Create(t.Context(), spec); kindOf(err) != driver.KindCanceled {
			t.Errorf("%v, want the deadline", err)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("took %v", took)
		}
		wantCalls(t, a, keyringtest.Create, 1)
		wantIDs(t, a.Live(spec.Name)) // the key of the first one is gone
	})
}

// What must be finished outlives a cancel, and not its deadline.
func TestWithoutCancel(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		shielded, done := keyring.WithoutCancel(ctx)
		defer done()
		cancel()
		if shielded.Err() != nil {
			t.Error("a cancel reached it")
		}
		wait(shielded, time.Hour)
		if shielded.Err() == nil {
			t.Error("it outlived the deadline")
		}
		free, done := keyring.WithoutCancel(context.Background())
		done()
		if free.Err() == nil {
			t.Error("its own cancel did not end it")
		}
	})
}

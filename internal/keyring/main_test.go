package keyring_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"go.uber.org/goleak"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bubble runs a test on a clock that jumps ahead when everybody waits, so that
// nothing really does.
func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

func ringOf(svc driver.Service) *keyring.Ring { return keyring.New(svc, keyring.Options{}) }

// Hooks of the service.
var (
	only  = keyringtest.Only
	fails = keyringtest.Fails
	wait  = keyringtest.Wait
)

func kindOf(err error) driver.Kind {
	var e *driver.Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

func ids(keys []driver.Key) []string {
	all := make([]string, len(keys))
	for i, k := range keys {
		all[i] = k.ID
	}
	return all
}

// must fails the test at once on an error.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantCalls(t *testing.T, svc interface{ Calls(keyringtest.Op) int }, op keyringtest.Op, want int) {
	t.Helper()
	if got := svc.Calls(op); got != want {
		t.Errorf("%s was called %d times, want %d", op, got, want)
	}
}

func wantIDs(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got keys %v, want %v", got, want)
	}
}

// wantRead reads a key and fails unless it is alive, or not, as wanted.
func wantRead(t *testing.T, r *keyring.Ring, id string, live bool) driver.Key {
	t.Helper()
	k, found, err := r.Read(t.Context(), id, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if found && k.ID != id {
		t.Errorf("read key %q, got %q", id, k.ID)
	}
	if got := found && k.Live(); got != live {
		t.Errorf("key %s reads as live: %t, want %t", id, got, live)
	}
	return k
}

func ptr[T any](v T) *T { return &v }

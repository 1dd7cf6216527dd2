package listcache_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/listcache"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func cacheOf(svc driver.Service) *listcache.Cache {
	return listcache.New(listcache.Options{FetchPage: svc.List, MaxAge: time.Minute, Timeout: 5 * time.Minute, Now: time.Now})
}

func listLive(ctx context.Context, c *listcache.Cache) ([]driver.Key, error) {
	return c.Select(ctx, listcache.AnyFresh, driver.Key.Live)
}

// list lists the live keys.
func list(t *testing.T, c *listcache.Cache) []driver.Key {
	t.Helper()
	keys, err := listLive(t.Context(), c)
	if err != nil {
		t.Error(err)
	}
	return keys
}

// wantFound fails unless a fresh listing has the key, or not, as wanted.
func wantFound(t *testing.T, c *listcache.Cache, id string, want bool) {
	t.Helper()
	if k, found, err := c.Find(t.Context(), id, listcache.AnyFresh); err != nil || found != want || found && k.ID != id {
		t.Errorf("key %s: found %t (%+v), %v", id, found, k, err)
	}
}

func kindOf(err error) driver.Kind {
	if e, ok := driver.AsError(err); ok {
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

func wantIDs(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got keys %v, want %v", got, want)
	}
}

func wantListings(t *testing.T, a *keyringtest.Account, want int) {
	t.Helper()
	if got := a.Calls(keyringtest.List); got != want {
		t.Errorf("%d pages were requested, want %d", got, want)
	}
}

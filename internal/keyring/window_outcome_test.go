package keyring_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

func TestDescribe(t *testing.T) {
	day := time.Date(2026, 2, 13, 11, 0, 0, 0, time.FixedZone("", 3600))
	got := keyring.Describe([]driver.Key{{ID: "a", Name: "x\ny", CreatedAt: day, LastUsedAt: day.Add(time.Hour)}, {ID: "b", Name: "n"}})
	want := `a ("x\ny"), created 2026-02-13T10:00:00Z, last used 2026-02-13T11:00:00Z` + "\n" + `b ("n")`
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	u := &keyring.OutcomeUnknownError{Window: keyring.CreateWindow{Name: "n"}, Err: context.DeadlineExceeded}
	if !strings.Contains(u.Error(), `no new key named "n" has appeared so far`) || !errors.Is(u, context.DeadlineExceeded) {
		t.Errorf("got %v", u)
	}
	u.Candidates = []driver.Key{{ID: "b"}}
	if !strings.Contains(u.Error(), "any of these keys:\nb (") {
		t.Errorf("got %v", u)
	}
}

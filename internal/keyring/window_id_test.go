package keyring_test

import (
	"context"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// A service's key whose id reads like one of our own markers does not exist for us.
// It takes its place in the listing all the same.
func TestWindowID_ofAKey(t *testing.T) {
	marker := keyring.CreateWindow{Name: "victim", To: time.Now()}.ID()
	both(t, 3, func(t *testing.T, svc driver.Service, a *keyringtest.Account) {
		a.PageSize, a.Totals = 2, true
		a.Add(driver.Key{ID: marker, Name: "odd"})
		r := ringOf(svc)
		if all := must[[]driver.Key](t)(r.List(t.Context())); len(all) != 3 {
			t.Errorf("listed: %v", ids(all))
		}
		if same := must[[]driver.Key](t)(r.FindByName(t.Context(), "odd")); len(same) != 0 {
			t.Errorf("named: %v", ids(same))
		}
		if k, found, err := r.Read(t.Context(), marker, time.Time{}); found {
			t.Errorf("read as %+v, %v", k, err)
		}
	})
}

// A service can say any time. It must not keep the window from being saved.
func TestWindowID_oddTimes(t *testing.T) {
	for _, at := range []time.Time{{}, time.Unix(1<<40, 0), time.Unix(-1<<40, 0), time.Unix(1<<62, 0)} {
		w := keyring.CreateWindow{Name: "ci", From: at, To: at, Certain: true, CreatedAt: at}
		if read, ok := keyring.ParseCreateWindow(w.ID()); !ok || read.Name != "ci" || !read.Certain {
			t.Errorf("%v: %q is read as %+v", at, w.ID(), read)
		}
	}
}

// An update is about the key that was asked for, whatever the answer says.
func TestUpdate_anotherID(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := keyringtest.NewFull(2)
		r := ringOf(renumbering{f})
		k, err := r.Update(t.Context(), "key-00001", driver.Changes{Name: ptr("x")})
		if err == nil && k.ID != "key-00001" {
			t.Errorf("updated as %s", k.ID)
		}
	})
}

// renumbering is a service that answers an update with another id.
type renumbering struct{ keyringtest.Full }

func (s renumbering) Update(ctx context.Context, id string, c driver.Changes) (driver.Key, error) {
	k, err := s.Full.Update(ctx, id, c)
	k.ID = keyring.CreateWindow{Name: "victim"}.ID()
	return k, err
}

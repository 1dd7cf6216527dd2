package simulator_test

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// bare: answers without the service's words, before and after the change.
func bare(t *testing.T, s Service) {
	for _, body := range []string{"", "404 page not found\n"} {
		both(t, s, simulator.Fault{Kind: simulator.FaultBare, Status: 404, Body: body}, func(t *testing.T, c *Client, _ *simulator.Store) {
			if a := c.Do(404, s.Create("x")); a.Raw != body || strings.Contains(a.Header.Get("Content-Type"), "json") {
				t.Errorf("the answer is %v %q", a.Header, a.Raw)
			}
		})
	}
}

// notRevoked: a revocation that is answered, and that does nothing.
func notRevoked(t *testing.T, s Service) {
	c, store, _ := s.start(t)
	key := store.Mint("x")
	for _, test := range []struct {
		fault simulator.Fault
		want  int
	}{
		{simulator.Fault{Kind: simulator.FaultNotRevoked, Operation: simulator.OpRevoke}, s.Revoked},
		{simulator.Fault{Kind: simulator.FaultBare, Operation: simulator.OpRevoke}, http.StatusOK},
		{simulator.Fault{Kind: simulator.FaultBare, Status: http.StatusNoContent}, http.StatusNoContent},
	} {
		store.Fault(test.fault)
		a := c.Do(test.want, s.Revoke(key.ID))
		if now, _ := store.Get(key.ID); !now.Live() || !now.Active || len(now.History) != 1 || a.Raw != "" && test.fault.Kind == simulator.FaultBare {
			t.Errorf("%s: the answer is %q, the key %+v", test.fault.Kind, a.Raw, now)
		}
	}
	if log := store.Log(); log[0].Revoked != "" || log[0].Done != 0 {
		t.Errorf("the log has %+v", log[0])
	}
	c.Do(s.Revoked, s.Revoke(key.ID))
	if len(store.Live()) != 0 {
		t.Error("the key lives without a fault, too")
	}
}

// fields: an answer with wrong fields of the new key.
func fields(t *testing.T, s Service) {
	c, store, _ := s.start(t)
	same, newest := store.Mint("same"), store.Mint("newest")
	for name, want := range map[string]string{"same": same.ID, "other": newest.ID} {
		store.Fault(simulator.Fault{
			Kind: simulator.FaultFields, Operation: simulator.OpMint, Fields: map[string]any{"id": simulator.OtherID, "note": simulator.OwnValue, "odd": "yes"},
		})
		c.Do(http.StatusOK, s.List()) // which makes no key, and passes the fault
		a := c.Do(http.StatusCreated, s.Create(name))
		made := store.Ledger()[len(store.Ledger())-1]
		if made.Name != name || !made.Live() || strings.Contains(a.Raw, made.ID) ||
			!strings.Contains(a.Raw, `"id":"`+want+`"`) || strings.Count(a.Raw, made.Value) != 2 || !strings.Contains(a.Raw, `"odd":"yes"`) {
			t.Errorf("key %+v was answered with %s, want the id %s", made, a.Raw, want)
		}
		if err := store.Revoke(made.ID); err != nil { // no candidate for the next one
			t.Error(err)
		}
	}
}

// namesake: somebody else's key of that name is there first, and listed first.
func namesake(t *testing.T, s Service) {
	var passed atomic.Int64
	began := time.Now()
	server := simulator.RunAt(t, func() time.Time { return began.Add(time.Duration(passed.Load())) }, s.Mount)
	c, store := s.Client(t, server), server.Store(s.Mount.Name)
	store.Fault(simulator.Fault{Kind: simulator.FaultNamesake, Operation: simulator.OpCreate, Delay: 3 * time.Second})
	a := c.Do(http.StatusCreated, s.Create("x"))
	ledger := store.Ledger()
	if len(ledger) != 2 || ledger[0].Name != "x" || ledger[0].CreatedBy != simulator.Outside || ledger[1].CreatedBy != simulator.Admin ||
		s.Value(a.JSON) != ledger[1].Value || ledger[1].CreatedAt.Sub(ledger[0].CreatedAt) != time.Millisecond {
		t.Fatalf("the ledger is %+v", ledger)
	}
	for after, want := range map[time.Duration][]string{0: {ledger[0].ID}, 2 * time.Second: {ledger[0].ID}, 4 * time.Second: {ledger[0].ID, ledger[1].ID}} {
		passed.Store(int64(after))
		ids := s.IDs(c.Do(http.StatusOK, s.List()).JSON)
		slices.Sort(ids)
		slices.Sort(want)
		if !slices.Equal(ids, want) {
			t.Errorf("after %v the listing has %q, want %q", after, ids, want)
		}
	}
}

// untrueRecords: names that become others, and records that show the value.
func untrueRecords(t *testing.T, s Service) {
	c, store, _ := s.start(t)
	for form, want := range map[simulator.NameForm]string{
		"": " Ab Cd ", simulator.NamesTrimmed: "Ab Cd", simulator.NamesLower: " ab cd ", simulator.NamesCut: " Ab",
	} {
		store.Quirk(simulator.Quirks{Names: form})
		c.Do(http.StatusCreated, s.Create(" Ab Cd "))
		if made := store.Ledger()[len(store.Ledger())-1]; made.Name != want {
			t.Errorf("names %q: the key is called %q, want %q", form, made.Name, want)
		}
	}
	store.Quirk(simulator.Quirks{Echo: "name,no such field"})
	listing := c.Do(http.StatusOK, s.List()).Raw
	for _, key := range store.Live() {
		if !strings.Contains(listing, `"name":"`+key.Value+`"`) || strings.Contains(listing, "no such field") {
			t.Errorf("%s is not shown as the name of %s: %s", key.Value, key.ID, listing)
		}
	}
}

package simulator_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// expunctListing asks for a page; the query begins with "?" or is empty.
func expunctListing(query string) Request {
	return Request{Method: http.MethodGet, Path: "/api-keys" + query}
}

func expunctService() Service {
	s := Service{Mount: simulator.Mount{Name: "expunct", Handler: simulators.Named("expunct").Simulator}, Revoked: http.StatusOK}
	s.List = func() Request { return expunctListing("") }
	s.Create = func(name string) Request {
		return Request{Method: http.MethodPost, Path: "/api-keys", Body: fmt.Sprintf(`{"name": %q}`, name)}
	}
	s.Revoke = func(id string) Request {
		return Request{Method: http.MethodDelete, Path: "/api-keys/" + id}
	}
	s.Value = func(body any) string { return Text(body, "key") }
	s.IDs = func(body any) []string { return Column(body, "id") }
	return s
}

func TestExpunct_objects(t *testing.T) {
	server := simulator.Run(t, expunctService().Mount)
	client := expunctService().Client(t, server)
	made := client.Do(http.StatusCreated, expunctService().Create("Production Backend"))
	like := regexp.MustCompile(`^\{"created_at":"[^"]+","id":"key_[0-9a-z]{8}","key":"pk_live_[0-9A-Za-z]{32}",` +
		`"last_used_at":null,"name":"Production Backend","prefix":"pk_live_[0-9A-Za-z]{3}\.\.\."\}`)
	if !like.MatchString(made.Raw) {
		t.Errorf("the create answered %s", made.Raw)
	}
	revoked := client.Do(http.StatusOK, expunctService().Revoke(Text(made.JSON, "id")))
	if Text(revoked.JSON, "detail") != "API key revoked" {
		t.Errorf("the revoke answered %s", revoked.Raw)
	}
	refused := client.Do(http.StatusUnprocessableEntity, expunctService().Create(""))
	if Text(refused.JSON, "detail") == "" {
		t.Errorf("an empty name was refused with %s", refused.Raw)
	}
}

func TestExpunct_paging(t *testing.T) {
	server := simulator.Run(t, expunctService().Mount)
	client, store := expunctService().Client(t, server), server.Store("expunct")
	seeded := store.Seed(120, func(i int) string { return fmt.Sprint("key ", i) })
	youngestFirst := make([]string, 0, len(seeded))
	for _, record := range slices.Backward(seeded) {
		youngestFirst = append(youngestFirst, record.ID)
	}
	page := func(query string) []string {
		return expunctService().IDs(client.Do(http.StatusOK, expunctListing(query)).JSON)
	}
	for query, want := range map[string][]string{
		"":                      youngestFirst[:50],
		"?limit=100":            youngestFirst[:100],
		"?limit=100&offset=100": youngestFirst[100:],
		"?offset=119":           youngestFirst[119:],
		"?offset=120":           {},
		"?offset=500&limit=1":   {},
		"?limit=1&offset=7":     youngestFirst[7:8],
	} {
		if got := page(query); !slices.Equal(got, want) {
			t.Errorf("%q lists %d keys, want %d: %q", query, len(got), len(want), got)
		}
	}
	for _, query := range []string{"?limit=0", "?limit=101", "?limit=ten", "?offset=-1"} {
		client.Do(http.StatusUnprocessableEntity, expunctListing(query))
	}
	store.Quirk(simulator.Quirks{PageCap: 50})
	if got := page("?limit=100&offset=50"); !slices.Equal(got, youngestFirst[50:100]) {
		t.Errorf("with a cap of 50 a page has %d keys", len(got))
	}
	store.Quirk(simulator.Quirks{IgnorePaging: true})
	if got := page("?limit=100&offset=100"); !slices.Equal(got, youngestFirst) {
		t.Errorf("without paging a page has %d keys", len(got))
	}
	store.Quirk(simulator.Quirks{ReverseOrder: true})
	if got := page("?limit=2"); got[0] != seeded[0].ID || got[1] != seeded[1].ID {
		t.Errorf("in the other order the listing begins with %q", got)
	}
}

func TestExpunct_tenants(t *testing.T) {
	server := simulator.Run(t, expunctService().Mount)
	client, store := expunctService().Client(t, server), server.Store("expunct")
	request := expunctService().Create("theirs")
	request.Path += "?tenant_id=tenant_b"
	client.Do(http.StatusCreated, request)
	theirs, ours := store.Ledger()[0], store.Mint("ours")
	if theirs.Scope != "tenant_b" || ours.Scope != store.Home() {
		t.Errorf("the keys are in %q and %q", theirs.Scope, ours.Scope)
	}
	for query, want := range map[string][]string{
		"": {ours.ID}, "?tenant_id=" + store.Home(): {ours.ID}, "?tenant_id=tenant_b": {theirs.ID}, "?tenant_id=nobody": {},
	} {
		if got := expunctService().IDs(client.Do(http.StatusOK, expunctListing(query)).JSON); !slices.Equal(got, want) {
			t.Errorf("%q lists %q, want %q", query, got, want)
		}
	}
	guest := client.As(theirs.Value)
	if got := expunctService().IDs(guest.Do(http.StatusOK, expunctListing("")).JSON); !slices.Equal(got, []string{theirs.ID}) {
		t.Errorf("a key of tenant_b lists %q by default", got)
	}
	guest.Do(http.StatusForbidden, expunctListing("?tenant_id="+store.Home()))
	guest.Do(http.StatusNotFound, expunctService().Revoke(ours.ID))
	client.Do(http.StatusNotFound, expunctService().Revoke(theirs.ID))
	client.Do(http.StatusOK, expunctService().Revoke(theirs.ID+"?tenant_id=tenant_b"))
	if live := store.Live(); len(live) != 1 || live[0].ID != ours.ID {
		t.Errorf("the live keys are %+v", live)
	}
}

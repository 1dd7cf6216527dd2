package simulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

func revokeBody(field, value string) Request {
	return Request{Method: http.MethodDelete, Path: "/delete-api-key", Body: fmt.Sprintf(`{%q: %q}`, field, value)}
}

func pioneerService() Service {
	return Service{
		Mount: simulator.Mount{Name: "pioneer", Handler: simulators.Named("pioneer").Simulator},
		Create: func(name string) Request {
			return Request{Method: http.MethodPost, Path: "/create-api-key", Body: fmt.Sprintf(`{"name": %q}`, name)}
		},
		List: func() Request {
			return Request{Method: http.MethodGet, Path: "/list-api-keys"}
		},
		Revoke:  func(id string) Request { return revokeBody("key_id", id) },
		Value:   func(body any) string { return Text(body, "key") },
		IDs:     func(body any) []string { return Column(At(body, "keys"), "key_id") },
		Revoked: http.StatusNoContent,
	}
}

func TestPioneer_createGivesNoID(t *testing.T) {
	server := simulator.Run(t, pioneerService().Mount)
	answer := pioneerService().Client(t, server).Do(http.StatusCreated, pioneerService().Create("ci"))
	made, _ := answer.JSON.(map[string]any)
	if len(made) != 3 || made["name"] != "ci" || made["created_at"] == nil || !strings.HasPrefix(Text(made, "key"), "pio_sk_") {
		t.Errorf("the create answered %s", answer.Raw)
	}
}

func TestPioneer_listingMasksValues(t *testing.T) {
	server := simulator.Run(t, pioneerService().Mount)
	record := server.Store("pioneer").Mint("outside")
	raw := pioneerService().Client(t, server).Do(http.StatusOK, pioneerService().List()).Raw
	if strings.Contains(raw, record.Value) || !strings.Contains(raw, record.Value[:11]+"****") {
		t.Errorf("the listing is %s", raw)
	}
}

func TestPioneer_revokeAcceptsOneField(t *testing.T) {
	server := simulator.Run(t, pioneerService().Mount)
	client, store := pioneerService().Client(t, server), server.Store("pioneer")
	elder, younger := store.Mint("twin"), store.Mint("twin")

	refused := client.Do(http.StatusUnprocessableEntity, revokeBody("name", "twin"))
	if Text(refused.JSON, "detail", 0, "loc", 1) != "key_id" {
		t.Errorf("a name instead of a key_id was refused with %s", refused.Raw)
	}
	store.Quirk(simulator.Quirks{RevokeByName: true})
	refused = client.Do(http.StatusUnprocessableEntity, revokeBody("key_id", younger.ID))
	if Text(refused.JSON, "detail", 0, "loc", 1) != "name" || len(store.Live()) != 2 {
		t.Errorf("a key_id instead of a name was refused with %s", refused.Raw)
	}
	client.Do(http.StatusNoContent, revokeBody("name", "twin"))
	if live := store.Live(); len(live) != 1 || live[0].ID == elder.ID {
		t.Errorf("a revoke by name left %+v, want the younger twin", live)
	}
	client.Do(http.StatusNotFound, revokeBody("name", "stranger"))
}

package basic

import (
	"net/http"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/basic/api"
)

// calls are the operations, as api/openapi.yaml has them.
var calls = services.API{
	Key: key, IDs: []string{"id"}, Values: []string{"key"}, Items: "keys", Suffix: "ending",
	Create: services.Call{Route: "POST /keys", Build: func(r services.Request) (*http.Request, error) {
		return api.NewCreateKeyRequest(r.BaseURL, api.NewKey{Name: r.Name})
	}},
	List: services.Call{Route: "GET /keys", Build: func(r services.Request) (*http.Request, error) {
		return api.NewListKeysRequest(r.BaseURL)
	}},
	Revoke: services.Call{Route: "DELETE /keys/{id}", Build: func(r services.Request) (*http.Request, error) {
		return api.NewRevokeKeyRequest(r.BaseURL, r.ID)
	}},
	Revoked: func(a *services.Answer, _ *services.Object) bool { return a.Status == http.StatusNoContent },
}

// Connect connects to the service.
func Connect(cfg services.Config) (services.Open, error) {
	client, err := cfg.ConnectWithKey(calls, settings[0], "X-API-Key")
	if err != nil {
		return nil, err
	}
	return func(string) driver.Service { return client }, nil
}

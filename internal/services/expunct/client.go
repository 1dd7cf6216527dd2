package expunct

import (
	"net/http"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/expunct/api"
)

// calls are the operations, as the Expunct documentation's API Keys page has them, with
// the page sizes of its page on paging.
var calls = services.API{
	Key: key, IDs: []string{"id"}, Values: []string{"key"}, Masks: []string{"prefix"},
	Pages: services.Pages{Limit: 100, Default: 50},
	Create: services.Call{Route: "POST /api-keys", Build: func(r services.Request) (*http.Request, error) {
		return api.NewCreateKeyRequest(r.BaseURL, &api.CreateKeyParams{TenantId: r.Scope}, api.NewKey{Name: r.Name})
	}},
	List: services.Call{Route: "GET /api-keys", Build: func(r services.Request) (*http.Request, error) {
		return api.NewListKeysRequest(r.BaseURL, &api.ListKeysParams{TenantId: r.Scope, Limit: r.Limit, Offset: r.Offset})
	}},
	Revoke: services.Call{Route: "DELETE /api-keys/{key_id}", Build: func(r services.Request) (*http.Request, error) {
		return api.NewRevokeKeyRequest(r.BaseURL, r.ID, &api.RevokeKeyParams{TenantId: r.Scope})
	}},
	Revoked: func(_ *services.Answer, object *services.Object) bool {
		return strings.EqualFold(strings.TrimRight(object.Text("detail"), "."), "API key revoked")
	},
}

// Connect connects to the service, by tenant.
func Connect(cfg services.Config) (services.Open, error) {
	client, err := cfg.ConnectWithKey(calls, settings[0], "X-API-Key")
	if err != nil {
		return nil, err
	}
	return func(scope string) driver.Service { return client.In(scope) }, nil
}

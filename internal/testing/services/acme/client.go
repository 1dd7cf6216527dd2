package acme

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/acme/api"
)

// calls are the operations, as api/openapi.yaml has them. A page may have 50 keys.
var calls = services.API{
	Key: key, IDs: []string{"id"}, Values: []string{"secret"}, Items: "items", Suffix: ending,
	Pages: services.Pages{Limit: 50, Cursor: "next_cursor"},
	Create: services.Call{Route: "POST /v2/keys", Record: "item", Build: func(r services.Request) (*http.Request, error) {
		return api.NewCreateKeyRequestWithBody(r.BaseURL, services.JSON, r.Body)
	}},
	List: services.Call{Route: "GET /v2/keys", Build: func(r services.Request) (*http.Request, error) {
		return api.NewListKeysRequest(r.BaseURL, &api.ListKeysParams{PageSize: r.Limit, Cursor: r.Cursor})
	}},
	Revoke: services.Call{Route: "POST /v2/keys/{key_id}/revoke", Build: func(r services.Request) (*http.Request, error) {
		return api.NewRevokeKeyRequest(r.BaseURL, r.ID)
	}},
	Get: services.Call{Route: "GET /v2/keys/{key_id}", Build: func(r services.Request) (*http.Request, error) {
		return api.NewGetKeyRequest(r.BaseURL, r.ID)
	}},
	Update: services.Call{Route: "PUT /v2/keys/{key_id}", Build: func(r services.Request) (*http.Request, error) {
		return api.NewReplaceKeyRequestWithBody(r.BaseURL, r.ID, services.JSON, r.Body)
	}},
}

// account is Acme's driver.Service.
type account struct{ *services.Client }

var (
	_ driver.Getter  = account{}
	_ driver.Updater = account{}
)

// Connect connects to the service.
func Connect(cfg services.Config) (services.Open, error) {
	client, err := cfg.ConnectWithKey(calls, settings[0], "X-API-Key")
	if err != nil {
		return nil, err
	}
	return func(string) driver.Service { return account{client} }, nil
}

// Get implements driver.Getter.
func (a account) Get(ctx context.Context, id string) (driver.Key, error) { return a.GetKey(ctx, id) }

// Update implements driver.Updater. What the PUT lacks the service clears, so
// everything that is not to change is sent back as it was.
func (a account) Update(ctx context.Context, id string, c driver.Changes) (driver.Key, error) {
	now, err := a.Get(ctx, id)
	if err != nil {
		return driver.Key{}, err
	}
	values := driver.Attributes{}
	for _, name := range []string{note, permissions} {
		if slices.Contains(now.Unreadable, name) {
			return driver.Key{}, a.Reject(services.Update, fmt.Sprintf("the key's present %s cannot be read, and would be cleared", name))
		}
		if value := now.Attributes[name]; value != nil {
			values[name] = value
		}
	}
	maps.Copy(values, c.Attributes)
	if c.Name == nil {
		c.Name = &now.Name
	}
	return a.UpdateKey(ctx, id, driver.Changes{Name: c.Name, Attributes: values})
}

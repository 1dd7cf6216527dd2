package onepin

import (
	"context"
	"net/http"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/onepin/api"
)

// calls are the operations, as the OnePin API reference has them. A page may have 100
// keys (List Api Keys), and has 50 where the limit is ignored.
var calls = services.API{
	Key: key, IDs: []string{"id"}, Values: []string{"api_key"}, Items: "data", Prefix: keyPrefix, Suffix: keySuffix, Active: active, Explain: explain,
	Pages: services.Pages{Limit: 100, Default: 50, Info: "pagination", Next: "next", Total: "total"},
	Create: services.Call{Route: "POST /api/v1/api-keys", Record: "data", Build: func(r services.Request) (*http.Request, error) {
		return api.NewCreateKeyRequestWithBody(r.BaseURL, &api.CreateKeyParams{XWorkspaceId: r.Scope}, services.JSON, r.Body)
	}},
	List: services.Call{Route: "GET /api/v1/api-keys", Build: func(r services.Request) (*http.Request, error) {
		status := statuses[r.Status]
		return api.NewListKeysRequest(r.BaseURL, &api.ListKeysParams{XWorkspaceId: r.Scope, Status: &status, Limit: r.Limit, Offset: r.Offset})
	}},
	// "active: false, revoked_at set" (Delete Api Key)
	Revoke: services.Call{Route: "DELETE /api/v1/api-keys/{key_id}", Record: "data", Build: func(r services.Request) (*http.Request, error) {
		return api.NewRevokeKeyRequest(r.BaseURL, r.ID, &api.RevokeKeyParams{XWorkspaceId: r.Scope})
	}},
	Get: services.Call{Route: "GET /api/v1/api-keys/{key_id}", Record: "data", Build: func(r services.Request) (*http.Request, error) {
		return api.NewGetKeyRequest(r.BaseURL, r.ID, &api.GetKeyParams{XWorkspaceId: r.Scope})
	}},
	Update: services.Call{Route: "PATCH /api/v1/api-keys/{key_id}", Record: "data", Build: func(r services.Request) (*http.Request, error) {
		return api.NewUpdateKeyRequestWithBody(r.BaseURL, r.ID, &api.UpdateKeyParams{XWorkspaceId: r.Scope}, services.JSON, r.Body)
	}},
}

var (
	rotateCall = services.Call{Operation: services.Rotate, Route: "PATCH /api/v1/api-keys/{key_id}/rotate", Build: func(r services.Request) (*http.Request, error) {
		return api.NewRotateKeyRequest(r.BaseURL, r.ID, &api.RotateKeyParams{XWorkspaceId: r.Scope})
	}}
	whoamiCall = services.Call{Operation: services.WhoAmI, Route: "GET /api/v1/auth/whoami", Build: func(r services.Request) (*http.Request, error) {
		return api.NewWhoAmIRequest(r.BaseURL, &api.WhoAmIParams{XWorkspaceId: r.Scope})
	}}
)

// statuses are the service's words for ours. The default listing hides keys that
// are switched off; asking for all would bring the revoked ones of years.
var statuses = map[driver.Status]api.Status{
	driver.StatusLive:     api.Active,
	driver.StatusActive:   api.Active,
	driver.StatusInactive: api.Revoked,
	driver.StatusAll:      api.All,
}

// workspace is OnePin's driver.Service for one workspace.
type workspace struct{ *services.Client }

var (
	_ driver.Getter     = workspace{}
	_ driver.Updater    = workspace{}
	_ driver.Rotator    = workspace{}
	_ driver.Identifier = workspace{}
)

// Get implements driver.Getter.
func (w workspace) Get(ctx context.Context, id string) (driver.Key, error) { return w.GetKey(ctx, id) }

// Update implements driver.Updater.
func (w workspace) Update(ctx context.Context, id string, c driver.Changes) (driver.Key, error) {
	return w.UpdateKey(ctx, id, c)
}

// Rotate implements driver.Rotator.
func (w workspace) Rotate(ctx context.Context, id string) (m driver.Minted, revoked bool, err error) {
	answer, object, err := w.SendForObject(ctx, rotateCall, services.Request{ID: id})
	if err != nil {
		return driver.Minted{}, false, err
	}
	data := object.Object("data")
	old := data.Object("old_key")
	m, err = w.Minted(answer, object, data.Object("new_key"), old.Text("name"))
	return m, err == nil && calls.IsRevoked(old, id), err
}

// Self implements driver.Identifier. A server without the call does not say that
// anybody is calling.
func (w workspace) Self(ctx context.Context) (string, error) {
	_, object, err := w.SendForObject(ctx, whoamiCall, services.Request{})
	if err != nil {
		if driver.IsNotFound(err) {
			return "", nil
		}
		return "", err
	}
	caller := object.Object("data")
	if caller.Text("auth_kind") != "api_key" {
		return "", nil
	}
	id, _ := caller.ID("api_key_id") // "" is a caller that is not named
	return id, nil
}

package expunct

import (
	"context"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/expunct/api"
)

// The operations, as the Expunct documentation's API Keys page has them.
var (
	createCall = services.CreateCall(key.Info, "POST /api-keys")
	listCall   = services.ListCall(key.Info, "GET /api-keys")
	revokeCall = services.RevokeCall(key.Info, "DELETE /api-keys/{key_id}")
)

// tenant is Expunct's driver.Service for one tenant.
type tenant struct {
	services.Connection
	sizes *services.PageSizes // of all tenants
}

// Connect connects to the service, by tenant.
func Connect(cfg services.Config) (services.Open, error) {
	conn, err := cfg.ConnectWithKey(key, settings[0], "X-API-Key")
	if err != nil {
		return nil, err
	}
	sizes := &services.PageSizes{}
	return func(scope string) driver.Service { return tenant{conn.In(scope), sizes} }, nil
}

// Create implements driver.Service.
func (t tenant) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	req, err := api.NewCreateKeyRequest(t.BaseURL, &api.CreateKeyParams{TenantId: t.Scope}, api.NewKey{Name: spec.Name})
	answer, row, err := t.SendForRow(ctx, createCall, req, err)
	if err != nil {
		return driver.Minted{}, err
	}
	k, _ := flatten(row)
	return answer.Minted(row.Text("key"), k, spec.Name)
}

// Revoke implements driver.Service.
func (t tenant) Revoke(ctx context.Context, id string) error {
	if err := revokeCall.CheckID(id); err != nil {
		return err
	}
	req, err := api.NewRevokeKeyRequest(t.BaseURL, id, &api.RevokeKeyParams{TenantId: t.Scope})
	answer, err := t.Send(ctx, revokeCall, req, err)
	if err != nil {
		return err
	}
	return answer.Confirm(func(row *services.Row) bool {
		return strings.EqualFold(strings.TrimRight(row.Text("detail"), "."), "API key revoked")
	})
}

// flatten turns a key object into a key.
func flatten(row *services.Row) (driver.Key, error) {
	k, err := row.Key(key.Attributes, "id")
	prefix, _ := k.Attributes["prefix"].(string)
	k.Hint.Prefix = strings.TrimRight(prefix, ".…")
	return k, err
}

package basic

import (
	"context"
	"net/http"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/basic/api"
)

// The operations, as api/openapi.yaml has them.
var (
	createCall = services.CreateCall(key.Info, "POST /keys")
	listCall   = services.ListCall(key.Info, "GET /keys")
	revokeCall = services.RevokeCall(key.Info, "DELETE /keys/{id}")
)

// account is Basic's driver.Service.
type account struct{ services.Connection }

var _ driver.Service = account{}

// Connect connects to the service.
func Connect(cfg services.Config) (services.Open, error) {
	conn, err := cfg.ConnectWithKey(key, settings[0], "X-API-Key")
	if err != nil {
		return nil, err
	}
	return func(string) driver.Service { return account{conn} }, nil
}

// Create implements driver.Service.
func (a account) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	req, err := api.NewCreateKeyRequest(a.BaseURL, api.NewKey{Name: spec.Name})
	answer, row, err := a.SendForRow(ctx, createCall, req, err)
	if err != nil {
		return driver.Minted{}, err
	}
	k, _ := flatten(row)
	return answer.Minted(row.Text("key"), k, spec.Name)
}

// List implements driver.Service. Revoked keys are not listed.
func (a account) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	if q.Status == driver.StatusInactive {
		return driver.Page{}, nil
	}
	req, err := api.NewListKeysRequest(a.BaseURL)
	answer, row, err := a.SendForRow(ctx, listCall, req, err)
	if err != nil {
		return driver.Page{}, err
	}
	return answer.Page(row.Array("keys"), flatten)
}

// Revoke implements driver.Service.
func (a account) Revoke(ctx context.Context, id string) error {
	if err := revokeCall.CheckID(id); err != nil {
		return err
	}
	req, err := api.NewRevokeKeyRequest(a.BaseURL, id)
	answer, err := a.Send(ctx, revokeCall, req, err)
	if err != nil {
		return err
	}
	return answer.Confirm(func(*services.Row) bool { return answer.Status == http.StatusNoContent })
}

// flatten turns a key object into a key.
func flatten(row *services.Row) (driver.Key, error) {
	k, err := row.Key(key.Attributes, "id")
	k.Hint.Suffix = row.Text("ending")
	return k, err
}

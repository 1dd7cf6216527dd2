package acme

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/acme/api"
)

// The operations, as api/openapi.yaml has them.
var (
	createCall = services.CreateCall(key.Info, "POST /v2/keys")
	listCall   = services.ListCall(key.Info, "GET /v2/keys")
	revokeCall = services.RevokeCall(key.Info, "POST /v2/keys/{key_id}/revoke")
	getCall    = services.ReadCall(key.Info, "read the key", "GET /v2/keys/{key_id}")
	updateCall = services.UpdateCall(key.Info, "PUT /v2/keys/{key_id}")
)

const (
	pageSize = 50 // the most keys that a page may have
	jsonType = "application/json"
)

// account is Acme's driver.Service.
type account struct{ services.Connection }

var (
	_ driver.Service = account{}
	_ driver.Getter  = account{}
	_ driver.Updater = account{}
)

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
	body, err := createCall.Body(key, map[string]any{"name": spec.Name}, spec.Attributes)
	if err != nil {
		return driver.Minted{}, err
	}
	req, err := api.NewCreateKeyRequestWithBody(a.BaseURL, jsonType, body)
	answer, row, err := a.SendForRow(ctx, createCall, req, err)
	if err != nil {
		return driver.Minted{}, err
	}
	k, _ := flatten(row.Object("item"))
	return answer.Minted(row.Text("secret"), k, spec.Name)
}

// List implements driver.Service. Revoked keys are not listed, so every status
// but "revoked" is the same listing.
func (a account) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	if q.Status == driver.StatusInactive {
		return driver.Page{}, nil
	}
	params := &api.ListKeysParams{PageSize: new(pageSize)}
	if q.Cursor != "" {
		params.Cursor = &q.Cursor
	}
	req, err := api.NewListKeysRequest(a.BaseURL, params)
	answer, row, err := a.SendForRow(ctx, listCall, req, err)
	if err != nil {
		return driver.Page{}, err
	}
	page, err := answer.Page(row.Array("items"), flatten)
	if next := row.Text("next_cursor"); err == nil && next != "" && next != "null" {
		page.Next, page.MayHaveMore = []string{next}, true
	}
	return page, err
}

// Get implements driver.Getter.
func (a account) Get(ctx context.Context, id string) (driver.Key, error) {
	if err := getCall.CheckID(id); err != nil {
		return driver.Key{}, err
	}
	req, err := api.NewGetKeyRequest(a.BaseURL, id)
	answer, row, err := a.SendForRow(ctx, getCall, req, err)
	if err != nil {
		return driver.Key{}, err
	}
	return answer.Key(row, id, flatten)
}

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
			return driver.Key{}, updateCall.Reject(fmt.Sprintf("the key's present %s cannot be read, and would be cleared", name))
		}
		if value := now.Attributes[name]; value != nil {
			values[name] = value
		}
	}
	maps.Copy(values, c.Attributes)
	fields := map[string]any{"name": now.Name}
	if c.Name != nil {
		fields["name"] = *c.Name
	}
	body, err := updateCall.Body(key, fields, values)
	if err != nil {
		return driver.Key{}, err
	}
	req, err := api.NewReplaceKeyRequestWithBody(a.BaseURL, id, jsonType, body)
	answer, row, err := a.SendForRow(ctx, updateCall, req, err)
	if err != nil {
		return driver.Key{}, err
	}
	return answer.Key(row, id, flatten)
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
	return answer.Confirm(func(row *services.Row) bool {
		k, err := flatten(row)
		return err == nil && k.ID == id && !k.Live()
	})
}

// flatten turns a key object into a key.
func flatten(row *services.Row) (driver.Key, error) {
	k, err := row.Key(key.Attributes, "id")
	k.Hint.Suffix, _ = k.Attributes[ending].(string)
	return k, err
}

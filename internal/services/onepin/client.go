package onepin

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/onepin/api"
)

const jsonType = "application/json"

// The operations, as the OnePin API reference has them.
var (
	createCall = services.CreateCall(key.Info, "POST /api/v1/api-keys")
	listCall   = services.ListCall(key.Info, "GET /api/v1/api-keys")
	revokeCall = services.RevokeCall(key.Info, "DELETE /api/v1/api-keys/{key_id}")
	getCall    = services.ReadCall(key.Info, "read the key", "GET /api/v1/api-keys/{key_id}")
	updateCall = services.UpdateCall(key.Info, "PATCH /api/v1/api-keys/{key_id}")
	whoamiCall = services.ReadCall(key.Info, "ask who is calling", "GET /api/v1/auth/whoami")
	rotateCall = services.RotateCall(key.Info, "PATCH /api/v1/api-keys/{key_id}/rotate")
)

// workspace is OnePin's driver.Service for one workspace.
type workspace struct {
	services.Connection
	sizes *services.PageSizes // of all workspaces
}

var (
	_ driver.Service    = workspace{}
	_ driver.Getter     = workspace{}
	_ driver.Updater    = workspace{}
	_ driver.Rotator    = workspace{}
	_ driver.Identifier = workspace{}
)

// Credential implements driver.Service: the bearer if it is an API key, as far
// as is known by now.
func (w workspace) Credential() driver.Secret {
	if token := w.Connection.Credential(); !services.IsJWT(token.Reveal()) {
		return token
	}
	return driver.Secret{}
}

// Create implements driver.Service. Of the attributes, the call takes scopes,
// rate_limit_per_min and key_type (OnePin API reference, Create Api Key); a key
// is active when it is created.
func (w workspace) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	set := driver.Attributes{}
	for name, value := range spec.Attributes {
		if name != active || value != true {
			set[name] = value
		}
	}
	if set[active] == false {
		return driver.Minted{}, createCall.Reject("active cannot be set to false when the key is created")
	}
	body, err := createCall.Body(key, map[string]any{"name": spec.Name}, set)
	if err != nil {
		return driver.Minted{}, err
	}
	req, err := api.NewCreateKeyRequestWithBody(w.BaseURL, &api.CreateKeyParams{XWorkspaceId: w.Scope}, jsonType, body)
	answer, row, err := w.SendForRow(ctx, createCall, req, err)
	if err != nil {
		return driver.Minted{}, err
	}
	return minted(answer, row.Object("data"), spec.Name)
}

// Get implements driver.Getter.
func (w workspace) Get(ctx context.Context, id string) (driver.Key, error) {
	if err := getCall.CheckID(id); err != nil {
		return driver.Key{}, err
	}
	req, err := api.NewGetKeyRequest(w.BaseURL, id, &api.GetKeyParams{XWorkspaceId: w.Scope})
	answer, row, err := w.SendForRow(ctx, getCall, req, err)
	if err != nil {
		return driver.Key{}, noSuchID(id, err)
	}
	return answer.Key(row.Object("data"), id, flatten)
}

// Update implements driver.Updater. Whether null clears a value in a PATCH or
// leaves it is documented nowhere, so only what changes is sent, and the result is what
// the answer says.
func (w workspace) Update(ctx context.Context, id string, c driver.Changes) (driver.Key, error) {
	if err := updateCall.CheckID(id); err != nil {
		return driver.Key{}, err
	}
	fields := map[string]any{}
	if c.Name != nil {
		fields["name"] = *c.Name
	}
	body, err := updateCall.Body(key, fields, c.Attributes)
	if err != nil {
		return driver.Key{}, err
	}
	req, err := api.NewUpdateKeyRequestWithBody(w.BaseURL, id, &api.UpdateKeyParams{XWorkspaceId: w.Scope}, jsonType, body)
	answer, row, err := w.SendForRow(ctx, updateCall, req, err)
	if err != nil {
		return driver.Key{}, err
	}
	return answer.Key(row.Object("data"), id, flatten)
}

// Rotate implements driver.Rotator.
func (w workspace) Rotate(ctx context.Context, id string) (m driver.Minted, revoked bool, err error) {
	if err := rotateCall.CheckID(id); err != nil {
		return driver.Minted{}, false, err
	}
	req, err := api.NewRotateKeyRequest(w.BaseURL, id, &api.RotateKeyParams{XWorkspaceId: w.Scope})
	answer, row, err := w.SendForRow(ctx, rotateCall, req, err)
	if err != nil {
		return driver.Minted{}, false, noSuchID(id, err)
	}
	data := row.Object("data")
	old := data.Object("old_key")
	m, err = minted(answer, data.Object("new_key"), old.Text("name"))
	return m, err == nil && isRevoked(old, id), err
}

// Revoke implements driver.Service.
func (w workspace) Revoke(ctx context.Context, id string) error {
	if err := revokeCall.CheckID(id); err != nil {
		return err
	}
	req, err := api.NewRevokeKeyRequest(w.BaseURL, id, &api.RevokeKeyParams{XWorkspaceId: w.Scope})
	answer, err := w.Send(ctx, revokeCall, req, err)
	if err != nil {
		return noSuchID(id, err)
	}
	return answer.Confirm(func(row *services.Row) bool { return isRevoked(row.Object("data"), id) })
}

// keyID matches the ids of keys: UUIDs (OnePin API reference, Get Api Key: key_id).
var keyID = regexp.MustCompile(`(?i)^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$`)

// noSuchID turns the refusal of an id that no key can have into "not found". OnePin
// refuses it with 422, which would read like a mistake in the request.
func noSuchID(id string, err error) error {
	var e *driver.Error
	if !errors.As(err, &e) || e.Kind != driver.KindInvalid || e.Effect != driver.EffectNone || keyID.MatchString(id) ||
		slices.ContainsFunc(e.Fields, func(f driver.FieldError) bool { return !strings.HasSuffix(f.Field, "key_id") }) {
		return err
	}
	e.Kind, e.Message, e.Fields = driver.KindNotFound, "this is no id of OnePin, whose ids are UUIDs", nil
	return err
}

// isRevoked reports whether a key object says that the key with that id is revoked:
// "active: false, revoked_at set" (OnePin API reference, Delete Api Key).
func isRevoked(row *services.Row, id string) bool {
	k, err := flatten(row)
	return err == nil && strings.EqualFold(k.ID, id) && (k.Disabled || !k.Live())
}

// Self implements driver.Identifier. A server without the call does not say that
// anybody is calling.
func (w workspace) Self(ctx context.Context) (string, error) {
	req, err := api.NewWhoAmIRequest(w.BaseURL, &api.WhoAmIParams{XWorkspaceId: w.Scope})
	_, row, err := w.SendForRow(ctx, whoamiCall, req, err)
	if err != nil {
		if driver.IsNotFound(err) {
			return "", nil
		}
		return "", err
	}
	caller := row.Object("data")
	if caller.Text("auth_kind") != "api_key" {
		return "", nil
	}
	id, _ := caller.ID("api_key_id") // "" is a caller that is not named
	return id, nil
}

// minted reads a new key.
func minted(answer *services.Answer, row *services.Row, name string) (driver.Minted, error) {
	k, _ := flatten(row)
	return answer.Minted(row.Text("api_key"), k, name)
}

// flatten turns a key object into a key.
func flatten(row *services.Row) (driver.Key, error) {
	k, err := row.Key(key.Attributes, "id")
	k.Disabled = k.Attributes[active] == false
	k.Hint.Prefix, _ = k.Attributes[keyPrefix].(string)
	k.Hint.Suffix, _ = k.Attributes[keySuffix].(string)
	return k, err
}

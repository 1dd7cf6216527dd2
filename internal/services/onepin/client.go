package onepin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/onepin/api"
)

// The operations, as the OnePin API reference has them.
var (
	createCall = site.Creates("POST /api/v1/api-keys")
	listCall   = site.Lists("GET /api/v1/api-keys")
	revokeCall = site.Revokes("DELETE /api/v1/api-keys/{key_id}")
	getCall    = site.Asks("read the key", httpclient.Call{Route: "GET /api/v1/api-keys/{key_id}"})
	updateCall = site.Asks("change the key", httpclient.Call{Route: "PATCH /api/v1/api-keys/{key_id}", Repeatable: true})
	whoamiCall = site.Asks("ask who is calling", httpclient.Call{Route: "GET /api/v1/auth/whoami"})
	rotateCall = services.Call{
		Site: site, Operation: "rotate the key",
		HTTP: httpclient.Call{Route: "PATCH /api/v1/api-keys/{key_id}/rotate", Fresh: true},
	}
)

// workspace is OnePin's driver.Service for one workspace.
type workspace struct {
	*session
	// id goes into each call; nil leaves the choice to the bearer.
	id *api.WorkspaceID
}

var (
	_ driver.Service    = workspace{}
	_ driver.Getter     = workspace{}
	_ driver.Updater    = workspace{}
	_ driver.Rotator    = workspace{}
	_ driver.Identifier = workspace{}
)

// Create implements driver.Service. Of the attributes, the call takes scopes,
// rate_limit_per_min and key_type (OnePin API reference, Create Api Key); a key
// is made active.
func (w workspace) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	set, err := expand(spec.Attributes)
	if err == nil && set.active != nil && !*set.active {
		err = fmt.Errorf("%s cannot be set to false while the key is made", active)
	}
	if err != nil {
		return driver.Minted{}, createCall.Refuse(err.Error())
	}
	body := api.NewKey{Name: spec.Name, Scopes: set.scopes, RateLimitPerMin: set.rateLimit, KeyType: set.keyType}
	resp, err := w.wire.CreateKey(createCall.In(ctx), &api.CreateKeyParams{XWorkspaceId: w.id}, body)
	answer, err := services.Decode[services.Row](createCall, resp, err)
	if err != nil {
		return driver.Minted{}, err
	}
	return minted(createCall, resp, answer.Object("data"), spec.Name)
}

// Get implements driver.Getter.
func (w workspace) Get(ctx context.Context, id string) (driver.Key, error) {
	if err := getCall.CheckID(id); err != nil {
		return driver.Key{}, err
	}
	resp, err := w.wire.GetKey(getCall.In(ctx), id, &api.GetKeyParams{XWorkspaceId: w.id})
	k, err := oneKey(getCall, id, resp, err)
	return k, noSuchID(id, err)
}

// Update implements driver.Updater. Whether null clears a value in a PATCH or
// leaves it is documented nowhere, so only what changes is sent, and what the
// answer says is what is true.
func (w workspace) Update(ctx context.Context, id string, c driver.Changes) (driver.Key, error) {
	if err := updateCall.CheckID(id); err != nil {
		return driver.Key{}, err
	}
	set, err := expand(c.Attributes)
	if err == nil && set.keyType != nil {
		err = fmt.Errorf("%s cannot be changed", keyType)
	}
	if err != nil {
		return driver.Key{}, updateCall.Refuse(err.Error())
	}
	body := api.KeyChanges{Name: c.Name, Scopes: set.scopes, RateLimitPerMin: set.rateLimit, Active: set.active}
	resp, err := w.wire.UpdateKey(updateCall.In(ctx), id, &api.UpdateKeyParams{XWorkspaceId: w.id}, body)
	return oneKey(updateCall, id, resp, err)
}

// Rotate implements driver.Rotator.
func (w workspace) Rotate(ctx context.Context, id string) (m driver.Minted, revoked bool, err error) {
	if err := rotateCall.CheckID(id); err != nil {
		return driver.Minted{}, false, err
	}
	resp, err := w.wire.RotateKey(rotateCall.In(ctx), id, &api.RotateKeyParams{XWorkspaceId: w.id})
	answer, err := services.Decode[services.Row](rotateCall, resp, err)
	if err != nil {
		return driver.Minted{}, false, noSuchID(id, err)
	}
	data := answer.Object("data")
	old := data.Object("old_key")
	m, err = minted(rotateCall, resp, data.Object("new_key"), old.Text("name"))
	return m, err == nil && isRevoked(old, id), err
}

// Revoke implements driver.Service.
func (w workspace) Revoke(ctx context.Context, id string) error {
	if err := revokeCall.CheckID(id); err != nil {
		return err
	}
	resp, err := w.wire.RevokeKey(revokeCall.In(ctx), id, &api.RevokeKeyParams{XWorkspaceId: w.id})
	return noSuchID(id, services.Done(revokeCall, resp, err, func(_ int, body []byte) bool {
		var answer services.Row
		return json.Unmarshal(body, &answer) == nil && isRevoked(answer.Object("data"), id)
	}))
}

// keyID matches the ids of keys: UUIDs (OnePin API reference, Get Api Key: key_id).
var keyID = regexp.MustCompile(`(?i)^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$`)

// noSuchID makes "not found" of a refusal of an id that no key can have. It is not
// looked for, but refused with 422, which would read like a mistake in the request.
func noSuchID(id string, err error) error {
	var e *driver.Error
	if !errors.As(err, &e) || e.Kind != driver.KindInvalid || e.Effect != driver.EffectNone || keyID.MatchString(id) ||
		slices.ContainsFunc(e.Fields, func(f driver.FieldError) bool { return !strings.HasSuffix(f.Field, "key_id") }) {
		return err
	}
	e.Kind, e.Message, e.Fields = driver.KindNotFound, "the id is none of OnePin's, which are UUIDs", nil
	return err
}

// isRevoked reports whether a key object says that the key with that id is revoked:
// "active: false, revoked_at set" (OnePin API reference, Delete Api Key).
func isRevoked(row *services.Row, id string) bool {
	k, err := flatten(row)
	return err == nil && strings.EqualFold(k.ID, id) && (k.Disabled || !k.Live())
}

// Self implements driver.Identifier. A server that does not know the call has
// not said that anybody is calling.
func (w workspace) Self(ctx context.Context) (string, error) {
	resp, err := w.wire.WhoAmI(whoamiCall.In(ctx), &api.WhoAmIParams{XWorkspaceId: w.id})
	answer, err := services.Decode[services.Row](whoamiCall, resp, err)
	if driver.IsNotFound(err) {
		return "", nil
	}
	caller := answer.Object("data")
	if err != nil || caller.Text("auth_kind") != "api_key" {
		return "", err
	}
	id, _ := caller.ID("api_key_id") // a caller that is not named is not known
	return id, nil
}

// minted is a key whose value the answer tells, this once: whatever else the
// answer lacks, the value is kept.
func minted(c services.Call, resp *http.Response, row *services.Row, name string) (driver.Minted, error) {
	value := row.Text("api_key")
	if value == "" {
		return driver.Minted{}, c.Unusable(resp, "the answer holds no api_key")
	}
	k, _ := flatten(row)
	k.Name = cmp.Or(k.Name, name)
	return driver.Minted{Key: k, Value: driver.NewSecret(value)}, nil
}

// oneKey reads the answer to a call about the key with that id.
func oneKey(c services.Call, id string, resp *http.Response, err error) (driver.Key, error) {
	answer, err := services.Decode[services.Row](c, resp, err)
	if err != nil {
		return driver.Key{}, err
	}
	k, err := flatten(answer.Object("data"))
	if err == nil && !strings.EqualFold(k.ID, id) {
		err = fmt.Errorf("it is about key %s", k.ID)
	}
	if err != nil {
		return driver.Key{}, c.Unusable(resp, fmt.Sprintf("the answer cannot be used: %v", err))
	}
	return k, nil
}

// flatten turns a key object into a key.
func flatten(row *services.Row) (k driver.Key, err error) {
	k.ID, err = row.ID("id")
	k.Name = row.Text("name")
	row.Times(&k)
	k.Attributes = row.Attributes(kinds)
	k.Disabled = k.Attributes[active] == false
	k.Hint.Prefix, _ = k.Attributes[keyPrefix].(string)
	k.Hint.Suffix, _ = k.Attributes[keySuffix].(string)
	k.Unreadable = row.Unreadable
	return k, err
}

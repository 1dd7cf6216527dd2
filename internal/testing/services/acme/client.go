package acme

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/oapi-codegen/nullable"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/acme/api"
)

// site names the service in messages.
var site = services.Site{Info: definition.Info{Name: "acme", Title: "Acme", Console: "Acme's console, Keys"}}

// settings are the provider's attributes for Acme.
var settings = []services.Setting{
	{
		Name: "api_key", Env: []string{"ACME_API_KEY"}, Sensitive: true,
		Description: "API key that signs the requests, such as `acme_live_…`.",
	},
	{
		Name: services.BaseURL, Env: []string{"ACME_BASE_URL"}, Default: "https://keys.acme.example",
		Description: "Address of the API.",
	},
}

// The names of Acme's own attributes of a key.
const (
	note        = "note"
	permissions = "permissions"
	environment = "environment"
	ending      = "ending"
)

// The operations, as api/openapi.yaml has them.
var (
	createCall = site.Creates("POST /v2/keys")
	listCall   = site.Lists("GET /v2/keys")
	revokeCall = site.Revokes("POST /v2/keys/{key_id}/revoke")
	getCall    = site.Asks("read the key", httpclient.Call{Route: "GET /v2/keys/{key_id}"})
	updateCall = site.Asks("change the key", httpclient.Call{Route: "PUT /v2/keys/{key_id}", Repeatable: true})
)

// pageSize is the most keys that a page may have.
const pageSize = 50

// account is Acme's driver.Service.
type account struct {
	services.Link
	wire *api.Client
}

var (
	_ driver.Service = account{}
	_ driver.Getter  = account{}
	_ driver.Updater = account{}
)

// Connect checks the settings and returns the way to the service. It sends
// nothing.
func Connect(cfg services.Config) (services.Open, error) {
	link, err := cfg.Link(site, settings[0], "X-API-Key")
	if err != nil {
		return nil, err
	}
	wire, err := api.NewClient(link.Address, api.WithHTTPClient(link.HTTP))
	if err != nil {
		return nil, site.BadSetting(services.BaseURL, err.Error())
	}
	return func(string) driver.Service { return account{Link: link, wire: wire} }, nil
}

// Create implements driver.Service.
func (a account) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	body := api.NewKey{Name: spec.Name}
	for name, value := range spec.Attributes {
		var ok bool
		switch name {
		case note:
			ok = expandNote(&body.Note, value)
		case permissions:
			ok = expandPermissions(&body.Permissions, value)
		case environment:
			var where string
			where, ok = value.(string)
			body.Environment = &where
		}
		if !ok {
			return driver.Minted{}, createCall.Refuse(fmt.Sprintf("%s cannot be set to %v", name, value))
		}
	}
	resp, err := a.wire.CreateKey(createCall.In(ctx), body)
	answer, err := services.Decode[services.Row](createCall, resp, err)
	if err != nil {
		return driver.Minted{}, err
	}
	value := answer.Text("secret")
	if value == "" {
		return driver.Minted{}, createCall.Unusable(resp, "the answer holds no secret")
	}
	// Whatever else the answer lacks, its value is told only here and is kept.
	key, _ := flatten(answer.Object("item"))
	key.Name = cmp.Or(key.Name, spec.Name)
	return driver.Minted{Key: key, Value: driver.NewSecret(value)}, nil
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
	resp, err := a.wire.ListKeys(listCall.In(ctx), params)
	answer, err := services.Decode[services.Row](listCall, resp, err)
	if err != nil {
		return driver.Page{}, err
	}
	page, err := services.ReadPage(listCall, resp, answer.Array("items"), flatten)
	if next := answer.Text("next_cursor"); err == nil && next != "" && next != "null" {
		page.Next, page.MayHaveMore = []string{next}, true
	}
	return page, err
}

// Get implements driver.Getter.
func (a account) Get(ctx context.Context, id string) (driver.Key, error) {
	if err := getCall.CheckID(id); err != nil {
		return driver.Key{}, err
	}
	resp, err := a.wire.GetKey(getCall.In(ctx), id)
	return oneKey(getCall, id, resp, err)
}

// Update implements driver.Updater. What the PUT lacks the service clears, so
// everything that is not to change is sent back as it was.
func (a account) Update(ctx context.Context, id string, c driver.Changes) (driver.Key, error) {
	now, err := a.Get(ctx, id)
	if err != nil {
		return driver.Key{}, err
	}
	body := api.KeyDocument{Name: now.Name}
	for _, name := range now.Unreadable {
		if name == note || name == permissions {
			return driver.Key{}, updateCall.Refuse(fmt.Sprintf("the key's present %s cannot be read, and would be cleared", name))
		}
	}
	if text, has := now.Attributes[note]; has {
		expandNote(&body.Note, text)
	}
	if list, ok := now.Attributes[permissions].([]string); ok {
		body.Permissions = &list
	}
	if c.Name != nil {
		body.Name = *c.Name
	}
	for name, value := range c.Attributes {
		var ok bool
		switch name {
		case note:
			ok = expandNote(&body.Note, value)
		case permissions:
			ok = expandPermissions(&body.Permissions, value)
		}
		if !ok {
			return driver.Key{}, updateCall.Refuse(fmt.Sprintf("%s cannot be changed to %v", name, value))
		}
	}
	resp, err := a.wire.ReplaceKey(updateCall.In(ctx), id, body)
	return oneKey(updateCall, id, resp, err)
}

// Revoke implements driver.Service.
func (a account) Revoke(ctx context.Context, id string) error {
	if err := revokeCall.CheckID(id); err != nil {
		return err
	}
	resp, err := a.wire.RevokeKey(revokeCall.In(ctx), id)
	return services.Done(revokeCall, resp, err, func(_ int, body []byte) bool {
		var answer services.Row
		if json.Unmarshal(body, &answer) != nil {
			return false
		}
		k, err := flatten(&answer)
		return err == nil && k.ID == id && !k.Live()
	})
}

// oneKey reads the answer to a call about the key with that id.
func oneKey(c services.Call, id string, resp *http.Response, err error) (driver.Key, error) {
	row, err := services.Decode[services.Row](c, resp, err)
	if err != nil {
		return driver.Key{}, err
	}
	k, err := flatten(&row)
	if err == nil && k.ID != id {
		err = fmt.Errorf("it is about key %s", k.ID)
	}
	if err != nil {
		return driver.Key{}, c.Unusable(resp, fmt.Sprintf("the answer cannot be used: %v", err))
	}
	return k, nil
}

// kinds are the kinds of Acme's own attributes.
var kinds = map[string]any{note: "", permissions: []string(nil), environment: "", ending: ""}

// flatten turns a key object into a key.
func flatten(row *services.Row) (k driver.Key, err error) {
	k.ID, err = row.ID("id")
	k.Name = row.Text("name")
	row.Times(&k)
	k.Attributes = row.Attributes(kinds)
	k.Hint.Suffix, _ = k.Attributes[ending].(string)
	k.Unreadable = row.Unreadable
	return k, err
}

func expandNote(field *nullable.Nullable[string], value any) bool {
	text, ok := value.(string)
	if ok {
		field.Set(text)
	} else {
		field.SetNull()
	}
	return ok || value == nil
}

// expandPermissions always sends them in the same order, which has no meaning.
func expandPermissions(field **[]string, value any) bool {
	list, ok := value.([]string)
	list = slices.Sorted(slices.Values(list))
	*field = &list
	return ok
}

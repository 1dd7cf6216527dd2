package expunct

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/expunct/api"
)

// site names the service in messages.
var site = services.Site{Info: definition.Info{Name: "expunct", Title: "Expunct", Console: "the Expunct dashboard, API Keys"}}

const tenantID = "tenant_id"

// settings are the provider's attributes for Expunct.
var settings = []services.Setting{
	{
		Name: "api_key", Env: []string{"EXPUNCT_API_KEY"}, Sensitive: true,
		Description: "API key that signs the requests, such as `pk_live_…`.",
	},
	{
		Name: tenantID, Env: []string{"EXPUNCT_TENANT_ID"},
		Description: "Tenant whose keys are managed, unless a resource names another one. Default: the tenant of `api_key`.",
	},
	{
		Name: services.BaseURL, Env: []string{"EXPUNCT_BASE_URL"}, Default: "https://api.pii-redactor.dev/api/v1",
		Description: "Address of the API, with its version.",
	},
}

// The operations, as the Expunct documentation's API Keys page has them.
var (
	createCall = site.Creates("POST /api-keys")
	listCall   = site.Lists("GET /api-keys")
	revokeCall = site.Revokes("DELETE /api-keys/{key_id}")
)

// tenant is Expunct's driver.Service for one tenant.
type tenant struct {
	services.Link
	wire *api.Client
	// id goes into each call; nil leaves the choice to the calling key.
	id *api.TenantID
	// sizes are shared by all tenants.
	sizes *services.PageSizes
}

var _ driver.Service = tenant{}

// Connect checks the settings and returns the way to the service, by tenant. It
// sends nothing.
func Connect(cfg services.Config) (services.Open, error) {
	link, err := cfg.Link(site, settings[0], "X-API-Key")
	if err != nil {
		return nil, err
	}
	wire, err := api.NewClient(link.Address, api.WithHTTPClient(link.HTTP))
	if err != nil {
		return nil, site.BadSetting(services.BaseURL, err.Error())
	}
	sizes := &services.PageSizes{}
	return func(scope string) driver.Service {
		t := tenant{Link: link, wire: wire, sizes: sizes}
		if id := cmp.Or(scope, cfg.Settings[tenantID]); id != "" {
			t.id = &id
		}
		return t
	}, nil
}

// Create implements driver.Service.
func (t tenant) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	resp, err := t.wire.CreateKey(createCall.In(ctx), &api.CreateKeyParams{TenantId: t.id}, api.NewKey{Name: spec.Name})
	answer, err := services.Decode[services.Row](createCall, resp, err)
	if err != nil {
		return driver.Minted{}, err
	}
	value := answer.Text("key")
	if value == "" {
		return driver.Minted{}, createCall.Unusable(resp, "the answer holds no key")
	}
	// Whatever else the answer lacks, its value is told only here and is kept.
	key, _ := flatten(&answer)
	key.Name = cmp.Or(key.Name, spec.Name)
	return driver.Minted{Key: key, Value: driver.NewSecret(value)}, nil
}

// Revoke implements driver.Service.
func (t tenant) Revoke(ctx context.Context, id string) error {
	if err := revokeCall.CheckID(id); err != nil {
		return err
	}
	resp, err := t.wire.RevokeKey(revokeCall.In(ctx), id, &api.RevokeKeyParams{TenantId: t.id})
	return services.Done(revokeCall, resp, err, func(_ int, body []byte) bool {
		var answer api.Detail
		return json.Unmarshal(body, &answer) == nil && strings.EqualFold(strings.TrimRight(answer.Detail, "."), "API key revoked")
	})
}

// flatten turns a key object into a key.
func flatten(row *services.Row) (key driver.Key, err error) {
	key.ID, err = row.ID("id")
	key.Name = row.Text("name")
	row.Times(&key)
	prefix := row.Text("prefix")
	key.Hint.Prefix = strings.TrimRight(prefix, ".…")
	if prefix != "" {
		key.Attributes = driver.Attributes{"prefix": prefix}
	}
	key.Unreadable = row.Unreadable
	return key, err
}

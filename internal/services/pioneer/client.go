package pioneer

import (
	"cmp"
	"context"
	"sync/atomic"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/pioneer/api"
)

// site names the service in messages; its keys are made where the API keys page
// of docs.pioneer.ai says.
var site = services.Site{Info: definition.Info{Name: "pioneer", Title: "Pioneer", Console: "pioneer.ai, Settings > API Keys"}}

// settings are the provider's attributes for Pioneer.
var settings = []services.Setting{
	{
		Name: "api_key", Env: []string{"PIONEER_API_KEY"}, Sensitive: true,
		Description: "API key that signs the requests. Made at pioneer.ai under Settings > API Keys.",
	},
	sessionToken,
	sessionTokenCommand,
	{
		Name: services.BaseURL, Env: []string{"PIONEER_BASE_URL"}, Default: "https://api.pioneer.ai",
		Description: "Address of the API.",
	},
}

// The operations, as docs.pioneer.ai's API keys page has them.
var (
	createCall = site.Creates("POST /create-api-key")
	listCall   = site.Lists("GET /list-api-keys")
	revokeCall = site.Revokes("DELETE /delete-api-key")
)

// account is Pioneer's driver.Service.
type account struct {
	services.Link
	api *api.Client
	// create is createCall, signed with the session if there is one.
	create     services.Call
	hasSession bool
	// dashboard is set once a listing has shown that the server is one where API keys
	// are documented not to create keys.
	dashboard *atomic.Bool
}

var (
	_ driver.Service       = account{}
	_ driver.CreateChecker = account{}
)

// Connect checks the settings and returns the way to the service. It sends
// nothing. Keys belong to the account, so the scope means nothing here.
func Connect(cfg services.Config) (services.Open, error) {
	session, hasSession, err := cfg.Bearer(site, sessionToken, sessionTokenCommand)
	if err != nil {
		return nil, err
	}
	link, err := cfg.Link(site, settings[0], "X-API-Key")
	if err != nil {
		return nil, err
	}
	client, err := api.NewClient(link.Address, api.WithHTTPClient(link.HTTP))
	if err != nil {
		return nil, site.BadSetting(services.BaseURL, err.Error())
	}
	a := account{Link: link, api: client, create: createCall, hasSession: hasSession, dashboard: &atomic.Bool{}}
	a.create.Site.Explain = explainCreate(hasSession)
	if hasSession {
		session.Now = link.HTTP.Now
		a.create.HTTP.Authorize, a.create.HTTP.Renew = session.Authorize, session.Renew
	}
	return func(string) driver.Service { return a }, nil
}

// Create implements driver.Service. Older servers answer without an id.
func (a account) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	resp, err := a.api.CreateKey(a.create.In(ctx), api.NewKey{Name: spec.Name})
	made, err := services.Decode[services.Row](a.create, resp, err)
	if err != nil {
		return driver.Minted{}, err
	}
	value := cmp.Or(made.Text("secret_key"), made.Text("key"))
	if value == "" {
		return driver.Minted{}, a.create.Unusable(resp, "the answer holds neither secret_key nor key")
	}
	// Whatever else cannot be read must not cost the value, which comes only here.
	k := driver.Key{Name: cmp.Or(made.Text("name"), spec.Name), Attributes: made.Attributes(kinds)}
	k.ID, _ = made.ID("key_id", "id")
	k.Hint.Suffix = ending(made.Text(lastDigits))
	if made.Times(&k); k.DateOnly && k.ID == "" {
		k.CreatedAt, k.DateOnly = time.Time{}, false // too coarse to find its id by
	}
	return driver.Minted{Key: k, Value: driver.NewSecret(value)}, nil
}

// List implements driver.Service. All live keys come as one page; revoked ones
// are not remembered.
func (a account) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	if q.Status == driver.StatusInactive {
		return driver.Page{}, nil
	}
	resp, err := a.api.ListKeys(listCall.In(ctx))
	list, err := services.Decode[services.Row](listCall, resp, err)
	if err != nil {
		return driver.Page{}, err
	}
	page, err := services.ReadPage(listCall, resp, list.Array("keys"), a.flatten)
	if err == nil && len(page.Keys) == 0 && list.Has("count") {
		a.dashboard.Store(true)
	}
	return page, err
}

// flatten turns an item of the listing into a key.
func (a account) flatten(row *services.Row) (k driver.Key, err error) {
	k.ID, err = row.ID("key_id", "id")
	k.Name = row.Text("name")
	row.Times(&k)
	k.Hint = hint(row.Text("masked_key"), row.Text("key"), row.Text("key_preview"), row.Text("preview"), row.Text("key_prefix"), row.Text("prefix"))
	if row.Has(lastDigits) {
		a.dashboard.Store(true)
		k.Hint.Suffix = cmp.Or(ending(row.Text(lastDigits)), k.Hint.Suffix)
	}
	if shown := row.Attributes(kinds); len(shown) > 0 { // no empty map for each key of a long listing
		k.Attributes = shown
	}
	k.Unreadable = row.Unreadable
	return k, err
}

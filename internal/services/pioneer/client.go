package pioneer

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/pioneer/api"
)

// site names the service in messages; its keys are made where the API keys page
// of docs.pioneer.ai says.
var site = services.Site{Name: "pioneer", Title: "Pioneer", Console: "pioneer.ai, Settings > API Keys"}

// settings are the provider's attributes for Pioneer.
var settings = []services.Setting{
	{
		Name: "api_key", Env: []string{"PIONEER_API_KEY"}, Sensitive: true,
		Description: "API key that signs the requests. Made at pioneer.ai under Settings > API Keys.",
	},
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

// account is Pioneer's keyring.Service.
type account struct {
	services.Link
	api *api.Client
}

var _ keyring.Service = account{}

// Connect checks the settings and returns the way to the service. It sends
// nothing. Keys belong to the account, so the scope means nothing here.
func Connect(cfg services.Config) (services.Open, error) {
	link, err := cfg.Link(site, settings[0], "X-API-Key")
	if err != nil {
		return nil, err
	}
	client, err := api.NewClient(link.Address, api.WithHTTPClient(link.HTTP))
	if err != nil {
		return nil, site.BadSetting(services.BaseURL, err.Error())
	}
	return func(string) keyring.Service { return account{link, client} }, nil
}

// Create implements keyring.Service. The answer has no id.
func (a account) Create(ctx context.Context, spec keyring.Spec) (keyring.Minted, error) {
	resp, err := a.api.CreateKey(createCall.In(ctx), api.NewKey{Name: spec.Name})
	made, err := services.Decode[services.Row](createCall, resp, err)
	if err != nil {
		return keyring.Minted{}, err
	}
	value := made.Text("key")
	if value == "" {
		return keyring.Minted{}, createCall.Unusable(resp, "the answer holds no key")
	}
	// Whatever else cannot be read must not cost the value, which comes only here.
	k := keyring.Key{Name: cmp.Or(made.Text("name"), spec.Name)}
	if made.Times(&k); k.DayOnly {
		k.CreatedAt, k.DayOnly = time.Time{}, false // too coarse to find its id by
	}
	return keyring.Minted{Key: k, Value: keyring.NewSecret(value)}, nil
}

// List implements keyring.Service. All live keys come as one page; revoked ones
// are not remembered.
func (a account) List(ctx context.Context, q keyring.Query) (keyring.Page, error) {
	if q.Status == keyring.StatusInactive {
		return keyring.Page{}, nil
	}
	resp, err := a.api.ListKeys(listCall.In(ctx))
	list, err := services.Decode[services.Row](listCall, resp, err)
	if err != nil {
		return keyring.Page{}, err
	}
	return services.ReadPage(listCall, resp, list.Array("keys"), flatten)
}

// flatten turns an item of the listing into a key.
func flatten(row *services.Row) (k keyring.Key, err error) {
	k.ID, err = row.ID("key_id", "id")
	k.Name = row.Text("name")
	row.Times(&k)
	k.Hint = hint(row.Text("masked_key"), row.Text("key"), row.Text("key_preview"), row.Text("preview"), row.Text("key_prefix"), row.Text("prefix"))
	k.Unreadable = row.Unreadable
	return k, err
}

// hint reads a masked value, such as pio_sk_ab12…9f8e. How values are masked, and
// in which field, is not documented: what tells most counts, and what stands for
// the hidden part is cut away.
func hint(masked ...string) keyring.Hint {
	const filling = ".*•…"
	var best keyring.Hint
	for _, text := range masked {
		h := keyring.Hint{Prefix: text}
		if first := strings.IndexAny(text, filling); first >= 0 {
			last := strings.LastIndexAny(text, filling)
			h = keyring.Hint{Prefix: text[:first], Suffix: strings.TrimLeft(text[last:], filling)}
		}
		if len(h.Prefix)+len(h.Suffix) > len(best.Prefix)+len(best.Suffix) {
			best = h
		}
	}
	return best
}

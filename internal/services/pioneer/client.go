package pioneer

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

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
	made, err := services.Decode[api.CreatedKey](createCall, resp, err)
	if err != nil {
		return keyring.Minted{}, err
	}
	if made.Key == "" {
		return keyring.Minted{}, createCall.Unusable(resp, "the answer holds no key")
	}
	if made.Name == "" {
		made.Name = spec.Name
	}
	// A time that cannot be read must not cost the value, which is told only here.
	createdAt, _ := services.ParseTime(services.Told(made.CreatedAt))
	return keyring.Minted{
		Key:   keyring.Key{Name: made.Name, CreatedAt: createdAt},
		Value: keyring.NewSecret(made.Key),
	}, nil
}

// List implements keyring.Service. All live keys come as one page; revoked ones
// are not remembered.
func (a account) List(ctx context.Context, q keyring.Query) (keyring.Page, error) {
	if q.Status == keyring.StatusInactive {
		return keyring.Page{}, nil
	}
	resp, err := a.api.ListKeys(listCall.In(ctx))
	list, err := services.Decode[keyList](listCall, resp, err)
	if err != nil {
		return keyring.Page{}, err
	}
	if list.Keys == nil || string(list.Keys) == "null" {
		return keyring.Page{}, listCall.Unusable(resp, `the answer holds no list "keys"`)
	}
	page := keyring.Page{Total: -1}
	err = services.Rows(listCall, resp, list.Keys, func(item api.Key) error {
		k, err := flatten(item)
		if err != nil {
			return listCall.Unusable(resp, fmt.Sprintf("item %d of the listing: %v", len(page.Keys)+1, err))
		}
		page.Keys = append(page.Keys, k)
		return nil
	})
	if err != nil {
		return keyring.Page{}, err
	}
	return page, nil
}

// keyList is api.KeyList with the items as they have come: all keys are on one
// page, however many there are.
type keyList struct {
	Keys json.RawMessage `json:"keys"`
}

// flatten turns an item of the listing into a key.
func flatten(item api.Key) (keyring.Key, error) {
	var times services.Times
	k := keyring.Key{
		ID:         services.Told(item.KeyId),
		Name:       services.Told(item.Name),
		CreatedAt:  times.Read("created_at", services.NotNull(item.CreatedAt)),
		LastUsedAt: times.Read("last_used_at", services.NotNull(item.LastUsedAt)),
		Hint: hint(services.NotNull(item.MaskedKey), services.NotNull(item.Key), services.NotNull(item.KeyPreview),
			services.NotNull(item.Preview), services.NotNull(item.KeyPrefix), services.NotNull(item.Prefix)),
	}
	if k.ID == "" {
		k.ID = services.Told(item.Id)
	}
	if k.ID == "" {
		return k, fmt.Errorf("it has neither key_id nor id")
	}
	return k, times.Err
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

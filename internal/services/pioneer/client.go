package pioneer

import (
	"cmp"
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/pioneer/api"
)

// The operations, as docs.pioneer.ai's API keys page has them.
var (
	createCall = services.CreateCall(key.Info, "POST /create-api-key")
	listCall   = services.ListCall(key.Info, "GET /list-api-keys")
	revokeCall = services.RevokeCall(key.Info, "DELETE /delete-api-key")
)

// account is Pioneer's driver.Service. Keys belong to the account, so there is no scope.
type account struct {
	services.Connection
	create     services.Call // signed with the session if there is one
	hasSession bool
	// dashboard is set once a listing has shown that the server is one where API keys
	// are documented not to create keys.
	dashboard *atomic.Bool
}

var (
	_ driver.Service       = account{}
	_ driver.CreateChecker = account{}
)

// Connect connects to the service.
func Connect(cfg services.Config) (services.Open, error) {
	session, hasSession, err := cfg.Bearer(key.Info, settings[1], settings[2])
	if err != nil {
		return nil, err
	}
	conn, err := cfg.ConnectWithKey(key, settings[0], "X-API-Key")
	if err != nil {
		return nil, err
	}
	a := account{Connection: conn, create: createCall, hasSession: hasSession, dashboard: &atomic.Bool{}}
	if hasSession {
		session.Now = conn.Now
		a.create.HTTP.Authorize, a.create.HTTP.Renew = session.Authorize, session.Renew
	}
	return func(string) driver.Service { return a }, nil
}

// Create implements driver.Service. Older servers answer without an id.
func (a account) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	req, err := api.NewCreateKeyRequest(a.BaseURL, api.NewKey{Name: spec.Name})
	answer, row, err := a.SendForRow(ctx, a.create, req, err)
	if err != nil {
		return driver.Minted{}, a.explain(err)
	}
	k, _ := row.Key(key.Attributes, "key_id", "id")
	k.Hint.Suffix = ending(row.Text(lastDigits))
	if k.DateOnly && k.ID == "" {
		k.CreatedAt, k.DateOnly = time.Time{}, false // too coarse to find its id by
	}
	return answer.Minted(cmp.Or(row.Text("secret_key"), row.Text("key")), k, spec.Name)
}

// List implements driver.Service. All live keys come as one page; revoked ones
// are not remembered.
func (a account) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	if q.Status == driver.StatusInactive {
		return driver.Page{}, nil
	}
	req, err := api.NewListKeysRequest(a.BaseURL)
	answer, list, err := a.SendForRow(ctx, listCall, req, err)
	if err != nil {
		return driver.Page{}, err
	}
	page, err := answer.Page(list.Array("keys"), a.flatten)
	if err == nil && len(page.Keys) == 0 && list.Has("count") {
		a.dashboard.Store(true)
	}
	return page, err
}

// lastDigits is the field that shows the end of a value, on servers since 2026-07-15.
const lastDigits = "api_key_last_digits"

// flatten turns an item of the listing into a key.
func (a account) flatten(row *services.Row) (driver.Key, error) {
	k, err := row.Key(key.Attributes, "key_id", "id")
	k.Hint = hint(row.Text("masked_key"), row.Text("key"), row.Text("key_preview"), row.Text("preview"), row.Text("key_prefix"), row.Text("prefix"))
	if row.Has(lastDigits) {
		a.dashboard.Store(true)
		k.Hint.Suffix = cmp.Or(ending(row.Text(lastDigits)), k.Hint.Suffix)
	}
	k.Unreadable = row.Unreadable
	return k, err
}

// filling are the characters that hide the rest of a value.
const filling = ".*•…"

// hint reads a masked value, such as pio_sk_ab12…9f8e. How values are masked, and
// in which field, is not documented: the field that shows most counts.
func hint(masked ...string) driver.Hint {
	var best driver.Hint
	for _, text := range masked {
		h := driver.Hint{Prefix: text}
		if first := strings.IndexAny(text, filling); first >= 0 {
			h = driver.Hint{Prefix: text[:first], Suffix: ending(text)}
		}
		if len(h.Prefix)+len(h.Suffix) > len(best.Prefix)+len(best.Suffix) {
			best = h
		}
	}
	return best
}

// ending is the end of a masked value.
func ending(text string) string {
	text = strings.TrimSpace(text)
	return strings.TrimLeft(text[max(0, strings.LastIndexAny(text, filling)):], filling)
}

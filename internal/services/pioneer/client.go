package pioneer

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/pioneer/api"
)

// calls are the operations, as docs.pioneer.ai's API keys page has them.
var calls = services.API{
	Key: key, Items: "keys", IDs: []string{"key_id", "id"}, Values: []string{"secret_key", "key"}, Pages: services.Pages{Total: "count"},
	// How older servers mask values, and in which field, is not documented.
	Suffix: "api_key_last_digits", Masks: []string{"masked_key", "key", "key_preview", "preview", "key_prefix", "prefix"},
	Create: services.Call{Route: "POST /create-api-key", Build: func(r services.Request) (*http.Request, error) {
		return api.NewCreateKeyRequest(r.BaseURL, api.NewKey{Name: r.Name})
	}},
	List: services.Call{Route: "GET /list-api-keys", Build: func(r services.Request) (*http.Request, error) {
		return api.NewListKeysRequest(r.BaseURL)
	}},
	Revoke: services.Call{Route: "DELETE /delete-api-key", Build: func(r services.Request) (*http.Request, error) {
		if r.Name != "" {
			return api.NewRevokeKeyRequest(r.BaseURL, api.KeyToRevoke{Name: &r.Name})
		}
		return api.NewRevokeKeyRequest(r.BaseURL, api.KeyToRevoke{KeyId: &r.ID})
	}},
	// Documented are 204 and, on the newer API reference page, 200 {"success": true}.
	Revoked: func(a *services.Answer, object *services.Object) bool {
		return a.Status == http.StatusNoContent && len(a.Body) == 0 || string(object.JSON("success")) == "true"
	},
}

// account is Pioneer's driver.Service. Keys belong to the account, so there is no scope.
type account struct {
	*services.Client
	hasSession bool
	// dashboard is set once a listing has shown that the server is one where API keys
	// are documented not to create keys.
	dashboard *atomic.Bool
}

var _ driver.CreateChecker = account{}

// Connect connects to the service.
func Connect(cfg services.Config) (_ services.Open, err error) {
	signed := calls
	if signed.Session, err = cfg.Bearer(key.Info, settings[1], settings[2]); err != nil {
		return nil, err
	}
	a := account{hasSession: signed.Session != nil, dashboard: &atomic.Bool{}}
	signed.Explain = a.explain
	if a.Client, err = cfg.ConnectWithKey(signed, settings[0], "X-API-Key"); err != nil {
		return nil, err
	}
	return func(string) driver.Service { return a }, nil
}

// List implements driver.Service. Listings have a count since 2026-07-15.
func (a account) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	page, err := a.Client.List(ctx, q)
	if page.Bytes > 0 && page.Total >= 0 {
		a.dashboard.Store(true)
	}
	return page, err
}

// setSession says which settings let the provider create keys.
const setSession = "set pioneer.session_token, pioneer.session_token_command or the environment variable PIONEER_SESSION_TOKEN"

// explain adds to a refused create what to do about it. The words are those of
// docs.pioneer.ai, Authentication: "API key creation is only allowed from the web
// dashboard."
func (a account) explain(answer *services.Answer, e *driver.Error) {
	said := strings.ToLower(e.Code + " " + e.Message)
	switch {
	case !answer.IsCreate(), e.Kind != driver.KindUnauthorized && e.Kind != driver.KindForbidden:
	case a.hasSession:
		e.Advice = "Pioneer does not accept the session that creates keys, from the pioneer settings session_token or session_token_command " +
			"or the environment variable PIONEER_SESSION_TOKEN: it is wrong or has expired, or its user may not create keys. " +
			"The API key was not used. Set the token of a new session and apply again."
	case e.Status == http.StatusForbidden && (strings.Contains(said, "dashboard") || strings.Contains(said, "browser session")):
		e.Advice = "Pioneer lets API keys list and revoke keys, but not create them. Create the key by hand (pioneer.ai, Settings > API Keys) " +
			"and import it with its value (key_wo), or " + setSession + "."
	}
}

// CreateProblem implements driver.CreateChecker. A listing as it is documented since
// 2026-07-15 speaks against creating keys without a session.
func (a account) CreateProblem() string {
	if a.hasSession || !a.dashboard.Load() {
		return ""
	}
	return "Its listing looks like that of a server on which API keys cannot create keys, and no session is set; to create keys, " + setSession
}

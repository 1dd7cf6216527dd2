package onepin

import (
	"cmp"
	"fmt"
	"maps"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/onepin/api"
)

// site names the service in messages.
var site = services.Site{Info: definition.Info{Name: "onepin", Title: "OnePin", Console: "the OnePin dashboard, API Keys"}, Explain: explain}

const (
	tokenSetting   = "token"
	commandSetting = "token_command"
)

// settings are the provider's attributes for OnePin. ONEPIN_API_KEY and
// ONEPIN_BASE_URL are the variables of its own CLI and SDK.
var settings = []services.Setting{
	{
		Name: tokenSetting, Env: []string{"ONEPIN_TOKEN", "ONEPIN_API_KEY"}, Sensitive: true,
		Description: "Bearer that signs the requests: an API key or a session token. Default: the `api_key` in " +
			"`~/.onepin/credentials`, where OnePin's CLI keeps it.",
	},
	{
		Name: commandSetting, List: true,
		Description: "Program, with its arguments, that prints a bearer. It runs without a shell, within 30 seconds; " +
			"its token is kept, and renewed when it expires or is refused. Not together with the attribute `token`; it wins over the environment variables.",
	},
	{
		Name: workspaceID, Env: []string{"ONEPIN_WORKSPACE_ID"},
		Description: "Workspace whose keys are managed, unless a resource names another one. Default: the bearer's own. " +
			"With an API key as the bearer no other workspace can be reached.",
	},
	{
		Name: services.BaseURL, Env: []string{"ONEPIN_BASE_URL"}, Default: "https://api.onepin.ai",
		Description: "Address of the API. Where the bearer comes from `~/.onepin/credentials`, the `base_url` there " +
			"comes before the default.",
	},
}

// session is what all workspaces share: one client and one bearer.
type session struct {
	transport *httpclient.Client
	wire      *api.Client
	bearer    *services.Bearer
	sizes     services.PageSizes
}

// Credential implements driver.Service: the bearer if it is an API key, as far
// as is known by now.
func (s *session) Credential() driver.Secret {
	if token := s.bearer.Current(); !services.IsJWT(token.Reveal()) {
		return token
	}
	return driver.Secret{}
}

// Now implements driver.Service.
func (s *session) Now() time.Time { return s.transport.Now() }

// ClockError implements driver.Service.
func (s *session) ClockError() time.Duration { return s.transport.ClockError() }

// Connect checks the settings and returns the way to the service, by workspace.
// It sends nothing and runs no program.
func Connect(cfg services.Config) (services.Open, error) {
	b, err := findBearer(&cfg)
	if err != nil {
		return nil, err
	}
	cfg.HTTP.Authorize, cfg.HTTP.Renew = b.Authorize, b.Renew
	transport, address, err := cfg.Client(site)
	if err != nil {
		return nil, err
	}
	// A token's expiry counts by the service's clock, not by this machine's.
	b.Now = transport.Now
	wire, err := api.NewClient(address, api.WithHTTPClient(transport))
	if err != nil {
		return nil, site.BadSetting(services.BaseURL, fmt.Sprintf("no client can be made for it: %v", err))
	}
	s := &session{transport: transport, wire: wire, bearer: b}
	return func(scope string) driver.Service {
		w := workspace{session: s}
		if id := cmp.Or(scope, cfg.Settings[workspaceID]); id != "" {
			w.id = &id
		}
		return w
	}, nil
}

// findBearer chooses the credential: an attribute, else a variable, else the
// file of OnePin's CLI, whose base_url then stands in for the default one. A
// base_url is never taken from the file for another credential: that one was not
// meant for it.
func findBearer(cfg *services.Config) (*services.Bearer, error) {
	if b, ok, err := cfg.Bearer(site, settings[0], settings[1]); ok {
		return b, err
	}
	found, err := readCredentials()
	if err != nil {
		return nil, site.BadCredential(err.Error())
	}
	if found.token.IsZero() {
		return nil, site.BadCredential("no credential is set: set the attribute onepin.token or onepin.token_command, " +
			"or the environment variable ONEPIN_TOKEN or ONEPIN_API_KEY, or sign in with OnePin's CLI, which writes ~/.onepin/credentials; " +
			"keys are made at " + site.Console)
	}
	if found.baseURL != "" && cfg.Source[services.BaseURL] == "" {
		cfg.Settings = maps.Clone(cfg.Settings)
		cfg.Settings[services.BaseURL] = found.baseURL
	}
	return services.FixedBearer(found.token, site.Name+"."+commandSetting), nil
}

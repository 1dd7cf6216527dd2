package onepin

import (
	"maps"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
)

// Connect connects to the service, by workspace. It runs no program.
func Connect(cfg services.Config) (services.Open, error) {
	b, err := findBearer(&cfg)
	if err != nil {
		return nil, err
	}
	client, err := cfg.Connect(calls, b)
	if err != nil {
		return nil, err
	}
	return func(scope string) driver.Service { return workspace{client.In(scope)} }, nil
}

// findBearer chooses the credential: an attribute, else a variable, else the
// file of OnePin's CLI, whose base_url then replaces the default one. It is not used with
// another credential, which was not meant for that address.
func findBearer(cfg *services.Config) (*services.Credential, error) {
	if b, err := cfg.Bearer(key.Info, settings[0], settings[1]); b != nil || err != nil {
		return b, err
	}
	found, err := readCredentials()
	if err != nil {
		return nil, services.BadCredential(key.Info, err.Error())
	}
	if found.token.IsZero() {
		return nil, services.BadCredential(key.Info, "no credential is set. Set the environment variable ONEPIN_TOKEN or ONEPIN_API_KEY, "+
			"the attribute onepin.token or onepin.token_command, or sign in with OnePin's CLI, which writes ~/.onepin/credentials. "+
			"Create a key at "+key.Console)
	}
	if found.baseURL != "" && cfg.Source[services.BaseURL] == "" {
		cfg.Settings = maps.Clone(cfg.Settings)
		cfg.Settings[services.BaseURL] = found.baseURL
	}
	return services.FixedBearer(found.token, key.Name+"."+settings[1].Name), nil
}

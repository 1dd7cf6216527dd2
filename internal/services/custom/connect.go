package custom

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// The settings of a service block that hold its credential.
var (
	credential = services.Setting{Name: "credential", Sensitive: true}
	command    = services.Setting{Name: "credential_command", List: true}
)

// Connect connects to a declared service. env looks environment variables up. It sends
// nothing. A declaration with a problem is an error with KindInvalid.
func Connect(d Declaration, cfg services.Config, env func(string) string) (driver.Service, error) {
	info := definition.Info{Name: "service", Title: d.Title, Console: d.Console}
	if problems := d.Check(); len(problems) > 0 {
		return nil, services.BadSetting(info, problems[0].At, problems[0].Message)
	}
	token := credential
	if d.CredentialEnv != "" {
		token.Env = []string{d.CredentialEnv}
	}
	value, source := token.Resolve(d.Credential, env)
	cfg.Settings = map[string]string{credential.Name: value, services.BaseURL: expand(d.BaseURL, d.Vars, "")}
	cfg.Source = map[string]string{services.BaseURL: services.FromAttribute}
	if source != "" {
		cfg.Source[credential.Name] = source
	}
	cfg.Lists = map[string][]string{}
	if len(d.CredentialCommand) > 0 {
		cfg.Lists[command.Name] = d.CredentialCommand
	}
	signer, err := cfg.Bearer(info, token, command)
	if err != nil {
		return nil, err
	}
	if signer == nil {
		return nil, services.BadCredential(info, fmt.Sprintf("no credential is set. Set the environment variable %[2]s, or service.credential in the block of %[1]q", d.Name, d.CredentialEnv))
	}
	if d.Auth.Basic {
		signer.In("Authorization", "Basic ", d.Auth.basic)
	} else {
		signer.In(d.Auth.Header, *d.Auth.Prefix, nil)
	}
	conn, err := cfg.Connect(services.API{Key: definition.Service{Info: info}}, signer)
	if err != nil {
		return nil, err
	}
	s := &service{d: &d, conn: conn, pages: &services.PageSizes{}}
	return s.driver(), nil
}

// basic encodes a credential as RFC 7617 says.
func (a Auth) basic(token string) string {
	if a.User != "" || !strings.Contains(token, ":") {
		token = a.User + ":" + token
	}
	return base64.StdEncoding.EncodeToString([]byte(token))
}

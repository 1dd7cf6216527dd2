package custom

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
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
	bearer, ok, err := cfg.Bearer(info, token, command)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, services.BadCredential(info, fmt.Sprintf("no credential is set: set service.credential in the block of %q, or the environment variable %s", d.Name, d.CredentialEnv))
	}
	conn, err := cfg.Connect(definition.Service{Info: info}, &signer{bearer, d.Auth})
	if err != nil {
		return nil, err
	}
	bearer.Now = conn.Now
	s := &service{d: &d, info: info, conn: conn, pages: &services.PageSizes{}}
	return s.driver(), nil
}

// signer puts a token where a service wants it.
type signer struct {
	*services.Bearer
	auth Auth
}

const (
	authorization = "Authorization"
	bearerPrefix  = "Bearer "
)

// Authorize implements services.Credential.
func (s *signer) Authorize(ctx context.Context, h http.Header) error {
	bearer := http.Header{}
	if err := s.Bearer.Authorize(ctx, bearer); err != nil {
		return err
	}
	s.sign(h, strings.TrimPrefix(bearer.Get(authorization), bearerPrefix))
	return nil
}

func (s *signer) sign(h http.Header, token string) {
	if !s.auth.Basic {
		h.Set(s.auth.Header, *s.auth.Prefix+token)
		return
	}
	if s.auth.User != "" || !strings.Contains(token, ":") {
		token = s.auth.User + ":" + token
	}
	h.Set(authorization, "Basic "+base64.StdEncoding.EncodeToString([]byte(token)))
}

// Renew implements services.Credential.
func (s *signer) Renew(ctx context.Context, rejected http.Header) bool {
	current := http.Header{}
	s.sign(current, s.Current().Reveal())
	bearer := http.Header{}
	for name := range current {
		if rejected.Get(name) == current.Get(name) {
			bearer.Set(authorization, bearerPrefix+s.Current().Reveal())
		}
	}
	return s.Bearer.Renew(ctx, bearer)
}

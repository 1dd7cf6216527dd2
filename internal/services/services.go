// Package services is what all adapters share: a service's settings, and a [Client] that
// makes the calls that the service declares in an [API] and turns its answers into values
// or a [driver.Error]. Each folder below holds one service; the only list of them is the
// provider's.
package services

import (
	"fmt"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// Service is everything that the provider needs of one service.
type Service struct {
	// Key is the Terraform side: schemas, plans and messages.
	Key definition.Service
	// Settings are its attributes in the provider's configuration.
	Settings []Setting
	// Connect checks the settings and returns the way to the service. It sends
	// nothing. A credential that is missing is an error with KindCredential.
	Connect func(Config) (Open, error)
}

// Open returns the port to a service in one scope, a workspace or tenant id; ""
// is the configured one, else that of the credential. It is cheap: all share one
// client and its connections.
type Open func(scope string) driver.Service

// Setting declares one attribute of a service in the provider's configuration.
type Setting struct {
	// Name is the attribute below the service's own, such as "api_key".
	Name string
	// Env are environment variables that can replace the attribute, tried in
	// this order.
	Env []string
	// Default is used when neither is set.
	Default string
	// Sensitive settings hold secrets.
	Sensitive bool
	// Session says that the setting is a person's session, which signs only what the
	// credential cannot do.
	Session bool
	// List makes the attribute a list of strings, which has no variable.
	List bool
	// Description is for the registry's documentation, in Markdown.
	Description string
}

// Resolve returns the setting's value and where it comes from, as in [Config]: the
// attribute, else the first variable that is set, else the default.
func (s Setting) Resolve(attribute string, env func(string) string) (value, source string) {
	if attribute != "" {
		return httpclient.TrimSetting(attribute), FromAttribute
	}
	for _, name := range s.Env {
		if set := env(name); set != "" {
			return httpclient.TrimSetting(set), name
		}
	}
	return s.Default, ""
}

// FromAttribute is the [Config.Source] of a setting that the configuration sets.
const FromAttribute = "attribute"

// Config is what an adapter's Connect is given.
type Config struct {
	// Settings are resolved: the attribute, else the first variable that is set,
	// else the default, else "". They are trimmed.
	Settings map[string]string
	// Source says where a setting's value comes from: [FromAttribute] or the
	// name of a variable; no entry for defaults and for what is not set.
	Source map[string]string
	// Lists are the settings that are lists; attributes only.
	Lists map[string][]string
	// HTTP is complete but for BaseURL and Signer.
	HTTP httpclient.Config
}

// BaseURL is the name of the setting that every service has.
const BaseURL = "base_url"

// BadCredential is the error for a credential that is missing or cannot be used.
// The message must not quote it.
func BadCredential(service definition.Info, message string) *driver.Error {
	return &driver.Error{Service: service.Title, Operation: "configure the provider", Kind: driver.KindCredential, Effect: driver.EffectNone, Message: message}
}

// BadSetting is the error for a setting that cannot be used. The message must
// not quote it.
func BadSetting(service definition.Info, name, message string) *driver.Error {
	e := BadCredential(service, "")
	e.Kind, e.Fields = driver.KindInvalid, []driver.FieldError{{Field: name, Message: message}}
	return e
}

// Origin names in words where a setting's value comes from: the attribute
// "pioneer.api_key", the environment variable PIONEER_API_KEY or the default.
func (c Config) Origin(service definition.Info, name string) string {
	switch source := c.Source[name]; source {
	case "":
		return "the default of " + service.Name + "." + name
	case FromAttribute:
		return "the attribute " + service.Name + "." + name
	default:
		return "the environment variable " + source
	}
}

// Credential returns the setting that signs requests. Its error says what to set
// when it is missing, and where the value comes from when it cannot be sent.
func (c Config) Credential(service definition.Info, s Setting) (driver.Secret, error) {
	value := c.Settings[s.Name]
	if value == "" && c.Source[s.Name] == "" {
		return driver.Secret{}, BadCredential(service, fmt.Sprintf(
			"no credential is set. Set the environment variable %[3]s or the attribute %[1]s.%[2]s. Create a key at %[4]s",
			service.Name, s.Name, strings.Join(s.Env, " or "), service.Console))
	}
	if err := httpclient.CheckCredential(value); err != nil {
		return driver.Secret{}, BadCredential(service, fmt.Sprintf("%s cannot be used: %v", c.Origin(service, s.Name), err))
	}
	return driver.NewSecret(value), nil
}

// Package services is the small kit that all adapters share: what a service's
// settings are, how its answers become values and its failures a
// [driver.Error], and how its times are read. One folder below it holds one
// service; the only list of them is the provider's.
package services

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
)

// Site names a service in messages.
type Site struct {
	definition.Info
	// Explain adds to a refusal what only this service's adapter knows of it; nil adds
	// nothing.
	Explain func(resp *http.Response, e *driver.Error)
}

// Setting declares one attribute of a service in the provider's configuration.
type Setting struct {
	// Name is the attribute below the service's own, such as "api_key".
	Name string
	// Env are environment variables that stand in for the attribute, tried in
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
	value = s.Default
	if attribute != "" {
		value, source = attribute, FromAttribute
	} else {
		for _, name := range s.Env {
			if set := env(name); set != "" {
				value, source = set, name
				break
			}
		}
	}
	return httpclient.TrimSetting(value), source
}

// FromAttribute is the [Config.Source] of a setting that the configuration sets.
const FromAttribute = "attribute"

// Config is what an adapter's Connect is given.
type Config struct {
	// Settings are resolved: the attribute, else the first variable that is set,
	// else the default, else "". Nothing is left around them that is not theirs.
	Settings map[string]string
	// Source says where a setting's value comes from: [FromAttribute] or the
	// name of a variable; no entry for defaults and for what is not set.
	Source map[string]string
	// Lists are the settings that are lists; attributes only.
	Lists map[string][]string
	// HTTP is complete but for BaseURL, Authorize and Renew.
	HTTP httpclient.Config
}

// Open returns the port to a service in one scope, a workspace or tenant id; ""
// is the configured one, else that of the credential. It is cheap: all share one
// client and its connections.
type Open func(scope string) driver.Service

// configure is the operation of errors that have nothing to do with a request.
const configure = "configure the provider"

// BadCredential is the error for a credential that is missing or cannot be used.
// The message must not quote it.
func (s Site) BadCredential(message string) *driver.Error {
	return &driver.Error{
		Service: s.Title, Operation: configure, Kind: driver.KindCredential, Effect: driver.EffectNone, Message: message,
	}
}

// BadSetting is the error for a setting that cannot be used. The message must
// not quote it.
func (s Site) BadSetting(name, message string) *driver.Error {
	return &driver.Error{
		Service: s.Title, Operation: configure, Kind: driver.KindInvalid, Effect: driver.EffectNone,
		Fields: []driver.FieldError{{Field: name, Message: message}},
	}
}

// Origin names in words where a setting's value comes from: the attribute
// "pioneer.api_key", the environment variable PIONEER_API_KEY or the default.
func (c Config) Origin(site Site, name string) string {
	switch source := c.Source[name]; source {
	case "":
		return "the default of " + site.Name + "." + name
	case FromAttribute:
		return "the attribute " + site.Name + "." + name
	default:
		return "the environment variable " + source
	}
}

// Credential returns the setting that signs requests. Its error says what to set
// when it is missing, and where the value comes from when it cannot be sent.
func (c Config) Credential(site Site, s Setting) (driver.Secret, error) {
	value := c.Settings[s.Name]
	if value == "" && c.Source[s.Name] == "" {
		return driver.Secret{}, site.BadCredential(fmt.Sprintf(
			"no credential is set: set the attribute %s.%s or the environment variable %s; keys are made at %s",
			site.Name, s.Name, strings.Join(s.Env, " or "), site.Console))
	}
	if err := httpclient.CheckCredential(value); err != nil {
		return driver.Secret{}, site.BadCredential(fmt.Sprintf("%s cannot be used: %v", c.Origin(site, s.Name), err))
	}
	return driver.NewSecret(value), nil
}

// BaseURL is the name of the setting that every service has.
const BaseURL = "base_url"

// Client returns the client for the setting base_url, its address as the
// generated clients want it, and an error if that is no usable address.
func (c Config) Client(site Site) (client *httpclient.Client, address string, err error) {
	base, err := httpclient.ParseBaseURL(c.Settings[BaseURL])
	if err != nil {
		return nil, "", site.BadSetting(BaseURL, fmt.Sprintf("%s cannot be used: %v", c.Origin(site, BaseURL), err))
	}
	c.HTTP.BaseURL = base
	return httpclient.New(c.HTTP), base.String(), nil
}

// Link is a service reached with a fixed API key in a header. It implements what
// driver.Service asks about the link itself.
type Link struct {
	HTTP *httpclient.Client
	// Address is where the generated client sends to.
	Address string

	key driver.Secret
}

// Link makes the link to a service from the setting that holds the key, which
// goes into the header, and from base_url.
func (c Config) Link(site Site, key Setting, header string) (l Link, err error) {
	if l.key, err = c.Credential(site, key); err != nil {
		return Link{}, err
	}
	c.HTTP.Authorize = func(_ context.Context, h http.Header) error {
		h.Set(header, l.key.Reveal())
		return nil
	}
	l.HTTP, l.Address, err = c.Client(site)
	return l, err
}

// Credential implements driver.Service.
func (l Link) Credential() driver.Secret { return l.key }

// Now implements driver.Service.
func (l Link) Now() time.Time { return l.HTTP.Now() }

// ClockError implements driver.Service.
func (l Link) ClockError() time.Duration { return l.HTTP.ClockError() }

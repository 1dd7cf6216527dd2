package services

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// Connection sends requests to a service, signed with one credential. Adapters embed it;
// it implements the part of driver.Service that is the same for all of them.
type Connection struct {
	// BaseURL is the service's address, with a slash at its end as the generated
	// request builders need it.
	BaseURL string
	// Scope is the workspace or tenant that requests name; nil leaves it to the
	// credential.
	Scope *string
	// Explain adds to a refusal what only the adapter knows about it; nil adds nothing.
	Explain func(*Answer, *driver.Error)

	client     *httpclient.Client
	credential Credential
	configured string // scope
}

// Credential signs requests. [Bearer] is one; [Config.ConnectWithKey] makes another.
type Credential interface {
	// Authorize and Renew are as in [httpclient.Config].
	Authorize(ctx context.Context, h http.Header) error
	Renew(ctx context.Context, rejected http.Header) bool
	// Current is the value in use; zero if that is not known.
	Current() driver.Secret
}

// headerKey is a fixed API key in a header.
type headerKey struct {
	header string
	value  driver.Secret
}

func (k headerKey) Authorize(_ context.Context, h http.Header) error {
	h.Set(k.header, k.value.Reveal())
	return nil
}
func (k headerKey) Renew(context.Context, http.Header) bool { return false }
func (k headerKey) Current() driver.Secret                  { return k.value }

// ConnectWithKey connects to a service whose API key is in a setting and goes into a
// header.
func (c Config) ConnectWithKey(service definition.Service, setting Setting, header string) (Connection, error) {
	value, err := c.Credential(service.Info, setting)
	if err != nil {
		return Connection{}, err
	}
	return c.Connect(service, headerKey{header, value})
}

// Connect connects to a service. It sends nothing.
func (c Config) Connect(service definition.Service, credential Credential) (Connection, error) {
	base, err := httpclient.ParseBaseURL(c.Settings[BaseURL])
	if err != nil {
		return Connection{}, BadSetting(service.Info, BaseURL, fmt.Sprintf("%s cannot be used: %v", c.Origin(service.Info, BaseURL), err))
	}
	c.HTTP.BaseURL, c.HTTP.Authorize, c.HTTP.Renew = base, credential.Authorize, credential.Renew
	conn := Connection{
		BaseURL: strings.TrimSuffix(base.String(), "/") + "/",
		client:  httpclient.New(c.HTTP), credential: credential, configured: c.Settings[service.Scope],
	}
	if b, ok := credential.(*Bearer); ok {
		b.Now = conn.Now
	}
	return conn.In(""), nil
}

// In returns the connection for requests in a scope; "" is the configured one, else
// that of the credential.
func (c Connection) In(scope string) Connection {
	c.Scope = nil
	if scope = cmp.Or(scope, c.configured); scope != "" {
		c.Scope = &scope
	}
	return c
}

// Send sends a request that a generated builder has returned, with its error. Errors
// are *driver.Errors.
func (c Connection) Send(ctx context.Context, call Call, req *http.Request, err error) (*Answer, error) {
	if err != nil {
		return nil, call.Reject(fmt.Sprintf("the request cannot be built: %v", err))
	}
	answer, err := c.client.Send(ctx, req, call.HTTP)
	checked, err := call.check(answer, err)
	if e, ok := driver.AsError(err); ok && answer != nil && c.Explain != nil {
		c.Explain(&Answer{answer, call}, e)
	}
	return checked, err
}

// SendForRow sends a request whose answer is a record.
func (c Connection) SendForRow(ctx context.Context, call Call, req *http.Request, err error) (*Answer, *Row, error) {
	answer, err := c.Send(ctx, call, req, err)
	if err != nil {
		return nil, nil, err
	}
	row := &Row{}
	return answer, row, answer.Decode(row)
}

// Credential implements driver.Service.
func (c Connection) Credential() driver.Secret { return c.credential.Current() }

// Now implements driver.Service.
func (c Connection) Now() time.Time { return c.client.Now() }

// ClockError implements driver.Service.
func (c Connection) ClockError() time.Duration { return c.client.ClockError() }

// SameOrigin fails for a link that leads to another server than the configured one.
func (c Connection) SameOrigin(link string) error { return c.client.SameOrigin(link) }

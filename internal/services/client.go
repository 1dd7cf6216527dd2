package services

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Client makes the calls of a declared [API] in one scope, signed with one credential. It
// implements driver.Service. Adapters embed it, and add the optional interfaces of driver
// that their service can support.
type Client struct {
	api        API
	baseURL    string // with a slash at its end
	scope      *string
	configured string // scope
	http       *httpclient.Client
	credential *Credential
	sizes      *PageSizes // of all scopes
}

// ConnectWithKey connects to a service whose API key is in a setting and goes into a
// header.
func (c Config) ConnectWithKey(api API, setting Setting, header string) (*Client, error) {
	value, err := c.Credential(api.Key.Info, setting)
	if err != nil {
		return nil, err
	}
	return c.Connect(api, &Credential{header: header, token: value})
}

// Connect connects to a service. It sends nothing.
func (c Config) Connect(api API, credential *Credential) (*Client, error) {
	base, err := httpclient.ParseBaseURL(c.Settings[BaseURL])
	if err != nil {
		return nil, BadSetting(api.Key.Info, BaseURL, fmt.Sprintf("%s cannot be used: %v", c.Origin(api.Key.Info, BaseURL), err))
	}
	c.HTTP.BaseURL, c.HTTP.Signer = base, credential
	api.Create.Operation, api.List.Operation, api.Revoke.Operation = Create, List, Revoke
	api.Get.Operation, api.Update.Operation = Get, Update
	client := &Client{
		api: api, baseURL: base.String() + "/", configured: c.Settings[api.Key.Scope],
		http: httpclient.New(c.HTTP), credential: credential, sizes: &PageSizes{},
	}
	credential.Now = client.Now
	if api.Session != nil {
		api.Session.Now, client.api.Create.HTTP.Signer = client.Now, api.Session
	}
	return client.In(""), nil
}

// In returns the client for a scope; "" is the configured one, else that of the
// credential.
func (c *Client) In(scope string) *Client {
	in := *c
	in.scope = nil
	if scope = cmp.Or(scope, c.configured); scope != "" {
		in.scope = &scope
	}
	return &in
}

// Credential implements driver.Service.
func (c *Client) Credential() driver.Secret { return c.credential.Current() }

// Now implements driver.Service.
func (c *Client) Now() time.Time { return c.http.Now() }

// ClockError implements driver.Service.
func (c *Client) ClockError() time.Duration { return c.http.ClockError() }

// Create implements driver.Service.
func (c *Client) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	body, err := c.body(c.api.Create, map[string]any{"name": spec.Name}, spec.Attributes)
	if err != nil {
		return driver.Minted{}, err
	}
	a, object, err := c.SendForObject(ctx, c.api.Create, Request{Name: spec.Name, Body: body})
	if err != nil {
		return driver.Minted{}, err
	}
	return c.Minted(a, object, object.Object(c.api.Create.Record), spec.Name)
}

// Minted is the new key that an answer holds. Its value comes only this once, so that
// whatever else cannot be read is no error. It is in the record or in the answer itself.
// name is that of the request.
func (c *Client) Minted(a *Answer, object, record *Object, name string) (driver.Minted, error) {
	value := cmp.Or(record.removeTexts(c.api.Values), object.removeTexts(c.api.Values))
	if value == "" {
		return driver.Minted{}, a.BadResponse("the answer holds no value of a key")
	}
	k, _ := c.api.Flatten(record)
	k.Name = cmp.Or(k.Name, name)
	if k.ID == "" && k.DateOnly {
		k.CreatedAt, k.DateOnly = time.Time{}, false // too coarse to find the key by
	}
	return driver.Minted{Key: k, Value: driver.NewSecret(value), SentAt: a.SentAt}, nil
}

// List implements driver.Service.
func (c *Client) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	if q.Status == driver.StatusInactive && !c.api.Key.KeepsRevoked {
		return driver.Page{}, nil
	}
	at, err := c.api.Pages.parse(q.Cursor)
	if err != nil {
		return driver.Page{}, c.Reject(List, err.Error())
	}
	a, err := c.Send(ctx, c.api.List, c.api.Pages.request(at, q))
	if err != nil {
		return driver.Page{}, err
	}
	return c.readPage(a, at)
}

// Revoke implements driver.Service. Any answer but the documented confirmation proves
// nothing.
func (c *Client) Revoke(ctx context.Context, id string) error {
	return c.RevokeBy(ctx, Request{ID: id})
}

// RevokeBy revokes the key that a request names.
func (c *Client) RevokeBy(ctx context.Context, r Request) error {
	a, err := c.Send(ctx, c.api.Revoke, r)
	if err != nil {
		return err
	}
	return c.confirm(a)
}

// GetKey is driver.Getter's Get.
func (c *Client) GetKey(ctx context.Context, id string) (driver.Key, error) {
	return c.sendForKey(ctx, c.api.Get, Request{ID: id})
}

// UpdateKey is driver.Updater's Update. Whether null clears a value or leaves it is
// seldom documented, so only what changes is sent, and the result is what the answer says.
func (c *Client) UpdateKey(ctx context.Context, id string, changes driver.Changes) (driver.Key, error) {
	fields := map[string]any{}
	if changes.Name != nil {
		fields["name"] = *changes.Name
	}
	body, err := c.body(c.api.Update, fields, changes.Attributes)
	if err != nil {
		return driver.Key{}, err
	}
	return c.sendForKey(ctx, c.api.Update, Request{ID: id, Body: body})
}

// sendForKey sends a request whose answer is the key that it names.
func (c *Client) sendForKey(ctx context.Context, call Call, r Request) (driver.Key, error) {
	a, object, err := c.SendForObject(ctx, call, r)
	if err != nil {
		return driver.Key{}, err
	}
	k, err := c.api.Flatten(object.Object(call.Record))
	if err == nil && !strings.EqualFold(k.ID, r.ID) {
		err = fmt.Errorf("it is about key %s", k.ID)
	}
	if err != nil {
		return driver.Key{}, a.BadResponse(fmt.Sprintf("the answer cannot be used: %v", err))
	}
	return k, nil
}

// SendForObject sends a request whose answer is an object.
func (c *Client) SendForObject(ctx context.Context, call Call, r Request) (*Answer, *Object, error) {
	a, err := c.Send(ctx, call, r)
	if err != nil {
		return nil, nil, err
	}
	object := &Object{}
	return a, object, a.Decode(object)
}

// Send sends a request. Every error is a *driver.Error that says what happened and
// whether it had an effect.
func (c *Client) Send(ctx context.Context, call Call, r Request) (*Answer, error) {
	if call.NeedsID && (r.ID == "" || r.ID == "." || r.ID == "..") { // would be another path
		return nil, c.Reject(call.Operation, fmt.Sprintf("%q is not the id of a key", r.ID))
	}
	r.BaseURL, r.Scope = c.baseURL, c.scope
	req, err := call.Build(r)
	if err != nil {
		return nil, c.Reject(call.Operation, fmt.Sprintf("the request cannot be built: %v", err))
	}
	call.HTTP.Route = call.Route
	answer, err := c.http.Send(ctx, req, call.HTTP)
	return c.check(call, r.ID, answer, err)
}

// check classifies what the transport has returned.
func (c *Client) check(call Call, id string, answer *httpclient.Answer, err error) (*Answer, error) {
	if err != nil {
		return nil, c.failed(call, err)
	}
	answer.Body = bytes.TrimSpace(bytes.TrimPrefix(answer.Body, []byte("\xef\xbb\xbf")))
	a := &Answer{Answer: answer, ID: id, call: call, service: c.api.Key.Title}
	if slices.Contains(call.OK, answer.Status) {
		return a, nil
	}
	e := a.refusal()
	if c.api.Explain != nil && e.Effect == driver.EffectNone { // else it may be a proxy's
		c.api.Explain(a, e)
	}
	return nil, e
}

// Reject is the error for a call that is not made, because it cannot be right.
func (c *Client) Reject(op Operation, message string) *driver.Error {
	return &driver.Error{Service: c.api.Key.Title, Operation: op.Does, Kind: driver.KindInvalid, Effect: driver.EffectNone, Message: message}
}

// failed is the error for a request without a usable answer.
func (c *Client) failed(call Call, err error) *driver.Error {
	e := c.Reject(call.Operation, err.Error())
	e.Kind, e.Effect, e.Err = driver.KindConnection, driver.EffectUnknown, err
	var t *httpclient.TransportError
	if errors.As(err, &t) {
		// The transport's kinds are some of the driver's.
		e.Kind, e.Status, e.SentAt = driver.Kind(t.Kind), t.Status, t.SentAt
		if !t.Ambiguous {
			e.Effect = driver.EffectNone
		}
	}
	return e
}

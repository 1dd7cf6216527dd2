package services

import (
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// NewClient is a client that sends nothing.
func NewClient(api API) *Client { return &Client{api: api} }

// Check turns an answer, or the transport's error, into what Send returns.
func (c *Client) Check(call Call, a *httpclient.Answer, err error) (*Answer, error) {
	return c.check(call, "", a, err)
}

// ReadRows reads the keys of a page.
var ReadKeys = (*Answer).readKeys

// Body is the body of a call that sets attributes.
var Body = (*Client).body

// Confirm fails unless the answer confirms that a key was revoked.
func (c *Client) Confirm(a *Answer) error { return c.confirm(a) }

// Times reads the times of a key.
func (r *Object) Times(k *driver.Key) { r.times(k) }

// Expiry is when a token expires.
var Expiry = expiry

// NewBearer is a bearer that a program prints, within a limit.
func NewBearer(command []string, limit time.Duration) *Credential {
	b := FixedBearer(driver.Secret{}, "")
	b.command, b.limit = command, limit
	return b
}

package services

import (
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Check turns what the transport returned into an answer.
func (c Call) Check(a *httpclient.Answer, err error) (*Answer, error) { return c.check(a, err) }

// Times reads the times of a key.
func (r *Row) Times(k *driver.Key) { r.times(k) }

// Expiry is when a token expires.
var Expiry = expiry

// NewBearer is a bearer that a program prints, within a limit.
func NewBearer(command []string, limit time.Duration) *Bearer {
	return &Bearer{command: command, limit: limit, Now: time.Now}
}

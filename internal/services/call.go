package services

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// Call describes one operation of a service: for its errors, the log and the
// transport.
type Call struct {
	Service definition.Info
	// Operation is what is tried, in plain words: "create the key".
	Operation string
	// OK are the statuses of success.
	OK []int
	// HTTP is what the transport needs to know.
	HTTP httpclient.Call
}

// CreateCall describes the call that creates a key. Whether it answers 200 or 201 is
// documented nowhere.
func CreateCall(service definition.Info, route string) Call {
	return Call{
		Service: service, Operation: "create the key", OK: []int{http.StatusOK, http.StatusCreated},
		HTTP: httpclient.Call{Route: route, SingleShot: true},
	}
}

// RotateCall describes the call that replaces a key by a new one.
func RotateCall(service definition.Info, route string) Call {
	c := CreateCall(service, route)
	c.Operation = "rotate the key"
	return c
}

// ListCall describes the call that lists keys.
func ListCall(service definition.Info, route string) Call {
	c := ReadCall(service, "list the keys", route)
	c.HTTP.Listing = true
	return c
}

// ReadCall describes a call that changes nothing.
func ReadCall(service definition.Info, operation, route string) Call {
	return Call{Service: service, Operation: operation, OK: []int{http.StatusOK}, HTTP: httpclient.Call{Route: route}}
}

// UpdateCall describes the call that changes a key in place.
func UpdateCall(service definition.Info, route string) Call {
	c := ReadCall(service, "change the key", route)
	c.HTTP.Idempotent = true
	return c
}

// RevokeCall describes the call that revokes a key. It is documented to answer 200
// or 204, and is never repeated by the transport: the engine checks first.
func RevokeCall(service definition.Info, route string) Call {
	c := ReadCall(service, "revoke the key", route)
	c.OK = append(c.OK, http.StatusNoContent)
	return c
}

// Reject is the error for a call that is not made, because it cannot be right.
func (c Call) Reject(message string) *driver.Error {
	e := c.error(driver.KindInvalid, message)
	e.Effect = driver.EffectNone
	return e
}

// CheckID rejects an id that would change the path it is put into, and with it
// the call.
func (c Call) CheckID(id string) error {
	if id == "" || id == "." || id == ".." {
		return c.Reject(fmt.Sprintf("%q is not the id of a key", id))
	}
	return nil
}

func (c Call) error(kind driver.Kind, message string) *driver.Error {
	return &driver.Error{Service: c.Service.Title, Operation: c.Operation, Kind: kind, Effect: driver.EffectUnknown, Message: message}
}

// Body returns a JSON body with these fields and attributes. It rejects attributes
// that the service does not declare as settable by this call, and values of another
// kind than the declared one.
func (c Call) Body(service definition.Service, fields map[string]any, values driver.Attributes) (io.Reader, error) {
	for name, value := range values {
		at := slices.IndexFunc(service.Attributes, func(a definition.Attribute) bool { return a.Name == name })
		if at < 0 || name == service.Scope || !c.sets(service.Attributes[at]) {
			return nil, c.Reject(name + " cannot be set by this call")
		}
		encoded, ok := encode(service.Attributes[at], value)
		if !ok {
			return nil, c.Reject(fmt.Sprintf("%s cannot be set to %v", name, value))
		}
		fields[name] = encoded
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, c.Reject(err.Error())
	}
	return bytes.NewReader(body), nil
}

// sets reports whether the call can set the attribute.
func (c Call) sets(a definition.Attribute) bool {
	return a.Mode == definition.InPlace || a.Mode == definition.Replace && c.HTTP.SingleShot
}

// encode returns an attribute's value as JSON has it; ok is false for a value of another
// kind. Sets are sorted, so that equal ones are sent alike.
func encode(a definition.Attribute, value any) (encoded any, ok bool) {
	if value == nil { // null clears what can be cleared
		return nil, a.Mode == definition.InPlace && (a.Kind == definition.String || a.Kind == definition.Int64)
	}
	switch a.Kind {
	case definition.String:
		_, ok = value.(string)
	case definition.Int64:
		_, ok = value.(int64)
	case definition.Bool:
		_, ok = value.(bool)
	case definition.StringSet:
		var list []string
		list, ok = value.([]string)
		return append([]string{}, slices.Sorted(slices.Values(list))...), ok
	}
	return value, ok
}

// failed is the error for a request without a usable answer.
func (c Call) failed(err error) *driver.Error {
	e := c.error(driver.KindConnection, err.Error())
	e.Err = err
	var t *httpclient.TransportError
	if !errors.As(err, &t) {
		return e
	}
	e.Status, e.SentAt = t.Status, t.SentAt
	if !t.Sent {
		e.Effect = driver.EffectNone
	}
	if kind, ok := transportKinds[t.Kind]; ok {
		e.Kind = kind
	}
	return e
}

var transportKinds = map[httpclient.ErrorKind]driver.Kind{
	httpclient.KindTimeout:    driver.KindTimeout,
	httpclient.KindDNS:        driver.KindDNS,
	httpclient.KindTLS:        driver.KindTLS,
	httpclient.KindHandshake:  driver.KindHandshake,
	httpclient.KindConnection: driver.KindConnection,
	httpclient.KindCanceled:   driver.KindCanceled,
	httpclient.KindRedirect:   driver.KindRedirect,
	httpclient.KindTooLarge:   driver.KindTooLarge,
	httpclient.KindCredential: driver.KindCredential,
	httpclient.KindRateLimit:  driver.KindRateLimit,
}

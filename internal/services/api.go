package services

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// API declares how a service creates, lists and revokes keys. [Client] does it.
type API struct {
	Key                  definition.Service
	Create, List, Revoke Call
	Get, Update          Call // of services that can

	// Values are the fields that may hold the value of a new key, in the record or
	// beside it.
	Values []string
	// Items is the field of a listing that holds the keys; "" if a listing is an array.
	Items string
	Pages Pages

	// IDs are the fields that may hold the id of a key.
	IDs []string
	// Prefix and Suffix are the fields that show the ends of a key's value. Masks are those
	// that may show it masked: the one that shows most counts.
	Prefix, Suffix string
	Masks          []string
	// Active is the attribute that is false for a disabled key.
	Active string

	// Revoked reports whether an answer is the documented confirmation that the key was
	// revoked. object is the answer's record, empty if there is none. Without this function
	// the record has to be the key, revoked or disabled.
	Revoked func(a *Answer, object *Object) bool
	// Explain adds to a refusal by the service what only the adapter knows about it; nil
	// adds nothing.
	Explain func(*Answer, *driver.Error)
	// Session signs creates instead of the credential; nil if none is set.
	Session *Credential
}

// Call is one call of a service.
type Call struct {
	// Operation is set by [Config.Connect] for the calls of an [API].
	Operation
	// Route is the method and path template, for the log.
	Route string
	// Record is the field of the answer that holds the key, such as "data"; "" if the
	// answer is the key.
	Record string
	// Build builds the request, usually with a generated function.
	Build func(Request) (*http.Request, error)
}

// Operation is what the same call of all services has in common.
type Operation struct {
	// Does is what is tried, in plain words: "create the key".
	Does string
	// OK are the statuses of success.
	OK []int
	// HTTP is what the transport needs to know, but for the route.
	HTTP httpclient.Call
	// NeedsID says that the request is about one key.
	NeedsID bool
}

// The operations. Whether a create answers 200 or 201 is documented nowhere. A revoke
// answers 200 or 204, and is never repeated by the transport: the engine checks first.
var (
	Create = Operation{Does: "create the key", OK: []int{200, 201}, HTTP: httpclient.Call{SingleShot: true}}
	Rotate = Operation{Does: "rotate the key", OK: []int{200, 201}, HTTP: httpclient.Call{SingleShot: true}, NeedsID: true}
	List   = Operation{Does: "list the keys", OK: []int{200}, HTTP: httpclient.Call{Listing: true}}
	Get    = Operation{Does: "read the key", OK: []int{200}, NeedsID: true}
	Update = Operation{Does: "change the key", OK: []int{200}, HTTP: httpclient.Call{Idempotent: true}, NeedsID: true}
	Revoke = Operation{Does: "revoke the key", OK: []int{200, 204}, NeedsID: true}
	WhoAmI = Operation{Does: "ask who is calling", OK: []int{200}}
)

// Request is what a request is built from. What a call does not need is empty.
type Request struct {
	// BaseURL has a slash at its end, as generated functions need it.
	BaseURL string
	// Scope is the workspace or tenant; nil leaves it to the credential.
	Scope *string
	// ID is that of the key that the request is about.
	ID string
	// Name is that of a new key. Body is the JSON of the name and the attributes to set.
	Name string
	Body io.Reader
	// Status selects the keys to list; Offset, Limit and Cursor are as [Pages] says.
	Status        driver.Status
	Offset, Limit *int
	Cursor        *string
}

// JSON is the content type of [Request.Body].
const JSON = "application/json"

// Flatten turns a record into a key. It fails only without an id.
func (api *API) Flatten(object *Object) (driver.Key, error) {
	k, err := object.Key(api.Key.Attributes, api.IDs...)
	for _, field := range api.Masks {
		if h := unmask(object.Text(field)); len(h.Prefix+h.Suffix) > len(k.Hint.Prefix+k.Hint.Suffix) {
			k.Hint = h
		}
	}
	k.Hint.Prefix = cmp.Or(object.Text(api.Prefix), k.Hint.Prefix)
	k.Hint.Suffix = cmp.Or(ending(object.Text(api.Suffix)), k.Hint.Suffix)
	k.Disabled = k.Attributes[api.Active] == false
	k.Unreadable = object.Unreadable
	return k, err
}

// IsRevoked reports whether a record says that the key with that id is revoked, or
// disabled.
func (api *API) IsRevoked(object *Object, id string) bool {
	k, err := api.Flatten(object)
	return err == nil && strings.EqualFold(k.ID, id) && (k.Disabled || !k.Live())
}

// body returns a JSON body with these fields and attributes. It rejects attributes that
// the call cannot set, and values of another kind than the declared one.
func (c *Client) body(call Call, fields map[string]any, values driver.Attributes) (io.Reader, error) {
	declared := c.api.Key.Attributes
	for name, value := range values {
		at := slices.IndexFunc(declared, func(a definition.Attribute) bool { return a.Name == name })
		if at < 0 || name == c.api.Key.Scope || !call.sets(declared[at]) {
			return nil, c.Reject(call.Operation, name+" cannot be set by this call")
		}
		encoded, ok := encode(declared[at], value)
		if !ok {
			return nil, c.Reject(call.Operation, fmt.Sprintf("%s cannot be set to %v", name, value))
		}
		fields[name] = encoded
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, c.Reject(call.Operation, err.Error())
	}
	return bytes.NewReader(body), nil
}

// sets reports whether the call can set the attribute. A create does not send those with
// a default: a new key has it.
func (c Call) sets(a definition.Attribute) bool {
	if c.HTTP.SingleShot {
		return a.Default == nil && (a.Mode == definition.InPlace || a.Mode == definition.Replace)
	}
	return a.Mode == definition.InPlace
}

// encode returns an attribute's value as JSON has it; ok is false for a value of another
// kind. Sets are sorted, so that equal ones are sent alike.
func encode(a definition.Attribute, value any) (encoded any, ok bool) {
	switch v := value.(type) {
	case nil: // clears what can be cleared
		ok = a.Mode == definition.InPlace && (a.Kind == definition.String || a.Kind == definition.Int64)
	case string:
		ok = a.Kind == definition.String
	case int64:
		ok = a.Kind == definition.Int64
	case bool:
		ok = a.Kind == definition.Bool
	case []string:
		return append([]string{}, slices.Sorted(slices.Values(v))...), a.Kind == definition.StringSet
	}
	return value, ok
}

package services

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Answer is the answer to a call. Its Body has no white space around it.
type Answer struct {
	*httpclient.Answer
	// ID is that of the key that the request was about; "" if it named none.
	ID      string
	call    Call
	service string
}

// IsCreate reports whether this is the answer to a request for a new key.
func (a *Answer) IsCreate() bool { return a.call.HTTP.SingleShot }

// Decode reads the answer's JSON into v. An answer without a body, or that is not the
// JSON it should be, proves nothing.
func (a *Answer) Decode(v any) error {
	if len(a.Body) == 0 {
		return a.BadResponse("the answer is empty")
	}
	if err := json.Unmarshal(a.Body, v); err != nil {
		return a.undecoded(err)
	}
	return nil
}

// undecoded is the error for an answer that is not the JSON that it should be.
func (a *Answer) undecoded(err error) *driver.Error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return a.BadResponse("the answer has another shape than documented, at " + cmp.Or(wrong.Field, "its beginning"))
	}
	message := "the answer is not the JSON that the service documents"
	if problem := a.Problem(); problem.HTML {
		message = words("the answer is a web page and not the service's", problem.Message)
	}
	return a.error(driver.KindNotJSON, message)
}

// confirm fails unless the answer confirms that the key was revoked.
func (c *Client) confirm(a *Answer) error {
	object := &Object{}
	if err := json.Unmarshal(a.Body, object); err != nil && len(a.Body) > 0 && !json.Valid(a.Body) {
		return a.undecoded(err)
	}
	record := object.Object(a.call.Record)
	if c.api.Revoked == nil && c.api.IsRevoked(record, a.ID) || c.api.Revoked != nil && c.api.Revoked(a, record) {
		return nil
	}
	reason := a.Problem().Message
	e := a.BadResponse(words("the answer does not confirm it", reason))
	if string(object.JSON("success")) == "false" { // the engine checks with a listing that the key lives
		e.Kind, e.Effect, e.Message = driver.KindRejected, driver.EffectNone, cmp.Or(reason, "success is false, without a reason")
	}
	return e
}

// readKeys reads the keys of a page from an array in the answer, one by one: all rows at
// once need several times the memory of their keys.
func (a *Answer) readKeys(array json.RawMessage, flatten func(*Object) (driver.Key, error)) ([]driver.Key, error) {
	rows := json.NewDecoder(bytes.NewReader(array))
	if begin, err := rows.Token(); err != nil || begin != json.Delim('[') {
		return nil, a.BadResponse("the answer holds no list of keys")
	}
	var keys []driver.Key
	for rows.More() {
		if len(keys) == driver.MaxListed {
			return nil, driver.TooLong(fmt.Sprintf("it has more than %d keys on one page", driver.MaxListed))
		}
		var object Object
		if err := rows.Decode(&object); err != nil {
			return nil, a.undecoded(err)
		}
		key, err := flatten(&object)
		if err != nil {
			return nil, a.BadResponse(fmt.Sprintf("key %d of a page of the listing: %v", len(keys)+1, err))
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// BadResponse is the error for an answer that was read but lacks what it must hold.
// The request may have been carried out.
func (a *Answer) BadResponse(message string) *driver.Error {
	return a.error(driver.KindMalformed, message)
}

func (a *Answer) error(kind driver.Kind, message string) *driver.Error {
	return &driver.Error{
		Service: a.service, Operation: a.call.Does, Kind: kind, Effect: driver.EffectUnknown, Message: message,
		Status: a.Status, RequestID: a.RequestID(), SentAt: a.SentAt,
	}
}

// refusal is the error for an answer whose status is not one of success. Only a 4xx
// in the API's own words proves that nothing was done: one without a body, in plain
// text or as a web page may be a proxy's, sent after the service has acted.
func (a *Answer) refusal() *driver.Error {
	p := a.Problem()
	e := a.error(kindOf(a.Status, p), p.Message)
	e.Code, e.RequestID, e.RetryAfter, e.ResolutionURL = p.Code, p.RequestID, p.RetryAfter, p.ResolutionURL
	for _, f := range p.Fields {
		e.Fields = append(e.Fields, driver.FieldError(f))
	}
	switch {
	case !refuses(a.Status):
		e.Message = cmp.Or(e.Message, strings.ToLower(http.StatusText(a.Status)))
	case p.FromAPI:
		e.Effect = driver.EffectNone
	case p.HTML:
		e.Message = words("the answer is a web page and not the service's", p.Message)
	case e.Kind == driver.KindNotJSON:
		e.Message = words("the answer is not in the service's own form", p.Message)
	}
	return e
}

// statusClientClosed is what nginx logs, and some proxies send, when the client is
// gone.
const statusClientClosed = 499

// refuses reports whether an API answers with this status when it has not done what
// was requested. 408 and 499 only say that somebody has stopped waiting.
func refuses(status int) bool {
	return status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != statusClientClosed
}

// kindOf classifies a status by what its reader can do.
func kindOf(status int, p httpclient.Problem) driver.Kind {
	switch kind := cmp.Or(kinds[status], driver.KindRejected); {
	case !refuses(status):
		return driver.KindServer
	case p.SpendCap:
		return driver.KindSpendCap
	case p.FromAPI && kind == driver.KindForbidden && isBilling(p.Code):
		return driver.KindPayment
	case p.FromAPI, kind == driver.KindUnauthorized, kind == driver.KindForbidden:
		return kind // a proxy may ask for a credential, too
	case !p.HTML && slices.Contains([]driver.Kind{driver.KindInvalid, driver.KindPayment, driver.KindConflict, driver.KindRateLimit}, kind):
		return kind
	}
	// A load balancer without a backend says "404 page not found"; that is not
	// about keys.
	return driver.KindNotJSON
}

// isBilling reports whether the code of a 403 is about money and not about permission,
// such as credit_ceiling_reached and card_required (docs.pioneer.ai, Errors).
func isBilling(code string) bool {
	words := strings.FieldsFunc(strings.ToLower(code), func(r rune) bool { return r < 'a' || r > 'z' })
	return slices.ContainsFunc(words, func(word string) bool {
		return slices.Contains([]string{"credit", "credits", "card", "billing", "payment", "spend", "spending", "overage", "balance"}, word)
	})
}

// kinds are the refusals with a next step of their own.
var kinds = map[int]driver.Kind{
	http.StatusBadRequest:                  driver.KindInvalid,
	http.StatusUnauthorized:                driver.KindUnauthorized,
	http.StatusPaymentRequired:             driver.KindPayment,
	http.StatusForbidden:                   driver.KindForbidden,
	http.StatusNotFound:                    driver.KindNotFound,
	http.StatusMethodNotAllowed:            driver.KindUnsupported,
	http.StatusNotAcceptable:               driver.KindUnsupported,
	http.StatusConflict:                    driver.KindConflict,
	http.StatusGone:                        driver.KindUnsupported,
	http.StatusRequestEntityTooLarge:       driver.KindInvalid,
	http.StatusRequestURITooLong:           driver.KindInvalid,
	http.StatusUnsupportedMediaType:        driver.KindUnsupported,
	http.StatusUnprocessableEntity:         driver.KindInvalid,
	http.StatusLocked:                      driver.KindNotYet,
	http.StatusTooEarly:                    driver.KindNotYet,
	http.StatusUpgradeRequired:             driver.KindUnsupported,
	http.StatusTooManyRequests:             driver.KindRateLimit,
	http.StatusRequestHeaderFieldsTooLarge: driver.KindInvalid,
	http.StatusUnavailableForLegalReasons:  driver.KindLegal,
}

// words joins what we say with what the server said.
func words(ours, theirs string) string {
	if theirs == "" {
		return ours
	}
	return fmt.Sprintf("%s: %q", ours, theirs)
}

package services

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
)

// Call describes one operation of a service: for its errors, for the log and for
// the transport.
type Call struct {
	Site Site
	// Operation is what is tried, in plain words: "create the key".
	Operation string
	// OK are the statuses of success; 200 and 201 when empty, because which of
	// the two a create answers is documented nowhere.
	OK []int
	// HTTP is what the transport needs to know.
	HTTP httpclient.Call
}

// Creates describes the call that makes a key.
func (s Site) Creates(route string) Call {
	return Call{Site: s, Operation: "create the key", HTTP: httpclient.Call{Route: route, Fresh: true}}
}

// Lists describes the call that lists keys.
func (s Site) Lists(route string) Call {
	return s.Asks("list the keys", httpclient.Call{Route: route, Listing: true})
}

// Revokes describes the call that revokes a key. It is documented to answer 200
// or 204, and is never repeated by the transport: the engine looks first.
func (s Site) Revokes(route string) Call {
	c := s.Asks("revoke the key", httpclient.Call{Route: route})
	c.OK = append(c.OK, http.StatusNoContent)
	return c
}

// Asks describes a call that answers 200.
func (s Site) Asks(operation string, call httpclient.Call) Call {
	return Call{Site: s, Operation: operation, OK: []int{http.StatusOK}, HTTP: call}
}

// In returns the context to make the call with.
func (c Call) In(ctx context.Context) context.Context {
	return httpclient.WithCall(ctx, c.HTTP)
}

// Decode turns what a generated client returned into the answer's value, or into
// an *Error that says what happened and whether it had an effect. An answer
// without a body, or that is not the JSON it should be, proves nothing.
func Decode[T any](c Call, resp *http.Response, err error) (T, error) {
	var value, none T
	body, err := c.answer(resp, err)
	if err != nil {
		return none, err
	}
	if len(body) == 0 {
		return none, c.Unusable(resp, "the answer is empty")
	}
	if err := json.Unmarshal(body, &value); err != nil {
		return none, c.undecoded(resp, body, err)
	}
	return value, nil
}

// undecoded is the error for an answer that is not the JSON that it should be.
func (c Call) undecoded(resp *http.Response, body []byte, err error) *driver.Error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return c.Unusable(resp, "the answer has another shape than documented, at "+cmp.Or(wrong.Field, "its beginning"))
	}
	return c.notJSON(resp, body)
}

// Done is for answers that only confirm. confirms reports whether the answer is the
// confirmation that the service documents, by its status and body: whatever else
// comes with a good status proves nothing, and has to be looked into.
func Done(c Call, resp *http.Response, err error, confirms func(status int, body []byte) bool) error {
	body, err := c.answer(resp, err)
	switch {
	case err != nil:
		return err
	case len(body) > 0 && !json.Valid(body):
		return c.notJSON(resp, body)
	case !confirms(resp.StatusCode, body):
		return c.Unusable(resp, words("the answer does not confirm it", httpclient.ParseProblem(resp, body).Message))
	}
	return nil
}

// answer returns the body of a successful answer, white space trimmed.
func (c Call) answer(resp *http.Response, err error) ([]byte, error) {
	if err != nil {
		return nil, c.fault(err)
	}
	var read bytes.Buffer
	read.Grow(int(max(resp.ContentLength, 0)) + bytes.MinRead) // the client has bounded it
	_, err = read.ReadFrom(resp.Body)
	_ = resp.Body.Close()
	resp.Body = http.NoBody // a listing can be large; once is enough
	if err != nil {
		return nil, c.fault(err)
	}
	body := bytes.TrimSpace(bytes.TrimPrefix(read.Bytes(), []byte("\xef\xbb\xbf")))
	ok := c.OK
	if len(ok) == 0 {
		ok = []int{http.StatusOK, http.StatusCreated}
	}
	if !slices.Contains(ok, resp.StatusCode) {
		return nil, c.refusal(resp, body)
	}
	return body, nil
}

// Unusable is the error for an answer that was read but lacks what it must hold.
// Whatever was asked for may have been done.
func (c Call) Unusable(resp *http.Response, message string) *driver.Error {
	return c.error(resp, driver.KindMalformed, message)
}

func (c Call) notJSON(resp *http.Response, body []byte) *driver.Error {
	message := "the answer is not the JSON that the service documents"
	if problem := httpclient.ParseProblem(resp, body); problem.HTML {
		message = words("a web page came in place of the service's answer", problem.Message)
	}
	return c.error(resp, driver.KindNotJSON, message)
}

func (c Call) error(resp *http.Response, kind driver.Kind, message string) *driver.Error {
	e := &driver.Error{Service: c.Site.Title, Operation: c.Operation, Kind: kind, Effect: driver.EffectUnknown, Message: message}
	if resp != nil {
		e.Status = resp.StatusCode
		e.RequestID = httpclient.ParseProblem(resp, nil).RequestID
	}
	return e
}

// Refuse is the error for a call that is not made, because it cannot be right.
func (c Call) Refuse(message string) *driver.Error {
	e := c.error(nil, driver.KindInvalid, message)
	e.Effect = driver.EffectNone
	return e
}

// CheckID refuses an id that would change the path it is put into, and with it
// the call.
func (c Call) CheckID(id string) error {
	if id == "" || id == "." || id == ".." {
		return c.Refuse(fmt.Sprintf("%q is not the id of a key", id))
	}
	return nil
}

// refusal is the error for an answer whose status is not one of success. Only a 4xx
// in the API's own words proves that nothing was done: one without a body, in plain
// text or as a web page may be a proxy's, sent after the service has acted.
func (c Call) refusal(resp *http.Response, body []byte) *driver.Error {
	p := httpclient.ParseProblem(resp, body)
	e := c.error(resp, kindOf(resp.StatusCode, p), p.Message)
	e.Code, e.RequestID, e.RetryAfter, e.ResolutionURL = p.Code, p.RequestID, p.RetryAfter, p.ResolutionURL
	for _, f := range p.Fields {
		e.Fields = append(e.Fields, driver.FieldError(f))
	}
	switch {
	case !refuses(resp.StatusCode):
		e.Message = cmp.Or(e.Message, strings.ToLower(http.StatusText(resp.StatusCode)))
	case p.FromAPI:
		e.Effect = driver.EffectNone
	case p.HTML:
		e.Message = words("a web page came in place of the service's answer", p.Message)
	case e.Kind == driver.KindNotJSON:
		e.Message = words("the answer is not in the service's own form", p.Message)
	}
	if c.Site.Explain != nil {
		c.Site.Explain(resp, e)
	}
	return e
}

// statusClientClosed is what nginx logs, and some proxies send, when the client is
// gone.
const statusClientClosed = 499

// refuses reports whether an API answers with a status when it does not do what it
// was asked. 408 and 499 say that somebody has stopped waiting, and not for what.
func refuses(status int) bool {
	return status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != statusClientClosed
}

// kindOf classifies a status by what its reader can do.
func kindOf(status int, p httpclient.Problem) driver.Kind {
	switch {
	case !refuses(status):
		return driver.KindServer
	case p.SpendCap:
		return driver.KindSpendCap
	case status == http.StatusForbidden && p.FromAPI && isBilling(p.Code):
		return driver.KindPayment
	case p.FromAPI:
		return cmp.Or(kinds[status], driver.KindRejected)
	}
	switch kind := kinds[status]; kind {
	case driver.KindUnauthorized, driver.KindForbidden:
		return kind // whoever has sent it asks for a credential
	case driver.KindInvalid, driver.KindPayment, driver.KindConflict, driver.KindRateLimit:
		if !p.HTML {
			return kind
		}
	}
	// A load balancer without a backend says "404 page not found"; it knows nothing
	// of keys.
	return driver.KindNotJSON
}

// isBilling reports whether the code of a 403 is about money and not about permission,
// such as credit_ceiling_reached and card_required (docs.pioneer.ai, Errors).
func isBilling(code string) bool {
	words := strings.FieldsFunc(strings.ToLower(code), func(r rune) bool { return r < 'a' || r > 'z' })
	return slices.ContainsFunc(words, func(word string) bool {
		switch word {
		case "credit", "credits", "card", "billing", "payment", "spend", "spending", "overage", "balance":
			return true
		}
		return false
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

// fault is the error for an exchange without a usable answer.
func (c Call) fault(err error) *driver.Error {
	e := c.error(nil, driver.KindConnection, err.Error())
	e.Err = err
	var t *httpclient.TransportError
	if !errors.As(err, &t) {
		return e
	}
	e.Status = t.Status
	if !t.Sent {
		e.Effect = driver.EffectNone
	}
	if kind, ok := faults[t.Fault]; ok {
		e.Kind = kind
	}
	return e
}

var faults = map[httpclient.Fault]driver.Kind{
	httpclient.FaultTimeout:    driver.KindTimeout,
	httpclient.FaultDNS:        driver.KindDNS,
	httpclient.FaultTLS:        driver.KindTLS,
	httpclient.FaultHandshake:  driver.KindHandshake,
	httpclient.FaultConnection: driver.KindConnection,
	httpclient.FaultCanceled:   driver.KindCanceled,
	httpclient.FaultRedirect:   driver.KindRedirect,
	httpclient.FaultTooLarge:   driver.KindTooLarge,
	httpclient.FaultCredential: driver.KindCredential,
	httpclient.FaultRateLimit:  driver.KindRateLimit,
}

// words joins what we say with what the server said.
func words(ours, theirs string) string {
	if theirs == "" {
		return ours
	}
	return fmt.Sprintf("%s: %q", ours, theirs)
}

package custom

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
)

// service is a declared service as a driver.Service. What its declaration lacks is not
// among its methods, see withGet and withUpdate.
type service struct {
	d     *Declaration
	conn  *services.Client
	pages *services.PageSizes
}

// The optional interfaces, as far as a declaration has their calls.
type (
	withGet       struct{ *service }
	withUpdate    struct{ *service }
	withGetUpdate struct {
		withGet
		withUpdate
		*service
	}
)

// driver returns the service with the abilities that are declared.
func (s *service) driver() driver.Service {
	switch {
	case s.d.Get != nil && s.d.Update != nil:
		return withGetUpdate{withGet{s}, withUpdate{s}, s}
	case s.d.Get != nil:
		return withGet{s}
	case s.d.Update != nil:
		return withUpdate{s}
	}
	return s
}

// Credential implements driver.Service.
func (s *service) Credential() driver.Secret { return s.conn.Credential() }

// Now implements driver.Service.
func (s *service) Now() time.Time { return s.conn.Now() }

// ClockError implements driver.Service.
func (s *service) ClockError() time.Duration { return s.conn.ClockError() }

// sendRaw sends a request about the key with that id; "" if there is none.
func (s *service) sendRaw(ctx context.Context, op services.Operation, c Call, id string, query url.Values, body map[string]any, encoding string) (*services.Answer, error) {
	op.OK = c.Success
	return s.conn.Send(ctx, services.Call{
		Operation: op, Route: c.Method + " " + withoutQuery(c.Path),
		Build: func(r services.Request) (*http.Request, error) {
			return s.request(r.BaseURL, c, id, query, body, encoding)
		},
	}, services.Request{ID: id})
}

// send does that, and decodes the answer, which is nil without a body.
func (s *service) send(ctx context.Context, op services.Operation, c Call, id string, body map[string]any, encoding string) (*services.Answer, any, error) {
	answer, err := s.sendRaw(ctx, op, c, id, nil, body, encoding)
	if err != nil || len(answer.Body) == 0 {
		return answer, nil, err
	}
	document, err := decode(answer.Body)
	if err != nil {
		var raw json.RawMessage
		if err := answer.Decode(&raw); err != nil {
			return answer, nil, err // which says whose answer it may be
		}
		return answer, nil, answer.BadResponse("there is something after the JSON of the answer")
	}
	return answer, document, nil
}

// Create implements driver.Service.
func (s *service) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	c := s.d.Create
	body, err := s.createBody(spec)
	if err != nil {
		return driver.Minted{}, s.conn.Reject(services.Create, err.Error())
	}
	answer, document, err := s.send(ctx, services.Create, c.Call, "", body, c.Encoding)
	if err != nil {
		return driver.Minted{}, err
	}
	r := reader{item: document}
	value, _ := c.Value.find(document)
	secret, _ := value.(string)
	if secret == "" {
		return driver.Minted{}, answer.BadResponse("the answer has no value of a key: create.value " + c.Value.describe(document))
	}
	k := driver.Key{
		ID: r.id(c.ID), Name: cmp.Or(r.text(c.GivenName), spec.Name),
		CreatedAt:  r.time(c.CreatedAt, driver.FieldCreatedAt, s.d.List.CreatedAtFormat),
		Unreadable: r.unreadable,
	}
	return driver.Minted{Key: k, Value: driver.NewSecret(secret), SentAt: answer.SentAt}, nil
}

// List implements driver.Service.
func (s *service) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	if q.Status == driver.StatusInactive {
		return driver.Page{}, nil
	}
	l := s.d.List
	query, anchor := url.Values{}, ""
	switch first := s.firstPage(); {
	case q.Cursor != "" && l.Page.Style == styleOffset:
		var offset string
		offset, anchor, _ = strings.Cut(q.Cursor, " ")
		query.Set(l.Page.Param, offset)
	case q.Cursor != "":
		query.Set(l.Page.Param, q.Cursor)
	case first != "":
		query.Set(l.Page.Param, first)
	}
	answer, err := s.sendRaw(ctx, services.List, l.Call, "", query, nil, "")
	if err != nil {
		return driver.Page{}, err
	}
	page, err := s.readPage(answer)
	if err != nil {
		return driver.Page{}, err
	}
	isAnchor := func(k driver.Key) bool { return k.ID == anchor }
	if anchor != "" && !slices.ContainsFunc(page.Keys, isAnchor) { // rows have moved, and some may be on no page
		shifted := answer.BadResponse(fmt.Sprintf("keys disappeared while the listing was read: key %s, the last one of a page, is not on the next", anchor))
		shifted.Code = driver.CodeListingShifted
		return driver.Page{}, shifted
	}
	page.Anchor = anchor
	s.addNext(&page, q.Cursor, answer.Body)
	return page, nil
}

// readPage reads the keys of a page one by one: all rows at once need several times the
// memory of their keys.
func (s *service) readPage(answer *services.Answer) (driver.Page, error) {
	var entire json.RawMessage
	if err := answer.Decode(&entire); err != nil {
		return driver.Page{}, err
	}
	items := s.d.List.Items.findRaw(entire)
	rows := json.NewDecoder(bytes.NewReader(items))
	rows.UseNumber()
	if begin, err := rows.Token(); err != nil || begin != json.Delim('[') {
		document, _ := decode(entire)
		return driver.Page{}, answer.BadResponse("the answer has no list of keys: list.items " + s.d.List.Items.describe(document))
	}
	page := driver.Page{Total: -1, Bytes: len(items)}
	for rows.More() {
		if len(page.Keys) == driver.MaxListed {
			return driver.Page{}, driver.TooLong(fmt.Sprintf("it has more than %d keys on one page", driver.MaxListed))
		}
		var row any
		err := rows.Decode(&row)
		var k driver.Key
		if err == nil {
			k, err = s.d.readKey(row)
		}
		if err != nil {
			return driver.Page{}, answer.BadResponse(fmt.Sprintf("key %d of a page of the listing: %v", len(page.Keys)+1, err))
		}
		page.Keys = append(page.Keys, k)
	}
	return page, nil
}

// firstPage is what the query of the first page has; "" is nothing.
func (s *service) firstPage() string {
	if page := s.d.List.Page; page.Style == stylePage && page.First != nil {
		return strconv.Itoa(*page.First)
	}
	return ""
}

// addNext adds the cursor of the page that follows. A page that says nothing about that
// is followed by another, unless it is shorter than others were.
func (s *service) addNext(page *driver.Page, cursor string, answer []byte) {
	p := s.d.List.Page
	if p.Style == "" {
		return
	}
	more, says := s.hasMore(answer)
	page.MayHaveMore = more || !says && s.pages.Full(len(page.Keys))
	if p.Style == styleCursor {
		next := s.nextCursor(answer)
		page.MayHaveMore = next != "" && (more || !says)
		if page.MayHaveMore {
			page.Next = next
		}
		return
	}
	last := len(page.Keys) - 1
	if !page.MayHaveMore || last < 0 {
		return
	}
	switch p.Style {
	case styleAfterLastID:
		page.Next = page.Keys[last].ID
	case styleOffset:
		// The next page begins with the last row of this one, which shows whether rows have
		// moved in between.
		if page.Anchor != "" && last == 0 {
			page.MayHaveMore = false
			return
		}
		offset, _, _ := strings.Cut(cursor, " ")
		before, _ := strconv.Atoi(offset)
		page.Next = fmt.Sprintf("%d %s", before+last, page.Keys[last].ID)
	case stylePage:
		number, err := strconv.Atoi(cursor)
		if err != nil {
			number = 1
			if p.First != nil {
				number = *p.First
			}
		}
		page.Next = strconv.Itoa(number + 1)
	}
}

// hasMore reads whether the service says that there are more pages.
func (s *service) hasMore(answer []byte) (more, says bool) {
	if s.d.List.Page.More == "" {
		return false, false
	}
	raw := s.d.List.Page.More.findRaw(answer)
	says = json.Unmarshal(raw, &more) == nil && string(raw) != "null"
	return more, says
}

// nextCursor reads the next page's cursor; "" if there is none.
func (s *service) nextCursor(answer []byte) string {
	raw := s.d.List.Page.Next.findRaw(answer)
	value, _ := decode(raw)
	return (&reader{item: value}).scalar()
}

// Revoke implements driver.Service.
func (s *service) Revoke(ctx context.Context, id string) error {
	c := s.d.Revoke
	var body map[string]any
	if c.Body != "" || c.ID != "" {
		var err error
		if body, err = object(c.Body); err != nil {
			return s.conn.Reject(services.Revoke, "revoke.body "+err.Error())
		}
		if c.ID != "" {
			c.ID.set(body, id)
		}
	}
	answer, document, err := s.send(ctx, services.Revoke, c.Call, id, body, encodingJSON)
	if err != nil {
		return err
	}
	if !s.confirms(answer, document) {
		return answer.BadResponse("the answer does not confirm the revocation")
	}
	return nil
}

// confirms reports whether an answer confirms a revocation.
func (s *service) confirms(answer *services.Answer, document any) bool {
	pointer := s.d.Revoke.Confirm
	if pointer == "" {
		return answer.Status != http.StatusOK
	}
	confirmed, _ := pointer.find(document)
	text := (&reader{item: confirmed}).scalar()
	at, _ := parseTime(confirmed, s.d.List.CreatedAtFormat)
	return confirmed == true || text != "" && text == answer.ID || !at.IsZero()
}

// Get implements driver.Getter.
func (s withGet) Get(ctx context.Context, id string) (driver.Key, error) {
	c := *s.d.Get
	answer, document, err := s.send(ctx, services.Get, c.Call, id, nil, "")
	if err != nil {
		return driver.Key{}, err
	}
	item, found := c.Item.find(document)
	if !found {
		return driver.Key{}, answer.BadResponse("the answer has no key: get.item " + c.Item.describe(document))
	}
	k, err := s.d.readKey(item)
	if err == nil && !strings.EqualFold(k.ID, id) {
		err = fmt.Errorf("it is about key %s", k.ID)
	}
	if err != nil {
		return driver.Key{}, answer.BadResponse(fmt.Sprintf("the answer cannot be used: %v", err))
	}
	return k, nil
}

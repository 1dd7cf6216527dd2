package services

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Pages says how a listing is divided. The zero value is a listing of one page.
type Pages struct {
	// Limit is how many keys to request at once. Default is how many a page has where the
	// limit is ignored.
	Limit, Default int
	// Cursor is the field that holds the cursor of the next page; "" pages by offset. Then
	// each page begins with the last key of the one before. If it is not there, keys were
	// removed between the two requests, and others may be on neither page.
	Cursor string
	// Info is the field that holds Next and Total; "" is the answer itself. Next is a link
	// to the next page, null on the last one. It is not followed, but must lead to the same
	// server. Total is how many keys there are: a hint only, since what it counts is seldom
	// documented.
	Info, Next, Total string
}

// cursor is where a page by offset begins. The zero value is the first page.
type cursor struct {
	offset int
	anchor string // id of the key that the page must show again; "" for none
}

func (c cursor) String() string { return strconv.Itoa(c.offset) + ":" + c.anchor }

func (p Pages) parse(text string) (c cursor, err error) {
	if text == "" || p.Cursor != "" {
		return cursor{}, nil
	}
	offset, anchor, _ := strings.Cut(text, ":")
	c.offset, _ = strconv.Atoi(offset)
	c.anchor = anchor
	if c.offset <= 0 || c.String() != text {
		return cursor{}, fmt.Errorf("%q is not a page of the listing", text)
	}
	return c, nil
}

func (p Pages) request(at cursor, q driver.Query) Request {
	r := Request{Status: q.Status, Offset: &at.offset, Limit: &p.Limit}
	if p.Cursor != "" && q.Cursor != "" {
		r.Cursor = &q.Cursor
	}
	return r
}

// readPage reads a page, and which one follows it.
func (c *Client) readPage(a *Answer, at cursor) (page driver.Page, err error) {
	p, array, object := c.api.Pages, json.RawMessage(nil), &Object{}
	if c.api.Items == "" {
		err = a.Decode(&array)
	} else if err = a.Decode(object); err == nil {
		array = object.JSON(c.api.Items)
	}
	if err != nil {
		return driver.Page{}, err
	}
	if page.Keys, err = a.readKeys(array, c.api.Flatten); err != nil {
		return driver.Page{}, err
	}
	page.Total, page.Bytes, page.Anchor = -1, len(array), at.anchor
	info := object.Object(p.Info)
	if !info.Null(p.Total) && info.Number(p.Total) >= 0 && len(info.Unreadable) == 0 {
		page.Total = int(min(info.Number(p.Total), math.MaxInt32))
	}
	switch {
	case p.Cursor != "":
		if next := info.Text(p.Cursor); !info.Null(p.Cursor) && next != "" {
			page.Next, page.MayHaveMore = next, true
		}
	case p.Limit > 0:
		return page, c.addNext(&page, a, at, info)
	}
	return page, nil
}

// addNext adds the page by offset that follows. The listing has ended with a page that is
// empty, that is shorter than another that this server has sent, or that says so: next is
// null, and the total does not contradict it.
func (c *Client) addNext(page *driver.Page, a *Answer, at cursor, info *Object) error {
	p, rows := c.api.Pages, len(page.Keys)
	if err := c.http.SameOrigin(info.Text(p.Next)); err != nil {
		return a.BadResponse(fmt.Sprintf("the link to the next page is refused: %v", err))
	}
	anchor := slices.IndexFunc(page.Keys, func(k driver.Key) bool { return k.ID == at.anchor })
	if at.anchor != "" && anchor < 0 {
		e := a.BadResponse(fmt.Sprintf("keys disappeared while the listing was read: key %s, the last one of a page, is not on the next", at.anchor))
		e.Code = driver.CodeListingShifted
		return e
	}
	more, full := !info.Null(p.Next), c.sizes.Full(rows)
	ended := info.Has(p.Next) && !more && page.Total <= at.offset+rows
	page.MayHaveMore = more || rows == p.Limit || rows == p.Default
	switch {
	case anchor == rows-1, ended, !more && !full: // nothing follows the anchor, or there are no keys
	case rows == 1:
		page.Next = cursor{offset: at.offset + 1}.String()
	default:
		page.Next = cursor{offset: at.offset + rows - 1, anchor: page.Keys[rows-1].ID}.String()
	}
	return nil
}

// PageSizes remembers how long the pages of one server are.
type PageSizes struct {
	mu      sync.Mutex
	largest int
}

// Full reports whether no page so far was longer than this one, so that another may
// follow it. How many rows a server sends at most is documented reliably nowhere.
func (s *PageSizes) Full(rows int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.largest = max(s.largest, rows)
	return rows > 0 && rows == s.largest
}

package onepin

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/onepin/api"
)

// pageLimit is the most keys that a page may have (OnePin API reference, List
// Api Keys).
const pageLimit = 100

// statuses are the service's words for ours. The default listing hides keys that
// are switched off; asking for all would bring the revoked ones of years.
var statuses = map[keyring.Status]api.Status{
	keyring.StatusLive:     api.Active,
	keyring.StatusActive:   api.Active,
	keyring.StatusInactive: api.Revoked,
	keyring.StatusAll:      api.All,
}

// List implements keyring.Service. As soon as the first page has told the total,
// the offsets of all other pages are known. Links are never followed; one that
// leads to another origin means that somebody else is answering.
func (w workspace) List(ctx context.Context, q keyring.Query) (keyring.Page, error) {
	status, known := statuses[q.Status]
	if !known {
		return keyring.Page{}, listCall.Refuse(fmt.Sprintf("keys cannot be listed by the status %q", q.Status))
	}
	at, err := parseCursor(q.Cursor)
	if err != nil {
		return keyring.Page{}, listCall.Refuse(err.Error())
	}
	limit := pageLimit
	resp, err := w.wire.ListKeys(listCall.In(ctx), &api.ListKeysParams{
		XWorkspaceId: w.id, Status: &status, Limit: &limit, Offset: &at.offset,
	})
	answer, err := services.Decode[api.KeyPage](listCall, resp, err)
	if err != nil {
		return keyring.Page{}, err
	}
	if answer.Data == nil {
		return keyring.Page{}, listCall.Unusable(resp, `the answer holds no list "data"`)
	}
	link := services.NotNull(answer.Pagination.Next)
	if err := w.transport.SameOrigin(link); err != nil {
		return keyring.Page{}, listCall.Unusable(resp, fmt.Sprintf("the link to the next page is refused: %v", err))
	}
	page := keyring.Page{Keys: make([]keyring.Key, len(answer.Data)), Total: -1}
	for i, o := range answer.Data {
		if page.Keys[i], err = flatten(o); err != nil {
			return keyring.Page{}, listCall.Unusable(resp, fmt.Sprintf("key %d of the listing: %v", at.offset+i+1, err))
		}
	}
	if answer.Pagination.Total != nil {
		page.Total = *answer.Pagination.Total
	}
	page.Next = at.after(len(answer.Data), page.Total, link != "" && link != "null")
	return page, nil
}

// cursor is where a page begins. The zero value is the first page.
type cursor struct {
	offset int
	// last marks the page that ends the listing by the total that the first page
	// told; keys made since may follow it.
	last bool
}

const lastMark = "+"

func (c cursor) String() string {
	if c.last {
		return strconv.Itoa(c.offset) + lastMark
	}
	return strconv.Itoa(c.offset)
}

func parseCursor(text string) (c cursor, err error) {
	if text == "" {
		return cursor{}, nil
	}
	number, last := strings.CutSuffix(text, lastMark)
	c.last = last
	if c.offset, err = strconv.Atoi(number); err != nil || c.offset <= 0 {
		return cursor{}, fmt.Errorf("%q is not a page of the listing", text)
	}
	return c, nil
}

// after returns the cursors that follow a page of so many rows: after the first
// page those of all others, by the total; after the last one another only if the
// service says that there is more, or tells no total and the page is full.
func (c cursor) after(rows, total int, more bool) []string {
	if rows == 0 || c.offset > 0 && !c.last {
		return nil
	}
	end := c.offset + rows
	if c.last || total < 0 {
		if more || total < 0 && rows >= pageLimit {
			return []string{cursor{offset: end, last: true}.String()}
		}
		return nil
	}
	var next []string
	for offset := end; offset < total; offset += rows {
		next = append(next, cursor{offset: offset, last: offset+rows >= total}.String())
	}
	if next == nil && more {
		next = []string{cursor{offset: end, last: true}.String()}
	}
	return next
}

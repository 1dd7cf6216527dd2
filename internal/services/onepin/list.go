package onepin

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/onepin/api"
)

// pageLimit is the most keys that a page may have (OnePin API reference, List
// Api Keys), and how many it has where the limit is ignored.
const pageLimit, pageDefault = 100, 50

// statuses are the service's words for ours. The default listing hides keys that
// are switched off; asking for all would bring the revoked ones of years.
var statuses = map[driver.Status]api.Status{
	driver.StatusLive:     api.Active,
	driver.StatusActive:   api.Active,
	driver.StatusInactive: api.Revoked,
	driver.StatusAll:      api.All,
}

// List implements driver.Service. Links are never followed; one that leads to
// another origin means that another server is answering.
//
// The listing has ended with a page that is empty, that is shorter than another that
// this server has sent, or that says so: next is null, and no total contradicts it.
// What the total counts is not documented, so it only decides how many pages to request
// at the same time.
func (w workspace) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	status, known := statuses[q.Status]
	if !known {
		return driver.Page{}, listCall.Reject(fmt.Sprintf("keys cannot be listed by the status %q", q.Status))
	}
	at, err := parseCursor(q.Cursor)
	if err != nil {
		return driver.Page{}, listCall.Reject(err.Error())
	}
	limit := pageLimit
	if at.end > 0 {
		limit = min(limit, at.end-at.offset)
	}
	req, err := api.NewListKeysRequest(w.BaseURL, &api.ListKeysParams{
		XWorkspaceId: w.Scope, Status: &status, Limit: &limit, Offset: &at.offset,
	})
	answer, row, err := w.SendForRow(ctx, listCall, req, err)
	if err != nil {
		return driver.Page{}, err
	}
	page, err := answer.Page(row.Array("data"), flatten)
	if err != nil {
		return driver.Page{}, err
	}
	pagination := row.Object("pagination")
	if err := w.SameOrigin(pagination.Text("next")); err != nil {
		return driver.Page{}, answer.BadResponse(fmt.Sprintf("the link to the next page is refused: %v", err))
	}
	if total := pagination.Number("total"); total >= 0 && len(pagination.Unreadable) == 0 && !pagination.Null("total") {
		page.Total = int(min(total, math.MaxInt32))
	}
	rows, more := len(page.Keys), !pagination.Null("next")
	full, ended := w.sizes.Full(rows), pagination.Has("next") && !more
	page.MayHaveMore = more || rows == limit || rows == pageDefault
	switch {
	case more, at.end > 0:
		page.Next = at.after(rows, page.Total)
	case ended && page.Total <= at.offset+rows: // nothing contradicts it
	case full && ended:
		page.Next = at.after(rows, -1)
	case full:
		page.Next = at.after(rows, page.Total)
	}
	return page, nil
}

// cursor is the part of the listing that a page begins: from an offset to the next
// page that is asked for at the same time, to the end of the listing where end is 0. The
// zero value is all of it.
type cursor struct{ offset, end int }

func (c cursor) String() string {
	if c.end > 0 {
		return fmt.Sprintf("%d-%d", c.offset, c.end)
	}
	return strconv.Itoa(c.offset)
}

func parseCursor(text string) (c cursor, err error) {
	if text == "" {
		return cursor{}, nil
	}
	offset, end, bounded := strings.Cut(text, "-")
	if c.offset, err = strconv.Atoi(offset); err == nil && bounded {
		c.end, err = strconv.Atoi(end)
	}
	if err != nil || c.offset <= 0 || bounded && c.end <= c.offset || c.String() != text {
		return cursor{}, fmt.Errorf("%q is not a page of the listing", text)
	}
	return c, nil
}

// ahead is how many pages are requested at the same time.
const ahead = 6

// after returns the cursors that follow a page of so many rows that is not the last:
// the missing rest of its own part, or the pages that follow it by the total. The
// total is not trusted: where pages are shorter than requested, it at most doubles the
// number of pages so far.
func (c cursor) after(rows, total int) []string {
	begin := c.offset + rows
	switch {
	case rows == 0, c.end > 0 && begin >= c.end:
		return nil
	case c.end > 0:
		return []string{cursor{begin, c.end}.String()}
	}
	most := ahead
	if rows < pageLimit {
		most = min(ahead, 2*(begin/rows))
	}
	var next []string
	for ; len(next) < most-1 && begin+rows < total; begin += rows {
		next = append(next, cursor{begin, begin + rows}.String())
	}
	return append(next, cursor{offset: begin}.String())
}

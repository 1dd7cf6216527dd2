package expunct

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/expunct/api"
)

// Page sizes, from the Expunct documentation's page on paging.
const (
	pageLimit   = 100 // the most that may be asked for
	pageDefault = 50  // the length where the server ignores the limit
)

// shifted is the code by which the engine knows that it must read the listing again
// from its start.
const shifted = "listing_shifted"

// List implements driver.Service. Revoked keys are not remembered, so every
// status but "revoked" is the same listing.
//
// The documentation leaves open whether this listing has pages at all, and a server may
// send smaller ones than it is asked for. So only a page that is shorter than another
// of this server is the last one. Each following page begins at the last row of the
// one before, its anchor: if that row comes again, no row was missed between the two
// requests. If it does not, rows before it have gone, and the listing begins again.
func (t tenant) List(ctx context.Context, q driver.Query) (driver.Page, error) {
	if q.Status == driver.StatusInactive {
		return driver.Page{}, nil
	}
	var at cursor
	if q.Cursor != "" {
		var err error
		if at, err = parseCursor(q.Cursor); err != nil {
			return driver.Page{}, listCall.Reject(err.Error())
		}
	}
	req, err := api.NewListKeysRequest(t.BaseURL, &api.ListKeysParams{TenantId: t.Scope, Limit: new(pageLimit), Offset: &at.offset})
	answer, err := t.Send(ctx, listCall, req, err)
	if err != nil {
		return driver.Page{}, err
	}
	var rows json.RawMessage
	if err := answer.Decode(&rows); err != nil {
		return driver.Page{}, err
	}
	page, err := answer.Page(rows, flatten)
	if err != nil {
		return driver.Page{}, err
	}
	page.Anchor, page.MayHaveMore = at.anchor, len(page.Keys) == pageLimit || len(page.Keys) == pageDefault
	next, more, err := at.after(page.Keys, t.sizes.Full(len(page.Keys)))
	if err != nil {
		e := answer.BadResponse(err.Error())
		e.Code = shifted
		return driver.Page{}, e
	}
	if more {
		page.Next = []string{next.String()}
	}
	return page, nil
}

// cursor is where a page begins. The zero value is the first page.
type cursor struct {
	offset int    // what to ask for
	anchor string // id of the row that the page must show again; "" for none
}

func (c cursor) String() string { return fmt.Sprintf("%d:%s", c.offset, c.anchor) }

func parseCursor(text string) (c cursor, err error) {
	offset, anchor, _ := strings.Cut(text, ":")
	c.anchor = anchor
	if c.offset, err = strconv.Atoi(offset); err != nil || c.offset <= 0 || c.String() != text {
		return cursor{}, fmt.Errorf("%q is not a page of the listing", text)
	}
	return c, nil
}

// after returns the cursor of the page that follows this one with these keys, and
// whether there is one. full says that this server has sent no longer page. A page
// of a single row cannot overlap.
func (c cursor) after(keys []driver.Key, full bool) (next cursor, more bool, err error) {
	at := slices.IndexFunc(keys, func(k driver.Key) bool { return k.ID == c.anchor })
	switch {
	case c.anchor != "" && at < 0:
		return cursor{}, false, fmt.Errorf("keys disappeared while the listing was read: key %s, the last one of a page, is not on the next", c.anchor)
	case !full, at == len(keys)-1: // nothing follows the anchor, or there are no keys
		return cursor{}, false, nil
	}
	if len(keys) == 1 {
		return cursor{offset: c.offset + 1}, true, nil
	}
	return cursor{offset: c.offset + len(keys) - 1, anchor: keys[len(keys)-1].ID}, true, nil
}

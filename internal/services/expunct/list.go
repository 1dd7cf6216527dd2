package expunct

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/expunct/api"
)

// Page sizes, from the Expunct documentation's page on paging.
const (
	pageLimit   = 100 // the most that may be asked for
	pageDefault = 50  // what comes when the limit is not heeded
)

// shifted is the code by which the engine knows that a listing must be begun
// anew.
const shifted = "listing_shifted"

// List implements keyring.Service. Revoked keys are not remembered, so every
// status but "revoked" is the same listing.
//
// The documentation leaves open whether this listing pages at all. A first page
// of 50 rows or more may therefore have a next one. Each following page is asked
// for from the last row already seen, its anchor: while that row comes again, no
// row has slipped through between the two requests. If it does not, rows before
// it have gone, and the listing is begun anew.
func (t tenant) List(ctx context.Context, q keyring.Query) (keyring.Page, error) {
	if q.Status == keyring.StatusInactive {
		return keyring.Page{}, nil
	}
	var at cursor
	if q.Cursor != "" {
		var err error
		if at, err = parseCursor(q.Cursor); err != nil {
			return keyring.Page{}, listCall.Refuse(err.Error())
		}
	}
	limit := pageLimit
	resp, err := t.wire.ListKeys(listCall.In(ctx), &api.ListKeysParams{TenantId: t.id, Limit: &limit, Offset: &at.offset})
	rows, err := services.Decode[[]api.Key](listCall, resp, err)
	if err != nil {
		return keyring.Page{}, err
	}
	if rows == nil {
		return keyring.Page{}, listCall.Unusable(resp, "the answer is null instead of a list")
	}
	page := keyring.Page{Total: -1, Behind: at.anchor}
	for i, row := range rows {
		key, err := flatten(row)
		if err != nil {
			return keyring.Page{}, listCall.Unusable(resp, fmt.Sprintf("row %d of the listing: %v", at.offset+i+1, err))
		}
		page.Keys = append(page.Keys, key)
	}
	next, more, err := at.after(page.Keys)
	if err != nil {
		e := listCall.Unusable(resp, err.Error())
		e.Code = shifted
		return keyring.Page{}, e
	}
	if more {
		page.Next = []string{next.String()}
	}
	return page, nil
}

// cursor is where a page begins. The zero value is the first page.
type cursor struct {
	offset int    // what to ask for
	size   int    // rows of the first page
	anchor string // id of the row that the page must show again
}

func (c cursor) String() string { return fmt.Sprintf("%d:%d:%s", c.offset, c.size, c.anchor) }

func parseCursor(text string) (cursor, error) {
	offset, rest, _ := strings.Cut(text, ":")
	size, anchor, _ := strings.Cut(rest, ":")
	c := cursor{anchor: anchor}
	var err1, err2 error
	c.offset, err1 = strconv.Atoi(offset)
	c.size, err2 = strconv.Atoi(size)
	if err1 != nil || err2 != nil || c.offset < 0 || anchor == "" {
		return cursor{}, fmt.Errorf("%q is not a page of the listing", text)
	}
	return c, nil
}

// after returns the cursor of the page that follows this one with these keys, and
// whether there is one. Offsets only ever grow.
func (c cursor) after(keys []keyring.Key) (next cursor, more bool, err error) {
	if c.anchor == "" {
		if len(keys) < pageDefault {
			return cursor{}, false, nil
		}
		return cursor{offset: len(keys) - 1, size: len(keys), anchor: keys[len(keys)-1].ID}, true, nil
	}
	at := slices.IndexFunc(keys, func(k keyring.Key) bool { return k.ID == c.anchor })
	if at < 0 {
		return cursor{}, false, fmt.Errorf("keys went while the listing was read: key %s, the last one of a page, is not on the next", c.anchor)
	}
	// A server that knows no offset sends the first page again: nothing follows
	// the anchor there. A short page is the last one; a full one is not, wherever
	// the anchor is: keys that are made meanwhile move it down.
	if at == len(keys)-1 || len(keys) < c.size {
		return cursor{}, false, nil
	}
	return cursor{offset: c.offset + len(keys) - 1, size: c.size, anchor: keys[len(keys)-1].ID}, true, nil
}

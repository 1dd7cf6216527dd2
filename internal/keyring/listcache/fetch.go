package listcache

import (
	"context"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// listingTries is how often an inconsistent listing is fetched.
const listingTries = 3

// fetchFirst fetches the first page.
func (c *Cache) fetchFirst(ctx context.Context, l *listing) error {
	page, err := c.opts.FetchPage(ctx, driver.Query{Status: c.status})
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.addPage(l, page); err != nil {
		return err
	}
	l.next, l.total, l.pageLength = page.Next, page.Total, len(page.Keys)
	c.replayWrites(l)
	return nil
}

// fetchRemaining fetches the pages after the first. A listing is inconsistent if keys
// came or went while it was fetched. It is then fetched again while own writes wait.
func (c *Cache) fetchRemaining(ctx context.Context, l *listing) error {
	err := c.fetchPages(ctx, l)
	if isInconsistent(err) {
		if err := c.writeGate.Acquire(ctx, entireGate); err != nil {
			return err
		}
		defer c.writeGate.Release(entireGate)
	}
	for try := 1; try < listingTries && isInconsistent(err); try++ {
		c.mu.Lock()
		c.reset(l)
		c.mu.Unlock()
		if err = c.fetchFirst(ctx, l); err == nil {
			err = c.fetchPages(ctx, l)
		}
	}
	return err
}

// fetchPages fetches everything after the first page.
func (c *Cache) fetchPages(ctx context.Context, l *listing) error {
	c.mu.Lock()
	cursor := l.next
	c.mu.Unlock()
	for cursor != "" {
		page, err := c.opts.FetchPage(ctx, driver.Query{Status: c.status, Cursor: cursor})
		if err == nil {
			cursor, err = c.addNext(l, page)
		}
		if err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.replayWrites(l)
	return nil
}

// addNext adds a page after the first, and returns the cursor of the one that follows.
func (c *Cache) addNext(l *listing, page driver.Page) (next string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.hasRepeatedRows(page) {
		return "", errMoved
	}
	added, err := c.addPage(l, page)
	if err != nil {
		return "", err
	}
	if added == 0 { // a server that ignores paging would go on for ever
		l.repeated = l.repeated || len(page.Keys) > 0 && page.MayHaveMore
		return "", nil
	}
	return page.Next, nil
}

// ErrRepeatedPage is the error of a listing that may have more keys than it shows.
var ErrRepeatedPage error = malformed("", "the same full page came again in place of the next one, so there may be keys that are not listed")

// errMoved is the error of an inconsistent listing.
var errMoved error = malformed(driver.CodeListingShifted, "rows changed places while the listing was fetched")

func malformed(code, message string) *driver.Error {
	return &driver.Error{Service: "the service", Operation: operation, Kind: driver.KindMalformed, Effect: driver.EffectNone, Code: code, Message: message}
}

func isInconsistent(err error) bool {
	e, ok := driver.AsError(err)
	return ok && e.Code == driver.CodeListingShifted
}

package listcache

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// listing is one run through the pages. Its first page can be used before the others
// are requested.
type listing struct {
	generation  Generation
	firstPage   *sharedCall
	remaining   *sharedCall // nil until somebody needs all pages
	mostWaiting int         // how many callers have waited for the first page at once
	outdated    bool        // something else has changed the keys since it began

	// Guarded by Cache.mu. Complete once remaining has succeeded.
	keys     map[string]driver.Key
	names    map[string][]string // ids by name; nil until needed, and after each change
	seen     map[string]struct{} // ids that pages had
	writes   uint64              // own writes before it began
	updated  time.Time           // when the latest page came
	changed  chan struct{}       // closed when keys change, and replaced
	repeated bool                // a page came again in place of the next one

	// Of the first page.
	next       []string
	total      int
	pageLength int

	smallestTotal      int // of all pages
	pages, rows, bytes int // that have come
}

// What one listing may have at most, besides [driver.MaxListed] keys.
const (
	maxPages = 10_000
	maxBytes = 256 << 20
)

// listing returns a fresh listing that is newer than after, its first page fetched.
// Callers who find an older one under way wait for it and share the next, so that
// many callers at once cost two listings.
func (c *Cache) listing(ctx context.Context, after Generation) (*listing, error) {
	for {
		if ctx.Err() != nil {
			return nil, driver.Canceled(ctx, operation)
		}
		c.mu.Lock()
		l := c.newest
		if !c.isUsable(l) || l.generation <= after && !l.isRunning() {
			l = c.begin(ctx)
		}
		tooOld, call := l.generation <= after, l.firstPage
		if tooOld && l.remaining.isRunning() {
			call = l.remaining
		}
		call.waiting++
		l.mostWaiting = max(l.mostWaiting, l.firstPage.waiting)
		c.mu.Unlock()
		if err := c.wait(ctx, call); !tooOld {
			return l, err
		}
	}
}

// begin begins a listing. c.mu is held.
func (c *Cache) begin(ctx context.Context) *listing {
	c.begun++
	l := &listing{generation: c.begun}
	c.reset(l)
	l.firstPage = c.start(ctx, func(ctx context.Context) error { return c.fetchFirst(ctx, l) })
	c.newest = l
	return l
}

// reset makes a listing begin now. c.mu is held.
func (c *Cache) reset(l *listing) {
	l.updated, l.writes, l.outdated = c.opts.Now(), c.writes, false
	l.keys, l.seen, l.names = map[string]driver.Key{}, map[string]struct{}{}, nil
	l.pages, l.rows, l.bytes, l.repeated = 0, 0, 0, false
	l.notifyChange()
}

// isUsable reports whether a listing may serve new callers. c.mu is held.
func (c *Cache) isUsable(l *listing) bool {
	return l != nil && !l.outdated && !l.firstPage.hasFailed() && !l.remaining.hasFailed() &&
		(l.isRunning() || c.opts.Now().Sub(l.updated) < c.opts.MaxAge)
}

// viewEnded calls see with a listing that has ended, complete or not. c.mu is held
// meanwhile.
func (c *Cache) viewEnded(ctx context.Context, after Generation, see func(*listing)) error {
	for {
		l, err := c.listing(ctx, after)
		if err != nil {
			return err
		}
		remaining := c.joinRemaining(ctx, l)
		if remaining == nil {
			continue
		}
		if err := c.wait(ctx, remaining); err != nil {
			return err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		see(l)
		return nil
	}
}

// joinRemaining counts the caller among those who wait for all pages. Nil: that has
// failed meanwhile, and another listing is needed.
func (c *Cache) joinRemaining(ctx context.Context, l *listing) *sharedCall {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.remaining == nil {
		c.gets = 0
		l.remaining = c.start(ctx, func(ctx context.Context) error { return c.fetchRemaining(ctx, l) })
	}
	if l.remaining.hasFailed() {
		return nil
	}
	l.remaining.waiting++
	return l.remaining
}

func (l *listing) isRunning() bool { return l.firstPage.isRunning() || l.remaining.isRunning() }

// isComplete reports whether all pages have come. c.mu is held.
func (l *listing) isComplete() bool {
	if l.remaining != nil {
		return l.remaining.ended() && l.remaining.err == nil && !l.repeated
	}
	return l.firstPage.ended() && l.firstPage.err == nil && len(l.next) == 0
}

// addPage adds a page's keys and returns how many of them no page had before. Own
// writes since the listing began are newer than any page. c.mu is held.
func (c *Cache) addPage(l *listing, page driver.Page) (added int, err error) {
	before := len(l.seen)
	l.pages, l.rows, l.bytes = l.pages+1, l.rows+len(page.Keys), l.bytes+page.Bytes
	switch {
	case l.rows > driver.MaxListed:
		return 0, driver.TooLong(fmt.Sprintf("it has more than %d keys", driver.MaxListed))
	case l.pages > maxPages:
		return 0, driver.TooLong(fmt.Sprintf("it has more than %d pages", maxPages))
	case l.bytes > maxBytes:
		return 0, driver.TooLong(fmt.Sprintf("it is longer than %d MiB", maxBytes>>20))
	}
	if page.Total >= 0 {
		l.smallestTotal = min(l.smallestTotal, page.Total)
	}
	for _, k := range page.Keys {
		l.seen[k.ID] = struct{}{}
		if w, written := c.written[k.ID]; !written || w.number <= l.writes {
			l.keys[k.ID] = k
		}
	}
	l.updated, l.names = c.opts.Now(), nil
	l.notifyChange()
	return len(l.seen) - before, nil
}

// replayWrites applies the own writes since the listing began. c.mu is held.
func (c *Cache) replayWrites(l *listing) {
	for id, w := range c.written {
		if w.number > l.writes {
			l.apply(id, w.key)
		}
	}
}

func (l *listing) apply(id string, k *driver.Key) {
	l.names = nil
	if k == nil {
		delete(l.keys, id)
	} else {
		l.keys[id] = *k
	}
}

// hasRepeatedRows reports whether a page has rows again where all must be new.
func (l *listing) hasRepeatedRows(page driver.Page) bool {
	if page.Anchor == "" {
		return false
	}
	at := slices.IndexFunc(page.Keys, func(k driver.Key) bool { return k.ID == page.Anchor })
	return slices.ContainsFunc(page.Keys[at+1:], func(k driver.Key) bool { _, seen := l.seen[k.ID]; return seen })
}

// removedUnseen counts the keys that this process has removed before a page could
// show them. A key that was removed after its page had come does not count: the rows
// behind it have moved up, and one of them may be on no page. c.mu is held.
func (c *Cache) removedUnseen(l *listing) int {
	n := 0
	for id, w := range c.written {
		if _, seen := l.seen[id]; w.key == nil && w.number > l.writes && !seen {
			n++
		}
	}
	return n
}

// notifyChange wakes those who follow the listing. c.mu is held.
func (l *listing) notifyChange() {
	if l.changed != nil {
		close(l.changed)
	}
	l.changed = make(chan struct{})
}

package listcache

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// listing is one run through the pages. Its first page can be used before the others
// are requested. Cache.mu guards all of it.
type listing struct {
	generation Generation
	loaded     pages
	running    bool  // pages are being fetched
	err        error // of fetching them
	waiting    int   // callers who wait for them
	// mostWaiting is the highest waiting so far.
	mostWaiting int
	abandoned   bool          // the last of those gave up
	cancel      func()        // ends fetching
	outdated    bool          // something else has changed the keys since it began
	changed     chan struct{} // closed when anything above or keys change, and replaced

	keys     map[string]driver.Key
	names    map[string][]string // ids by name; nil until needed, and after each change
	seen     map[string]struct{} // ids that pages had
	writes   uint64              // own writes before it began
	updated  time.Time           // when the latest page came
	repeated bool                // a page came again in place of the next one

	// Of the first page.
	next       string
	total      int
	pageLength int

	pageCount, rows, bytes int // that have come
}

// pages says which pages have been loaded.
type pages int

const (
	noPage pages = iota
	firstPage
	allPages
)

// What one listing may have at most, besides [driver.MaxListed] keys.
const (
	maxPages = 10_000
	maxBytes = 256 << 20
)

// view calls see with a fresh listing that is newer than after and has the wanted pages.
// Callers who find an older one being fetched wait for it and share the next, so that
// many callers at once cost two listings. The caller has locked c.mu.
func (c *Cache) view(ctx context.Context, after Generation, wanted pages, see func(*listing)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if ctx.Err() != nil {
			return driver.Canceled(ctx, operation)
		}
		l := c.newest
		if !c.isUsable(l) || l.generation <= after && !l.running {
			l = c.begin(ctx)
		}
		if l.generation <= after {
			_ = c.wait(ctx, l, func() bool { return !l.running })
			continue
		}
		err := c.wait(ctx, l, func() bool { return l.loaded >= wanted || !c.fetchMore(ctx, l) })
		if err == nil && l.loaded < wanted {
			err = l.err
		}
		if err == nil {
			see(l)
		}
		return err
	}
}

// wait waits until it is ready, or until ctx ends. If the last caller gives up, fetching
// ends. The caller has locked c.mu, which is unlocked while waiting.
func (c *Cache) wait(ctx context.Context, l *listing, isReady func() bool) (err error) {
	l.waiting++
	l.mostWaiting = max(l.mostWaiting, l.waiting)
	for err == nil && !isReady() {
		changed := l.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			err = driver.Canceled(ctx, operation)
		}
		c.mu.Lock()
	}
	if l.waiting--; l.waiting == 0 && l.running {
		l.abandoned = true
		l.cancel()
	}
	return err
}

// begin begins a listing. The caller has locked c.mu.
func (c *Cache) begin(ctx context.Context) *listing {
	c.begun++
	l := &listing{generation: c.begun}
	c.reset(l)
	c.newest = l
	c.start(ctx, l, c.fetchFirst)
	return l
}

// fetchMore reports whether pages are being fetched, and starts with those after the
// first if they are needed. The caller has locked c.mu.
func (c *Cache) fetchMore(ctx context.Context, l *listing) bool {
	if !l.running && l.loaded == firstPage && l.err == nil {
		c.gets = 0
		c.start(ctx, l, c.fetchRemaining)
	}
	return l.running
}

// start fetches pages on a context that a single caller cannot cancel. The caller has locked c.mu.
func (c *Cache) start(ctx context.Context, l *listing, fetch func(context.Context, *listing) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.opts.Timeout)
	l.running, l.cancel = true, cancel
	go func() {
		defer cancel()
		err := fetch(ctx, l)
		c.mu.Lock()
		defer c.mu.Unlock()
		if l.running, l.err = false, err; err == nil {
			l.loaded++
		}
		if err == nil && l.next == "" {
			l.loaded = allPages
		}
		if l.isComplete() && c.opts.OnComplete != nil {
			c.opts.OnComplete(l.keys)
		}
		l.notifyChange()
	}()
}

// reset makes a listing begin now. The caller has locked c.mu.
func (c *Cache) reset(l *listing) {
	l.updated, l.writes, l.outdated = c.opts.Now(), c.writes, false
	l.keys, l.seen, l.names = map[string]driver.Key{}, map[string]struct{}{}, nil
	l.pageCount, l.rows, l.bytes, l.repeated = 0, 0, 0, false
	l.notifyChange()
}

// isUsable reports whether a listing may serve new callers. The caller has locked c.mu.
func (c *Cache) isUsable(l *listing) bool {
	return l != nil && !l.outdated && !l.abandoned && l.err == nil && (l.running || c.opts.Now().Sub(l.updated) < c.opts.MaxAge)
}

func (l *listing) isComplete() bool { return l.loaded == allPages && !l.repeated }

// repeatedErr is the error if there may be more keys than a listing with all pages has.
func (l *listing) repeatedErr() error {
	if l.repeated {
		return ErrRepeatedPage
	}
	return nil
}

// addPage adds a page's keys and returns how many of them no page had before. Own
// writes since the listing began are newer than any page. The caller has locked c.mu.
func (c *Cache) addPage(l *listing, page driver.Page) (added int, err error) {
	before := len(l.seen)
	l.pageCount, l.rows, l.bytes = l.pageCount+1, l.rows+len(page.Keys), l.bytes+page.Bytes
	switch {
	case l.rows > driver.MaxListed:
		return 0, driver.TooLong(fmt.Sprintf("it has more than %d keys", driver.MaxListed))
	case l.pageCount > maxPages:
		return 0, driver.TooLong(fmt.Sprintf("it has more than %d pages", maxPages))
	case l.bytes > maxBytes:
		return 0, driver.TooLong(fmt.Sprintf("it is longer than %d MiB", maxBytes>>20))
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

// replayWrites applies the own writes since the listing began. The caller has locked c.mu.
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

// notifyChange wakes those who wait. The caller has locked c.mu.
func (l *listing) notifyChange() {
	if l.changed != nil {
		close(l.changed)
	}
	l.changed = make(chan struct{})
}

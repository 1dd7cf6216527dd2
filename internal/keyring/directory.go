package keyring

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// directory shares listings between concurrent callers. A listing is one run
// through a service's pages; callers join the one under way or use the last one
// while it is fresh. Own writes are journalled, and folded into every listing
// that began before they were made, so that nobody reads what the service said
// before it was told.
type directory struct {
	svc   Service
	fresh time.Duration
	now   func() time.Time

	// quiet is held for reading while a write is on its way, and for writing
	// while a listing that own writes have disturbed is begun anew.
	quiet sync.RWMutex

	mu       sync.Mutex
	last     *listing // the newest listing, under way or done; nil before the first
	listings mark     // how many listings were begun
	running  int      // calls under way
	journal  []write  // own writes that listings under way may not show
	writes   uint64   // how many writes there were
	removed  []string // ids of the keys that they removed, in order
	singles  int      // keys read by id instead of by listing, since the last listing
}

// mark is a point in the order of listings. A listing whose number is greater
// began later; wall clocks are too coarse to tell.
type mark uint64

// anyFresh accepts every listing that is fresh.
const anyFresh mark = 0

// write is one own change: a key as it is now, or the id of one that is gone.
type write struct {
	number uint64
	id     string
	key    *Key
}

// listing is one run through the pages. Its first page can be used before the
// rest is asked for: a service that can be asked for one key may not need it.
type listing struct {
	number  mark
	began   time.Time
	writes  uint64 // own writes made before it began
	removed int    // own removals made before it began
	head    *call
	rest    *call // nil until somebody needs all pages

	// Guarded by directory.mu; keys is complete once rest has succeeded.
	keys  map[string]Key
	names map[string][]string // ids by name; nil until asked for, and after each change
	seen  map[string]struct{} // ids that pages brought
	first Page
}

// maxPages is how many pages of a listing are fetched side by side. Listings are
// shared, so a few are enough to hide latency without bursting into a rate limit.
const maxPages = 6

// listingTries is how often a listing that does not add up is begun anew.
const listingTries = 3

// codeShifted marks a page that does not continue the one before, because rows
// came or went meanwhile. Adapters set it in Error.Code.
const codeShifted = "listing_shifted"

// mark marks the present: only listings that begin later are newer.
func (d *directory) mark() mark {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.listings
}

// all returns every listed key by id, from a listing that began after the mark.
// The map is the caller's.
func (d *directory) all(ctx context.Context, after mark) (map[string]Key, error) {
	var keys map[string]Key
	err := d.view(ctx, after, func(l *listing) { keys = maps.Clone(l.keys) })
	return keys, err
}

// find looks one key up in a complete listing that began after the mark.
func (d *directory) find(ctx context.Context, id string, after mark) (k Key, found bool, err error) {
	err = d.view(ctx, after, func(l *listing) { k, found = l.keys[id] })
	return k, found, err
}

// view calls see with a complete listing that began after the mark, holding the
// lock.
func (d *directory) view(ctx context.Context, after mark, see func(*listing)) error {
	for {
		l, err := d.listing(ctx, after)
		if err != nil {
			return err
		}
		d.mu.Lock()
		if l.rest == nil {
			d.singles = 0
			l.rest = d.start(ctx, func(ctx context.Context) error { return d.finish(ctx, l) })
		}
		if l.rest.failed() {
			d.mu.Unlock()
			continue
		}
		l.rest.waiting++
		d.mu.Unlock()
		if err := d.wait(ctx, l.rest); err != nil {
			return err
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		see(l)
		return nil
	}
}

// peek looks a key up in a fresh listing, in its first page only if the rest is
// not there yet. single reports whether a key that is not found there should be
// asked for by its id, rather than looked for in the pages that remain.
func (d *directory) peek(ctx context.Context, id string) (k Key, found, single bool, err error) {
	l, err := d.listing(ctx, anyFresh)
	if err != nil {
		return Key{}, false, false, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	k, found = l.keys[id]
	return k, found, !found && d.single(l), nil
}

// seen returns the live keys of that name in the newest listing, oldest first,
// and whether that listing is complete.
func (d *directory) seen(name string) (keys []Key, complete bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.last
	if l == nil {
		return nil, false
	}
	if l.names == nil {
		l.names = map[string][]string{}
		for id, k := range l.keys {
			l.names[k.Name] = append(l.names[k.Name], id)
		}
	}
	for _, id := range l.names[name] {
		if k := l.keys[id]; k.Live() {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, older)
	return keys, l.complete()
}

// complete reports whether all pages have come. d.mu is held.
func (l *listing) complete() bool {
	if l.rest != nil {
		return l.rest.ended() && l.rest.err == nil
	}
	return l.head.ended() && l.head.err == nil && len(l.first.Next) == 0 && len(l.seen) >= l.first.Total
}

// single reports whether reading one more key by id is cheaper than fetching the
// pages that remain. How many keys will be asked for is not known beforehand, so
// a share of the listing's price may be spent on single reads before it is paid:
// a few managed keys in a large workspace never list it, and many cost hardly
// more than the listing.
// Pages that are on their way already cost nothing more. d.mu is held.
func (d *directory) single(l *listing) bool {
	rest := len(l.first.Next)
	switch {
	case l.rest != nil:
		return l.rest.ended()
	case rest == 0:
		return true
	case d.singles >= rest/singleShare:
		return false
	}
	d.singles++
	return true
}

// singleShare is the price of a listing, in single reads, divided by the share
// of it that may be spent on them: a tenth of the pages.
const singleShare = 10

// listing returns a listing that began after the mark and is fresh, its first
// page fetched. Callers who find one under way that began too early wait for it
// and then share the next, so that a burst of them costs two listings.
func (d *directory) listing(ctx context.Context, after mark) (*listing, error) {
	for {
		if ctx.Err() != nil {
			return nil, canceled(ctx, "list the keys")
		}
		d.mu.Lock()
		l := d.last
		usable := l != nil && !l.head.failed() && !l.rest.failed() && d.now().Sub(l.began) < d.fresh
		early := usable && l.number <= after
		switch {
		case early && l.rest.underWay():
			l.rest.waiting++
			d.mu.Unlock()
			_ = d.wait(ctx, l.rest) // the next listing is what counts
			continue
		case early && !l.head.underWay(), !usable:
			d.listings++
			l = &listing{number: d.listings}
			d.reset(l)
			l.head = d.start(ctx, func(ctx context.Context) error { return d.begin(ctx, l) })
			d.last = l
		}
		l.head.waiting++
		d.mu.Unlock()
		err := d.wait(ctx, l.head)
		if l.number > after {
			return l, err
		}
	}
}

// reset makes a listing begin now. d.mu is held.
func (d *directory) reset(l *listing) {
	l.began, l.writes, l.removed = d.now(), d.writes, len(d.removed)
	l.keys, l.seen, l.names = map[string]Key{}, map[string]struct{}{}, nil
}

// begin fetches the first page.
func (d *directory) begin(ctx context.Context, l *listing) error {
	page, err := d.svc.List(ctx, Query{})
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	l.add(page)
	l.first = Page{Next: page.Next, Total: page.Total}
	d.fold(l)
	return nil
}

// finish fetches the remaining pages. When the listing does not add up, because
// keys came and went while it ran, it is begun anew, with own writes held back;
// keys are only ever called absent on the strength of a listing that does.
func (d *directory) finish(ctx context.Context, l *listing) error {
	err := d.pages(ctx, l)
	if !incomplete(err) {
		return err
	}
	d.quiet.Lock()
	defer d.quiet.Unlock()
	for try := 1; try < listingTries && incomplete(err); try++ {
		d.mu.Lock()
		d.reset(l)
		d.mu.Unlock()
		if err = d.begin(ctx, l); err == nil {
			err = d.pages(ctx, l)
		}
	}
	return err
}

// pages fetches everything after the first page and folds own writes in.
func (d *directory) pages(ctx context.Context, l *listing) error {
	d.mu.Lock()
	next := l.first.Next
	d.mu.Unlock()
	for len(next) > 0 {
		found := make([]Page, len(next))
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(maxPages)
		for i, cursor := range next {
			g.Go(func() (err error) {
				found[i], err = d.svc.List(gctx, Query{Cursor: cursor})
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		next = nil
		d.mu.Lock()
		for _, page := range found {
			// A server that ignores paging repeats itself: following it further
			// would never end.
			if l.add(page) > 0 {
				next = append(next, page.Next...)
			}
		}
		// Pages that were asked for before a write may have come after it.
		d.fold(l)
		d.mu.Unlock()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(l.seen)+d.unseen(l) < l.first.Total {
		return &Error{
			Service: "the service", Operation: "list the keys", Kind: KindMalformed, Effect: EffectNone, Code: codeShifted,
			Message: "the listing ended before all the keys it announced had come",
		}
	}
	d.fold(l)
	return nil
}

// unseen counts the keys that this process has removed before a page could show
// them. One that was removed after its page had come does not count: the rows
// behind it have moved up, and one of them may have slipped past. d.mu is held.
func (d *directory) unseen(l *listing) int {
	gone := map[string]struct{}{}
	for _, id := range d.removed[l.removed:] {
		if _, seen := l.seen[id]; !seen {
			gone[id] = struct{}{}
		}
	}
	return len(gone)
}

// incomplete reports whether a listing failed because it did not add up.
func incomplete(err error) bool {
	e, ok := asError(err)
	return ok && e.Code == codeShifted
}

// add takes a page's keys in and returns how many of them no page had brought.
func (l *listing) add(page Page) int {
	before := len(l.seen)
	l.names = nil
	for _, k := range page.Keys {
		l.keys[k.ID] = k
		l.seen[k.ID] = struct{}{}
	}
	return len(l.seen) - before
}

// fold applies the own writes that the listing may not show. d.mu is held.
func (d *directory) fold(l *listing) {
	for _, w := range d.journal {
		if w.number > l.writes {
			l.apply(w)
		}
	}
}

func (l *listing) apply(w write) {
	l.names = nil
	if w.key == nil {
		delete(l.keys, w.id)
	} else {
		l.keys[w.id] = *w.key
	}
}

// wrote records an own write: the key as it is now, nil when it is gone.
func (d *directory) wrote(id string, k *Key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes++
	if k == nil {
		d.removed = append(d.removed, id)
	}
	w := write{number: d.writes, id: id, key: k}
	if d.running > 0 {
		d.journal = append(d.journal, w)
	}
	if d.last != nil {
		d.last.apply(w)
	}
}

// call is one piece of work that several callers wait for.
type call struct {
	done   chan struct{}
	err    error // valid once done is closed
	cancel context.CancelFunc

	// Guarded by directory.mu.
	waiting   int
	abandoned bool // canceled because nobody waited any more
}

// underWay reports whether the call is running and still wanted. d.mu is held.
func (c *call) underWay() bool { return c != nil && !c.abandoned && !c.ended() }

// failed reports whether the call has failed, or will. d.mu is held.
func (c *call) failed() bool {
	return c != nil && (c.ended() && c.err != nil || !c.ended() && c.abandoned)
}

func (c *call) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// start runs work on a context of its own, so that a caller who gives up does
// not fail the others; when the last one has given up, it is canceled. d.mu is held.
func (d *directory) start(ctx context.Context, work func(context.Context) error) *call {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c := &call{done: make(chan struct{}), cancel: cancel}
	d.running++
	go func() {
		defer cancel()
		err := work(ctx)
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.running--; d.running == 0 {
			d.journal = nil
		}
		c.err = err
		close(c.done)
	}()
	return c
}

// wait waits for a call that the caller has been counted in, or until ctx is done.
func (d *directory) wait(ctx context.Context, c *call) error {
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if c.waiting--; c.waiting == 0 && !c.ended() {
			c.abandoned = true
			c.cancel()
		}
	}()
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return canceled(ctx, "list the keys")
	}
}

// Sorted returns keys oldest first; keys of the same age by id.
func Sorted(keys map[string]Key) []Key { return slices.SortedFunc(maps.Values(keys), older) }

func older(a, b Key) int {
	return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
}

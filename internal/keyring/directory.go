package keyring

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"golang.org/x/sync/semaphore"
)

// directory shares listings between concurrent callers. A listing is one run
// through a service's pages; callers join the one under way or use the last one
// while it is fresh. Own writes are journalled, and folded into every listing
// that began before they were made, so that nobody reads what the service said
// before it was told.
type directory struct {
	page   func(context.Context, driver.Query) (driver.Page, error)
	status driver.Status // of the keys that are listed
	opts   *Options

	// quiet is shared by the writes that are on their way, and held whole while a
	// listing that own writes have disturbed is begun anew.
	quiet *semaphore.Weighted

	mu       sync.Mutex
	last     *listing            // the newest listing, under way or done; nil before the first
	listings mark                // how many listings were begun
	running  int                 // calls under way
	journal  []write             // own writes that listings under way may not show
	writes   uint64              // how many writes there were
	removed  []string            // ids of the keys that they removed, in order
	gone     map[string]struct{} // the same, as a set
	singles  int                 // keys read by id instead of by listing, since the last listing

	// others list keys of other states; an own write makes them stale.
	others map[driver.Status]*directory
}

// of returns the directory that lists the keys of a state.
func (d *directory) of(status driver.Status) *directory {
	if status == driver.StatusActive || status == d.status {
		return d
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	o, ok := d.others[status]
	if !ok {
		if d.others == nil {
			d.others = map[driver.Status]*directory{}
		}
		o = &directory{page: d.page, status: status, opts: d.opts, quiet: d.quiet}
		d.others[status] = o
	}
	return o
}

// wholeQuiet is all of a directory's quiet.
const wholeQuiet = math.MaxInt64

// writing lets a write go out; done must be called when its answer is there. The
// error is that the caller's time is over.
func (d *directory) writing(ctx context.Context, what string) (done func(), err error) {
	if d.quiet.Acquire(ctx, 1) != nil {
		return nil, driver.Canceled(ctx, what)
	}
	return func() { d.quiet.Release(1) }, nil
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
	key    *driver.Key
}

// mark marks the present: only listings that begin later are newer.
func (d *directory) mark() mark {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.listings
}

// all returns every listed key by id, from a listing that began after the mark.
// The map is the caller's.
func (d *directory) all(ctx context.Context, after mark) (map[string]driver.Key, error) {
	var keys map[string]driver.Key
	err := d.view(ctx, after, func(l *listing) { keys = maps.Clone(l.keys) })
	return keys, err
}

// find looks one key up in a listing that began after the mark and has come to its
// end. That a key is not there is an error if the listing may not be complete.
func (d *directory) find(ctx context.Context, id string, after mark) (k driver.Key, found bool, err error) {
	var unlisted error
	err = d.finished(ctx, after, func(l *listing) {
		if k, found = l.keys[id]; !found {
			unlisted = l.unlisted()
		}
	})
	if err == nil {
		err = unlisted
	}
	return k, found, err
}

// view calls see with a complete listing that began after the mark, holding the
// lock.
func (d *directory) view(ctx context.Context, after mark, see func(*listing)) error {
	var unlisted error
	err := d.finished(ctx, after, func(l *listing) {
		if unlisted = l.unlisted(); unlisted == nil {
			see(l)
		}
	})
	if err != nil {
		return err
	}
	return unlisted
}

// finished is view for a listing that has come to its end, complete or not.
func (d *directory) finished(ctx context.Context, after mark, see func(*listing)) error {
	for {
		l, err := d.listing(ctx, after)
		if err != nil {
			return err
		}
		rest := d.join(ctx, l)
		if rest == nil {
			continue
		}
		if err := d.wait(ctx, rest); err != nil {
			return err
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		see(l)
		return nil
	}
}

// join counts the caller in among those who wait for all pages of a listing, and
// has them fetched if he is the first. nil: that has failed since, and another
// listing is needed.
func (d *directory) join(ctx context.Context, l *listing) *call {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l.rest == nil {
		d.singles = 0
		l.rest = d.start(ctx, listKeys, func(ctx context.Context) error { return d.finish(ctx, l) })
	}
	if l.rest.failed() {
		return nil
	}
	l.rest.waiting++
	return l.rest
}

// peek looks a key up in a fresh listing, in its first page only if the rest is
// not there yet. single reports whether a key that is not found there should be
// asked for by its id, rather than looked for in the pages that remain.
func (d *directory) peek(ctx context.Context, id string) (k driver.Key, found, single bool, err error) {
	l, err := d.listing(ctx, anyFresh)
	if err != nil {
		return driver.Key{}, false, false, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	k, found = l.keys[id]
	return k, found, !found && d.single(l), nil
}

// listed looks a key up in the pages of a fresh listing that have come.
func (d *directory) listed(ctx context.Context, id string) (driver.Key, bool) {
	l, err := d.listing(ctx, anyFresh)
	if err != nil {
		return driver.Key{}, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	k, found := l.keys[id]
	return k, found
}

// seen returns the live keys of that name in the newest listing, oldest first,
// and whether that listing is complete.
func (d *directory) seen(name string) (keys []driver.Key, complete bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.last
	if l == nil || d.isOutdated(l) {
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

// single reports whether reading one more key by id is cheaper than fetching the
// pages that remain. How many keys will be asked for is not known beforehand, so
// a share of the listing's price may be spent on single reads before it is paid:
// a few managed keys in a large workspace never list it, and many cost hardly
// more than the listing.
// Pages that are on their way already cost nothing more. d.mu is held.
func (d *directory) single(l *listing) bool {
	budget := fewSingles
	if l.asked > fewSingles {
		budget = 0
	}
	if l.first.Total >= 0 && l.length > 0 {
		budget = min((l.first.Total-l.length)/l.length/singleShare, mostSingles)
	}
	switch {
	case l.rest != nil:
		return l.rest.ended()
	case len(l.first.Next) == 0:
		return true
	case d.singles >= budget:
		return false
	}
	d.singles++
	return true
}

// singleShare is the price of a listing, in single reads, divided by the share
// of it that may be spent on them: a tenth of the pages. Totals are not trusted, so it is
// bounded; without one a few reads are spent, unless more callers than that wait for the
// first page already.
const singleShare, mostSingles, fewSingles = 10, 100, 3

// listing returns a listing that began after the mark and is fresh, its first
// page fetched. Callers who find one under way that began too early wait for it
// and then share the next, so that a burst of them costs two listings.
func (d *directory) listing(ctx context.Context, after mark) (*listing, error) {
	for {
		if ctx.Err() != nil {
			return nil, driver.Canceled(ctx, "list the keys")
		}
		d.mu.Lock()
		l := d.last
		usable := d.usable(l)
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
			l.head = d.start(ctx, listKeys, func(ctx context.Context) error { return d.begin(ctx, l) })
			d.last = l
		}
		l.head.waiting++
		l.asked = max(l.asked, l.head.waiting)
		d.mu.Unlock()
		err := d.wait(ctx, l.head)
		if l.number > after {
			return l, err
		}
	}
}

// usable reports whether a listing is fresh, or on its way. d.mu is held.
func (d *directory) usable(l *listing) bool {
	return l != nil && !d.isOutdated(l) && !l.head.failed() && !l.rest.failed() &&
		(l.head.underWay() || l.rest.underWay() || d.opts.Now().Sub(l.came) < d.opts.MaxAge)
}

// hasFresh reports whether there is a listing that is fresh, or on its way.
func (d *directory) hasFresh() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.usable(d.last)
}

// isOutdated reports whether another Ring may have changed the keys of this scope
// since a listing began. d.mu is held.
func (d *directory) isOutdated(l *listing) bool {
	return l.siblings != d.opts.Creates.siblingWrites(d.opts.Scope)
}

// isGone reports whether an own write has removed the key.
func (d *directory) isGone(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, gone := d.gone[id]
	return gone
}

// wrote records an own write: the key as it is now, nil when it is gone.
func (d *directory) wrote(id string, k *driver.Key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes++
	d.opts.Creates.noteWrite(d.opts.Scope)
	d.others = nil
	if k == nil {
		d.removed = append(d.removed, id)
		if d.gone == nil {
			d.gone = map[string]struct{}{}
		}
		d.gone[id] = struct{}{}
	}
	w := write{number: d.writes, id: id, key: k}
	if d.running > 0 {
		d.journal = append(d.journal, w)
	}
	if d.last != nil {
		d.last.apply(w)
	}
}

// Sorted returns keys oldest first; keys of the same age by id.
func Sorted(keys map[string]driver.Key) []driver.Key {
	return slices.SortedFunc(maps.Values(keys), older)
}

func older(a, b driver.Key) int {
	return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
}

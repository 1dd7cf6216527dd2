package keyring

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// listing is one run through the pages. Its first page can be used before the
// rest is asked for: a service that can be asked for one key may not need it.
type listing struct {
	number   mark
	came     time.Time // when its latest page came; when it began, before the first has
	writes   uint64    // own writes made before it began
	removed  int       // own removals made before it began
	siblings uint64    // writes of other Rings made before it began
	head     *call
	rest     *call // nil until somebody needs all pages

	// Guarded by directory.mu; keys is complete once rest has succeeded.
	keys  map[string]Key
	names map[string][]string // ids by name; nil until asked for, and after each change
	seen  map[string]struct{} // ids that pages brought
	grown chan struct{}       // closed when the keys change, and replaced
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

// complete reports whether all pages have come. d.mu is held.
func (l *listing) complete() bool {
	if l.rest != nil {
		return l.rest.ended() && l.rest.err == nil
	}
	return l.head.ended() && l.head.err == nil && len(l.first.Next) == 0 && len(l.seen) >= l.first.Total
}

// reset makes a listing begin now. d.mu is held.
func (d *directory) reset(l *listing) {
	l.came, l.writes, l.removed = d.opts.Now(), d.writes, len(d.removed)
	l.siblings = d.opts.Creates.siblingWrites(d.opts.Scope)
	l.keys, l.seen, l.names = map[string]Key{}, map[string]struct{}{}, nil
	l.wake()
}

// begin fetches the first page.
func (d *directory) begin(ctx context.Context, l *listing) error {
	page, err := d.page(ctx, Query{Status: d.status})
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	l.add(page)
	l.came = d.opts.Now()
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
	if err := d.quiet.Acquire(ctx, wholeQuiet); err != nil {
		return err
	}
	defer d.quiet.Release(wholeQuiet)
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
		more := make([][]string, len(next))
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(maxPages)
		for i, cursor := range next {
			g.Go(func() error {
				page, err := d.page(gctx, Query{Status: d.status, Cursor: cursor})
				if err != nil {
					return err
				}
				d.mu.Lock()
				defer d.mu.Unlock()
				if l.repeats(page) {
					return shifted("rows changed places while the listing was read")
				}
				// A server that ignores paging repeats itself: following it further
				// would never end.
				if l.add(page) > 0 {
					more[i] = page.Next
				}
				l.came = d.opts.Now()
				// A page that was asked for before a write may have come after it.
				d.fold(l)
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		next = slices.Concat(more...)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(l.seen)+d.unseen(l) < l.first.Total {
		return shifted("the listing ended before all the keys it announced had come")
	}
	d.fold(l)
	return nil
}

// shifted is the error of a listing that does not add up.
func shifted(message string) *Error {
	return &Error{Service: "the service", Operation: "list the keys", Kind: KindMalformed, Effect: EffectNone, Code: codeShifted, Message: message}
}

// repeats reports whether a page has rows again where all must be new.
func (l *listing) repeats(page Page) bool {
	if page.Behind == "" {
		return false
	}
	at := slices.IndexFunc(page.Keys, func(k Key) bool { return k.ID == page.Behind })
	return slices.ContainsFunc(page.Keys[at+1:], func(k Key) bool { _, seen := l.seen[k.ID]; return seen })
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
		l.seen[k.ID] = struct{}{}
		if _, marker := ParseWindow(k.ID); !marker { // no service may have us take its id for one of our own
			l.keys[k.ID] = k
		}
	}
	l.wake()
	return len(l.seen) - before
}

// wake tells those who follow the listing that it has changed. d.mu is held.
func (l *listing) wake() {
	if l.grown != nil {
		close(l.grown)
	}
	l.grown = make(chan struct{})
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

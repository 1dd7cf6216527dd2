package keyring

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

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
	keys  map[string]driver.Key
	names map[string][]string // ids by name; nil until asked for, and after each change
	seen  map[string]struct{} // ids that pages brought
	pages int                 // how many have come
	rows  int                 // how many keys they had, repeated ones too
	bytes int                 // how long those were in the answers
	least int                 // the smallest total that any of them announced
	// repeated: a page came again in place of the next one, so that there may be keys
	// which the service did not list.
	repeated bool
	grown    chan struct{} // closed when the keys change, and replaced
	first    driver.Page
	length   int // how many keys that had
	asked    int // how many callers have waited for it at once
}

// maxPages is how many pages of a listing are fetched side by side. Listings are
// shared, so a few are enough to hide latency without bursting into a rate limit.
const maxPages = 6

// listingTries is how often a listing that does not add up is begun anew.
const listingTries = 3

// codeShifted marks a page that does not continue the one before, because rows
// came or went meanwhile. Adapters set it in Error.Code.
const codeShifted = "listing_shifted"

// codeFewer marks a listing whose pages announced fewer keys than the first one did.
const codeFewer = "listing_fewer"

// What a listing may have at most. An account with 100,000 keys stays well below.
const (
	MaxListed      = 200_000 // keys
	maxListedPages = 10_000
	maxListedBytes = 256 << 20
)

// complete reports whether all pages have come. d.mu is held.
func (l *listing) complete() bool {
	if l.rest != nil {
		return l.rest.ended() && l.rest.err == nil && !l.repeated
	}
	return l.head.ended() && l.head.err == nil && len(l.first.Next) == 0
}

// reset makes a listing begin now. d.mu is held.
func (d *directory) reset(l *listing) {
	l.came, l.writes, l.removed = d.opts.Now(), d.writes, len(d.removed)
	l.siblings = d.opts.Creates.siblingWrites(d.opts.Scope)
	l.keys, l.seen, l.names = map[string]driver.Key{}, map[string]struct{}{}, nil
	l.pages, l.rows, l.bytes, l.repeated = 0, 0, 0, false
	l.wake()
}

// begin fetches the first page.
func (d *directory) begin(ctx context.Context, l *listing) error {
	page, err := d.page(ctx, driver.Query{Status: d.status})
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	l.least = page.Total
	if _, err := l.add(page); err != nil {
		return err
	}
	l.came = d.opts.Now()
	l.first = driver.Page{Next: page.Next, Total: page.Total}
	l.length = len(page.Keys)
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
	if e, ok := driver.AsError(err); ok && e.Code == codeFewer {
		return nil // a total that changes each time means something else
	}
	return err
}

// pages fetches everything after the first page and folds own writes in.
func (d *directory) pages(ctx context.Context, l *listing) error {
	d.mu.Lock()
	next := l.first.Next
	d.mu.Unlock()
	for len(next) > 0 {
		if len(next) > maxListedPages {
			return TooLong("it names too many pages")
		}
		more := make([][]string, len(next))
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(maxPages)
		for i, cursor := range next {
			g.Go(func() error {
				page, err := d.page(gctx, driver.Query{Status: d.status, Cursor: cursor})
				if err != nil {
					return err
				}
				d.mu.Lock()
				defer d.mu.Unlock()
				if l.repeats(page) {
					return shifted("rows changed places while the listing was read")
				}
				added, err := l.add(page)
				if err != nil {
					return err
				}
				// A server that ignores paging repeats itself: following it further
				// would never end.
				if added > 0 {
					more[i] = page.Next
				} else if len(page.Keys) > 0 && page.MayHaveMore {
					l.repeated = true
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
	if l.least+d.unseen(l) < l.first.Total {
		err := shifted("keys went while the listing was read")
		err.Code = codeFewer
		return err
	}
	d.fold(l)
	return nil
}

// shifted is the error of a listing that does not add up.
func shifted(message string) *driver.Error {
	return &driver.Error{Service: "the service", Operation: "list the keys", Kind: driver.KindMalformed, Effect: driver.EffectNone, Code: codeShifted, Message: message}
}

// TooLong is the error of a listing that goes beyond any that a service should have.
func TooLong(message string) *driver.Error {
	return &driver.Error{Service: "the service", Operation: "list the keys", Kind: driver.KindTooLarge, Effect: driver.EffectNone, Message: message}
}

// unlisted is the error of looking for a key that a listing does not show, if it may
// have more keys than it shows.
func (l *listing) unlisted() error {
	if !l.repeated {
		return nil
	}
	return &driver.Error{
		Service: "the service", Operation: "list the keys", Kind: driver.KindMalformed, Effect: driver.EffectNone, Code: codeRepeated,
		Message: "the same full page came again in place of the next one, so there may be keys that are not listed",
	}
}

// codeRepeated marks it.
const codeRepeated = "listing_repeated"

// isUnlisted reports whether an error is that of a key that may not be listed.
func isUnlisted(err error) bool {
	e, ok := driver.AsError(err)
	return ok && e.Code == codeRepeated
}

// repeats reports whether a page has rows again where all must be new.
func (l *listing) repeats(page driver.Page) bool {
	if page.Anchor == "" {
		return false
	}
	at := slices.IndexFunc(page.Keys, func(k driver.Key) bool { return k.ID == page.Anchor })
	return slices.ContainsFunc(page.Keys[at+1:], func(k driver.Key) bool { _, seen := l.seen[k.ID]; return seen })
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
	e, ok := driver.AsError(err)
	return ok && (e.Code == codeShifted || e.Code == codeFewer)
}

// add takes a page's keys in and returns how many of them no page had brought.
func (l *listing) add(page driver.Page) (int, error) {
	before := len(l.seen)
	l.pages, l.rows, l.bytes = l.pages+1, l.rows+len(page.Keys), l.bytes+page.Bytes
	switch {
	case l.rows > MaxListed:
		return 0, TooLong(fmt.Sprintf("it has more than %d keys", MaxListed))
	case l.pages > maxListedPages:
		return 0, TooLong(fmt.Sprintf("it has more than %d pages", maxListedPages))
	case l.bytes > maxListedBytes:
		return 0, TooLong(fmt.Sprintf("it is longer than %d MiB", maxListedBytes>>20))
	}
	if page.Total >= 0 {
		l.least = min(l.least, page.Total)
	}
	l.names = nil
	for _, k := range page.Keys {
		l.seen[k.ID] = struct{}{}
		if _, marker := ParseCreateWindow(k.ID); !marker { // no service may have us take its id for one of our own
			l.keys[k.ID] = k
		}
	}
	l.wake()
	return len(l.seen) - before, nil
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

// Package listcache keeps one listing of a service's keys that all callers share.
//
// A listing is one run through all pages. Callers join the listing that is being
// fetched, or use the last one while it is fresh. Own writes are applied to it at
// once, and again to every page that was requested before the write, so that no
// caller sees what the service said before it. A key counts as absent only if a
// complete listing does not have it.
package listcache

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"golang.org/x/sync/semaphore"
)

// operation is what a listing is for, in error messages.
const operation = "list the keys"

// Options are what a Cache needs. All but the callbacks must be set.
type Options struct {
	// FetchPage fetches one page from the service.
	FetchPage func(context.Context, driver.Query) (driver.Page, error)
	// MaxAge is how long a listing is used after its last page came.
	MaxAge time.Duration
	// Timeout bounds one listing.
	Timeout time.Duration
	// Now is the local clock.
	Now func() time.Time
	// OnComplete is called with the keys of each listing of live keys that became
	// complete. It must not keep the map, nor call the Cache. Nil: nobody needs it.
	OnComplete func(keys map[string]driver.Key)
	// OnWrite is called after each own write. Nil: nobody needs it.
	OnWrite func()
}

// Cache is the listing of the keys of one status. Its methods may be called
// concurrently.
type Cache struct {
	opts   Options
	status driver.Status

	// writeGate is held in part by each write under way, and entirely by a listing that
	// writes have disturbed and that starts over.
	writeGate *semaphore.Weighted

	mu      sync.Mutex
	newest  *listing         // being fetched or complete; nil before the first
	begun   Generation       // how many listings have begun
	written map[string]write // the last own write of each key
	writes  uint64           // how many own writes there were
	gets    int              // keys read by id instead of by listing, since the last listing

	others map[driver.Status]*Cache // listings of other states; dropped by each write
}

// write is an own change of a key: the key as it is now, nil if it is gone.
type write struct {
	number uint64
	key    *driver.Key
}

// Generation numbers listings in the order in which they began. Clocks are too coarse
// for that.
type Generation uint64

// AnyFresh accepts every listing that is fresh.
const AnyFresh Generation = 0

// entireGate is all of a writeGate.
const entireGate = math.MaxInt64

// New returns a Cache of the live keys.
func New(opts Options) *Cache {
	return newCache(opts, "", semaphore.NewWeighted(entireGate))
}

func newCache(opts Options, status driver.Status, writeGate *semaphore.Weighted) *Cache {
	return &Cache{opts: opts, status: status, writeGate: writeGate, written: map[string]write{}, others: map[driver.Status]*Cache{}}
}

// OfStatus returns the Cache of the keys of a status. Live and active keys share one.
func (c *Cache) OfStatus(status driver.Status) *Cache {
	if status == driver.StatusActive || status == c.status {
		return c
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	other, ok := c.others[status]
	if !ok {
		opts := c.opts
		opts.OnComplete = nil
		other = newCache(opts, status, c.writeGate)
		c.others[status] = other
	}
	return other
}

// Generation is that of the newest listing. A caller who passes it to another method
// gets a listing that begins after this call.
func (c *Cache) Generation() Generation {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.begun
}

// View calls see with the keys of a complete listing that is newer than after. The
// Cache is locked meanwhile, and the map is its own.
func (c *Cache) View(ctx context.Context, after Generation, see func(keys map[string]driver.Key)) error {
	var incomplete error
	err := c.view(ctx, after, allPages, func(l *listing) {
		if incomplete = l.repeatedErr(); incomplete == nil {
			see(l.keys)
		}
	})
	return cmp.Or(err, incomplete)
}

// Select returns the wanted keys of such a listing, oldest first.
func (c *Cache) Select(ctx context.Context, after Generation, want func(driver.Key) bool) ([]driver.Key, error) {
	var selected []driver.Key
	err := c.View(ctx, after, func(keys map[string]driver.Key) {
		for _, k := range keys {
			if want(k) {
				selected = append(selected, k)
			}
		}
	})
	slices.SortFunc(selected, Older)
	return selected, err
}

// Find returns one key of a listing that is newer than after. It is an error that the
// key is not there if the listing may be incomplete.
func (c *Cache) Find(ctx context.Context, id string, after Generation) (k driver.Key, found bool, err error) {
	var incomplete error
	err = c.view(ctx, after, allPages, func(l *listing) {
		if k, found = l.keys[id]; !found {
			incomplete = l.repeatedErr()
		}
	})
	return k, found, cmp.Or(err, incomplete)
}

// ViewLoaded calls see with the keys of the pages that have come so far, at least of
// the first one.
func (c *Cache) ViewLoaded(ctx context.Context, after Generation, see func(keys map[string]driver.Key)) error {
	return c.view(ctx, after, firstPage, func(l *listing) { see(l.keys) })
}

// FindLoaded looks for a key on the pages that have come so far. If it is not there,
// getByID reports whether getting it by its id is cheaper than the remaining pages.
func (c *Cache) FindLoaded(ctx context.Context, id string) (k driver.Key, found, getByID bool, err error) {
	err = c.view(ctx, AnyFresh, firstPage, func(l *listing) {
		if k, found = l.keys[id]; !found {
			getByID = c.spendGet(l)
		}
	})
	return k, found, getByID, err
}

// HasFresh reports whether there is a listing that is fresh or being fetched.
func (c *Cache) HasFresh() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.isUsable(c.newest)
}

// CachedByName returns the live keys of that name in the newest listing, oldest first,
// and whether that listing is complete. It requests nothing.
func (c *Cache) CachedByName(name string) (keys []driver.Key, complete bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.newest
	if l == nil || l.outdated {
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
	slices.SortFunc(keys, Older)
	return keys, l.isComplete()
}

// BeginWrite waits until a write may be sent. Call end when its answer is there, and
// then ApplyWrite. The error is that ctx has ended.
func (c *Cache) BeginWrite(ctx context.Context, operation string) (end func(), err error) {
	if c.writeGate.Acquire(ctx, 1) != nil {
		return nil, driver.Canceled(ctx, operation)
	}
	return func() { c.writeGate.Release(1) }, nil
}

// ApplyWrite enters an own write: the key as it is now, nil if it is gone.
func (c *Cache) ApplyWrite(id string, k *driver.Key) {
	c.mu.Lock()
	c.writes++
	c.written[id] = write{c.writes, k}
	if c.newest != nil {
		c.newest.apply(id, k)
	}
	clear(c.others)
	c.mu.Unlock()
	if c.opts.OnWrite != nil {
		c.opts.OnWrite()
	}
}

// IsRemoved reports whether an own write has removed the key.
func (c *Cache) IsRemoved(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	w, written := c.written[id]
	return written && w.key == nil
}

// Invalidate makes the next caller list anew: something else has changed the keys.
func (c *Cache) Invalidate() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.newest != nil {
		c.newest.outdated = true
	}
	clear(c.others)
}

// How many keys may be read by id before the remaining pages are fetched. It is not
// known in advance how many keys callers will ask for: a few keys of a large account
// should not list it, and many should cost hardly more than the listing.
const (
	getShare = 10  // a tenth of what the remaining pages cost
	maxGets  = 100 // totals are not trusted
	fewGets  = 3   // without a total
)

// spendGet reports whether a key may be read by id. The caller has locked c.mu.
func (c *Cache) spendGet(l *listing) bool {
	if l.loaded == allPages || l.running {
		return !l.running // the pages that are coming cost nothing more
	}
	budget := fewGets
	if l.mostWaiting > fewGets { // many keys are wanted
		budget = 0
	}
	if l.total >= 0 && l.pageLength > 0 {
		budget = min((l.total-l.pageLength)/l.pageLength/getShare, maxGets)
	}
	if c.gets >= budget {
		return false
	}
	c.gets++
	return true
}

// Older orders keys by age, keys of the same age by id.
func Older(a, b driver.Key) int {
	return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
}

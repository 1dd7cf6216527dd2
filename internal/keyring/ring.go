package keyring

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/listcache"
)

// anyFresh accepts every listing that is fresh.
const anyFresh = listcache.AnyFresh

// Ring is the keys of one scope at one service. Its methods may be called concurrently.
type Ring struct {
	svc   driver.Service
	opts  Options
	cache *listcache.Cache

	mu                 sync.Mutex           // may be taken while the cache is locked, not the other way round
	listed             map[string]listedKey // by id; nil before the first create
	listings           int                  // how many complete listings are in it
	self               self
	credentialScope    string                // once found
	creationTimes      map[string]time.Time  // see RecordCreation
	unreadable         map[string]driver.Key // keys with values that could not be read
	unreadableReported bool                  // UnreadableKeys has returned them
}

// New returns a Ring over a service.
func New(svc driver.Service, opts Options) *Ring {
	r := &Ring{svc: svc, opts: opts.withDefaults(), self: self{lock: make(chan struct{}, 1)}, creationTimes: map[string]time.Time{}, unreadable: map[string]driver.Key{}}
	r.cache = listcache.New(listcache.Options{
		FetchPage: r.fetchPage, MaxAge: r.opts.MaxAge, Timeout: r.opts.Timeout, Now: r.opts.Now,
		OnComplete: func(keys map[string]driver.Key) {
			if r.hasListed() { // it is needed from the first create on
				r.recordListed(keys)
			}
		},
		OnWrite: func() { r.opts.Creates.invalidateOthers(r.opts.Scope) },
	})
	r.opts.Creates.addCache(r.opts.Scope, r.cache)
	return r
}

// CreateProblem says why the service will probably refuse to create keys; "" if there is
// no reason to expect it. See [driver.CreateChecker].
func (r *Ring) CreateProblem() string {
	if checker, ok := r.svc.(driver.CreateChecker); ok {
		return checker.CreateProblem()
	}
	return ""
}

// clock is the service's clock, and how far it may be off. If the adapter panics, it is
// the local clock: a create under way must still be able to say when it was sent.
func (r *Ring) clock() (now time.Time, off time.Duration) {
	defer func() {
		if thrown := recover(); thrown != nil {
			r.opts.panicked(context.Background(), Recovered(thrown))
			now, off = r.opts.Now(), 0
		}
	}()
	off = r.svc.ClockError() // first: an answer in between can only make it smaller
	return r.svc.Now(), off
}

// Now is the service's clock.
func (r *Ring) Now() time.Time { now, _ := r.clock(); return now }

// The earliest and latest time that the service's clock may show.
func (r *Ring) earliest() time.Time { now, off := r.clock(); return now.Add(-off) }
func (r *Ring) latest() time.Time   { now, off := r.clock(); return now.Add(off) }

// fetchPage fetches one page of the service's listing.
func (r *Ring) fetchPage(ctx context.Context, q driver.Query) (driver.Page, error) {
	page, err := contained(ctx, &r.opts, "list the keys", func() (driver.Page, error) { return r.svc.List(ctx, q) })
	page.Keys = slices.DeleteFunc(page.Keys, func(k driver.Key) bool {
		return IsWindowID(k.ID) // no service may pass an id off as one of ours
	})
	for i := range page.Keys {
		r.received(&page.Keys[i])
	}
	return page, err
}

// received completes a record that the service has sent: whether it has certainly
// expired. It remembers keys with unreadable values.
func (r *Ring) received(k *driver.Key) {
	k.Expired = !k.ExpiresAt.IsZero() && !k.ExpiresAt.After(r.earliest())
	if len(k.Unreadable) > 0 {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.unreadable[k.ID] = *k
	}
}

// UnreadableKeys returns the keys with values that could not be read, oldest first. Once
// there are some, it returns them to the first caller only.
func (r *Ring) UnreadableKeys() []driver.Key {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.unreadable) == 0 || r.unreadableReported {
		return nil
	}
	r.unreadableReported = true
	return slices.SortedFunc(maps.Values(r.unreadable), listcache.Older)
}

// HasUnreadable reports whether UnreadableKeys would return any.
func (r *Ring) HasUnreadable() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.unreadable) > 0 && !r.unreadableReported
}

// Update changes a key in place. It is an error if the service cannot do that.
func (r *Ring) Update(ctx context.Context, id string, c driver.Changes) (driver.Key, error) {
	updater, ok := r.svc.(driver.Updater)
	if !ok {
		return driver.Key{}, errors.New("the service cannot change a key in place")
	}
	end, err := r.cache.BeginWrite(ctx, "change the key")
	if err != nil {
		return driver.Key{}, err
	}
	k, err := contained(ctx, &r.opts, "change the key", func() (driver.Key, error) { return updater.Update(ctx, id, c) })
	end()
	if err != nil {
		return driver.Key{}, err
	}
	k.ID = id // the answer may write it differently
	r.cache.ApplyWrite(id, &k)
	return k, nil
}

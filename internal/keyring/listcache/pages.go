package listcache

import (
	"context"
	"iter"
	"slices"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Pages yields the keys of a fresh listing as its pages come, each key once. Keys that
// come together are ordered by age. The second page is requested only when the
// caller asks for more. An error is the last that is yielded: keys are missing then.
func (c *Cache) Pages(ctx context.Context) iter.Seq2[[]driver.Key, error] {
	return func(yield func([]driver.Key, error) bool) {
		yielded := map[string]struct{}{}
		for {
			l, err := c.listing(ctx, AnyFresh)
			if err != nil {
				yield(nil, err)
				return
			}
			c.mu.Lock()
			keys := l.newKeys(yielded)
			c.mu.Unlock()
			if !yield(keys, nil) {
				return
			}
			if remaining := c.joinRemaining(ctx, l); remaining != nil {
				c.yieldRemaining(ctx, l, remaining, yielded, yield)
				return
			}
		}
	}
}

// yieldRemaining yields the pages after the first. The caller has been counted among
// those who wait for them.
func (c *Cache) yieldRemaining(ctx context.Context, l *listing, remaining *sharedCall, yielded map[string]struct{}, yield func([]driver.Key, error) bool) {
	defer c.leave(remaining)
	for {
		c.mu.Lock()
		keys, changed, ended, incomplete := l.newKeys(yielded), l.changed, remaining.ended(), l.incomplete()
		c.mu.Unlock()
		if ended && remaining.err != nil {
			yield(nil, remaining.err)
			return
		}
		if len(keys) > 0 && !yield(keys, nil) {
			return
		}
		if ended {
			if incomplete != nil {
				yield(nil, incomplete)
			}
			return
		}
		select {
		case <-changed:
		case <-remaining.done:
		case <-ctx.Done():
			yield(nil, driver.Canceled(ctx, operation))
			return
		}
	}
}

// newKeys returns the keys that have not been yielded yet, and adds them to those. A
// listing that starts over has keys again. c.mu is held.
func (l *listing) newKeys(yielded map[string]struct{}) []driver.Key {
	var keys []driver.Key
	for id, k := range l.keys {
		if _, ok := yielded[id]; !ok {
			yielded[id] = struct{}{}
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, Older)
	return keys
}

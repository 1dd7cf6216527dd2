package listcache

import (
	"cmp"
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
		for done := false; !done; {
			var l *listing
			var keys []driver.Key
			err := c.view(ctx, AnyFresh, firstPage, func(viewed *listing) { l, keys = viewed, viewed.newKeys(yielded) })
			if !yield(keys, err) || err != nil {
				return
			}
			done = c.yieldRemaining(ctx, l, yielded, yield)
		}
	}
}

// yieldRemaining yields the pages after the first. done is false if others have given
// the listing up meanwhile, or it has failed: then another one is needed.
func (c *Cache) yieldRemaining(ctx context.Context, l *listing, yielded map[string]struct{}, yield func([]driver.Key, error) bool) (done bool) {
	c.mu.Lock()
	unusable := l.abandoned || l.err != nil
	l.waiting++ // also while the caller handles keys
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.stopWaiting(l)
	}()
	for more := !unusable; more; {
		var keys []driver.Key
		var err error
		keys, more, err = c.nextKeys(ctx, l, yielded)
		if len(keys) > 0 && !yield(keys, nil) {
			return true
		}
		if err != nil {
			yield(nil, err)
			return true
		}
	}
	return !unusable
}

// nextKeys waits until there are new keys, or until no more will come.
func (c *Cache) nextKeys(ctx context.Context, l *listing, yielded map[string]struct{}) (keys []driver.Key, more bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	err = c.wait(ctx, l, func() bool {
		more = c.fetchMore(ctx, l)
		keys = l.newKeys(yielded)
		return len(keys) > 0 || !more
	})
	if err == nil && !more {
		err = cmp.Or(l.err, l.repeatedErr())
	}
	return keys, more, err
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

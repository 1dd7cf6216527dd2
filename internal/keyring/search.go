package keyring

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/listcache"
)

// search describes the keys that a request may have created.
type search struct {
	name string
	// start: keys that were listed before are not the request's. The zero value excludes
	// nothing.
	start  requestStart
	accept func(driver.Key) bool
	// decide picks the one key that is certainly the request's; nil if nothing is known of
	// its value.
	decide func([]driver.Key) (driver.Key, bool)
}

// matches are the keys that a search has found, oldest first.
type matches struct {
	same    []driver.Key // of the name that was asked for
	changed []driver.Key // of a name that the service may have changed it to
	decided bool         // same is certainly the request's key
}

func (m matches) candidates() []driver.Key {
	if len(m.same) > 0 {
		return m.same
	}
	return m.changed
}

// find lists after a generation and returns what a search finds. Keys that this process
// has created or holds are excluded.
func (r *Ring) find(ctx context.Context, after listcache.Generation, q search) (matches, error) {
	var m matches
	err := r.cache.View(ctx, after, func(keys map[string]driver.Key) {
		r.mu.Lock()
		defer r.mu.Unlock()
		for id, k := range keys {
			if k.DateOnly {
				k.CreatedAt = time.Time{} // too coarse to distinguish keys
			}
			match := compareNames(q.name, k.Name)
			switch {
			case match == otherName, !k.Live(), r.wasListed(id, q.start), r.isOurs(id), !q.accept(k):
			case match == sameName:
				m.same = append(m.same, k)
			default:
				m.changed = append(m.changed, k)
			}
		}
	})
	slices.SortFunc(m.same, listcache.Older)
	slices.SortFunc(m.changed, listcache.Older)
	if q.decide != nil {
		if k, ok := q.decide(slices.Concat(m.same, m.changed)); ok {
			m = matches{same: []driver.Key{k}, decided: true}
		}
	}
	return m, err
}

// retry tries until it is done or patience has run out. Each wait is twice as long as
// the one before. The error is that of a wait.
func (r *Ring) retry(ctx context.Context, patience time.Duration, try func() (done bool)) error {
	deadline := r.opts.Now().Add(patience)
	for wait := r.opts.PollInterval; !try(); wait *= 2 {
		remaining := deadline.Sub(r.opts.Now())
		if remaining <= 0 {
			return nil
		}
		if err := r.opts.Sleep(ctx, min(wait, remaining)); err != nil {
			return err
		}
	}
	return nil
}

// poll lists until a search finds something or patience has run out. A listing that
// fails does not end it, because the next one may succeed. If nothing proves whose key
// was found, it searches again a little later: the key may be somebody else's, and ours
// may not be listed yet.
func (r *Ring) poll(ctx context.Context, q search, patience time.Duration) (m matches, err error) {
	slept := r.retry(ctx, patience, func() bool {
		m, err = r.find(ctx, r.cache.Generation(), q)
		return err == nil && len(m.same) > 0
	})
	switch {
	case slept != nil:
		return matches{}, cmp.Or(err, slept)
	case err != nil || m.decided || len(m.same) == 0 || len(m.same) > 1 && q.decide == nil:
		return m, err
	}
	if err := r.opts.Sleep(ctx, r.opts.ListingDelay); err != nil {
		return m, err
	}
	return r.find(ctx, r.cache.Generation(), q)
}

// decideByValue picks the key of a create that was answered with a value: by what its
// record shows of the value, else by an exact time of creation.
func decideByValue(value driver.Secret, created time.Time) func([]driver.Key) (driver.Key, bool) {
	return func(keys []driver.Key) (driver.Key, bool) {
		if matching := filter(keys, func(k driver.Key) bool { return k.Hint.Matches(value) }); len(matching) > 0 {
			keys = matching
			if len(keys) == 1 {
				return keys[0], true
			}
		}
		if exact := filter(keys, func(k driver.Key) bool { return isExact(created) && k.CreatedAt.Equal(created) }); len(exact) == 1 {
			return exact[0], true
		}
		return driver.Key{}, false
	}
}

// isExact reports whether a time has fractions of a second, so that hardly anything
// else happened then.
func isExact(t time.Time) bool { return !t.IsZero() && t.Nanosecond() != 0 }

func filter(keys []driver.Key, keep func(driver.Key) bool) []driver.Key {
	return slices.DeleteFunc(slices.Clone(keys), func(k driver.Key) bool { return !keep(k) })
}

// mayBeCreatedBy reports whether a request sent at from, whose answer has this value
// and time of creation (zero: none), may have created the key.
func mayBeCreatedBy(k driver.Key, value driver.Secret, created, from time.Time) bool {
	switch {
	case k.Hint.Contradicts(value):
		return false
	case k.CreatedAt.IsZero():
		return true
	case created.IsZero():
		return !k.CreatedAt.Before(from.Add(-skew))
	}
	// A listing may have coarser times than the create's answer.
	return k.CreatedAt.Sub(created).Abs() < time.Second
}

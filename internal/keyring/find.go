package keyring

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// search says which keys a request may have created.
type search struct {
	// names are those that the key may have.
	names []string
	// listed: what a complete listing had shown before the request left is not its
	// key. Zero excludes nothing.
	listed uint64
	accept func(driver.Key) bool
	// decide picks the one key that evidence points at; nil: there is no evidence.
	decide func([]driver.Key) (driver.Key, bool)
}

// matches are the keys that a search has found, oldest first.
type matches struct {
	found   []driver.Key
	similar []driver.Key // those whose names the service may have changed
	decided bool         // evidence points at the one that was found
}

// shown are the keys that were found, else those that may have been renamed.
func (m matches) shown() []driver.Key {
	if len(m.found) > 0 {
		return m.found
	}
	return m.similar
}

// candidates lists after the mark and returns what a search finds. Keys that this
// process has created, or holds, are never among them.
func (r *Ring) candidates(ctx context.Context, after mark, q search) (matches, error) {
	var all, similar []driver.Key
	err := r.dir.view(ctx, after, func(l *listing) {
		r.noteListed(l)
		r.mu.Lock()
		defer r.mu.Unlock()
		for id, k := range l.keys {
			if k.DateOnly {
				k.CreatedAt = time.Time{} // too coarse to tell keys apart by
			}
			same, alike := r.bears(q.names, k.Name)
			if !same && !alike || !k.Live() || r.isListed(id, q.listed) || r.isOwn(id) || !q.accept(k) {
				continue
			}
			if same {
				all = append(all, k)
			} else {
				similar = append(similar, k)
			}
		}
	})
	slices.SortFunc(all, older)
	slices.SortFunc(similar, older)
	if q.decide != nil {
		if k, ok := q.decide(slices.Concat(all, similar)); ok {
			return matches{found: []driver.Key{k}, decided: true}, err
		}
	}
	return matches{found: all, similar: similar}, err
}

// pollListing lists, first after the mark, until a search finds something, or patience
// has run out. A listing that fails does not end it: the next may not, and a create
// must not be left open while keys that others create might still be taken for its
// own.
func (r *Ring) pollListing(ctx context.Context, q search, patience time.Duration) (matches, error) {
	after, deadline := r.dir.mark(), r.opts.Now().Add(patience)
	for wait := r.opts.PollInterval; ; wait *= 2 {
		m, err := r.candidates(ctx, after, q)
		left := deadline.Sub(r.opts.Now())
		if err == nil && len(m.found) > 0 || left <= 0 {
			return m, err
		}
		if slept := r.opts.Sleep(ctx, min(wait, left)); slept != nil {
			return matches{}, cmp.Or(err, slept)
		}
		after = r.dir.mark()
	}
}

// reconcile looks for what a request has created, until something appears or patience
// has run out. A key that no evidence points at is looked at again a little later:
// it may be somebody else's, and ours not listed yet.
func (r *Ring) reconcile(ctx context.Context, q search, patience time.Duration) (matches, error) {
	first, err := r.pollListing(ctx, q, patience)
	if err != nil || first.decided || len(first.found) == 0 || len(first.found) > 1 && q.decide == nil {
		return first, err
	}
	if err := r.opts.Sleep(ctx, r.opts.ListingDelay); err != nil {
		return first, err
	}
	again, err := r.candidates(ctx, r.dir.mark(), q)
	if err != nil {
		return first, err
	}
	return again, nil
}

// evidence returns how to tell the key of a create that was answered with a value:
// by what its record shows of the value, else by a time of creation that is exact.
func evidence(value driver.Secret, created time.Time) func([]driver.Key) (driver.Key, bool) {
	return func(keys []driver.Key) (driver.Key, bool) {
		if alike := filter(keys, func(k driver.Key) bool { return k.Hint.Matches(value) }); len(alike) > 0 {
			keys = alike
			if len(alike) == 1 {
				return alike[0], true
			}
		}
		if exact := filter(keys, func(k driver.Key) bool { return isExact(created) && k.CreatedAt.Equal(created) }); len(exact) == 1 {
			return exact[0], true
		}
		return driver.Key{}, false
	}
}

// isExact reports whether a time has fractions of a second, so that hardly
// anything else happened then.
func isExact(t time.Time) bool { return !t.IsZero() && t.Nanosecond() != 0 }

func filter(keys []driver.Key, keep func(driver.Key) bool) []driver.Key {
	return slices.DeleteFunc(slices.Clone(keys), func(k driver.Key) bool { return !keep(k) })
}

// createdBy reports whether a key may be the one that was created by a request sent
// at from, whose answer has this value and time of creation (zero: none).
func createdBy(k driver.Key, value driver.Secret, created, from time.Time) bool {
	switch {
	case k.Hint.Contradicts(value):
		return false
	case k.CreatedAt.IsZero():
		return true
	case created.IsZero():
		return !k.CreatedAt.Before(from.Add(-skew))
	}
	// A listing may tell times more coarsely than the create did.
	return k.CreatedAt.Sub(created).Abs() < time.Second
}

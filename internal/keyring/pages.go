package keyring

import (
	"context"
	"iter"
	"slices"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Pages yields the keys of a state as the pages of the shared listing come, each
// key once, and oldest first only among those that have come together. A listing
// that was complete before comes at once. Nothing but the first page is asked for
// before a second one is wanted; who stops early leaves the listing to the others
// who wait for it, and the last one ends it. An error is the last that is yielded:
// the keys before it are then not all there are.
func (r *Ring) Pages(ctx context.Context, status driver.Status) iter.Seq2[[]driver.Key, error] {
	return func(yield func([]driver.Key, error) bool) {
		r.dir.of(status).follow(ctx, func(keys []driver.Key, err error) bool {
			return yield(slices.DeleteFunc(keys, func(k driver.Key) bool { return !status.Selects(k) }), err)
		})
	}
}

// follow yields what a listing holds that began freshly, and then whatever it
// brings, until it is complete.
func (d *directory) follow(ctx context.Context, yield func([]driver.Key, error) bool) {
	told := map[string]struct{}{}
	for {
		l, err := d.listing(ctx, anyFresh)
		if err != nil {
			yield(nil, err)
			return
		}
		d.mu.Lock()
		keys := l.untold(told)
		d.mu.Unlock()
		if !yield(keys, nil) {
			return
		}
		if rest := d.join(ctx, l); rest != nil {
			d.followRest(ctx, l, rest, told, yield)
			return
		}
	}
}

// followRest is follow for the pages after the first. The caller has been counted
// in among those who wait for them.
func (d *directory) followRest(ctx context.Context, l *listing, rest *call, told map[string]struct{}, yield func([]driver.Key, error) bool) {
	defer d.leave(rest)
	for {
		d.mu.Lock()
		keys, grown, ended, unlisted := l.untold(told), l.grown, rest.ended(), l.unlisted()
		d.mu.Unlock()
		if ended && rest.err != nil {
			yield(nil, rest.err)
			return
		}
		if len(keys) > 0 && !yield(keys, nil) {
			return
		}
		if ended {
			if unlisted != nil {
				yield(nil, unlisted)
			}
			return
		}
		select {
		case <-grown:
		case <-rest.done:
		case <-ctx.Done():
			yield(nil, driver.Canceled(ctx, "list the keys"))
			return
		}
	}
}

// untold returns the keys that have not been told yet, oldest first, and counts
// them as told. A listing that is begun anew brings keys again. d.mu is held.
func (l *listing) untold(told map[string]struct{}) []driver.Key {
	var keys []driver.Key
	for id, k := range l.keys {
		if _, ok := told[id]; !ok {
			told[id] = struct{}{}
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, older)
	return keys
}

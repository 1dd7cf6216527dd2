package keyring

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Reconcile settles what an earlier process had to leave open: a key of the window's
// name, made within it and never used, is revoked. Not finding one is success, once
// the window and the lag of listings are over, unless one was certainly made; several
// are an *Unsettled error, and none of them is touched. held are ids that the caller
// holds; they, and what this process has created or holds, are not what is looked for.
func (r *Ring) Reconcile(ctx context.Context, w CreateWindow, held ...string) error {
	done, err := r.opts.Creates.lockName(ctx, w.Name)
	if err != nil {
		return err
	}
	defer done()
	q := r.leftOpen(w, held)
	found, err := r.candidates(ctx, r.dir.mark(), q)
	// It may still be made or shown late; by the next run that time is usually over.
	if left := w.To.Add(r.opts.ListingDelay).Sub(r.earliest()); err == nil && len(found.found) == 0 && left > 0 {
		if err := r.opts.Sleep(ctx, min(left, r.opts.ReconcileTimeout+r.opts.ListingDelay)); err != nil {
			return err
		}
		found, err = r.candidates(ctx, r.dir.mark(), q)
	}
	if err != nil {
		return err
	}
	keys, open := found.found, &OutcomeUnknownError{Window: w, Candidates: found.shown(), Err: errors.New("an earlier create was left without a clear answer")}
	switch {
	case len(keys) == 0 && len(found.similar) > 0:
		return open
	case len(keys) == 0 && w.Made:
		gone, err := r.wasRevoked(ctx, q)
		if err != nil || !gone {
			open.Err = cmp.Or(err, errors.New("an earlier create has made a key that no listing shows"))
			return open
		}
		fallthrough
	case len(keys) == 0:
		r.opts.Creates.settled(w)
		return nil
	case len(keys) > 1 || keys[0].CreatedAt.IsZero() && !found.decided:
		return open
	}
	if err := r.Revoke(ctx, keys[0].ID, driver.Secret{}); err != nil {
		return err
	}
	if err := r.waitRevoked(ctx, keys[0].ID); err != nil {
		return err
	}
	r.opts.Creates.settled(w)
	return nil
}

// leftOpen is the search for what a window stands for.
func (r *Ring) leftOpen(w CreateWindow, held []string) search {
	q := search{names: w.names()}
	if w.Made {
		q.decide = evidence(w.Value, w.CreatedAt)
	}
	q.accept = func(k driver.Key) bool {
		known := slices.Contains(held, k.ID) || slices.Contains(w.Known, k.ID)
		if known || !w.holds(k.CreatedAt) || w.Made && !createdBy(k, w.Value, w.CreatedAt, w.From) {
			return false
		}
		return !k.UsedSince(time.Time{}) || w.Made && k.Hint.Matches(w.Value)
	}
	return q
}

// wasRevoked reports whether a service that remembers revoked keys shows one that a
// search would have found alive.
func (r *Ring) wasRevoked(ctx context.Context, q search) (found bool, err error) {
	inactive := r.dir.of(driver.StatusInactive)
	err = inactive.view(ctx, inactive.mark(), func(l *listing) {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, k := range l.keys {
			if same, _ := r.bears(q.names, k.Name); same && !k.Live() && q.accept(k) {
				found = true
			}
		}
	})
	return found, err
}

// AddKnown adds to a window's Known what this process has created since, and what else
// is known to be held: the window did not make these keys.
func (r *Ring) AddKnown(w CreateWindow, held ...string) CreateWindow {
	w.Known = slices.Concat(w.Known, held, r.opts.Creates.ownIDs(r.opts.Scope, w.concerns))
	slices.Sort(w.Known)
	w.Known = slices.Compact(w.Known)
	return w
}

// HeldCandidates returns the ids of the live keys that a window may have made for all that
// can be seen, and that this process holds or has created. While there are others it
// waits a little: whoever holds them may not have come yet.
func (r *Ring) HeldCandidates(ctx context.Context, w CreateWindow, held ...string) (claimed []string, err error) {
	deadline := r.opts.Now().Add(r.opts.ListingDelay)
	for {
		claimed = nil
		unclaimed := false
		err = r.dir.view(ctx, anyFresh, func(l *listing) {
			r.mu.Lock()
			defer r.mu.Unlock()
			q := r.leftOpen(w, held)
			for id, k := range l.keys {
				if same, similar := r.bears(q.names, k.Name); !same && !similar || !k.Live() || !q.accept(k) {
					continue
				}
				if r.isOwn(id) {
					claimed = append(claimed, id)
				} else {
					unclaimed = true
				}
			}
		})
		slices.Sort(claimed)
		left := deadline.Sub(r.opts.Now())
		if err != nil || !unclaimed || left <= 0 {
			return claimed, err
		}
		if err := r.opts.Sleep(ctx, min(r.opts.PollInterval, left)); err != nil {
			return claimed, err
		}
	}
}

// open completes the error of a create that is left open now, and bars further
// ones of that name in this process: a key that they made could not be told from
// the one that is being looked for.
func (r *Ring) open(u *OutcomeUnknownError, left sent) *OutcomeUnknownError {
	if latest := r.latest(); latest.After(u.Window.To) {
		u.Window.To = latest
	}
	u.Window.Known = nil
	r.mu.Lock()
	for id, k := range r.creates.listed {
		if k.since <= left.listed && u.Window.concerns(ownKey{name: k.name, created: k.created}) {
			u.Window.Known = append(u.Window.Known, id)
		}
	}
	r.mu.Unlock()
	u.Window = r.AddKnown(u.Window)
	r.opts.Creates.leaveOpen(r.opts.Scope, u.Window)
	return u
}

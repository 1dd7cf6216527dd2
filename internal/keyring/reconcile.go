package keyring

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Reconcile finds out what a create of an earlier process did: a key of the window's
// name that was created within it and never used is revoked. If there is none, that is
// success once the window is over and listings have caught up, unless a key was
// certainly created. If there are several, the error is an [*OutcomeUnknownError], and
// none is touched. held are ids that the caller holds. Those, and what this process has
// created or holds, are not what the window is about.
func (r *Ring) Reconcile(ctx context.Context, w CreateWindow, held ...string) error {
	unlock, err := r.opts.Creates.lockName(ctx, w.Name)
	if err != nil {
		return err
	}
	defer unlock()
	q := windowSearch(w, held)
	found, err := r.find(ctx, r.cache.Generation(), q)
	// It may still be created or listed late. By the next run that time is usually over.
	if remaining := w.To.Add(r.opts.ListingDelay).Sub(r.earliest()); err == nil && len(found.same) == 0 && remaining > 0 {
		if err := r.opts.Sleep(ctx, min(remaining, r.opts.ReconcileTimeout+r.opts.ListingDelay)); err != nil {
			return err
		}
		found, err = r.find(ctx, r.cache.Generation(), q)
	}
	if err != nil {
		return err
	}
	unknown := &OutcomeUnknownError{Window: w, Candidates: found.candidates(), Err: errors.New("the outcome of an earlier create is unknown")}
	if len(found.same) == 0 {
		if w.Certain {
			unknown.Err = errors.New("an earlier create has created a key that no listing shows")
		}
		if w.Certain || len(found.changed) > 0 {
			return unknown
		}
		r.opts.Creates.unblock(w)
		return nil
	}
	orphan := found.same[0]
	if len(found.same) > 1 || orphan.CreatedAt.IsZero() && !found.decided {
		return unknown
	}
	if err := r.revokeAndWait(ctx, orphan.ID); err != nil {
		return err
	}
	r.opts.Creates.unblock(w)
	return nil
}

// windowSearch finds what the request of a window has created.
func windowSearch(w CreateWindow, held []string) search {
	q := search{name: w.Name}
	if w.Certain {
		q.decide = decideByValue(w.Value, w.CreatedAt)
	}
	q.accept = func(k driver.Key) bool {
		isOther := slices.Contains(held, k.ID) || slices.Contains(w.NotCreated, k.ID)
		if isOther || !w.includes(k.CreatedAt) || w.Certain && !mayBeCreatedBy(k, w.Value, w.CreatedAt, w.From) {
			return false
		}
		return !k.UsedSince(time.Time{}) || w.Certain && k.Hint.Matches(w.Value)
	}
	return q
}

// AddNotCreated adds to a window's NotCreated what this process has created since, and
// what is held.
func (r *Ring) AddNotCreated(w CreateWindow, held ...string) CreateWindow {
	w.NotCreated = slices.Concat(w.NotCreated, held)
	for _, k := range r.opts.Creates.createdKeys(r.opts.Scope, w.mayConcern) {
		w.NotCreated = append(w.NotCreated, k.id)
	}
	slices.Sort(w.NotCreated)
	w.NotCreated = slices.Compact(w.NotCreated)
	return w
}

// HeldCandidates returns the ids of live keys that look like the window's, and that this
// process has created, or that other resources than the caller's hold. If there are more
// such keys it waits up to ListingDelay, because the resources that hold them may not
// have been read yet. held are the caller's own keys, which are left out.
func (r *Ring) HeldCandidates(ctx context.Context, w CreateWindow, held ...string) ([]string, error) {
	q, deadline := windowSearch(w, held), r.opts.Now().Add(r.opts.ListingDelay)
	for {
		candidates, err := r.cache.Select(ctx, anyFresh, func(k driver.Key) bool {
			return compareNames(w.Name, k.Name) != otherName && k.Live() && q.accept(k)
		})
		var ids []string
		for _, k := range candidates {
			if r.isOurs(k.ID) {
				ids = append(ids, k.ID)
			}
		}
		slices.Sort(ids)
		remaining := deadline.Sub(r.opts.Now())
		if err != nil || len(ids) == len(candidates) || remaining <= 0 {
			return ids, err
		}
		if err := r.opts.Sleep(ctx, min(r.opts.PollInterval, remaining)); err != nil {
			return ids, err
		}
	}
}

// unknownOutcome completes the error and blocks further creates of that name in this
// process: their keys could not be distinguished from the one that is looked for.
func (r *Ring) unknownOutcome(u *OutcomeUnknownError, start requestStart) *OutcomeUnknownError {
	if latest := r.latest(); latest.After(u.Window.To) {
		u.Window.To = latest
	}
	u.Window.NotCreated = nil
	r.mu.Lock()
	for id, k := range r.listed {
		if k.isBefore(start) && u.Window.mayConcern(createdKey{name: k.name, created: k.created}) {
			u.Window.NotCreated = append(u.Window.NotCreated, id)
		}
	}
	r.mu.Unlock()
	u.Window = r.AddNotCreated(u.Window)
	r.opts.Creates.block(r.opts.Scope, u.Window)
	return u
}

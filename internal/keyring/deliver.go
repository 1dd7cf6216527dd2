package keyring

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// deliver completes a fresh key: its id is looked up where the answer did not
// give it, or gave that of another key, and it is entered into the directory.
// again: a request before this one, sent at first, may have made a key too.
func (r *Ring) deliver(ctx context.Context, order createRequest, m driver.Minted, w CreateWindow, left sent, again bool, first sent) (driver.Minted, error) {
	if m.Name != order.name {
		w.Also = m.Name // the listing may show either
	}
	if m.ID != "" && !r.isNew(m.ID, left) {
		m.ID, m.Hint = "", driver.Hint{} // the answer's record is another key's
	}
	if m.ID == "" {
		from := left.at
		if from.IsZero() {
			from = w.From
		}
		if m.CreatedAt.Before(from.Add(-skew)) {
			m.CreatedAt = time.Time{} // the time, too, is another key's
		}
		k, err := r.findCreated(ctx, m, w, left, from)
		if err != nil {
			u := &OutcomeUnknownError{Err: err}
			errors.As(err, &u)
			w.Made, w.CreatedAt = true, m.CreatedAt
			u.Window = w
			return m, r.open(u, first)
		}
		if k.CreatedAt.IsZero() {
			k.CreatedAt = m.CreatedAt
		}
		m.Key = k
	}
	born := m.CreatedAt
	if born.IsZero() {
		born = r.latest()
	}
	r.learnName(order.name, m.Name)
	r.opts.Creates.created(m.ID, ownKey{r.opts.Scope, cmp.Or(m.Name, order.name), born})
	r.dir.wrote(m.ID, &m.Key)
	if again && order.revokes {
		m.Suspects = r.revokeLate(ctx, w, first)
	}
	return m, nil
}

// isNew reports whether an id can be that of a key which a request has just
// created: no listing has shown it before, nobody holds it, and it is no marker
// of our own.
func (r *Ring) isNew(id string, left sent) bool {
	if _, marker := ParseCreateWindow(id); marker || r.isOwn(id) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.isListed(id, left.listed)
}

// findCreated finds the key that m is, whose id the answer has not given.
func (r *Ring) findCreated(ctx context.Context, m driver.Minted, w CreateWindow, left sent, from time.Time) (driver.Key, error) {
	found, err := r.reconcile(ctx, search{
		names: w.names(), listed: left.listed, decide: evidence(m.Value, m.CreatedAt),
		accept: func(k driver.Key) bool { return createdBy(k, m.Value, m.CreatedAt, from) },
	}, r.opts.ReconcileTimeout)
	if err != nil {
		return driver.Key{}, err
	}
	keys := found.shown()
	if len(keys) != 1 {
		return driver.Key{}, &OutcomeUnknownError{Candidates: keys, Err: errors.New("the key was made, but the service did not give its id, and the listing does not show which one it is")}
	}
	return keys[0], nil
}

// revokeLate looks once more for what an earlier request may have made after all,
// now that another one has succeeded, and revokes it. It returns what is left.
func (r *Ring) revokeLate(ctx context.Context, w CreateWindow, first sent) []driver.Key {
	late, err := r.reconcile(ctx, r.lostBy(w, first), 0)
	if err != nil || len(late.found) != 1 {
		return late.found
	}
	if err := r.revokeOrphan(ctx, late.found[0]); err != nil {
		return late.found
	}
	return nil
}

package keyring

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// completeCreate completes a new key: its id is looked up if the answer did not have
// it, or had another key's.
func (c *creation) completeCreate(ctx context.Context, m driver.Minted, s sent) (driver.Minted, error) {
	if m.Name != c.name {
		c.window.Also = m.Name // the listing may show either
	}
	if m.ID != "" && !c.isNew(m.ID, s) {
		m.ID, m.Hint = "", driver.Hint{} // the record is another key's
	}
	if m.ID == "" {
		from := s.at
		if from.IsZero() {
			from = c.window.From
		}
		if m.CreatedAt.Before(from.Add(-skew)) {
			m.CreatedAt = time.Time{} // so is the time
		}
		k, err := c.findCreated(ctx, m, s, from)
		if err != nil {
			u := &OutcomeUnknownError{Err: err}
			errors.As(err, &u)
			c.window.Made, c.window.CreatedAt = true, m.CreatedAt
			return m, c.unknownOutcome(u.Err, u.Candidates...)
		}
		if k.CreatedAt.IsZero() {
			k.CreatedAt = m.CreatedAt
		}
		m.Key = k
	}
	created := m.CreatedAt
	if created.IsZero() {
		created = c.latest()
	}
	c.learnName(c.name, m.Name)
	c.opts.Creates.addOwn(ownKey{c.opts.Scope, m.ID, cmp.Or(m.Name, c.name), created})
	c.cache.ApplyWrite(m.ID, &m.Key)
	if c.isUnsure && c.revokesOrphans {
		m.Suspects = c.revokeLate(ctx)
	}
	return m, nil
}

// isNew reports whether an id can be that of a key that a request has just created: no
// listing showed it before, nobody holds it, and it is not a [CreateWindow].
func (r *Ring) isNew(id string, s sent) bool {
	if _, isWindow := ParseCreateWindow(id); isWindow || r.isOwn(id) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.wasKnown(id, s)
}

// findCreated finds the created key whose id the answer does not have.
func (c *creation) findCreated(ctx context.Context, m driver.Minted, s sent, from time.Time) (driver.Key, error) {
	found, err := c.pollAndConfirm(ctx, search{
		names: c.window.names(), sent: s, decide: decideByValue(m.Value, m.CreatedAt),
		accept: func(k driver.Key) bool { return mayBeCreatedBy(k, m.Value, m.CreatedAt, from) },
	}, c.opts.ReconcileTimeout)
	if err != nil {
		return driver.Key{}, err
	}
	keys := found.candidates()
	if len(keys) != 1 {
		return driver.Key{}, &OutcomeUnknownError{Candidates: keys, Err: errors.New("the key was created, but the service did not give its id, and the listing does not show which key it is")}
	}
	return keys[0], nil
}

// revokeLate revokes what an earlier request created after all, now that a later one
// has succeeded. It returns the keys that remain.
func (c *creation) revokeLate(ctx context.Context) []driver.Key {
	late, err := c.pollAndConfirm(ctx, c.orphanSearch(), 0)
	if err != nil || len(late.same) != 1 || late.same[0].CreatedAt.IsZero() {
		return late.same
	}
	if err := c.revokeOrphan(ctx, late.same[0]); err != nil {
		return late.same
	}
	return nil
}

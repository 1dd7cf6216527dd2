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
func (c *creation) completeCreate(ctx context.Context, m driver.Minted, start requestStart) (driver.Minted, error) {
	if m.ID != "" && !c.isNew(m.ID, start) {
		m.ID, m.Hint = "", driver.Hint{} // the record is another key's
	}
	if m.ID == "" {
		if candidates, err := c.findCreated(ctx, &m, start); err != nil {
			c.window.Certain, c.window.CreatedAt = true, m.CreatedAt
			return m, c.unknownOutcome(err, candidates...)
		}
	}
	c.opts.Creates.addCreated(createdKey{c.opts.Scope, m.ID, cmp.Or(m.Name, c.name), cmp.Or(m.CreatedAt, c.latest())})
	c.cache.ApplyWrite(m.ID, &m.Key)
	return m, nil
}

// isNew reports whether an id can be that of a key that a request has just created: no
// listing showed it before, nobody holds it, and it is not a [CreateWindow].
func (r *Ring) isNew(id string, start requestStart) bool {
	if IsWindowID(id) || r.isOurs(id) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.wasListed(id, start)
}

// findCreated finds the created key whose id the answer does not have. With an error, it
// may be any of the candidates.
func (c *creation) findCreated(ctx context.Context, m *driver.Minted, start requestStart) (candidates []driver.Key, err error) {
	from := cmp.Or(start.at, c.window.From)
	if m.CreatedAt.Before(from.Add(-skew)) {
		m.CreatedAt = time.Time{} // of another key
	}
	found, err := c.poll(ctx, search{
		name: c.name, start: start, decide: decideByValue(m.Value, m.CreatedAt),
		accept: func(k driver.Key) bool { return mayBeCreatedBy(k, m.Value, m.CreatedAt, from) },
	}, c.opts.ReconcileTimeout)
	if err != nil {
		return nil, err
	}
	if candidates = found.candidates(); len(candidates) != 1 {
		return candidates, errors.New("the key was created, but the service did not give its id, and the listing does not show which key it is")
	}
	created := cmp.Or(candidates[0].CreatedAt, m.CreatedAt)
	m.Key, m.CreatedAt = candidates[0], created
	return nil, nil
}

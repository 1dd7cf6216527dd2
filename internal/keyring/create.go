package keyring

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// createKey is what a create does, in error messages.
const createKey = "create the key"

// Create creates a key. Unless the process dies, every key that it creates is returned
// or revoked, or the error says that the outcome is unknown:
//
//  1. Before the first create of the process, all keys are listed.
//  2. The request is sent once. Once it is sent, canceling ctx does not stop it.
//  3. A refusal in the service's documented form had no effect and is returned.
//  4. After a rate limit and any other failure, new keys are looked for. If there is
//     exactly one, and the service says when it was created, it is revoked and the
//     request is sent again, but only once. If there is none after a rate limit, the
//     request is sent again too. Otherwise the error is an [*OutcomeUnknownError].
//  5. If the answer has no id or a wrong one, the key is looked up. If that fails, the
//     error is an [*OutcomeUnknownError], and the returned Minted has the value, which
//     the caller must keep.
func (r *Ring) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	ctx, cancel := r.bounded(ctx)
	defer cancel()
	unlock, err := r.prepareCreate(ctx, spec.Name)
	if err != nil {
		return driver.Minted{}, err
	}
	defer unlock()
	return r.create(ctx, createRequest{
		name:          spec.Name,
		send:          func(ctx context.Context) (driver.Minted, error) { return r.svc.Create(ctx, spec) },
		recoverOrphan: r.revokeOrphan,
	})
}

// prepareCreate precedes every request that creates a key: no other create of that
// name may run or have an unknown outcome, and the keys that exist must be known.
func (r *Ring) prepareCreate(ctx context.Context, name string) (unlock func(), err error) {
	unlock, err = r.opts.Creates.lockName(ctx, name)
	if err != nil {
		return nil, err
	}
	if err = r.opts.Creates.checkBlocked(r.opts.Scope, name); err == nil && !r.hasListed() {
		if err = r.cache.View(ctx, anyFresh, r.recordListed); err != nil {
			err = fmt.Errorf("nothing was created, because the existing keys could not be listed first: %w", err)
		}
	}
	if err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// createRequest is a request that creates a key, and what to do if its answer is lost.
type createRequest struct {
	name string
	send func(context.Context) (driver.Minted, error)
	// recoverOrphan prepares for the next request after one has created a key whose
	// value is lost.
	recoverOrphan func(context.Context, driver.Key) error
	// keepsOrphans: recoverOrphan does not revoke that key.
	keepsOrphans bool
}

// creation is a Create or Rotate under way, which may take several requests.
type creation struct {
	*Ring
	createRequest
	window CreateWindow // from the first request on whose key may live
	start  requestStart // of that request
	orphan bool         // an earlier request has created a key that lives

	lost, limited int // answers that were lost, or were rate limits
}

// create sends a request that creates a key, and finds out what it did if the answer
// does not say.
func (r *Ring) create(ctx context.Context, request createRequest) (m driver.Minted, err error) {
	c := &creation{Ring: r, createRequest: request, window: CreateWindow{Name: request.name, From: r.earliest()}}
	defer func() {
		if thrown := recover(); thrown != nil {
			p := Recovered(thrown)
			r.opts.panicked(ctx, p)
			m, err = driver.Minted{}, c.unknownOutcome(p.asError(createKey))
		}
	}()
	// Canceling must not stop what finds out the outcome.
	uncanceled, cancel := WithoutCancel(ctx)
	defer cancel()
	for {
		if ctx.Err() != nil {
			return driver.Minted{}, driver.Canceled(ctx, createKey)
		}
		m, start, err := c.sendCreate(ctx)
		if !c.orphan {
			c.start, c.window.From = start, cmp.Or(start.at, c.window.From)
		}
		if err == nil {
			return c.completeCreate(uncanceled, m, start)
		}
		retryAt, err := c.afterFailure(uncanceled, err)
		if err != nil {
			return driver.Minted{}, err
		}
		if wait := retryAt.Sub(r.opts.Now()); wait > 0 {
			if err := r.opts.Sleep(ctx, wait); err != nil {
				return driver.Minted{}, err
			}
		}
	}
}

// unknownOutcome is the error if this creation may have created a key.
func (c *creation) unknownOutcome(cause error, candidates ...driver.Key) error {
	return c.Ring.unknownOutcome(&OutcomeUnknownError{Window: c.window, Candidates: candidates, Err: cause}, c.start)
}

// sendCreate sends the request. Canceling does not reach it once it is sent, so there
// must be enough time left for its answer and for finding out its outcome.
func (c *creation) sendCreate(ctx context.Context) (m driver.Minted, start requestStart, err error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-c.opts.CallTimeout-c.opts.ReconcileTimeout))
		defer cancel()
		if ctx.Err() != nil {
			return driver.Minted{}, requestStart{}, driver.Canceled(ctx, createKey)
		}
	}
	end, err := c.cache.BeginWrite(ctx, createKey)
	if err != nil {
		return driver.Minted{}, requestStart{}, err
	}
	defer end()
	start = c.beforeCall()
	m, err = contained(ctx, &c.opts, createKey, func() (driver.Minted, error) {
		m, err := c.send(ctx)
		c.opts.Creates.LearnValue(m.Value, c.name)
		return m, err
	})
	c.opts.redactKey(&m.Key)
	local := m.SentAt
	if e, ok := driver.AsError(err); ok {
		local = e.SentAt
	}
	return m, c.setTime(start, local), err
}

// afterFailure finds out what a request without success did, and returns when it may be sent
// again. If it may not, it returns the error of the creation.
func (c *creation) afterFailure(ctx context.Context, cause error) (retryAt time.Time, err error) {
	e, ok := driver.AsError(cause)
	if !ok {
		e = &driver.Error{}
	}
	answered, refused := c.opts.Now(), e.Effect == driver.EffectNone
	// With a rate limit the service says that it did nothing, but a proxy may have answered.
	isRateLimit := e.Kind == driver.KindRateLimit && e.Status != 0
	switch {
	case isRateLimit:
		c.limited++
	case refused:
		return time.Time{}, cause
	default:
		c.lost++
	}
	orphans, err := c.lookForOrphans(ctx, cause, refused)
	if err != nil {
		return time.Time{}, err
	}
	switch {
	case len(orphans.same) == 1 && c.lost < 2 && !orphans.same[0].CreatedAt.IsZero():
		if err := c.recoverOrphan(ctx, orphans.same[0]); err != nil {
			return time.Time{}, c.unknownOutcome(fmt.Errorf("%w; %w", cause, err), orphans.same...)
		}
		c.orphan = c.keepsOrphans
	case len(orphans.same) > 0, !isRateLimit, !refused && len(orphans.changed) > 0:
		return time.Time{}, c.unknownOutcome(cause, orphans.candidates()...)
	}
	switch isLast := c.limited > c.opts.MaxRetries || e.RetryAfter > driver.MaxRetryAfter; {
	case isLast && !refused:
		return time.Time{}, c.unknownOutcome(cause)
	case isLast:
		return time.Time{}, cause
	}
	return answered.Add(c.retryWait(e)), nil
}

// lookForOrphans looks for what the request has created, only once if it was refused.
func (c *creation) lookForOrphans(ctx context.Context, cause error, refused bool) (matches, error) {
	patience := c.opts.ReconcileTimeout
	c.window.To = c.latest().Add(patience) // a key may appear later than it is looked for
	if refused {
		patience = 0
	}
	from := c.window.From.Add(-skew)
	orphans, err := c.poll(ctx, search{name: c.name, start: c.start, accept: func(k driver.Key) bool {
		// A key without a time may be anybody's: it is reported as a candidate, but never revoked.
		return !k.UsedSince(time.Time{}) && (k.CreatedAt.IsZero() || !k.CreatedAt.Before(from))
	}}, patience)
	if err != nil {
		err = fmt.Errorf("%w; whether it created a key could not be found out: %w", cause, err)
		if !refused {
			err = c.unknownOutcome(err)
		}
	}
	return orphans, err
}

// retryWait is how long to wait before the request is sent again. The transport delays
// all requests once after a rate limit; a create that is refused again waits longer.
func (c *creation) retryWait(e *driver.Error) time.Duration {
	switch {
	case e.Kind != driver.KindRateLimit:
		return e.RetryAfter
	case c.limited < 2:
		return 0
	}
	return min(c.opts.ListingDelay<<(c.limited-2), driver.MaxRetryAfter)
}

// revokeOrphan revokes a key whose value is lost.
func (r *Ring) revokeOrphan(ctx context.Context, orphan driver.Key) error {
	if err := r.revokeAndWait(ctx, orphan.ID); err != nil {
		return fmt.Errorf("key %s, which it created, could not be revoked: %w", orphan.ID, err)
	}
	return nil
}

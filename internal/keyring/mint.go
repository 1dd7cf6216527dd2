package keyring

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// createState is what a Ring remembers in order to tell new keys from others.
type createState struct {
	listed   map[string]knownKey // keys that complete listings have shown, by id; nil before the first
	listings uint64              // how many listings have been noted
	noted    mark                // the latest of them
	changes  map[string]bool     // how the service has been seen to change names
}

// Create makes a key. It never leaves one behind that nobody holds as long as
// the process lives, and never sends a second request without having looked for
// what the first has made:
//
//  1. Before the first create of the process, all keys are listed.
//  2. The request goes out once; canceling ctx does not reach it any more.
//  3. A refusal that the service documents has no effect and is returned as it is,
//     but for a rate limit: then a listing that begins afterwards has to show no new
//     key before the request goes out again.
//  4. Any other failure is ambiguous: what is new is looked for. Exactly one new
//     key is revoked and seen gone, and the request goes out once more. So it does
//     where nothing is new and the service itself asked to try again later. None or
//     several: *Unsettled.
//  5. A key whose id the answer does not give, or gives wrongly, is looked up. If
//     that fails, *Unsettled comes with the value in Minted, which must be kept.
func (r *Ring) Create(ctx context.Context, spec driver.Spec) (driver.Minted, error) {
	ctx, cancel := r.bounded(ctx)
	defer cancel()
	done, err := r.prepare(ctx, spec.Name)
	if err != nil {
		return driver.Minted{}, err
	}
	defer done()
	return r.mint(ctx, createRequest{
		name:          spec.Name,
		send:          func(ctx context.Context) (driver.Minted, error) { return r.svc.Create(ctx, spec) },
		recoverOrphan: r.revokeOrphan,
		revokes:       true,
	})
}

// revokeOrphan revokes a key whose value is lost.
func (r *Ring) revokeOrphan(ctx context.Context, orphan driver.Key) error {
	err := r.Revoke(ctx, orphan.ID, driver.Secret{})
	if err == nil {
		err = r.waitRevoked(ctx, orphan.ID)
	}
	if err != nil {
		return fmt.Errorf("key %s, which it made, could not be revoked: %w", orphan.ID, err)
	}
	return nil
}

// Rotate replaces a key by the service's own call. It is settled like a create,
// but for one thing: a successor whose value is lost is not revoked but rotated in
// turn, and only once the old key is gone; as long as that lives, a new key of its
// name is somebody else's. unrevoked is the key that the service was to revoke, if its
// answer does not show that it has: it may live, and is to be revoked by the caller.
func (r *Ring) Rotate(ctx context.Context, old driver.Key, known driver.Secret) (m driver.Minted, unrevoked string, err error) {
	rotator, ok := r.svc.(driver.Rotator)
	if !ok {
		return driver.Minted{}, "", errors.New("the service has no rotate call")
	}
	ctx, cancel := r.bounded(ctx)
	defer cancel()
	if err := r.Guard(ctx, old.ID, known); err != nil {
		return driver.Minted{}, "", err
	}
	done, err := r.prepare(ctx, old.Name)
	if err != nil {
		return driver.Minted{}, "", err
	}
	revoked := false
	defer done()
	current, from := old, r.sending()
	m, err = r.mint(ctx, createRequest{
		name: old.Name,
		send: func(ctx context.Context) (m driver.Minted, err error) {
			m, revoked, err = rotator.Rotate(ctx, current.ID)
			return m, err
		},
		recoverOrphan: func(ctx context.Context, successor driver.Key) error {
			if err := r.waitRevoked(ctx, old.ID); err != nil {
				return fmt.Errorf("key %s may be somebody else's: %w", successor.ID, err)
			}
			r.dir.wrote(old.ID, nil)
			current = successor
			return nil
		},
	})
	if err == nil {
		if !revoked {
			return m, current.ID, nil
		}
		r.dir.wrote(current.ID, nil)
		return m, "", nil
	}
	var open *OutcomeUnknownError
	if current.ID != old.ID && !errors.As(err, &open) {
		// The second request was refused, and nobody holds what the first made.
		err = r.open(&OutcomeUnknownError{Window: CreateWindow{Name: old.Name, From: from.at}, Candidates: []driver.Key{current}, Err: err}, from)
	}
	return m, "", err
}

// createRequest is a request that makes a key, and what is to be done about a lost answer.
type createRequest struct {
	name string
	send func(context.Context) (driver.Minted, error)
	// recoverOrphan prepares for the next request when one has made a key whose value is
	// lost.
	recoverOrphan func(context.Context, driver.Key) error
	// revokes: salvage revokes that key, and so is revoked what an earlier request
	// makes late, once the next has succeeded.
	revokes bool
}

// mint sends a request that makes a key, and settles what its answer leaves open.
func (r *Ring) mint(ctx context.Context, order createRequest) (m driver.Minted, err error) {
	w := CreateWindow{Name: order.name, From: r.earliest()}
	var departed sent // of the earliest request whose outcome is unknown
	defer func() {
		if thrown := recover(); thrown != nil {
			p := Recovered(thrown)
			r.opts.panicked(ctx, p)
			m, err = driver.Minted{}, r.open(&OutcomeUnknownError{Window: w, Err: p.asError("make the key")}, departed)
		}
	}()
	// A cancel must not stop what makes the outcome known.
	after, cancel := WithoutCancel(ctx)
	defer cancel()
	leaveOpen := func(err error, candidates ...driver.Key) (driver.Minted, error) {
		return driver.Minted{}, r.open(&OutcomeUnknownError{Window: w, Candidates: candidates, Err: err}, departed)
	}
	again := false // a request of unknown outcome has shown no effect, and was repeated
	first := true  // nothing that requests before this one have made is left
	for lost, limited := 0, 0; ; {
		if ctx.Err() != nil {
			if again {
				return leaveOpen(driver.Canceled(ctx, "make the key"))
			}
			return driver.Minted{}, driver.Canceled(ctx, "make the key")
		}
		m, left, err := r.sendCreate(ctx, order.name, order.send)
		if first {
			if departed = left; !left.at.IsZero() {
				w.From = left.at
			}
		}
		if err == nil {
			return r.deliver(after, order, m, w, left, again, departed)
		}
		refused, patience := driver.EffectOf(err) == driver.EffectNone, r.opts.ReconcileTimeout
		if refused {
			patience = 0
		}
		switch {
		case isLimited(err):
			limited++
		case refused && again:
			return leaveOpen(err)
		case refused:
			return driver.Minted{}, err
		default:
			lost++
		}
		// Looking may fail at once; a key that comes late belongs to it all the same.
		w.To = r.latest().Add(r.opts.ReconcileTimeout)
		answered := r.opts.Now()
		found, lookErr := r.reconcile(after, r.lostBy(w, departed), patience)
		switch {
		case refused && !again && lookErr != nil:
			return driver.Minted{}, fmt.Errorf("%w; whether it had an effect all the same could not be seen: %w", err, lookErr)
		case lookErr != nil:
			return leaveOpen(fmt.Errorf("%w; what it did could not be seen: %w", err, lookErr))
		case len(found.found) == 1 && lost < 2:
			if rerr := order.recoverOrphan(after, found.found[0]); rerr != nil {
				return leaveOpen(fmt.Errorf("%w; %w", err, rerr), found.found...)
			}
			again, first = false, order.revokes // a successor lives until it is rotated in turn
		case len(found.found) > 0 || lost > 1 || !isLimited(err) && !asksAgain(err):
			return leaveOpen(err, found.shown()...)
		case !refused:
			again, first = true, false
		}
		if limited > r.opts.MaxRetries || asksForLong(err) {
			if again {
				return leaveOpen(err)
			}
			return driver.Minted{}, err
		}
		if wait := r.retryAfter(err, limited) - r.opts.Now().Sub(answered); wait > 0 {
			if slept := r.opts.Sleep(ctx, wait); slept != nil && !again {
				return driver.Minted{}, slept
			}
		}
	}
}

// lostBy is the search for what a request has created whose answer is lost.
func (r *Ring) lostBy(w CreateWindow, left sent) search {
	return search{names: w.names(), listed: left.listed, accept: func(k driver.Key) bool {
		return !k.UsedSince(time.Time{}) && !k.CreatedAt.Before(w.From.Add(-skew))
	}}
}

// isLimited reports whether the answer was that requests are limited. The service
// says with it that it did nothing, which is looked into all the same; a proxy's says
// nothing.
func isLimited(err error) bool {
	e, ok := driver.AsError(err)
	return ok && e.Kind == driver.KindRateLimit && e.Status != 0
}

// maxRetryAfter is how long a create waits at most because the service asks for it.
const maxRetryAfter = time.Minute

// asksAgain reports whether a failed answer asks to send the request again later.
func asksAgain(err error) bool {
	e, ok := driver.AsError(err)
	return ok && e.RetryAfter > 0 && e.RetryAfter <= maxRetryAfter
}

// asksForLong reports whether a failed answer asks for a longer wait than that.
func asksForLong(err error) bool {
	e, ok := driver.AsError(err)
	return ok && e.RetryAfter > maxRetryAfter
}

// retryAfter is how long to wait before a create is sent again. The transport holds
// everybody back once after a rate limit; who is refused more often waits longer.
func (r *Ring) retryAfter(err error, limited int) time.Duration {
	e, ok := driver.AsError(err)
	switch {
	case !ok:
		return 0
	case limited > 1 && e.Kind == driver.KindRateLimit:
		return min(r.opts.ListingDelay<<(limited-2), maxRetryAfter)
	case e.Kind == driver.KindRateLimit:
		return 0
	}
	return e.RetryAfter
}

// sendCreate sends a request that makes a key. The service keeps cancels away from it
// once it is under way, so it must begin early enough to be answered, and its
// answer settled, before the operation's time is over. left is when the request
// went out; its time is zero if the service does not say: it may have waited long
// for its turn.
func (r *Ring) sendCreate(ctx context.Context, name string, send func(context.Context) (driver.Minted, error)) (m driver.Minted, left sent, err error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-r.opts.CallTimeout-r.opts.ReconcileTimeout))
		defer cancel()
		if ctx.Err() != nil {
			return driver.Minted{}, sent{}, driver.Canceled(ctx, "make the key")
		}
	}
	done, err := r.dir.writing(ctx, "make the key")
	if err != nil {
		return driver.Minted{}, sent{}, err
	}
	defer done()
	left = r.sending()
	left.at = time.Time{}
	var departed atomic.Pointer[sent]
	ctx = driver.WithDeparts(ctx, func() {
		now := r.sending()
		departed.Store(&now)
	})
	m, err = contained(ctx, &r.opts, "make the key", func() (driver.Minted, error) {
		m, err := send(ctx)
		r.opts.Creates.LearnValue(m.Value, name)
		return m, err
	})
	r.opts.concealIn(&m.Key)
	if at := departed.Load(); at != nil {
		left = *at
	}
	return m, left, err
}

// list makes sure that what existed before the first create is known.
func (r *Ring) list(ctx context.Context) error {
	r.mu.Lock()
	known := r.creates.listed != nil
	r.mu.Unlock()
	if known {
		return nil
	}
	if err := r.dir.view(ctx, anyFresh, r.noteListed); err != nil {
		return fmt.Errorf("nothing was created, because the keys that exist could not be listed first: %w", err)
	}
	return nil
}

// prepare is what precedes every request that makes a key: the caller's turn, no
// earlier one of that name left open, and the listing of what exists.
func (r *Ring) prepare(ctx context.Context, name string) (done func(), err error) {
	done, err = r.opts.Creates.lockName(ctx, name)
	if err != nil {
		return nil, err
	}
	if err = r.opts.Creates.refuseOpen(r.opts.Scope, name); err == nil {
		err = r.list(ctx)
	}
	if err != nil {
		done()
		return nil, err
	}
	return done, nil
}

package keyring

import (
	"context"
	"fmt"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// revokeTries is how often a revocation without a clear answer is sent.
const revokeTries = 3

// Revoke revokes a key for good; one that is gone already is success. known is
// the key's value where the caller holds it, to recognise the credential that
// the provider signs in with: that one is refused with driver.KindSelf before anything
// is sent. Any answer but the service's confirmation is settled by looking, and
// only a key that is seen to live is revoked again.
func (r *Ring) Revoke(ctx context.Context, id string, known driver.Secret) error {
	if err := r.Guard(ctx, id, known); err != nil {
		return err
	}
	attempted := r.dir.isGone(id) // by us, so that the key's absence is no lag
	for try := 1; ; try++ {
		done, err := r.dir.writing(ctx, "revoke the key")
		if err != nil {
			return err
		}
		_, err = contained(ctx, &r.opts, "revoke the key", func() (struct{}, error) { return struct{}{}, r.svc.Revoke(ctx, id) })
		done()
		if err == nil {
			r.dir.wrote(id, nil)
			return nil
		}
		refused := driver.EffectOf(err) == driver.EffectNone
		if refused && !mayBeGone(err) {
			return err
		}
		attempted = attempted || !refused
		// Not even "not found" is taken at its word: a wrong base_url says the
		// same, and the key would live on with nobody to hold it.
		k, found, lookErr := r.readFresh(ctx, id)
		isYoung := lookErr == nil && !found && r.isYoung(id, attempted)
		switch {
		case lookErr != nil && refused && !driver.IsNotFound(err):
			return err
		case lookErr != nil:
			return fmt.Errorf("%w; what became of the key could not be seen: %w", err, lookErr)
		case found && !k.Live(), !found && (!isYoung || attempted && try >= revokeTries):
			r.dir.wrote(id, nil)
			return nil
		case found && refused && !driver.IsNotFound(err):
			return err
		case found && try >= revokeTries:
			return stillLives(err)
		}
		pause := r.opts.PollInterval
		if answered(err) || !found { // the listing may be behind what was done before
			pause = r.opts.ListingDelay / (revokeTries - 1)
		}
		if !found && !attempted { // it may take as long as it is young
			pause <<= min(try-1, 4)
		}
		if err := r.opts.Sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// mayBeGone reports whether a revocation may have been refused because the key has
// been revoked before: each service has its own way to say that.
func mayBeGone(err error) bool {
	return driver.IsNotFound(err) || driver.HasKind(err, driver.KindConflict) || driver.HasKind(err, driver.KindInvalid) || driver.HasKind(err, driver.KindForbidden) || driver.HasKind(err, driver.KindRejected)
}

// stillLives is the error of a revocation after which the key is still listed.
func stillLives(err error) error {
	if e, ok := driver.AsError(err); ok && driver.IsNotFound(err) {
		said := *e
		said.Advice = "The service lists the key, and does not find it when asked to revoke it. Apply again later; if that goes on, revoke the key by hand."
		err = &said
	}
	return fmt.Errorf("%w; the key still lives", err)
}

// answered reports whether the service has answered a revocation, be it without its
// confirmation.
func answered(err error) bool {
	e, ok := driver.AsError(err)
	return ok && (e.Kind == driver.KindNotFound || e.Status/100 == 2)
}

// isYoung reports whether a listing need not show the key yet, because it was made so
// lately. Where a revocation may explain its absence, only this process's own keys
// count, and not for long.
func (r *Ring) isYoung(id string, attempted bool) bool {
	own, isOwn := r.opts.Creates.ownKey(r.opts.Scope, id)
	r.mu.Lock()
	born, known := r.creationTimes[id]
	r.mu.Unlock()
	switch {
	case attempted:
		return isOwn && r.earliest().Before(own.created.Add(r.opts.ListingDelay))
	case isOwn:
		born = own.created
	case !known:
		return false
	}
	return r.earliest().Before(born.Add(r.opts.NewKeyDelay))
}

// RecordCreation says when a key was made that another process has made, so that [Ring.Revoke]
// knows whether it may be missing from a listing only because it is so young.
func (r *Ring) RecordCreation(id string, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.creationTimes == nil {
		r.creationTimes = map[string]time.Time{}
	}
	r.creationTimes[id] = at
}

// RevokeUnused revokes a key unless it has been used after since, by what the
// service says now. It reports whether the key is gone.
func (r *Ring) RevokeUnused(ctx context.Context, id string, since time.Time) (gone bool, err error) {
	k, found, err := r.readFresh(ctx, id)
	if err != nil {
		return false, err
	}
	if !found || !k.Live() {
		return true, nil
	}
	if k.UsedSince(since) {
		return false, nil
	}
	if err := r.Revoke(ctx, id, driver.Secret{}); err != nil {
		return false, err
	}
	return true, nil
}

// waitRevoked fails unless a key that was revoked is seen to be gone.
func (r *Ring) waitRevoked(ctx context.Context, id string) error {
	live, err := r.lives(ctx, id, r.opts.ListingDelay)
	if err == nil && live {
		return fmt.Errorf("key %s still lives after it was revoked", id)
	}
	return err
}

// lives looks whether a key is live, again and again until it is not or patience
// has run out.
func (r *Ring) lives(ctx context.Context, id string, patience time.Duration) (bool, error) {
	deadline := r.opts.Now().Add(patience)
	for wait := r.opts.PollInterval; ; wait *= 2 {
		k, found, err := r.readFresh(ctx, id)
		left := deadline.Sub(r.opts.Now())
		if err != nil || !found || !k.Live() || left <= 0 {
			return found && k.Live(), err
		}
		if err := r.opts.Sleep(ctx, min(wait, left)); err != nil {
			return true, err
		}
	}
}

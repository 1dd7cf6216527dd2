package keyring

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// revokeTries is how often a revocation without a clear answer is sent.
const revokeTries = 3

// Revoke revokes a key for good. It is no error if the key is gone already. value is
// the key's value if the caller has it; see [Ring.Guard], which comes first. After any
// answer but the service's confirmation the key is read again, and only a key that is
// still alive is revoked again.
func (r *Ring) Revoke(ctx context.Context, id string, value driver.Secret) error {
	if err := r.Guard(ctx, id, value); err != nil {
		return err
	}
	attempted := r.cache.IsRemoved(id) // then the key's absence is our doing
	for try := 1; ; try++ {
		err := r.sendRevoke(ctx, id)
		if err == nil {
			return nil
		}
		refused := driver.EffectOf(err) == driver.EffectNone
		if refused && !mayBeGone(err) {
			return err
		}
		attempted = attempted || !refused
		// Not even "not found" counts by itself: a wrong base_url answers that too, and the
		// key would live on with nobody to hold it.
		k, found, readErr := r.readFresh(ctx, id)
		mayAppear := readErr == nil && !found && r.mayNotBeListedYet(id, attempted)
		switch {
		case readErr != nil && refused && !driver.IsNotFound(err):
			return err
		case readErr != nil:
			return fmt.Errorf("%w; whether the key still exists could not be found out: %w", err, readErr)
		case found && !k.Live(), !found && (!mayAppear || attempted && try >= revokeTries):
			r.cache.ApplyWrite(id, nil)
			return nil
		case found && refused && !driver.IsNotFound(err):
			return err
		case found && try >= revokeTries:
			return errStillLive(err)
		}
		pause := r.opts.PollInterval
		if isAnswer(err) || !found { // the listing may be late
			pause = r.opts.ListingDelay / (revokeTries - 1)
		}
		if !found && !attempted {
			pause <<= min(try-1, 4)
		}
		if err := r.opts.Sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// sendRevoke sends one request.
func (r *Ring) sendRevoke(ctx context.Context, id string) error {
	end, err := r.cache.BeginWrite(ctx, "revoke the key")
	if err != nil {
		return err
	}
	_, err = contained(ctx, &r.opts, "revoke the key", func() (struct{}, error) { return struct{}{}, r.svc.Revoke(ctx, id) })
	end()
	if err == nil {
		r.cache.ApplyWrite(id, nil)
	}
	return err
}

// mayBeGone reports whether a revocation may have been refused because the key has been
// revoked before. Each service says that in its own way.
func mayBeGone(err error) bool {
	e, ok := driver.AsError(err)
	return ok && slices.Contains([]driver.Kind{driver.KindNotFound, driver.KindConflict, driver.KindInvalid, driver.KindForbidden, driver.KindRejected}, e.Kind)
}

// errStillLive is the error of a revocation after which the key is still listed.
func errStillLive(err error) error {
	if e, ok := driver.AsError(err); ok && driver.IsNotFound(err) {
		advised := *e
		advised.Advice = "The service lists the key, but does not find it when asked to revoke it. Apply again later. If that does not help, revoke the key by hand."
		err = &advised
	}
	return fmt.Errorf("%w; the key still lives", err)
}

// isAnswer reports whether the service has answered a revocation, perhaps without its
// confirmation.
func isAnswer(err error) bool {
	e, ok := driver.AsError(err)
	return ok && (e.Kind == driver.KindNotFound || e.Status/100 == 2)
}

// mayNotBeListedYet reports whether a key is so new that a listing need not show it. If
// a revocation may have removed it, that holds only for this process's own keys, and not
// for long.
func (r *Ring) mayNotBeListedYet(id string, attempted bool) bool {
	ours, isOurs := r.opts.Creates.createdKey(r.opts.Scope, id)
	r.mu.Lock()
	created, isRecorded := r.creationTimes[id]
	r.mu.Unlock()
	delay := r.opts.NewKeyDelay
	switch {
	case attempted && !isOurs:
		return false
	case attempted:
		created, delay = ours.created, r.opts.ListingDelay
	case isOurs:
		created = ours.created
	case !isRecorded:
		return false
	}
	return r.earliest().Before(created.Add(delay))
}

// RevokeUnused revokes a key unless the service says that it has been used after since.
// It reports whether the key is gone.
func (r *Ring) RevokeUnused(ctx context.Context, id string, since time.Time) (gone bool, err error) {
	k, found, err := r.readFresh(ctx, id)
	switch {
	case err != nil:
		return false, err
	case !found || !k.Live():
		return true, nil
	case k.UsedSince(since):
		return false, nil
	}
	err = r.Revoke(ctx, id, driver.Secret{})
	return err == nil, err
}

// revokeAndWait revokes a key and waits until it is gone.
func (r *Ring) revokeAndWait(ctx context.Context, id string) error {
	if err := r.Revoke(ctx, id, driver.Secret{}); err != nil {
		return err
	}
	return r.waitRevoked(ctx, id)
}

// waitRevoked waits until a revoked key is gone. It is an error if it stays.
func (r *Ring) waitRevoked(ctx context.Context, id string) error {
	var isLive bool
	var err error
	slept := r.retry(ctx, r.opts.ListingDelay, func() bool {
		k, found, readErr := r.readFresh(ctx, id)
		isLive, err = found && k.Live(), readErr
		return err != nil || !isLive
	})
	if err == nil && slept == nil && isLive {
		return fmt.Errorf("key %s still lives after it was revoked", id)
	}
	return cmp.Or(err, slept)
}

package keyring

import (
	"context"
	"fmt"
	"time"
)

// revokeTries is how often a revocation without a clear answer is sent.
const revokeTries = 3

// Revoke revokes a key for good; one that is gone already is success. known is
// the key's value where the caller holds it, to recognise the credential that
// the provider signs in with: that one is refused with KindSelf before anything
// is sent. An answer that leaves open what happened is settled by looking, and
// only a key that is seen to live is revoked again.
func (r *Ring) Revoke(ctx context.Context, id string, known Secret) error {
	if err := r.Guard(ctx, id, known); err != nil {
		return err
	}
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
		if !IsNotFound(err) && effectOf(err) == EffectNone {
			return err
		}
		// Not even "not found" is taken at its word: a wrong base_url says the
		// same, and the key would live on with nobody to hold it.
		k, found, lookErr := r.look(ctx, id)
		switch {
		case lookErr != nil:
			return fmt.Errorf("%w; what became of the key could not be seen: %w", err, lookErr)
		case found && !k.Live(), !found && (try == revokeTries || !r.isYoung(id)):
			r.dir.wrote(id, nil)
			return nil
		case try == revokeTries:
			return fmt.Errorf("%w; the key still lives", err)
		}
		pause := r.opts.Poll
		if IsNotFound(err) || !found { // the listing may lag behind what was done before
			pause = r.opts.Lag / (revokeTries - 1)
		}
		if err := r.opts.Sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// isYoung reports whether this process has made the key so lately that a listing
// need not show it yet.
func (r *Ring) isYoung(id string) bool {
	s, own := r.opts.Creates.ownKey(r.opts.Scope, id)
	return own && r.earliest().Before(s.created.Add(r.opts.Lag))
}

// RevokeUnused revokes a key unless it has been used after since, by what the
// service says now. It reports whether the key is gone.
func (r *Ring) RevokeUnused(ctx context.Context, id string, since time.Time) (gone bool, err error) {
	k, found, err := r.look(ctx, id)
	if err != nil {
		return false, err
	}
	if !found || !k.Live() {
		return true, nil
	}
	if k.LastUsedAt.After(since) {
		return false, nil
	}
	if err := r.Revoke(ctx, id, Secret{}); err != nil {
		return false, err
	}
	return true, nil
}

// seeGone fails unless a key that was revoked is seen to be gone.
func (r *Ring) seeGone(ctx context.Context, id string) error {
	live, err := r.lives(ctx, id, r.opts.Lag)
	if err == nil && live {
		return fmt.Errorf("key %s still lives after it was revoked", id)
	}
	return err
}

// lives looks whether a key is live, again and again until it is not or patience
// has run out.
func (r *Ring) lives(ctx context.Context, id string, patience time.Duration) (bool, error) {
	deadline := r.opts.Now().Add(patience)
	for wait := r.opts.Poll; ; wait *= 2 {
		k, found, err := r.look(ctx, id)
		left := deadline.Sub(r.opts.Now())
		if err != nil || !found || !k.Live() || left <= 0 {
			return found && k.Live(), err
		}
		if err := r.opts.Sleep(ctx, min(wait, left)); err != nil {
			return true, err
		}
	}
}

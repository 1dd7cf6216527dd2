package keyring

import (
	"context"
	"errors"
	"fmt"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Rotate replaces a key by the service's own call. Lost answers are handled as in
// [Ring.Create], with one difference: a successor whose value is lost is not revoked
// but rotated in turn, and only once the old key is gone. While the old key lives, a
// new key of its name is somebody else's.
//
// unrevoked is the key that the service should have revoked, if its answer does not
// show that it did: the caller must revoke it.
func (r *Ring) Rotate(ctx context.Context, old driver.Key, value driver.Secret) (m driver.Minted, unrevoked string, err error) {
	rotator, ok := r.svc.(driver.Rotator)
	if !ok {
		return driver.Minted{}, "", errors.New("the service has no rotate call")
	}
	ctx, cancel := r.bounded(ctx)
	defer cancel()
	if err := r.Guard(ctx, old.ID, value); err != nil {
		return driver.Minted{}, "", err
	}
	unlock, err := r.prepareCreate(ctx, old.Name)
	if err != nil {
		return driver.Minted{}, "", err
	}
	defer unlock()
	current, revoked := old, false
	from, start := r.earliest(), r.beforeCall()
	m, err = r.create(ctx, createRequest{
		name: old.Name, keepsOrphans: true,
		send: func(ctx context.Context) (m driver.Minted, err error) {
			m, revoked, err = rotator.Rotate(ctx, current.ID)
			return m, err
		},
		recoverOrphan: func(ctx context.Context, successor driver.Key) error {
			if err := r.waitRevoked(ctx, old.ID); err != nil {
				return fmt.Errorf("key %s may be somebody else's: %w", successor.ID, err)
			}
			r.cache.ApplyWrite(old.ID, nil)
			current = successor
			return nil
		},
	})
	var unknown *OutcomeUnknownError
	switch {
	case err == nil && !revoked:
		unrevoked = current.ID
	case err == nil:
		r.cache.ApplyWrite(current.ID, nil)
	case current.ID != old.ID && !errors.As(err, &unknown):
		// The second request was refused, and nobody holds what the first one created.
		err = r.unknownOutcome(&OutcomeUnknownError{Window: CreateWindow{Name: old.Name, From: from}, Candidates: []driver.Key{current}, Err: err}, start)
	}
	return m, unrevoked, err
}

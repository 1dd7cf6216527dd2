package keyring

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/listcache"
)

// List returns every live key, oldest first, from the shared listing.
func (r *Ring) List(ctx context.Context) ([]driver.Key, error) { return r.Keys(ctx, driver.StatusLive) }

// Keys returns every key of a status, oldest first. Active and live keys share one
// listing; each other status has its own.
func (r *Ring) Keys(ctx context.Context, status driver.Status) ([]driver.Key, error) {
	return r.cache.OfStatus(status).Select(ctx, anyFresh, status.Selects)
}

// FindByName returns the live keys of a name, oldest first. If the default listing has
// none, disabled keys are listed too.
func (r *Ring) FindByName(ctx context.Context, name string) ([]driver.Key, error) {
	found, err := r.findByName(ctx, driver.StatusLive, name)
	if err != nil || len(found) > 0 {
		return found, err
	}
	return r.findByName(ctx, driver.StatusInactive, name)
}

// FindActiveByName returns the usable keys of a name, oldest first, from the shared
// listing.
func (r *Ring) FindActiveByName(ctx context.Context, name string) ([]driver.Key, error) {
	return r.findByName(ctx, driver.StatusActive, name)
}

func (r *Ring) findByName(ctx context.Context, status driver.Status, name string) ([]driver.Key, error) {
	return r.cache.OfStatus(status).Select(ctx, anyFresh, func(k driver.Key) bool {
		return k.Name == name && k.Live() && status.Selects(k)
	})
}

// CachedByName returns the live keys of that name in the newest listing, oldest first,
// and whether that listing is complete. It requests nothing.
func (r *Ring) CachedByName(name string) (keys []driver.Key, complete bool) {
	return r.cache.CachedByName(name)
}

// Read returns a key, and whether it exists. It does not exist only on proof: the
// service says so when asked for it, or it is absent from a complete listing that began
// after Read was called. A revoked key that the service remembers exists, and is not
// Live. An error proves nothing.
//
// created is when the key was created, or any time after that; zero if unknown. A
// service may show a new key late. If the key is younger than Options.NewKeyDelay, Read
// tries again until it appears or is old enough, unless this process has revoked it. A
// time in the future counts as now.
func (r *Ring) Read(ctx context.Context, id string, created time.Time) (k driver.Key, found bool, err error) {
	isDone := func() bool { return err != nil || found || r.cache.IsRemoved(id) }
	k, found, err = r.readCached(ctx, id)
	// Before the first answer nothing is known of the service's clock.
	patience := min(created.Add(r.opts.NewKeyDelay).Sub(r.Now()), r.opts.NewKeyDelay)
	waited := false
	slept := r.retry(ctx, patience, func() bool {
		if waited {
			k, found, err = r.readAgain(ctx, id)
		}
		waited = true
		return isDone()
	})
	if slept != nil {
		return driver.Key{}, false, fmt.Errorf("key %s is not listed, but it is so new that it may be listed later: %w", id, slept)
	}
	return conclusive(k, found, err)
}

// Listed returns a key from the shared listing, if that is fresh or being fetched. It
// begins none, and requests nothing for this key: one that is not found may exist.
func (r *Ring) Listed(ctx context.Context, id string) (k driver.Key, found bool) {
	if !r.cache.HasFresh() {
		return k, false
	}
	var err error
	if _, ok := r.svc.(driver.Getter); ok {
		err = r.cache.ViewLoaded(ctx, anyFresh, func(keys map[string]driver.Key) { k, found = keys[id] })
	} else {
		k, found, err = r.cache.Find(ctx, id, anyFresh)
	}
	return k, found && err == nil
}

// readAgain reads a key that was not there a moment ago.
func (r *Ring) readAgain(ctx context.Context, id string) (driver.Key, bool, error) {
	if getter, ok := r.svc.(driver.Getter); ok {
		return r.get(ctx, getter, id)
	}
	return r.cache.Find(ctx, id, r.cache.Generation())
}

// readCached looks a key up in the shared listing, or gets it.
func (r *Ring) readCached(ctx context.Context, id string) (driver.Key, bool, error) {
	getter, ok := r.svc.(driver.Getter)
	if !ok {
		before := r.cache.Generation()
		k, found, err := r.cache.Find(ctx, id, anyFresh)
		if err == nil && !found {
			k, found, err = r.cache.Find(ctx, id, before)
		}
		return k, found, err
	}
	k, found, getByID, err := r.cache.FindLoaded(ctx, id)
	if err == nil && !found && !getByID {
		if k, found, err = r.cache.Find(ctx, id, anyFresh); errors.Is(err, listcache.ErrRepeatedPage) {
			err = nil
		}
	}
	if found || err != nil {
		return k, found, err
	}
	// Rows move between pages while keys come and go, so absence from a listing proves
	// less than the service's answer.
	return r.get(ctx, getter, id)
}

// readFresh reads a key from the service, whatever is cached.
func (r *Ring) readFresh(ctx context.Context, id string) (k driver.Key, found bool, err error) {
	getter, ok := r.svc.(driver.Getter)
	if !ok {
		return conclusive(r.cache.Find(ctx, id, r.cache.Generation()))
	}
	k, found, err = r.get(ctx, getter, id)
	if err == nil && !found {
		// A wrong base_url answers 404 to everything. It counts only if keys can be listed,
		// and if the listing does not show the key.
		err = r.cache.ViewLoaded(ctx, r.cache.Generation(), func(keys map[string]driver.Key) { k, found = keys[id] })
	}
	return conclusive(k, found, err)
}

// conclusive is an error if the key may be revoked or not.
func conclusive(k driver.Key, found bool, err error) (driver.Key, bool, error) {
	if err == nil && found {
		err = k.CheckConclusive()
	}
	return k, found && err == nil, err
}

// get asks the service for one key.
func (r *Ring) get(ctx context.Context, getter driver.Getter, id string) (driver.Key, bool, error) {
	k, err := contained(ctx, &r.opts, "read the key", func() (driver.Key, error) { return getter.Get(ctx, id) })
	if driver.IsNotFound(err) {
		return driver.Key{}, false, nil
	}
	if IsWindowID(k.ID) {
		return driver.Key{}, false, &driver.Error{Service: "the service", Operation: "read the key", Kind: driver.KindMalformed, Effect: driver.EffectNone, Message: fmt.Sprintf("%q is not the id of a key", k.ID)}
	}
	r.received(&k)
	return k, err == nil, err
}

// CredentialScope returns the scope that the credential belongs to, according to an
// attribute of the listed keys; "" if nothing is listed or no record has it.
func (r *Ring) CredentialScope(ctx context.Context, attribute string) (scope string, err error) {
	r.mu.Lock()
	scope = r.credentialScope // it does not change
	r.mu.Unlock()
	if scope != "" {
		return scope, nil
	}
	err = r.cache.ViewLoaded(ctx, anyFresh, func(keys map[string]driver.Key) {
		for _, k := range keys {
			if scope, _ = k.Attributes[attribute].(string); scope != "" {
				break
			}
		}
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.credentialScope = scope
	return scope, err
}

// CheckCredential is an error if the service does not accept the credential, judging by
// the first page of the shared listing.
func (r *Ring) CheckCredential(ctx context.Context) error {
	ctx, cancel := r.bounded(ctx)
	defer cancel()
	return r.cache.ViewLoaded(ctx, anyFresh, func(map[string]driver.Key) {})
}

// RecordCreation says when a key that another process has created was created. Then
// [Ring.Revoke] knows whether it is so new that a listing may not show it yet.
func (r *Ring) RecordCreation(id string, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.creationTimes[id] = at
}

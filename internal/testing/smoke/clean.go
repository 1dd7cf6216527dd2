package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// cleanTimeout bounds the cleaning up, which nothing interrupts.
const cleanTimeout = 5 * time.Minute

// clean revokes what this run may have created, until a listing shows none of it. Keys
// are recognised by their ids and by their name, which no other key has.
func (r *run) clean(ctx context.Context) error {
	if !r.hasCreated {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTimeout)
	defer cancel()
	r.seen.begin(stepClean)
	for _, w := range r.unknown {
		r.note(stepClean, r.ring.Reconcile(ctx, w, slices.Collect(maps.Keys(r.live))...)) // the listing below decides
	}
	for _, id := range r.liveIDs() { // a listing may be behind
		r.note(stepClean, r.revoke(ctx, id, driver.Secret{}))
	}
	remaining, err := r.remaining(ctx)
	for _, id := range remaining {
		r.note(stepClean, r.revoke(ctx, id, driver.Secret{}))
	}
	if err == nil && len(remaining) > 0 {
		remaining, err = r.remaining(ctx)
	}
	if err == nil && len(remaining) == 0 && len(r.liveIDs()) == 0 {
		return nil
	}
	return r.alarm(append(remaining, r.liveIDs()...), err)
}

// liveIDs are the keys that are not known to be revoked.
func (r *run) liveIDs() (ids []string) {
	for id, live := range r.live {
		if live {
			ids = append(ids, id)
		}
	}
	return ids
}

// remaining are the ids of this run's live keys in the service's listings.
func (r *run) remaining(ctx context.Context) (ids []string, err error) {
	ring := r.uncached()
	keys, err := ring.List(ctx)
	if err != nil {
		return nil, err
	}
	off, err := ring.Keys(ctx, driver.StatusInactive) // with keys that are switched off
	if err != nil {
		return nil, err
	}
	for _, k := range append(keys, off...) {
		name := strings.ToLower(strings.TrimSpace(k.Name))
		_, ours := r.live[k.ID]
		if k.Live() && (ours || strings.HasPrefix(name, strings.ToLower(r.name))) {
			ids = append(ids, k.ID)
		}
	}
	return ids, nil
}

// alarm is the error for keys that may be live.
func (r *run) alarm(ids []string, err error) error {
	var b strings.Builder
	b.WriteString("A KEY OF THIS RUN MAY STILL LIVE.\n")
	if err != nil {
		_, _ = fmt.Fprintf(&b, "The listing failed: %v\n", err)
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if id != "" {
			_, _ = fmt.Fprintf(&b, "  id %s\n", id)
		}
	}
	_, _ = fmt.Fprintf(&b, "  name %s (or longer)\nRevoke it at once: %s.", r.name, r.service.Key.Console)
	return errors.New(b.String())
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// cleanTimeout bounds the cleaning up, which nothing interrupts.
const cleanTimeout = 5 * time.Minute

// clean revokes whatever this run may have created, and has a listing prove it. Keys
// are recognised by their ids and by their name, which no other key has.
func (r *run) clean(ctx context.Context) error {
	if !r.isAsked {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTimeout)
	defer cancel()
	r.seen.begin(stepClean)
	for _, w := range r.open {
		r.note(stepClean, r.ring.Reconcile(ctx, w, r.made...)) // the listing below decides
	}
	for _, id := range slices.Clone(r.alive) { // a listing may be behind
		r.note(stepClean, r.kill(ctx, id, driver.Secret{}))
	}
	left, err := r.left(ctx)
	for _, k := range left {
		r.note(stepClean, r.kill(ctx, k.ID, driver.Secret{}))
	}
	if err == nil && len(left) > 0 {
		left, err = r.left(ctx)
	}
	if err == nil && len(left) == 0 && len(r.alive) == 0 {
		return nil
	}
	return r.alarm(left, err)
}

// left are the live keys of this run, by what the service lists now.
func (r *run) left(ctx context.Context) ([]driver.Key, error) {
	ring := r.fresh()
	live, err := ring.List(ctx)
	if err != nil {
		return nil, err
	}
	off, err := ring.Keys(ctx, driver.StatusInactive) // a key that is switched off is hidden from the other
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(append(live, off...), func(k driver.Key) bool { return !k.Live() || !r.owns(k) }), nil
}

// owns reports whether this run has created a key.
func (r *run) owns(k driver.Key) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(k.Name)), strings.ToLower(r.name)) ||
		slices.ContainsFunc(r.made, func(id string) bool { return strings.EqualFold(id, k.ID) })
}

// alarm is the error for keys that may live on.
func (r *run) alarm(left []driver.Key, err error) error {
	var b strings.Builder
	b.WriteString("A KEY OF THIS RUN MAY STILL LIVE.\n")
	if err != nil {
		_, _ = fmt.Fprintf(&b, "It could not be seen whether one does: %v\n", err)
	}
	ids := slices.Clone(r.alive)
	for _, k := range left {
		ids = append(ids, k.ID)
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if id != "" {
			_, _ = fmt.Fprintf(&b, "  id %s\n", id)
		}
	}
	_, _ = fmt.Fprintf(&b, "  name %s (or the same with more behind it)\nRevoke it at once: %s.", r.name, r.service.Key.Console)
	return errors.New(b.String())
}

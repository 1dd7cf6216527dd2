package keyring

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// settle looks for the key that a request of unknown outcome may have made, until
// one appears or the settle window has passed. One that appears alone is looked at
// again a little later: it may be somebody else's, and ours not listed yet.
func (r *Ring) settle(ctx context.Context, name string, w Window) ([]Key, error) {
	ours := r.unseen(func(k Key) bool {
		return k.LastUsedAt.IsZero() && !k.CreatedAt.Before(w.From.Add(-skew))
	})
	deadline := r.opts.Now().Add(r.opts.Settle)
	found, err := r.await(ctx, name, r.dir.mark(), ours)
	left := deadline.Sub(r.opts.Now())
	if err != nil || len(found) != 1 || left <= 0 {
		return found, err
	}
	if err := r.opts.Sleep(ctx, min(r.opts.Lag, left)); err != nil {
		return found, err
	}
	again, err := r.candidates(ctx, name, r.dir.mark(), ours)
	if err != nil {
		return found, err // which is what is known of it
	}
	return again, nil
}

// unseen are the keys that ours accepts and that were not there before the first
// create of this process. It is to be called with r.mu held.
func (r *Ring) unseen(ours func(Key) bool) func(Key) bool {
	return func(k Key) bool {
		_, old := r.mints.before[k.ID]
		return !old && ours(k)
	}
}

// locate finds the key that m is, at a service that does not tell its id.
func (r *Ring) locate(ctx context.Context, name string, m Minted, w Window) (Key, error) {
	found, err := r.await(ctx, name, r.dir.mark(), r.unseen(func(k Key) bool {
		switch {
		case k.CreatedAt.IsZero():
			return true
		case m.CreatedAt.IsZero():
			return !k.CreatedAt.Before(w.From.Add(-skew))
		default:
			// A listing may tell times more coarsely than the create did.
			return k.CreatedAt.Sub(m.CreatedAt).Abs() < time.Second
		}
	}))
	if err != nil {
		return Key{}, err
	}
	if len(found) > 1 {
		if like := slices.DeleteFunc(slices.Clone(found), func(k Key) bool { return !k.Hint.Matches(m.Value) }); len(like) == 1 {
			found = like
		}
	}
	if len(found) != 1 {
		return Key{}, &Unsettled{Candidates: found, Err: errors.New("the key was made, but the service did not tell its id, and the listing does not show which one it is")}
	}
	return found[0], nil
}

// await lists, first after the mark, until a live key of that name appears that
// ours accepts and that this process has not made, or the settle window has passed.
// A listing that fails does not end it: the next may not, and a create must not be
// left open while keys that others make might still be taken for its own.
func (r *Ring) await(ctx context.Context, name string, after mark, ours func(Key) bool) ([]Key, error) {
	deadline := r.opts.Now().Add(r.opts.Settle)
	for wait := r.opts.Poll; ; wait *= 2 {
		found, err := r.candidates(ctx, name, after, ours)
		left := deadline.Sub(r.opts.Now())
		if err == nil && len(found) > 0 || left <= 0 {
			return found, err
		}
		if slept := r.opts.Sleep(ctx, min(wait, left)); slept != nil {
			return nil, cmp.Or(err, slept)
		}
		after = r.dir.mark()
	}
}

// candidates lists after the mark and returns the live keys of that name that this
// process has not made and that accept takes, oldest first. accept is called with
// r.mu held.
func (r *Ring) candidates(ctx context.Context, name string, after mark, accept func(Key) bool) ([]Key, error) {
	var found []Key
	err := r.dir.view(ctx, after, func(l *listing) {
		r.mu.Lock()
		defer r.mu.Unlock()
		for id, k := range l.keys {
			if _, own := r.mints.own[id]; !own && k.Name == name && k.Live() && accept(k) {
				found = append(found, k)
			}
		}
	})
	slices.SortFunc(found, older)
	return found, err
}

// Resolve settles what an earlier process had to leave open: a key of the window's
// name, made within it and never used, is revoked. Not finding one is success, once
// the window and the lag of listings are over;
// several are an *Unsettled error, and none of them is touched. held are ids that
// the caller holds, and that are therefore not what is looked for.
func (r *Ring) Resolve(ctx context.Context, w Window, held ...string) error {
	done, err := r.turn(ctx, w.Name)
	if err != nil {
		return err
	}
	defer done()
	ours := func(k Key) bool {
		return k.LastUsedAt.IsZero() && w.holds(k.CreatedAt) && !slices.Contains(held, k.ID) && !slices.Contains(w.Known, k.ID)
	}
	found, err := r.candidates(ctx, w.Name, r.dir.mark(), ours)
	// It may still be made or shown late; by the next run that time is usually over.
	if left := w.To.Add(r.opts.Lag).Sub(r.earliest()); err == nil && len(found) == 0 && left > 0 {
		if err := r.opts.Sleep(ctx, min(left, r.opts.Settle+r.opts.Lag)); err != nil {
			return err
		}
		found, err = r.candidates(ctx, w.Name, r.dir.mark(), ours)
	}
	if err != nil {
		return err
	}
	switch {
	case len(found) == 0:
		r.close(w)
		return nil
	case len(found) > 1 || found[0].CreatedAt.IsZero():
		return &Unsettled{Window: w, Candidates: found, Err: errors.New("an earlier create was left without a clear answer")}
	}
	if err := r.Revoke(ctx, found[0].ID, Secret{}); err != nil {
		return err
	}
	if err := r.seeGone(ctx, found[0].ID); err != nil {
		return err
	}
	r.close(w)
	return nil
}

// open completes the error of a create that is left open now, and bars further
// ones of that name in this process: a key that they made could not be told from
// the one that is being looked for.
func (r *Ring) open(u *Unsettled) *Unsettled {
	if latest := r.latest(); latest.After(u.Window.To) {
		u.Window.To = latest
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	u.Window.Known = nil
	for _, known := range []map[string]sighting{r.mints.before, r.mints.own} {
		for id, s := range known {
			if s.name == u.Window.Name && u.Window.holds(s.created) && !slices.Contains(u.Window.Known, id) {
				u.Window.Known = append(u.Window.Known, id)
			}
		}
	}
	slices.Sort(u.Window.Known)
	if r.mints.unsettled == nil {
		r.mints.unsettled = map[string]string{}
	}
	r.mints.unsettled[u.Window.Name] = u.Window.ID()
	return u
}

// close lifts the bar once the create that was left open is settled.
func (r *Ring) close(w Window) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mints.unsettled[w.Name] == w.ID() {
		delete(r.mints.unsettled, w.Name)
	}
}

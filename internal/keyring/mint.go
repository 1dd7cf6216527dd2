package keyring

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// mints is what a Ring remembers of the keys that this process makes.
type mints struct {
	names     map[string]chan struct{} // one turn per name: same-name creates run one after the other
	before    map[string]sighting      // keys that existed before the first create, by id; nil until listed
	own       map[string]sighting      // keys made by this process, by id
	unsettled map[string]string        // names with a create whose outcome is open, and the id of its window
}

// sighting is what is remembered of a key that is known.
type sighting struct {
	name    string
	created time.Time
}

// Create makes a key. It never leaves one behind that nobody holds as long as
// the process lives, and never sends a second request without proof that the
// first has made no key:
//
//  1. Before the first create of the process, all keys are listed.
//  2. The request goes out once; canceling ctx does not reach it any more.
//  3. A refusal that the service documents has no effect and is returned as it is.
//  4. Any other failure is ambiguous: what is new is looked for. Exactly one new
//     key is revoked and seen gone, and the request goes out once more. None or
//     several: *Unsettled.
//  5. A service that does not tell the new key's id has it looked up. If that
//     fails, *Unsettled comes with the value in Minted, which must be kept.
func (r *Ring) Create(ctx context.Context, spec Spec) (Minted, error) {
	ctx, cancel := r.bounded(ctx)
	defer cancel()
	done, err := r.prepare(ctx, spec.Name)
	if err != nil {
		return Minted{}, err
	}
	defer done()
	return r.mint(ctx, spec.Name, func(ctx context.Context) (Minted, error) { return r.svc.Create(ctx, spec) },
		func(ctx context.Context, orphan Key) error {
			err := r.Revoke(ctx, orphan.ID, Secret{})
			if err == nil {
				err = r.seeGone(ctx, orphan.ID)
			}
			if err != nil {
				return fmt.Errorf("key %s, which it made, could not be revoked: %w", orphan.ID, err)
			}
			return nil
		})
}

// Rotate replaces a key by the service's own call. It is settled like a create,
// but for one thing: a successor whose value is lost is not revoked but rotated in
// turn, and only once the old key is gone; as long as that lives, a new key of its
// name is somebody else's.
func (r *Ring) Rotate(ctx context.Context, old Key, known Secret) (Minted, error) {
	rotator, ok := r.svc.(Rotator)
	if !ok {
		return Minted{}, errors.New("the service has no rotate call")
	}
	ctx, cancel := r.bounded(ctx)
	defer cancel()
	if err := r.Guard(ctx, old.ID, known); err != nil {
		return Minted{}, err
	}
	done, err := r.prepare(ctx, old.Name)
	if err != nil {
		return Minted{}, err
	}
	defer done()
	current, from := old, r.earliest()
	m, err := r.mint(ctx, old.Name, func(ctx context.Context) (Minted, error) { return rotator.Rotate(ctx, current.ID) },
		func(ctx context.Context, successor Key) error {
			if err := r.seeGone(ctx, old.ID); err != nil {
				return fmt.Errorf("key %s may be somebody else's: %w", successor.ID, err)
			}
			r.dir.wrote(old.ID, nil)
			current = successor
			return nil
		})
	if err == nil {
		r.dir.wrote(current.ID, nil)
		return m, nil
	}
	var open *Unsettled
	if current.ID != old.ID && !errors.As(err, &open) {
		// The second request was refused, and nobody holds what the first made.
		err = r.open(&Unsettled{Window: Window{Name: old.Name, From: from}, Candidates: []Key{current}, Err: err})
	}
	return m, err
}

// mint sends a request that makes a key, and settles what its answer leaves
// open. salvage prepares for the second and last request when the first has made
// a key whose value is lost.
func (r *Ring) mint(ctx context.Context, name string, send func(context.Context) (Minted, error), salvage func(context.Context, Key) error) (m Minted, err error) {
	w := Window{Name: name, From: r.earliest()}
	defer func() {
		if thrown := recover(); thrown != nil {
			p := Recovered(thrown)
			r.opts.panicked(ctx, p)
			m, err = Minted{}, r.open(&Unsettled{Window: w, Err: p.asError("make the key")})
		}
	}()
	// A cancel must not stop what makes the outcome known.
	after, cancel := Shielded(ctx)
	defer cancel()
	for try := 1; ; try++ {
		if ctx.Err() != nil {
			return Minted{}, canceled(ctx, "make the key")
		}
		m, left, err := r.post(ctx, send)
		if !left.IsZero() {
			w.From = left
		}
		if err == nil {
			return r.deliver(after, name, m, w)
		}
		if effectOf(err) == EffectNone {
			return Minted{}, err
		}
		// Looking may fail at once; a key that comes late belongs to it all the same.
		w.To = r.latest().Add(r.opts.Settle)
		found, lookErr := r.settle(after, name, w)
		if len(found) != 1 || lookErr != nil || try == 2 {
			if lookErr != nil {
				err = fmt.Errorf("%w; what it did could not be seen: %w", err, lookErr)
			}
			return Minted{}, r.open(&Unsettled{Window: w, Candidates: found, Err: err})
		}
		if rerr := salvage(after, found[0]); rerr != nil {
			return Minted{}, r.open(&Unsettled{Window: w, Candidates: found, Err: fmt.Errorf("%w; %w", err, rerr)})
		}
	}
}

// post sends a request that makes a key. The service keeps cancels away from it
// once it is under way, so it must begin early enough to be answered, and its
// answer settled, before the operation's time is over. left is when the request
// went out at the earliest, zero if the service does not say: it may have waited
// long for its turn.
func (r *Ring) post(ctx context.Context, send func(context.Context) (Minted, error)) (m Minted, left time.Time, err error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-r.opts.CallTimeout-r.opts.Settle))
		defer cancel()
		if ctx.Err() != nil {
			return Minted{}, time.Time{}, canceled(ctx, "make the key")
		}
	}
	done, err := r.dir.writing(ctx, "make the key")
	if err != nil {
		return Minted{}, time.Time{}, err
	}
	defer done()
	var departed atomic.Pointer[time.Time]
	ctx = context.WithValue(ctx, departure{}, func() {
		now := r.earliest()
		departed.Store(&now)
	})
	m, err = contained(ctx, &r.opts, "make the key", func() (Minted, error) { return send(ctx) })
	if at := departed.Load(); at != nil {
		left = *at
	}
	return m, left, err
}

// deliver completes a fresh key: its id is looked up where the service did not
// tell it, and it is entered into the directory.
func (r *Ring) deliver(ctx context.Context, name string, m Minted, w Window) (Minted, error) {
	if m.ID == "" {
		w.Name = cmp.Or(m.Name, name) // the service may have changed it
		k, err := r.locate(ctx, w.Name, m, w)
		if err != nil {
			u := &Unsettled{Err: err}
			errors.As(err, &u)
			u.Window = w
			return m, r.open(u)
		}
		if k.CreatedAt.IsZero() {
			k.CreatedAt = m.CreatedAt
		}
		m.Key = k
	}
	r.mu.Lock()
	if r.mints.own == nil {
		r.mints.own = map[string]sighting{}
	}
	born := m.CreatedAt
	if born.IsZero() {
		born = r.latest()
	}
	r.mints.own[m.ID] = sighting{cmp.Or(m.Name, name), born}
	r.mu.Unlock()
	r.dir.wrote(m.ID, &m.Key)
	return m, nil
}

// list makes sure that what existed before the first create is known.
func (r *Ring) list(ctx context.Context) error {
	r.mu.Lock()
	known := r.mints.before != nil
	r.mu.Unlock()
	if known {
		return nil
	}
	all, err := r.dir.all(ctx, anyFresh)
	if err != nil {
		return fmt.Errorf("nothing was created, because the keys that exist could not be listed first: %w", err)
	}
	before := make(map[string]sighting, len(all))
	for id, k := range all {
		before[id] = sighting{k.Name, k.CreatedAt}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mints.before == nil {
		r.mints.before = before
	}
	return nil
}

// turn waits for the caller's turn to make a key of that name.
func (r *Ring) turn(ctx context.Context, name string) (done func(), err error) {
	r.mu.Lock()
	if r.mints.names == nil {
		r.mints.names = map[string]chan struct{}{}
	}
	turn, ok := r.mints.names[name]
	if !ok {
		turn = make(chan struct{}, 1)
		r.mints.names[name] = turn
	}
	r.mu.Unlock()
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return nil, canceled(ctx, "make the key")
	}
	return func() { <-turn }, nil
}

// prepare is what precedes every request that makes a key: the caller's turn, no
// earlier one of that name left open, and the listing of what exists.
func (r *Ring) prepare(ctx context.Context, name string) (done func(), err error) {
	done, err = r.turn(ctx, name)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	_, open := r.mints.unsettled[name]
	r.mu.Unlock()
	if open {
		err = &Error{
			Service: "the provider", Operation: "make the key", Kind: KindOpen, Effect: EffectNone,
			Message: fmt.Sprintf("an earlier create of a key named %q in this run has no clear outcome yet", name),
		}
	} else {
		err = r.list(ctx)
	}
	if err != nil {
		done()
		return nil, err
	}
	return done, nil
}

package keyring

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mints is what a Ring remembers of the keys that this process makes.
type mints struct {
	names     map[string]chan struct{} // one turn per name: same-name creates run one after the other
	before    map[string]struct{}      // ids that existed before the first create; nil until listed
	own       map[string]struct{}      // ids made by this process
	unsettled map[string]string        // names with a create whose outcome is open, and the id of its window
}

// skew is how far the service's clock and our idea of it may be apart; Date
// headers have a resolution of one second.
const skew = 2 * time.Second

// Window is the time in which a request of unknown outcome may have made a key,
// by the service's clock.
type Window struct{ From, To time.Time }

// windowID begins the id that stands in for the unknown one of an unsettled key.
const windowID = "unsettled-"

// ID returns the window in the form of an id, to be kept where the id of the key
// would be: "unsettled-<from>-<to>", both in Unix milliseconds.
func (w Window) ID() string {
	return fmt.Sprintf("%s%d-%d", windowID, w.From.UnixMilli(), w.To.UnixMilli())
}

// ParseWindow reads what [Window.ID] wrote; ok is false for the id of a key.
func ParseWindow(id string) (w Window, ok bool) {
	rest, ok := strings.CutPrefix(id, windowID)
	if !ok {
		return Window{}, false
	}
	from, to, ok := strings.Cut(rest, "-")
	f, err1 := strconv.ParseInt(from, 10, 64)
	t, err2 := strconv.ParseInt(to, 10, 64)
	return Window{From: time.UnixMilli(f), To: time.UnixMilli(t)}, ok && err1 == nil && err2 == nil
}

// Unsettled is the error of a create (or rotation) that may or may not have made
// a key, or that made one which cannot be told from others. The caller must keep
// Name and Window, and hand them to [Ring.Resolve] before making a key anew.
type Unsettled struct {
	Name   string
	Window Window
	// Candidates are the keys that it may have made: none or several.
	Candidates []Key
	// Err is what left the outcome open.
	Err error
}

func (u *Unsettled) Error() string {
	return fmt.Sprintf("%v; %s", u.Err, u.Outcome())
}

// Outcome says in words what is known: "no new key named … has appeared" or the
// candidates.
func (u *Unsettled) Outcome() string {
	if len(u.Candidates) == 0 {
		return fmt.Sprintf("no new key named %q has appeared so far", u.Name)
	}
	return fmt.Sprintf("it cannot be told which of these keys it made: %s", Describe(u.Candidates))
}

func (u *Unsettled) Unwrap() error { return u.Err }

// Describe lists keys for a message: id, name, creation and last use.
func Describe(keys []Key) string {
	told := func(t time.Time, none string) string {
		if t.IsZero() {
			return none
		}
		return t.UTC().Format(time.RFC3339)
	}
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = fmt.Sprintf("%s (%q, created %s, last used %s)", k.ID, k.Name, told(k.CreatedAt, "at an unknown time"), told(k.LastUsedAt, "never as far as the service tells"))
	}
	return strings.Join(parts, ", ")
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
	if err := r.Guard(ctx, old.ID, known); err != nil {
		return Minted{}, err
	}
	done, err := r.prepare(ctx, old.Name)
	if err != nil {
		return Minted{}, err
	}
	defer done()
	current, from := old, r.svc.Now()
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
		err = r.open(&Unsettled{Name: old.Name, Window: Window{From: from}, Candidates: []Key{current}, Err: err})
	}
	return m, err
}

// mint sends a request that makes a key, and settles what its answer leaves
// open. salvage prepares for the second and last request when the first has made
// a key whose value is lost.
func (r *Ring) mint(ctx context.Context, name string, send func(context.Context) (Minted, error), salvage func(context.Context, Key) error) (Minted, error) {
	w := Window{From: r.svc.Now()}
	for try := 1; ; try++ {
		if ctx.Err() != nil {
			return Minted{}, canceled(ctx, "make the key")
		}
		m, err := r.post(ctx, send)
		// From here on a cancel must not stop what makes the outcome known.
		ctx2, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.opts.CallTimeout+r.opts.Settle)
		defer cancel()
		if err == nil {
			return r.deliver(ctx2, name, m, w)
		}
		if effectOf(err) == EffectNone {
			return Minted{}, err
		}
		found, lookErr := r.settle(ctx2, name, w)
		if len(found) != 1 || lookErr != nil || try == 2 {
			if lookErr != nil {
				err = fmt.Errorf("%w; what it did could not be seen: %w", err, lookErr)
			}
			return Minted{}, r.open(&Unsettled{Name: name, Window: w, Candidates: found, Err: err})
		}
		if rerr := salvage(ctx2, found[0]); rerr != nil {
			return Minted{}, r.open(&Unsettled{Name: name, Window: w, Candidates: found, Err: fmt.Errorf("%w; %w", err, rerr)})
		}
	}
}

// post sends a request that makes a key. The service keeps cancels away from it
// once it is under way.
func (r *Ring) post(ctx context.Context, send func(context.Context) (Minted, error)) (Minted, error) {
	r.dir.quiet.RLock()
	defer r.dir.quiet.RUnlock()
	return send(ctx)
}

// deliver completes a fresh key: its id is looked up where the service did not
// tell it, and it is entered into the directory.
func (r *Ring) deliver(ctx context.Context, name string, m Minted, w Window) (Minted, error) {
	if m.ID == "" {
		k, err := r.locate(ctx, name, m, w)
		if err != nil {
			u := &Unsettled{Name: name, Err: err}
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
		r.mints.own = map[string]struct{}{}
	}
	r.mints.own[m.ID] = struct{}{}
	r.mu.Unlock()
	r.dir.wrote(m.ID, &m.Key)
	return m, nil
}

// settle looks for the key that a request of unknown outcome may have made, until
// one appears or the settle window has passed.
func (r *Ring) settle(ctx context.Context, name string, w Window) ([]Key, error) {
	return r.await(ctx, name, func(k Key) bool {
		return k.LastUsedAt.IsZero() && !k.CreatedAt.Before(w.From.Add(-skew))
	})
}

// locate finds the key that m is, at a service that does not tell its id.
func (r *Ring) locate(ctx context.Context, name string, m Minted, w Window) (Key, error) {
	found, err := r.await(ctx, name, func(k Key) bool {
		switch {
		case k.CreatedAt.IsZero():
			return true
		case m.CreatedAt.IsZero():
			return !k.CreatedAt.Before(w.From.Add(-skew))
		default:
			// A listing may tell times more coarsely than the create did.
			return k.CreatedAt.Sub(m.CreatedAt).Abs() < time.Second
		}
	})
	if err != nil {
		return Key{}, err
	}
	if len(found) > 1 {
		if like := slices.DeleteFunc(slices.Clone(found), func(k Key) bool { return !k.Hint.Matches(m.Value) }); len(like) == 1 {
			found = like
		}
	}
	if len(found) != 1 {
		return Key{}, &Unsettled{Name: name, Candidates: found, Err: errors.New("the key was made, but the service did not tell its id, and the listing does not show which one it is")}
	}
	return found[0], nil
}

// await lists until a new live key of that name appears that ours accepts, or
// the settle window has passed; new means: not there before the first create of
// this process, and not made by it since.
func (r *Ring) await(ctx context.Context, name string, ours func(Key) bool) ([]Key, error) {
	deadline := r.opts.Now().Add(r.opts.Settle)
	for wait := r.opts.Poll; ; wait *= 2 {
		found, err := r.candidates(ctx, name, func(k Key) bool {
			_, old := r.mints.before[k.ID]
			return !old && ours(k)
		})
		left := deadline.Sub(r.opts.Now())
		if err != nil || len(found) > 0 || left <= 0 {
			return found, err
		}
		if err := r.opts.Sleep(ctx, min(wait, left)); err != nil {
			return nil, err
		}
	}
}

// candidates lists anew and returns the live keys of that name that this process
// has not made and that accept takes, oldest first. accept is called with r.mu held.
func (r *Ring) candidates(ctx context.Context, name string, accept func(Key) bool) ([]Key, error) {
	var found []Key
	err := r.dir.view(ctx, r.dir.mark(), func(l *listing) {
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

// Resolve settles what an earlier process had to leave open: a key of that name,
// made within the window and never used, is revoked. Not finding one is success;
// several are an *Unsettled error, and none of them is touched. held are ids that
// the caller holds, and that are therefore not what is looked for.
func (r *Ring) Resolve(ctx context.Context, name string, w Window, held ...string) error {
	done, err := r.turn(ctx, name)
	if err != nil {
		return err
	}
	defer done()
	found, err := r.candidates(ctx, name, func(k Key) bool {
		within := !k.CreatedAt.Before(w.From.Add(-skew)) && !k.CreatedAt.After(w.To.Add(skew))
		return k.LastUsedAt.IsZero() && (within || k.CreatedAt.IsZero()) && !slices.Contains(held, k.ID)
	})
	if err != nil {
		return err
	}
	switch {
	case len(found) == 0:
		r.close(name, w)
		return nil
	case len(found) > 1 || found[0].CreatedAt.IsZero():
		return &Unsettled{Name: name, Window: w, Candidates: found, Err: errors.New("an earlier create was left without a clear answer")}
	}
	if err := r.Revoke(ctx, found[0].ID, Secret{}); err != nil {
		return err
	}
	if err := r.seeGone(ctx, found[0].ID); err != nil {
		return err
	}
	r.close(name, w)
	return nil
}

// seeGone fails unless a key that was revoked is seen to be gone.
func (r *Ring) seeGone(ctx context.Context, id string) error {
	live, err := r.lives(ctx, id, r.opts.Lag)
	if err == nil && live {
		return fmt.Errorf("key %s still lives after it was revoked", id)
	}
	return err
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
	before := make(map[string]struct{}, len(all))
	for id := range all {
		before[id] = struct{}{}
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
			Service: "the provider", Operation: "make the key", Kind: KindConflict, Effect: EffectNone,
			Message: fmt.Sprintf("an earlier create of a key named %q in this run has no clear outcome yet; apply again to settle it first", name),
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

// open completes the error of a create that is left open now, and bars further
// ones of that name in this process: a key that they made could not be told from
// the one that is being looked for.
func (r *Ring) open(u *Unsettled) *Unsettled {
	u.Window.To = r.svc.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mints.unsettled == nil {
		r.mints.unsettled = map[string]string{}
	}
	r.mints.unsettled[u.Name] = u.Window.ID()
	return u
}

// close lifts the bar once the create that was left open is settled.
func (r *Ring) close(name string, w Window) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mints.unsettled[name] == w.ID() {
		delete(r.mints.unsettled, name)
	}
}

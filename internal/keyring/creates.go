package keyring

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// SharedCreates is what all Rings of one account share: two scopes may be the same
// one, where a Ring leaves it to the credential. Its zero value is ready for use.
type SharedCreates struct {
	mu    sync.Mutex
	locks map[string]chan struct{} // by lockName: creates of one name run one after the other
	own   map[string][]ownKey      // keys created by this process, by id
	open  map[string][]openCreate  // creates whose outcome is unknown, by lockName
	wrote map[string]uint64        // how many writes there were, by scope

	values   []value // of the keys created by this process
	shortest int     // the length of the shortest of them
}

// ownKey is a key that this process has created.
type ownKey struct {
	scope, name string
	created     time.Time
}

// openCreate is a create whose outcome is unknown.
type openCreate struct{ scope, window string }

// maySame reports whether two scopes may be the same one; "" is the credential's own.
func maySame(a, b string) bool { return a == b || a == "" || b == "" }

// lockName waits until no other create of that name runs.
func (s *SharedCreates) lockName(ctx context.Context, name string) (unlock func(), err error) {
	s.mu.Lock()
	if s.locks == nil {
		s.locks = map[string]chan struct{}{}
	}
	lock, ok := s.locks[lockName(name)]
	if !ok {
		lock = make(chan struct{}, 1)
		s.locks[lockName(name)] = lock
	}
	s.mu.Unlock()
	select {
	case lock <- struct{}{}:
	case <-ctx.Done():
		return nil, driver.Canceled(ctx, "make the key")
	}
	return func() { <-lock }, nil
}

// isAskedFor reports whether this process has asked for a key of that name.
func (s *SharedCreates) isAskedFor(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, asked := s.locks[lockName(name)]
	return asked
}

// created remembers a key that this process has created.
func (s *SharedCreates) created(id string, k ownKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.own == nil {
		s.own = map[string][]ownKey{}
	}
	s.own[id] = append(s.own[id], k)
}

// isOwn reports whether this process has created a key.
func (s *SharedCreates) isOwn(scope, id string) bool {
	_, own := s.ownKey(scope, id)
	return own
}

func (s *SharedCreates) ownKey(scope, id string) (ownKey, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.own[id] {
		if maySame(k.scope, scope) {
			return k, true
		}
	}
	return ownKey{}, false
}

// ownIDs are the keys that this process has created and that satisfy want.
func (s *SharedCreates) ownIDs(scope string, want func(ownKey) bool) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for id, keys := range s.own {
		if slices.ContainsFunc(keys, func(k ownKey) bool { return maySame(k.scope, scope) && want(k) }) {
			ids = append(ids, id)
		}
	}
	return ids
}

// leaveOpen bars further creates of a name.
func (s *SharedCreates) leaveOpen(scope string, w CreateWindow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[string][]openCreate{}
	}
	s.open[lockName(w.Name)] = append(s.open[lockName(w.Name)], openCreate{scope, w.ID()})
}

// settled lifts the bar once a create that was left open is settled.
func (s *SharedCreates) settled(w CreateWindow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, name := w.ID(), lockName(w.Name)
	if left := slices.DeleteFunc(s.open[name], func(o openCreate) bool { return o.window == id }); len(left) > 0 {
		s.open[name] = left
	} else {
		delete(s.open, name)
	}
}

// refuseOpen is the error for a create while the outcome of an earlier one is unknown.
func (s *SharedCreates) refuseOpen(scope, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.open[lockName(name)], func(o openCreate) bool { return maySame(o.scope, scope) }) {
		return nil
	}
	return &driver.Error{
		Service: "the provider", Operation: "make the key", Kind: driver.KindUnresolved, Effect: driver.EffectNone,
		Message: fmt.Sprintf("an earlier create of a key named %q in this run has no clear outcome yet", name),
	}
}

// noteWrite counts a write in a scope.
func (s *SharedCreates) noteWrite(scope string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wrote == nil {
		s.wrote = map[string]uint64{}
	}
	s.wrote[scope]++
}

// siblingWrites counts the writes that other Rings may have made to the keys of a
// scope: a listing that began before one of them is out of date.
func (s *SharedCreates) siblingWrites(scope string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var n uint64
	for other, writes := range s.wrote {
		if other != scope && maySame(other, scope) {
			n += writes
		}
	}
	return n
}

// isOwn reports whether this process has created, or holds, a key.
func (r *Ring) isOwn(id string) bool {
	return r.opts.Creates.isOwn(r.opts.Scope, id) || r.opts.IsHeld != nil && r.opts.IsHeld(id)
}

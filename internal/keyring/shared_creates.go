package keyring

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/listcache"
)

// SharedCreates is what all Rings of one account share. Two scopes may be the same one
// if a Ring leaves its scope to the credential. The zero value is ready for use.
type SharedCreates struct {
	mu      sync.Mutex
	locks   map[string]chan struct{}   // by lockName: creates of one name run one after the other
	own     map[string][]ownKey        // keys that this process has created, by id
	blocked map[string][]blockedCreate // creates of unknown outcome, by lockName
	caches  []scopedCache              // of all Rings

	values   []value // of the keys that this process has created
	shortest int     // the length of the shortest of them
}

// ownKey is a key that this process has created.
type ownKey struct {
	scope, name string
	created     time.Time
}

// blockedCreate is a create whose outcome is unknown.
type blockedCreate struct{ scope, window string }

type scopedCache struct {
	scope string
	cache *listcache.Cache
}

// mayBeSame reports whether two scopes may be the same; "" is the credential's own.
func mayBeSame(a, b string) bool { return a == b || a == "" || b == "" }

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
		return nil, driver.Canceled(ctx, createKey)
	}
	return func() { <-lock }, nil
}

// isRequested reports whether this process has asked for a key of that name.
func (s *SharedCreates) isRequested(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, requested := s.locks[lockName(name)]
	return requested
}

// addOwn remembers a key that this process has created.
func (s *SharedCreates) addOwn(id string, k ownKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.own == nil {
		s.own = map[string][]ownKey{}
	}
	s.own[id] = append(s.own[id], k)
}

// ownKey returns a key that this process has created.
func (s *SharedCreates) ownKey(scope, id string) (k ownKey, isOwn bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.own[id] {
		if mayBeSame(k.scope, scope) {
			return k, true
		}
	}
	return ownKey{}, false
}

// ownIDs are the wanted keys that this process has created.
func (s *SharedCreates) ownIDs(scope string, want func(ownKey) bool) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for id, keys := range s.own {
		if slices.ContainsFunc(keys, func(k ownKey) bool { return mayBeSame(k.scope, scope) && want(k) }) {
			ids = append(ids, id)
		}
	}
	return ids
}

// isOwn reports whether this process has created or holds a key.
func (r *Ring) isOwn(id string) bool {
	_, own := r.opts.Creates.ownKey(r.opts.Scope, id)
	return own || r.opts.IsHeld != nil && r.opts.IsHeld(id)
}

// block blocks further creates of a window's name.
func (s *SharedCreates) block(scope string, w CreateWindow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blocked == nil {
		s.blocked = map[string][]blockedCreate{}
	}
	s.blocked[lockName(w.Name)] = append(s.blocked[lockName(w.Name)], blockedCreate{scope, w.ID()})
}

// unblock allows them again once the window's outcome is known.
func (s *SharedCreates) unblock(w CreateWindow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, name := w.ID(), lockName(w.Name)
	others := slices.DeleteFunc(s.blocked[name], func(b blockedCreate) bool { return b.window == id })
	if delete(s.blocked, name); len(others) > 0 {
		s.blocked[name] = others
	}
}

// checkBlocked is an error while the outcome of an earlier create of the name is
// unknown.
func (s *SharedCreates) checkBlocked(scope, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.blocked[lockName(name)], func(b blockedCreate) bool { return mayBeSame(b.scope, scope) }) {
		return nil
	}
	return &driver.Error{
		Service: "the provider", Operation: createKey, Kind: driver.KindUnresolved, Effect: driver.EffectNone,
		Message: fmt.Sprintf("the outcome of an earlier create of a key named %q in this run is unknown", name),
	}
}

// addCache adds the cache of a Ring.
func (s *SharedCreates) addCache(scope string, cache *listcache.Cache) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.caches = append(s.caches, scopedCache{scope, cache})
}

// invalidateOthers makes the Rings that may have the same keys list them anew after a
// write in a scope.
func (s *SharedCreates) invalidateOthers(scope string) {
	s.mu.Lock()
	caches := s.caches
	s.mu.Unlock() // each cache has a lock of its own
	for _, c := range caches {
		if c.scope != scope && mayBeSame(c.scope, scope) {
			c.cache.Invalidate()
		}
	}
}

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
	locks sync.Map // of chan struct{} by normalName: creates of one name run one after the other

	mu       sync.Mutex
	created  []createdKey    // keys that this process has created
	blocked  []blockedCreate // creates of unknown outcome
	caches   []scopedCache   // of all Rings
	values   []value         // of these keys
	shortest int             // the length of the shortest of them
}

// createdKey is a key that this process has created.
type createdKey struct {
	scope, id, name string
	created         time.Time
}

type blockedCreate struct{ scope, name, window string }

type scopedCache struct {
	scope string
	cache *listcache.Cache
}

// mayBeSame reports whether two scopes may be the same; "" is the credential's own.
func mayBeSame(a, b string) bool { return a == b || a == "" || b == "" }

// lockName waits until no other create of that name runs.
func (s *SharedCreates) lockName(ctx context.Context, name string) (unlock func(), err error) {
	stored, _ := s.locks.LoadOrStore(normalName(name), make(chan struct{}, 1))
	lock := stored.(chan struct{})
	select {
	case lock <- struct{}{}:
		return func() { <-lock }, nil
	case <-ctx.Done():
		return nil, driver.Canceled(ctx, createKey)
	}
}

// addCreated remembers a key that this process has created.
func (s *SharedCreates) addCreated(k createdKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.created = append(s.created, k)
}

// createdKeys are the wanted keys that this process has created.
func (s *SharedCreates) createdKeys(scope string, want func(createdKey) bool) (keys []createdKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.created {
		if mayBeSame(k.scope, scope) && want(k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// createdKey returns a key that this process has created.
func (s *SharedCreates) createdKey(scope, id string) (k createdKey, isOwn bool) {
	if keys := s.createdKeys(scope, func(k createdKey) bool { return k.id == id }); len(keys) > 0 {
		return keys[0], true
	}
	return createdKey{}, false
}

// isOurs reports whether this process has created or holds a key.
func (r *Ring) isOurs(id string) bool {
	_, isCreated := r.opts.Creates.createdKey(r.opts.Scope, id)
	return isCreated || r.opts.IsHeld != nil && r.opts.IsHeld(id)
}

// block blocks further creates of a window's name.
func (s *SharedCreates) block(scope string, w CreateWindow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blocked = append(s.blocked, blockedCreate{scope, normalName(w.Name), w.ID()})
}

// unblock allows them again once the window's outcome is known.
func (s *SharedCreates) unblock(w CreateWindow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blocked = slices.DeleteFunc(s.blocked, func(b blockedCreate) bool { return b.window == w.ID() })
}

// checkBlocked is an error while the outcome of an earlier create of the name is
// unknown.
func (s *SharedCreates) checkBlocked(scope, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.blocked, func(b blockedCreate) bool { return b.name == normalName(name) && mayBeSame(b.scope, scope) }) {
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

package tfkey

import "sync"

// managedKeys are the keys that the resources of this process manage, and those that they are
// going to revoke as duplicates. No key may be both.
type managedKeys struct {
	mu            sync.Mutex
	managers      map[string]string // by key: the current key of the resource that manages it, or several
	forRevocation map[string]struct{}
	uses          map[string][]plannedUse
}

// several means more than one resource.
const several = ""

// mark records that a resource manages these keys: its current key, and then those that
// retire.
func (c *managedKeys) mark(ids ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.managers == nil {
		c.managers = map[string]string{}
	}
	for _, id := range ids {
		holder := ids[0]
		if other, held := c.managers[id]; held && other != holder {
			holder = several
		}
		c.managers[id] = holder
	}
}

// isManagedElsewhere reports whether a resource other than the one with this current key
// manages the key.
func (c *managedKeys) isManagedElsewhere(id, own string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	holder, held := c.managers[id]
	return held && holder != own
}

// isManaged reports whether a resource of this process manages the key.
func (c *managedKeys) isManaged(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, held := c.managers[id]
	return held
}

// markForRevocation records that a key is to be revoked as a duplicate. It reports false if a
// resource manages it.
func (c *managedKeys) markForRevocation(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, held := c.managers[id]; held {
		return false
	}
	if c.forRevocation == nil {
		c.forRevocation = map[string]struct{}{}
	}
	c.forRevocation[id] = struct{}{}
	return true
}

// isForRevocation reports whether markForRevocation was called for the key before mark.
func (c *managedKeys) isForRevocation(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, condemned := c.forRevocation[id]
	return condemned
}

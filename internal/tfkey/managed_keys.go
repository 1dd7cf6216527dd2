package tfkey

import "sync"

// managedKeys are what the resources of this process say about keys: which they hold,
// and which they mean to revoke as duplicates. The two must not meet.
type managedKeys struct {
	mu            sync.Mutex
	managers      map[string]string // by whom: a resource's own key, or several
	forRevocation map[string]struct{}
	uses          map[string][]plannedUse
}

// several stands for more than one resource.
const several = ""

// mark notes that a resource of this process holds these keys: its own, and after
// it those that retire.
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

// isManagedElsewhere reports whether a resource of this process is known to hold the key
// that is not the one with this key of its own.
func (c *managedKeys) isManagedElsewhere(id, own string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	holder, held := c.managers[id]
	return held && holder != own
}

// isManaged reports whether a resource of this process is known to hold the key.
func (c *managedKeys) isManaged(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, held := c.managers[id]
	return held
}

// markForRevocation notes that a key is to be revoked as a duplicate, unless a resource of
// this process is known to hold it; it reports which.
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

// isForRevocation reports whether condemn was called for the key before hold was.
func (c *managedKeys) isForRevocation(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, condemned := c.forRevocation[id]
	return condemned
}

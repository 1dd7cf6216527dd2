package tfkey

import "sync"

// claims are what the resources of this process say about keys: which they hold,
// and which they mean to revoke as duplicates. The two must not meet.
type claims struct {
	mu        sync.Mutex
	held      map[string]string // by whom: a resource's own key, or several
	condemned map[string]struct{}
	planned   map[string][]claim
}

// several stands for more than one resource.
const several = ""

// hold notes that a resource of this process holds these keys: its own, and after
// it those that retire.
func (c *claims) hold(ids ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		c.held = map[string]string{}
	}
	for _, id := range ids {
		holder := ids[0]
		if other, held := c.held[id]; held && other != holder {
			holder = several
		}
		c.held[id] = holder
	}
}

// isHeldBesides reports whether a resource of this process is known to hold the key
// that is not the one with this key of its own.
func (c *claims) isHeldBesides(id, own string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	holder, held := c.held[id]
	return held && holder != own
}

// isHeld reports whether a resource of this process is known to hold the key.
func (c *claims) isHeld(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, held := c.held[id]
	return held
}

// condemn notes that a key is to be revoked as a duplicate, unless a resource of
// this process is known to hold it; it reports which.
func (c *claims) condemn(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, held := c.held[id]; held {
		return false
	}
	if c.condemned == nil {
		c.condemned = map[string]struct{}{}
	}
	c.condemned[id] = struct{}{}
	return true
}

// isCondemned reports whether condemn was called for the key before hold was.
func (c *claims) isCondemned(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, condemned := c.condemned[id]
	return condemned
}

package tfkey

import "sync"

// claims are what the resources of this process say about keys: which they hold,
// and which they mean to revoke as duplicates. The two must not meet.
type claims struct {
	mu        sync.Mutex
	held      map[string]struct{}
	condemned map[string]struct{}
}

// hold notes that a resource of this process holds these keys.
func (c *claims) hold(ids ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		c.held = map[string]struct{}{}
	}
	for _, id := range ids {
		c.held[id] = struct{}{}
	}
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

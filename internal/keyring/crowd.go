package keyring

import (
	"context"
	"sync"
)

// crowd lets creates share the listings that find their ids, at services that do
// not tell them. A listing serves every create whose answer came before it began;
// with several creates under way it is worth waiting for some more of them, rather
// than list all keys for each. One that is alone never waits.
type crowd struct {
	mu     sync.Mutex
	inside int    // creates under way
	most   int    // how many were ever under way at once
	usual  int    // how many may be expected, of those
	party  *party // who waits for the next listing; nil: nobody
}

// party are creates that will share a listing.
type party struct {
	size  int
	ready chan struct{}
	after mark // valid once ready is closed: they were all answered before it
}

// enter counts a create; leave must be called when it has ended.
func (c *crowd) enter() (leave func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inside++
	c.usual, c.most = max(c.usual, c.inside), max(c.most, c.inside)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.inside--
	}
}

// gather waits for company, at most for Options.Gather, and returns the mark after
// which a listing serves the caller. Two thirds of those who usually come are enough:
// the others may be waiting for these.
func (r *Ring) gather(ctx context.Context) mark {
	c := &r.crowd
	c.mu.Lock()
	p := c.party
	if p == nil {
		p = &party{ready: make(chan struct{})}
		c.party = p
	}
	p.size++
	switch {
	case p.size >= (2*c.usual+2)/3:
		if p.size > 1 {
			c.usual = min(c.usual+1, c.most) // they came in time, more may
		}
		r.release(p)
	case p.size == 1:
		go func() {
			_ = r.opts.Sleep(ctx, r.opts.Gather) // who gives up ends the wait for all
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.party == p {
				c.usual = max(p.size, c.usual/2)
				r.release(p)
			}
		}()
	}
	c.mu.Unlock()
	<-p.ready
	return p.after
}

// release lets a party go. crowd.mu is held.
func (r *Ring) release(p *party) {
	p.after = r.dir.mark()
	r.crowd.party = nil
	close(p.ready)
}

package protocol

import (
	"context"
	"sync"
	"time"
)

// Clock is a clock that only tests move.
type Clock struct {
	mu       sync.Mutex
	now      time.Time
	timeouts map[*timeout]bool
}

// timeout cancels a context at a time.
type timeout struct {
	at     time.Time
	cancel context.CancelFunc
}

// NewClock returns a clock that shows a fixed time.
func NewClock() *Clock { return &Clock{now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)} }

// Now returns the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for t := range c.timeouts {
		if !t.at.After(c.now) {
			t.cancel()
		}
	}
}

// Timeout is context.WithTimeout on this clock.
func (c *Clock) Timeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timeouts == nil {
		c.timeouts = map[*timeout]bool{}
	}
	t := &timeout{c.now.Add(d), cancel}
	c.timeouts[t] = true
	return ctx, func() {
		cancel()
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.timeouts, t)
	}
}

// Sleep moves the clock instead of waiting.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	c.Advance(d)
	return ctx.Err()
}

package keyring

import (
	"context"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// listKeys is what listings are for, in words.
const listKeys = "list the keys"

// call is one piece of work that several callers wait for.
type call struct {
	what   string // is being done
	done   chan struct{}
	err    error // valid once done is closed
	cancel context.CancelFunc

	// Guarded by directory.mu.
	waiting   int
	abandoned bool // canceled because nobody waited any more
}

// underWay reports whether the call is running and still wanted. d.mu is held.
func (c *call) underWay() bool { return c != nil && !c.abandoned && !c.ended() }

// failed reports whether the call has failed, or will. d.mu is held.
func (c *call) failed() bool {
	return c != nil && (c.ended() && c.err != nil || !c.ended() && c.abandoned)
}

func (c *call) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// start runs work on a context of its own, so that a caller who gives up does
// not fail the others; when the last one has given up, or after the time that an
// operation may take, it is canceled. d.mu is held.
func (d *directory) start(ctx context.Context, what string, work func(context.Context) error) *call {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.opts.Timeout)
	c := &call{what: what, done: make(chan struct{}), cancel: cancel}
	d.running++
	go func() {
		defer cancel()
		// Here nobody above could catch a panic: it would end the process.
		_, err := contained(ctx, d.opts, what, func() (struct{}, error) { return struct{}{}, work(ctx) })
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.running--; d.running == 0 {
			d.journal = nil
		}
		c.err = err
		close(c.done)
	}()
	return c
}

// wait waits for a call that the caller has been counted in, or until ctx is done.
func (d *directory) wait(ctx context.Context, c *call) error {
	defer d.leave(c)
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return driver.Canceled(ctx, c.what)
	}
}

// leave counts a caller out of those who wait for a call; the last one ends it.
func (d *directory) leave(c *call) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.waiting--; c.waiting == 0 && !c.ended() {
		c.abandoned = true
		c.cancel()
	}
}

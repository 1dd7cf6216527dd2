package listcache

import (
	"context"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// sharedCall is work that several callers wait for. It ends early when the last of
// them gives up.
type sharedCall struct {
	done   chan struct{}
	err    error // valid once done is closed
	cancel context.CancelFunc

	// Guarded by Cache.mu.
	waiting   int
	abandoned bool // canceled, because nobody waited any more
}

// start begins work on a context that a single caller cannot cancel. c.mu is held.
func (c *Cache) start(ctx context.Context, work func(context.Context) error) *sharedCall {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.opts.Timeout)
	call := &sharedCall{done: make(chan struct{}), cancel: cancel}
	go func() {
		defer cancel()
		err := work(ctx)
		c.mu.Lock()
		defer c.mu.Unlock()
		call.err = err
		close(call.done)
	}()
	return call
}

// wait waits for a call in which the caller has been counted, or until ctx ends.
func (c *Cache) wait(ctx context.Context, call *sharedCall) error {
	defer c.leave(call)
	select {
	case <-call.done:
		return call.err
	case <-ctx.Done():
		return driver.Canceled(ctx, operation)
	}
}

// leave counts a caller out. The last one cancels the call.
func (c *Cache) leave(call *sharedCall) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if call.waiting--; call.waiting == 0 && !call.ended() {
		call.abandoned = true
		call.cancel()
	}
}

// isRunning reports whether the call runs and somebody waits for it. Cache.mu is held.
func (call *sharedCall) isRunning() bool { return call != nil && !call.abandoned && !call.ended() }

// hasFailed reports whether the call has failed, or was abandoned. Cache.mu is held.
func (call *sharedCall) hasFailed() bool {
	return call != nil && (call.ended() && call.err != nil || !call.ended() && call.abandoned)
}

func (call *sharedCall) ended() bool {
	select {
	case <-call.done:
		return true
	default:
		return false
	}
}

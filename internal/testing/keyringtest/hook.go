package keyringtest

import (
	"context"
	"time"
)

// Hook is called for each call. An error that it returns is the call's answer.
type Hook func(ctx context.Context, c Call) error

// Only returns a hook for one kind of call: the n-th of it, or all if n is 0.
func Only(op Op, n int, do func(ctx context.Context) error) Hook {
	return func(ctx context.Context, c Call) error {
		if c.Op == op && (n == 0 || c.N == n) {
			return do(ctx)
		}
		return nil
	}
}

// Fails returns a hook that fails one kind of call: the n-th of it, or all if n is 0.
func Fails(op Op, n int, err error) Hook {
	return Only(op, n, func(context.Context) error { return err })
}

// Wait lets time pass, or returns when ctx ends.
func Wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

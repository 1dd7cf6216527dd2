package keyring

import "context"

// WithoutCancel returns a context that a cancel of ctx does not reach, for what must
// be finished once it was begun; it ends at ctx's deadline all the same.
func WithoutCancel(ctx context.Context) (context.Context, context.CancelFunc) {
	shielded := context.WithoutCancel(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(shielded, deadline)
	}
	return context.WithCancel(shielded)
}

// bounded gives an operation its time limit, unless the caller has set one.
func (r *Ring) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, r.opts.Timeout)
}

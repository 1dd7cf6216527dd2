package keyring

import "context"

// WithoutCancel returns a context that canceling ctx does not end, but its deadline
// does. It is for what must be finished once it has begun.
func WithoutCancel(ctx context.Context) (context.Context, context.CancelFunc) {
	uncanceled := context.WithoutCancel(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(uncanceled, deadline)
	}
	return context.WithCancel(uncanceled)
}

// bounded adds the time limit of an operation, unless the caller has set one.
func (r *Ring) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, r.opts.Timeout)
}

package keyring

import (
	"cmp"
	"context"
	"regexp"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Options tune a Ring. The zero value of each field takes the default.
type Options struct {
	// MaxAge is how long a listing serves reads. Default 1 minute.
	MaxAge time.Duration
	// ReconcileTimeout is how long the Ring looks for the key of a create of unknown
	// outcome. Default 10 seconds.
	ReconcileTimeout time.Duration
	// ListingDelay is how late a listing may show a change. Default 5 seconds.
	ListingDelay time.Duration
	// NewKeyDelay is how long after its creation a key that another process has created
	// may be missing before it counts as gone. Default 1 minute.
	NewKeyDelay time.Duration
	// PollInterval is the first wait between two listings; each later one is twice as
	// long. Default 250 milliseconds.
	PollInterval time.Duration
	// Timeout bounds an operation if the caller's context has no deadline. Default 5
	// minutes.
	Timeout time.Duration
	// CallTimeout is how long a request that creates a key may take once it is sent. None
	// is sent if the time that is left is shorter than CallTimeout and ReconcileTimeout.
	// Default 30 seconds.
	CallTimeout time.Duration
	// Scope is the workspace or tenant of the Ring, "" for that of the credential.
	Scope string
	// KeyPrefixes are how the service's values begin. What begins so and is long enough
	// is redacted.
	KeyPrefixes []string
	// Creates is shared by the Rings of one account; nil: there is only this one.
	Creates *SharedCreates
	// IsHeld reports whether this process holds a key. A request without an answer cannot
	// have created that one. Nil: nothing is known.
	IsHeld func(id string) bool
	// MaxRetries is how often a create is sent again after a rate limit. Default 4; less
	// than zero: never.
	MaxRetries int
	// OnPanic is called for each panic in the provider's own code, which becomes the error
	// of its operation. Nil: nobody needs it.
	OnPanic func(context.Context, *Panic)
	// Now and Sleep replace the local clock in tests.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error

	completeValue *regexp.Regexp // what looks like a complete value; nil without KeyPrefixes
}

func (o Options) withDefaults() Options {
	o.MaxAge = cmp.Or(o.MaxAge, time.Minute)
	o.ReconcileTimeout = cmp.Or(o.ReconcileTimeout, 10*time.Second)
	o.ListingDelay = cmp.Or(o.ListingDelay, 5*time.Second)
	o.NewKeyDelay = cmp.Or(o.NewKeyDelay, time.Minute)
	o.PollInterval = cmp.Or(o.PollInterval, 250*time.Millisecond)
	o.Timeout = cmp.Or(o.Timeout, 5*time.Minute)
	o.CallTimeout = cmp.Or(o.CallTimeout, 30*time.Second)
	o.MaxRetries = cmp.Or(o.MaxRetries, 4)
	o.Creates = cmp.Or(o.Creates, &SharedCreates{})
	o.completeValue = completeValue(o.KeyPrefixes)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	return o
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return driver.Canceled(ctx, "wait")
	}
}

package keyring

import (
	"context"
	"regexp"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Options tune a Ring. The zero value of each field takes the default.
type Options struct {
	// MaxAge is how long a listing serves reads that no own write has touched.
	// Default 1 minute.
	MaxAge time.Duration
	// ReconcileTimeout is how long an ambiguous answer is looked into before the Ring
	// gives up and says so. Default 10 seconds.
	ReconcileTimeout time.Duration
	// ListingDelay is how far a listing may be behind. Default 5 seconds.
	ListingDelay time.Duration
	// NewKeyDelay is how long a key that another process has made may be missing from what
	// the service shows before it counts as gone. Default 1 minute.
	NewKeyDelay time.Duration
	// PollInterval is the wait before the second look; later ones double it. Default
	// 250 milliseconds.
	PollInterval time.Duration
	// Timeout bounds an operation, with everything that cancellation does not
	// reach, unless the caller's context ends it earlier. Default 5 minutes.
	Timeout time.Duration
	// CallTimeout is how long a request that makes a key may take once it is on
	// its way. None is sent unless it can be answered and settled within Timeout.
	// Default 30 seconds.
	CallTimeout time.Duration
	// Scope is the workspace or tenant that the Ring works in, "" for the one that
	// the credential belongs to.
	Scope string
	// KeyPrefixes are how the service's values begin: what begins so and is long enough
	// is taken for a value, and written nowhere.
	KeyPrefixes []string
	// Creates is shared by the Rings of one account; nil: there are no others.
	Creates *SharedCreates
	// IsHeld reports whether somebody in this process holds a key, which no request
	// without an answer can have created then; nil: nothing is known.
	IsHeld func(id string) bool
	// MaxRetries is how often a create is sent again that the service has refused
	// by a rate limit. Default 4; less than zero: never.
	MaxRetries int
	// OnPanic is told of panics in code of ours, which become errors of the
	// operation that they happened in. Nil tells nobody.
	OnPanic func(context.Context, *Panic)
	// Now and Sleep replace the local clock in tests.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error

	whole *regexp.Regexp // what looks like a whole key
}

func (o Options) withDefaults() Options {
	setDefault(&o.MaxAge, time.Minute)
	setDefault(&o.ReconcileTimeout, 10*time.Second)
	setDefault(&o.ListingDelay, 5*time.Second)
	setDefault(&o.NewKeyDelay, time.Minute)
	setDefault(&o.PollInterval, 250*time.Millisecond)
	setDefault(&o.Timeout, 5*time.Minute)
	setDefault(&o.CallTimeout, 30*time.Second)
	if o.MaxRetries == 0 {
		o.MaxRetries = 4
	}
	if o.Creates == nil {
		o.Creates = &SharedCreates{}
	}
	o.whole = wholeKey(o.KeyPrefixes)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	return o
}

func setDefault(d *time.Duration, def time.Duration) {
	if *d <= 0 {
		*d = def
	}
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

package keyring

import (
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// listedKey is a key that a complete listing has shown.
type listedKey struct {
	name    string
	created time.Time
	listing int       // the number of the first listing that showed it
	at      time.Time // when that listing was complete, by the local clock
}

// requestStart is when a request began. It may have waited before it was sent.
type requestStart struct {
	listings  int       // how many listings were complete before the call
	local, at time.Time // when it was sent, by the local clock, and by the service's at the earliest; zero if unknown
}

// beforeCall is for a request that will be sent later than now.
func (r *Ring) beforeCall() requestStart {
	r.mu.Lock()
	defer r.mu.Unlock()
	return requestStart{listings: r.listings}
}

// setTime sets when the adapter says that the request was sent, if it says so.
func (r *Ring) setTime(start requestStart, local time.Time) requestStart {
	if !local.IsZero() {
		start.local, start.at = local, local.Add(r.earliest().Sub(r.opts.Now()))
	}
	return start
}

// recordListed records the keys of a complete listing.
func (r *Ring) recordListed(keys map[string]driver.Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listed == nil {
		r.listed = make(map[string]listedKey, len(keys))
	}
	r.listings++
	for id, k := range keys {
		if _, ok := r.listed[id]; !ok {
			r.listed[id] = listedKey{k.Name, k.CreatedAt, r.listings, r.opts.Now()}
		}
	}
}

// hasListed reports whether the keys that exist have been listed for a create.
func (r *Ring) hasListed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.listed != nil
}

// isBefore reports whether a complete listing showed the key before a request was sent. A
// listing that was complete at that very moment does not count.
func (k listedKey) isBefore(start requestStart) bool {
	return k.listing <= start.listings || k.at.Before(start.local)
}

// wasListed is the same for an id. The caller has locked r.mu.
func (r *Ring) wasListed(id string, start requestStart) bool {
	k, ok := r.listed[id]
	return ok && k.isBefore(start)
}

package keyring

import (
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// knownKey is a key that a complete listing has shown.
type knownKey struct {
	name    string
	created time.Time
	listing int       // the number of the first listing that showed it
	at      time.Time // when that listing was complete, by the local clock
}

// sent is when a request was sent.
type sent struct {
	at       time.Time // by the service's clock, at the earliest; zero if unknown
	local    time.Time // by the local clock; zero if unknown
	listings int       // how many listings were complete before the call began
}

// beforeCall is for a request that will be sent later than now.
func (r *Ring) beforeCall() sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	return sent{listings: r.listings}
}

// setTime sets when the adapter says that the request was sent, if it says so.
func (r *Ring) setTime(s sent, local time.Time) sent {
	if !local.IsZero() {
		s.local, s.at = local, local.Add(r.earliest().Sub(r.opts.Now()))
	}
	return s
}

// rememberKnown remembers the keys of a complete listing.
func (r *Ring) rememberKnown(keys map[string]driver.Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = make(map[string]knownKey, len(keys))
	}
	r.listings++
	for id, k := range keys {
		if _, known := r.known[id]; !known {
			r.known[id] = knownKey{k.Name, k.CreatedAt, r.listings, r.opts.Now()}
		}
	}
}

// hasKnown reports whether the keys that exist have been listed for a create.
func (r *Ring) hasKnown() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known != nil
}

// wasKnown reports whether a complete listing showed a key before a request was sent. A
// listing that was complete at that very moment does not count.
func (k knownKey) wasKnown(s sent) bool { return k.listing <= s.listings || k.at.Before(s.local) }

// wasKnown is the same for an id. r.mu is held.
func (r *Ring) wasKnown(id string, s sent) bool {
	k, known := r.known[id]
	return known && k.wasKnown(s)
}

package keyring

import "time"

// knownKey is what is remembered of a key that a listing has shown.
type knownKey struct {
	name    string
	created time.Time
	since   uint64 // the number of the listing that showed it first
}

// sent is the moment in which a request left.
type sent struct {
	at     time.Time // at the earliest, by the service's clock
	listed uint64    // how many complete listings had been noted by then
}

// sending notes the present: call it immediately before a request leaves.
func (r *Ring) sending() sent {
	at := r.earliest()
	r.dir.mu.Lock()
	if l := r.dir.last; l != nil && l.complete() {
		r.noteListed(l)
	}
	r.dir.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	return sent{at, r.creates.listings}
}

// noteListed remembers which keys a complete listing shows. d.mu is held.
func (r *Ring) noteListed(l *listing) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.creates.listed == nil {
		r.creates.listed = make(map[string]knownKey, len(l.keys))
	} else if r.creates.noted == l.number {
		return
	}
	r.creates.noted = l.number
	r.creates.listings++
	for id, k := range l.keys {
		if _, known := r.creates.listed[id]; !known {
			r.creates.listed[id] = knownKey{k.Name, k.CreatedAt, r.creates.listings}
		}
	}
}

// isListed reports whether one of the first listings showed a key. r.mu is held.
func (r *Ring) isListed(id string, listings uint64) bool {
	k, known := r.creates.listed[id]
	return known && k.since <= listings
}

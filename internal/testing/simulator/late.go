package simulator

import (
	"context"
	"slices"
	"sync"
	"time"
)

// backlog are changes whose requests were cut off, and that are still to be made.
type backlog struct {
	mu      sync.Mutex
	pending []pending
}

// pending is one of them.
type pending struct {
	at   time.Time
	make func(at time.Time)
}

// postpone puts a change off by d on the store's clock.
func (st *Store) postpone(d time.Duration, change func(at time.Time)) {
	st.late.mu.Lock()
	defer st.late.mu.Unlock()
	st.late.pending = append(st.late.pending, pending{st.now().Add(d), change})
}

// catchUp makes the changes whose time has come. Nobody notices that it does so
// only when somebody looks.
func (st *Store) catchUp() {
	now := st.now()
	st.late.mu.Lock()
	defer st.late.mu.Unlock()
	slices.SortStableFunc(st.late.pending, func(a, b pending) int { return a.at.Compare(b.at) })
	for len(st.late.pending) > 0 && !st.late.pending[0].at.After(now) {
		due := st.late.pending[0]
		st.late.pending = st.late.pending[1:]
		due.make(due.at)
	}
}

// moment is when a call makes its change: now, unless that comes late.
func (st *Store) moment(ctx context.Context) time.Time {
	if late := CallOf(ctx).late; !late.IsZero() {
		return late.UTC().Truncate(time.Millisecond)
	}
	return st.instant()
}

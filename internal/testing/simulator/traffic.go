package simulator

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// traffic is what a store knows of the requests that reached it, and what is
// to go wrong with those to come.
type traffic struct {
	mu        sync.Mutex
	counts    map[string]int // by operation
	bytes     int64
	latency   time.Duration
	delay     func(context.Context, time.Duration) bool // nil: wait
	faults    []*Fault
	limits    []*limiter
	limited   int    // requests that were over a limit
	elsewhere string // where redirects lead
}

// arrive counts a request and takes the fault that is due for it, if any; none
// for one that is refused anyway.
func (t *traffic) arrive(op string, refused bool) (Fault, bool, time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[op]++
	if refused {
		return Fault{}, false, t.latency
	}
	for i, f := range t.faults {
		if !f.meets(op) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times >= 0 {
			if f.Times--; f.Times <= 0 {
				t.faults = slices.Delete(t.faults, i, i+1)
			}
		}
		return *f, true, t.latency
	}
	return Fault{}, false, t.latency
}

// meter counts the bytes of bodies as they are sent.
type meter struct {
	http.ResponseWriter
	traffic *traffic
}

// Write implements http.ResponseWriter.
func (m meter) Write(p []byte) (int, error) {
	n, err := m.ResponseWriter.Write(p)
	m.traffic.mu.Lock()
	m.traffic.bytes += int64(n)
	m.traffic.mu.Unlock()
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (m meter) Unwrap() http.ResponseWriter { return m.ResponseWriter }

// Requests returns how many requests have come for each operation, answered or
// not; see [OpCreate] and its like. Requests for nothing that exists count as
// "unknown".
func (st *Store) Requests() map[string]int {
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	return maps.Clone(st.traffic.counts)
}

// Total returns how many requests have come.
func (st *Store) Total() int {
	total := 0
	for _, n := range st.Requests() {
		total += n
	}
	return total
}

// Bytes returns how many bytes of response bodies have been sent.
func (st *Store) Bytes() int64 {
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	return st.traffic.bytes
}

// Reset sets the counters of requests, of those over a limit and of bytes to
// zero.
func (st *Store) Reset() {
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	clear(st.traffic.counts)
	st.traffic.bytes, st.traffic.limited = 0, 0
}

// SetLatency makes every request wait before it is looked at.
func (st *Store) SetLatency(d time.Duration) {
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	st.traffic.latency = d
}

// DelayBy has f carry out the waits of [FaultDelay] in place of the real clock; it
// returns false when before the end of d the request did.
func (st *Store) DelayBy(f func(ctx context.Context, d time.Duration) bool) {
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	st.traffic.delay = f
}

// wait carries out a FaultDelay.
func (st *Store) wait(ctx context.Context, d time.Duration) bool {
	st.traffic.mu.Lock()
	delay := st.traffic.delay
	st.traffic.mu.Unlock()
	if delay == nil {
		delay = wait
	}
	return delay(ctx, d)
}

// Fault makes something go wrong with requests to come. Faults are looked
// through in the order in which they were asked for; a request meets at most
// one.
func (st *Store) Fault(f Fault) {
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	st.traffic.faults = append(st.traffic.faults, &f)
}

// PendingFaults returns how many faults are left that could still happen.
func (st *Store) PendingFaults() int {
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	return len(st.traffic.faults)
}

// ClearFaults forgets all faults.
func (st *Store) ClearFaults() {
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	st.traffic.faults = nil
}

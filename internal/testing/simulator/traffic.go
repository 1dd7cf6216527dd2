package simulator

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Exchange is one request and its answer in the log of a store.
type Exchange struct {
	// Number counts the requests of a store, from 1.
	Number int
	// Started, Done and Ended number all starts, changes and ends in one sequence: a
	// request that started after another one's end may depend on its answer. Ended is 0
	// while the request runs.
	Started, Ended int
	At             time.Time // of its arrival, on the store's clock

	Operation string
	By        string // who signed it, "" if unknown
	Name      string // of the key to create or update
	Target    string // id of the key to read or change
	Made      string // id of the key that it created
	Revoked   string // id of the key that it revoked
	Done      int    // when it created or revoked them, 0 if it did neither

	Fault Kind // "" if there was none
	After bool // after the change
	// Status is 0 if no complete answer was sent or the client had gone.
	Status int

	Bytes   int64 // of the body that was sent
	Limited bool  // refused by a [Limit]
}

// Moment is a point in an exchange.
type Moment string

// The moments of an exchange, in their order.
const (
	// Arrived: the request was read, and nothing has been done.
	Arrived Moment = "arrived"
	// Changed: the request was carried out, and no answer sent. There is no such moment
	// if a fault prevents the change.
	Changed Moment = "changed"
	// Answered: the answer was sent, complete or not.
	Answered Moment = "answered"
)

// traffic is the log of a store's requests, and what future requests meet.
type traffic struct {
	mu        sync.Mutex
	log       []*Exchange
	counted   int // first request since Reset
	sequence  int
	watch     func(Exchange, Moment)
	latency   time.Duration
	delay     func(context.Context, time.Duration) bool // nil: wait
	faults    []*Fault
	limits    []*limiter
	elsewhere string // where redirects lead

	late      sync.Mutex
	postponed []postponed
}

// open logs a request that has arrived, and returns the fault that it meets and the
// refusal if it is over a limit.
func (t *traffic) open(call *Call, name, target string) (f Fault, latency time.Duration, refusal *Problem) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if refusal = t.admit(call.Operation, call.At); refusal == nil {
		f = t.takeFault(call.Operation)
	}
	t.sequence++
	call.entry = &Exchange{
		Number: len(t.log) + 1, Started: t.sequence, At: call.At, Operation: call.Operation,
		Name: name, Target: target, Fault: f.Kind, After: f.After, Limited: refusal != nil,
	}
	t.log = append(t.log, call.entry)
	return f, t.latency, refusal
}

// takeFault returns the first fault for a request, which then is used up. t.mu is held.
func (t *traffic) takeFault(op string) Fault {
	for i, f := range t.faults {
		switch {
		case !f.matches(op):
			continue
		case f.Skip > 0:
			f.Skip--
			continue
		case f.Times >= 0:
			if f.Times--; f.Times <= 0 {
				t.faults = slices.Delete(t.faults, i, i+1)
			}
		}
		return *f
	}
	return Fault{}
}

// amend alters an entry of the log; nil is that of a change without a request.
func (t *traffic) amend(e *Exchange, edit func()) {
	if e != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		edit()
	}
}

// changed logs which keys a request has created and revoked.
func (t *traffic) changed(e *Exchange, created, revoked string) {
	t.amend(e, func() {
		t.sequence++
		e.Made, e.Revoked, e.Done = created, revoked, t.sequence
	})
}

func (t *traffic) close(e *Exchange, status int) {
	t.amend(e, func() {
		t.sequence++
		e.Ended, e.Status = t.sequence, status
	})
	t.notify(e, Answered)
}

func (t *traffic) notify(e *Exchange, m Moment) {
	t.mu.Lock()
	watch, now := t.watch, *e
	t.mu.Unlock()
	if watch != nil {
		watch(now, m)
	}
}

// postponed is a change whose request was cut off; see FaultLate.
type postponed struct {
	at  time.Time
	run func(at time.Time)
}

func (t *traffic) postpone(at time.Time, run func(at time.Time)) {
	t.late.Lock()
	defer t.late.Unlock()
	t.postponed = append(t.postponed, postponed{at, run})
	slices.SortStableFunc(t.postponed, func(a, b postponed) int { return a.at.Compare(b.at) })
}

// runPostponed makes the changes that are due.
func (t *traffic) runPostponed(now time.Time) {
	t.late.Lock()
	defer t.late.Unlock()
	for len(t.postponed) > 0 && !t.postponed[0].at.After(now) {
		due := t.postponed[0]
		t.postponed = t.postponed[1:]
		due.run(due.at)
	}
}

// meter counts the bytes of an answer's body.
type meter struct {
	http.ResponseWriter
	traffic *traffic
	entry   *Exchange
}

// Write implements http.ResponseWriter.
func (m meter) Write(p []byte) (int, error) {
	n, err := m.ResponseWriter.Write(p)
	m.traffic.amend(m.entry, func() { m.entry.Bytes += int64(n) })
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (m meter) Unwrap() http.ResponseWriter { return m.ResponseWriter }

// Log returns every request so far, in the order of arrival.
func (st *Store) Log() []Exchange {
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	return copied(st.traffic.log)
}

func copied(log []*Exchange) []Exchange {
	all := make([]Exchange, len(log))
	for i, e := range log {
		all[i] = *e
	}
	return all
}

// counted are the requests since Reset.
func (st *Store) counted() []Exchange {
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	return copied(st.traffic.log[st.traffic.counted:])
}

// Watch calls f at each moment of each future exchange, which waits for f to return.
// Nil ends that.
func (st *Store) Watch(f func(e Exchange, m Moment)) {
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	st.traffic.watch = f
}

// Requests returns how many requests have come for each operation ([OpCreate] …), also
// unanswered ones. Requests without a route count as "unknown".
func (st *Store) Requests() map[string]int {
	counts := map[string]int{}
	for _, e := range st.counted() {
		counts[e.Operation]++
	}
	return counts
}

// Total returns how many requests have come.
func (st *Store) Total() int { return len(st.counted()) }

// Limited returns how many requests were over a limit.
func (st *Store) Limited() int {
	return len(slices.DeleteFunc(st.counted(), func(e Exchange) bool { return !e.Limited }))
}

// Bytes returns how many bytes of bodies have been sent.
func (st *Store) Bytes() (n int64) {
	for _, e := range st.counted() {
		n += e.Bytes
	}
	return n
}

// Reset sets the counters of requests and bytes to zero; the log stays.
func (st *Store) Reset() {
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	st.traffic.counted = len(st.traffic.log)
}

// SetLatency delays every future request.
func (st *Store) SetLatency(d time.Duration) {
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	st.traffic.latency = d
}

// DelayBy has f do the waiting of [FaultDelay] instead of the real clock; it returns
// false if the request ended before d had passed.
func (st *Store) DelayBy(f func(ctx context.Context, d time.Duration) bool) {
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	st.traffic.delay = f
}

// Fault adds a fault for future requests. A request meets at most one: the first that
// matches, in the order in which they were added.
func (st *Store) Fault(f Fault) {
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	st.traffic.faults = append(st.traffic.faults, &f)
}

// PendingFaults returns how many faults have not happened as often as they should.
func (st *Store) PendingFaults() int {
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	return len(st.traffic.faults)
}

// ClearFaults removes all faults.
func (st *Store) ClearFaults() {
	st.traffic.mu.Lock()
	defer st.traffic.mu.Unlock()
	st.traffic.faults = nil
}

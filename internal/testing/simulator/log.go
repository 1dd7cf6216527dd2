package simulator

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Exchange is one request and what became of it, as the log of a store has it.
type Exchange struct {
	// Number counts the requests of a store, from 1.
	Number int `json:"number"`
	// Started and Ended are places in the one sequence of all beginnings, changes
	// and ends: a request that started after another one's end was made by somebody
	// who could know its answer. Ended is 0 while it runs.
	Started int       `json:"started"`
	Ended   int       `json:"ended,omitempty"`
	At      time.Time `json:"at"` // of its arrival, on the store's clock

	Operation string `json:"operation"`
	By        string `json:"by,omitempty"`      // who signed it, "" if nobody knows
	Name      string `json:"name,omitempty"`    // what the key of a create or update is to be called
	Target    string `json:"target,omitempty"`  // id of the key that it is about
	Made      string `json:"made,omitempty"`    // id of the key that it made
	Revoked   string `json:"revoked,omitempty"` // id of the key that it revoked
	Done      int    `json:"done,omitempty"`    // place at which it made or revoked them, 0 if it did neither

	Fault Kind `json:"fault,omitempty"` // what went wrong with it, "" if nothing did
	After bool `json:"after,omitempty"` // after the change
	// Status is the answer's; 0 when no whole answer was sent, or nobody was
	// there to take it.
	Status int `json:"status,omitempty"`
}

// Moment is a point in the course of an exchange.
type Moment string

// The moments of an exchange, in their order.
const (
	// Arrived: the request was read, and nothing has been done.
	Arrived Moment = "arrived"
	// Changed: what it asks for has been done, and the answer not been sent. It
	// is passed over where a fault keeps the change from being made.
	Changed Moment = "changed"
	// Answered: the answer was handed to the connection, whole or not.
	Answered Moment = "answered"
)

// requestLog is a store's log and who watches it grow.
type requestLog struct {
	mu      sync.Mutex
	order   int // places given out so far
	entries []*Exchange
	watch   func(Exchange, Moment)
}

// Log returns every request that has come, in the order of arrival.
func (st *Store) Log() []Exchange {
	st.diary.mu.Lock()
	defer st.diary.mu.Unlock()
	log := make([]Exchange, len(st.diary.entries))
	for i, e := range st.diary.entries {
		log[i] = *e
	}
	return log
}

// Watch calls f at each moment of each exchange to come, on the goroutine of the
// request: the exchange waits for f to return. Nil ends that.
func (st *Store) Watch(f func(e Exchange, m Moment)) {
	st.diary.mu.Lock()
	defer st.diary.mu.Unlock()
	st.diary.watch = f
}

// open begins the entry of a request.
func (d *requestLog) open(call Call, name, target string, fault Fault) *Exchange {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.order++
	e := &Exchange{
		Number: len(d.entries) + 1, Started: d.order, At: call.At, Operation: call.Operation,
		Name: name, Target: target, Fault: fault.Kind, After: fault.After,
	}
	d.entries = append(d.entries, e)
	return e
}

// amend alters an entry; nil is that of a change which nobody asked for by
// request.
func (d *requestLog) amend(e *Exchange, edit func(*Exchange)) {
	if e == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	edit(e)
}

// close ends the entry of a request.
func (d *requestLog) close(e *Exchange, status int) {
	d.amend(e, func(e *Exchange) {
		d.order++
		e.Ended, e.Status = d.order, status
	})
	d.notify(e, Answered)
}

// notify calls the watcher.
func (d *requestLog) notify(e *Exchange, m Moment) {
	d.mu.Lock()
	watch, now := d.watch, *e
	d.mu.Unlock()
	if watch != nil {
		watch(now, m)
	}
}

// wrote notes what a request has done to keys.
func (st *Store) wrote(ctx context.Context, made, revoked string) {
	st.diary.amend(CallOf(ctx).entry, func(e *Exchange) {
		st.diary.order++ // amend holds its lock
		e.Made, e.Revoked, e.Done = made, revoked, st.diary.order
	})
}

// subject finds the name and the id that a request gives: in the wildcard of its
// route, or in its body.
func subject(pattern string, r *http.Request, body []byte) (name, id string) {
	_, route, _ := strings.Cut(pattern, " ")
	path := strings.Split(r.URL.Path, "/")
	for i, part := range strings.Split(route, "/") {
		if strings.HasPrefix(part, "{") && i < len(path) {
			id = path[i]
		}
	}
	var said struct {
		Name  string `json:"name"`
		KeyID string `json:"key_id"`
	}
	_ = json.Unmarshal(body, &said) // what is no JSON names nothing
	return said.Name, or(id, said.KeyID)
}

package process

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"time"
)

// phase is a part of an exchange.
type phase string

// The phases of an exchange, in their order.
const (
	arrived  phase = "when it arrives"
	carried  phase = "when it is carried out"
	halfSent phase = "in the middle of its answer"
	answered phase = "after its answer"
)

var phases = []phase{arrived, carried, halfSent, answered}

// barrier is in front of a simulator and stops at every phase of every exchange.
// A request that has arrived is carried out, whatever becomes of its sender: a
// service cannot know either.
type barrier struct {
	next http.Handler

	mu      sync.Mutex
	busy    int
	watch   func(method string, exchange int, p phase)
	methods []string // of the exchanges since the last begin
}

// begin counts exchanges from 1 again, and calls watch at each phase; the exchange
// goes on when that returns.
func (g *barrier) begin(watch func(method string, exchange int, p phase)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.watch, g.methods = watch, nil
}

// quietTime is for how long nothing must be under way: a request of a process that was
// killed may still be in the machine's hands.
const quietTime = 20 * time.Millisecond

// end waits until nothing is under way any more, and returns the methods of all
// exchanges since begin.
func (g *barrier) end() []string {
	for quiet := time.Now(); time.Since(quiet) < quietTime; {
		<-time.After(quietTime / 10)
		g.mu.Lock()
		if g.busy > 0 {
			quiet = time.Now()
		}
		g.mu.Unlock()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.watch = nil
	return g.methods
}

// count changes the number of exchanges that are under way.
func (g *barrier) count(by int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy += by
}

// ServeHTTP implements http.Handler.
func (g *barrier) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.count(1)
	defer g.count(-1)
	body, err := io.ReadAll(r.Body)
	if err != nil { // its sender died while it was sending: it has not arrived
		return
	}
	g.mu.Lock()
	g.methods = append(g.methods, r.Method)
	exchange, watch := len(g.methods), g.watch
	g.mu.Unlock()
	stop := func(p phase) {
		if watch != nil {
			watch(r.Method, exchange, p)
		}
	}
	stop(arrived)
	r = r.WithContext(context.WithoutCancel(r.Context()))
	r.Body = io.NopCloser(bytes.NewReader(body))
	made := httptest.NewRecorder()
	g.next.ServeHTTP(made, r)
	stop(carried)
	for name, values := range made.Header() {
		w.Header()[name] = values
	}
	answer := made.Body.Bytes()
	if made.Code != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	}
	w.WriteHeader(made.Code)
	send(w, answer[:len(answer)/2])
	stop(halfSent)
	send(w, answer[len(answer)/2:])
	stop(answered)
}

// send writes at once.
func send(w http.ResponseWriter, part []byte) {
	_, _ = w.Write(part) // the client may have been killed
	_ = http.NewResponseController(w).Flush()
}

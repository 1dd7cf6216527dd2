package campaign

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
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

// idleTime is for how long nothing must be under way: a request of a killed process may still
// be in the system's buffers.
const idleTime = 20 * time.Millisecond

// end waits until nothing is under way any more, and returns the methods of all
// exchanges since begin.
func (g *barrier) end() []string {
	for idle := time.Now(); time.Since(idle) < idleTime; {
		<-time.After(idleTime / 10)
		g.mu.Lock()
		if g.busy > 0 {
			idle = time.Now()
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
	reach := func(p phase) {
		if watch != nil {
			watch(r.Method, exchange, p)
		}
	}
	reach(arrived)
	r = r.WithContext(context.WithoutCancel(r.Context()))
	r.Body = io.NopCloser(bytes.NewReader(body))
	made := httptest.NewRecorder()
	g.next.ServeHTTP(made, r)
	reach(carried)
	for name, values := range made.Header() {
		w.Header()[name] = values
	}
	answer := made.Body.Bytes()
	if made.Code != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	}
	w.WriteHeader(made.Code)
	send(w, answer[:len(answer)/2])
	reach(halfSent)
	send(w, answer[len(answer)/2:])
	reach(answered)
}

// send writes at once.
func send(w http.ResponseWriter, part []byte) {
	_, _ = w.Write(part) // the client may have been killed
	_ = http.NewResponseController(w).Flush()
}

func TestBarrier(t *testing.T) {
	t.Parallel()
	var happened []string
	g := &barrier{next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		happened = append(happened, "made of "+string(body))
		w.Header().Set("X-Request-Id", "1")
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, "answer")
	})}
	server := httptest.NewServer(g)
	defer server.Close()
	g.begin(func(method string, exchange int, p phase) {
		happened = append(happened, fmt.Sprintf("%s %d %s", method, exchange, p))
	})
	answer, err := server.Client().Post(server.URL, "text/plain", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil || string(body) != "answer" || answer.StatusCode != http.StatusCreated || answer.Header.Get("X-Request-Id") != "1" {
		t.Errorf("the answer is %d %q, %v", answer.StatusCode, body, err)
	}
	_ = answer.Body.Close()
	if methods := g.end(); len(methods) != 1 || methods[0] != "POST" {
		t.Errorf("exchanges: %v", methods)
	}
	want := []string{"POST 1 when it arrives", "made of body", "POST 1 when it is carried out", "POST 1 in the middle of its answer", "POST 1 after its answer"}
	if got := strings.Join(happened, "; "); got != strings.Join(want, "; ") {
		t.Errorf("happened: %s", got)
	}
}

// TestBarrier_senderGone: a request that has arrived is carried out, though its sender is gone.
func TestBarrier_senderGone(t *testing.T) {
	t.Parallel()
	carried := false
	g := &barrier{next: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { carried = r.Context().Err() == nil })}
	server := httptest.NewServer(g)
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	g.begin(func(_ string, _ int, p phase) {
		if p == arrived {
			cancel()
			<-time.After(50 * time.Millisecond) // until the server has noticed
		}
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodDelete, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := server.Client().Do(request); err == nil {
		_ = answer.Body.Close()
		t.Error("the sender got an answer")
	}
	if g.end(); !carried {
		t.Error("the request was not carried out, or felt that its sender is gone")
	}
}

package deadline

import (
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// trouble is what a service does instead of answering, for ever.
type trouble struct {
	name  string
	serve http.HandlerFunc
}

var troubles = []trouble{
	{"429, come back in an hour", refusal(http.StatusTooManyRequests, "3600", 0)},
	{"429, come back on a date", func(w http.ResponseWriter, r *http.Request) {
		refusal(http.StatusTooManyRequests, time.Now().Add(time.Hour).UTC().Format(http.TimeFormat), 0)(w, r)
	}},
	{"429, come back at once", refusal(http.StatusTooManyRequests, "0", 0)},
	{"503, come back in an hour", refusal(http.StatusServiceUnavailable, "3600", 0)},
	{"503 after nearly a second, come back in one", refusal(http.StatusServiceUnavailable, "1", 900*time.Millisecond)},
	{"no answer", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
	{"an answer without end", func(w http.ResponseWriter, r *http.Request) {
		begin(w)
		<-r.Context().Done()
	}},
	{"an answer by the drop", func(w http.ResponseWriter, r *http.Request) {
		begin(w)
		for drop := time.NewTicker(50 * time.Millisecond); ; {
			select {
			case <-r.Context().Done():
				drop.Stop()
				return
			case <-drop.C:
				send(w, " ")
			}
		}
	}},
}

// refusal is a status with a Retry-After, given after a while.
func refusal(status int, retryAfter string, after time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(after):
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", retryAfter)
		w.WriteHeader(status)
		send(w, `{"detail": "not now"}`)
	}
}

// begin begins an answer that looks good.
func begin(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(1<<20))
	w.WriteHeader(http.StatusOK)
	send(w, "[")
}

func send(w http.ResponseWriter, text string) {
	_, _ = w.Write([]byte(text)) // the client may have hung up
	_ = http.NewResponseController(w).Flush()
}

// troubled is a simulator that has trouble once it is switched on.
type troubled struct {
	next    http.Handler
	trouble trouble
	on      atomic.Bool
}

// ServeHTTP implements http.Handler.
func (t *troubled) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if t.on.Load() {
		t.trouble.serve(w, r)
		return
	}
	t.next.ServeHTTP(w, r)
}

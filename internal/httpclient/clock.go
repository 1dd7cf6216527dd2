package httpclient

import (
	"net/http"
	"sync"
	"time"
)

const (
	// clockNoise is how far a Date header may be off without meaning anything:
	// it has whole seconds, and the answer took time to travel.
	clockNoise = 1500 * time.Millisecond
	// promptAnswer is how long an answer may take and still show the time well;
	// half of it is the error.
	promptAnswer = 2 * time.Second
)

// clock estimates how far the server's clock is from the local one.
type clock struct {
	mu      sync.Mutex
	offset  time.Duration
	took    time.Duration // how long the answer took that offset is from
	learned bool
}

// learn takes the offset from an answer's Date header, compared to the middle
// between sending and receiving. A slow answer is imprecise, so it replaces only
// a slower one; a cached one is ignored.
func (k *clock) learn(h http.Header, began, ended time.Time) {
	date, err := http.ParseTime(h.Get("Date"))
	if age := h.Get("Age"); err != nil || age != "" && age != "0" {
		return
	}
	took := ended.Sub(began)
	offset := date.Sub(began.Add(took / 2))
	if offset.Abs() <= clockNoise {
		offset = 0
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.learned && took > max(promptAnswer, k.took) {
		return
	}
	k.offset, k.took, k.learned = offset, took, true
}

// Now is the server's clock, estimated from the Date headers of answers to about a
// second, or to [Client.ClockError]; before the first answer it is the local clock.
func (c *Client) Now() time.Time {
	c.clock.mu.Lock()
	defer c.clock.mu.Unlock()
	return c.cfg.Now().Add(c.clock.offset)
}

// ClockError is how far Now may be off because only slow answers have come: the server
// may have set Date at their beginning or at their end. It is 0 after a prompt one.
func (c *Client) ClockError() time.Duration {
	c.clock.mu.Lock()
	defer c.clock.mu.Unlock()
	if c.clock.took <= promptAnswer {
		return 0
	}
	return c.clock.took / 2
}

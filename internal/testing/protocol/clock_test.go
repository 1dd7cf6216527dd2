package protocol

import (
	"testing"
	"time"
)

// TestClock_Timeout: a timeout ends when the clock is moved past it, and only then.
func TestClock_Timeout(t *testing.T) {
	t.Parallel()
	c := NewClock()
	short, endShort := c.Timeout(t.Context(), time.Second)
	long, endLong := c.Timeout(t.Context(), time.Minute)
	defer endLong()
	c.Advance(time.Second - 1)
	if short.Err() != nil {
		t.Error("the timeout ended early")
	}
	c.Advance(1)
	if short.Err() == nil || long.Err() != nil {
		t.Errorf("after a second: %v, %v", short.Err(), long.Err())
	}
	endShort()
	if len(c.timeouts) != 1 {
		t.Errorf("%d timeouts remain", len(c.timeouts))
	}
}

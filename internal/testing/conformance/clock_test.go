package conformance

import (
	"testing"
	"time"
)

// TestClock_Timeout: time limits pass when the clock is moved, and only then.
func TestClock_Timeout(t *testing.T) {
	t.Parallel()
	c := NewClock()
	short, endShort := c.Timeout(t.Context(), time.Second)
	long, endLong := c.Timeout(t.Context(), time.Minute)
	defer endLong()
	c.Advance(time.Second - 1)
	if short.Err() != nil {
		t.Error("it ends before its time")
	}
	c.Advance(1)
	if short.Err() == nil || long.Err() != nil {
		t.Errorf("after a second: %v, %v", short.Err(), long.Err())
	}
	endShort()
	if len(c.alarms) != 1 {
		t.Errorf("%d alarms are kept", len(c.alarms))
	}
}

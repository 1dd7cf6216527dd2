package httpclient

import (
	"net/http"
	"net/url"
	"testing"
	"time"
)

func TestServersClock(t *testing.T) {
	date := func(at time.Time) http.Header { return http.Header{"Date": {at.UTC().Format(http.TimeFormat)}} }
	start := time.Date(2026, 2, 13, 10, 0, 0, 0, time.UTC)
	c := New(Config{BaseURL: &url.URL{}, Now: func() time.Time { return start }})
	want := func(what string, offset time.Duration) {
		t.Helper()
		if got := c.Now().Sub(start); got != offset {
			t.Errorf("%s: offset %v, want %v", what, got, offset)
		}
	}
	clockError := func(want time.Duration) {
		t.Helper()
		if got := c.ClockError(); got != want {
			t.Errorf("clockError %v, want %v", got, want)
		}
	}
	clockError(0)
	want("before any answer", 0)
	c.clock.learn(date(start.Add(time.Hour)), start, start.Add(8*time.Second))
	want("a slow answer is better than none", time.Hour-4*time.Second)
	clockError(4 * time.Second)
	c.clock.learn(date(start.Add(time.Hour)), start, start)
	want("a prompt one is better", time.Hour)
	clockError(0)
	c.clock.learn(date(start.Add(2*time.Hour)), start, start.Add(9*time.Second))
	want("and not replaced by a slow one", time.Hour)
	c.clock.learn(http.Header{}, start, start)
	c.clock.learn(http.Header{"Date": {"yesterday"}}, start, start)
	want("no date", time.Hour)
	cached := date(start)
	cached.Set("Age", "3600")
	c.clock.learn(cached, start, start)
	want("a cached answer", time.Hour)
	c.clock.learn(date(start.Add(-90*time.Minute)), start, start)
	want("behind", -90*time.Minute)
	c.clock.learn(date(start.Add(time.Second)), start, start)
	want("a second is noise", 0)

	// End to end, also from an answer that is an error.
	srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", start.Add(24*time.Hour).Format(http.TimeFormat))
		w.WriteHeader(http.StatusNotFound)
	})
	d, _ := newTestClient(t, srv.URL, func(cfg *Config) { cfg.Now = func() time.Time { return start } })
	resp, err := send(t.Context(), d, http.MethodGet, "/", "", Call{})
	wantStatus(t, resp, err, 404)
	if got := d.Now(); !got.Equal(start.Add(24 * time.Hour)) {
		t.Errorf("clock %v", got)
	}
}

// at is a time by seconds.
func at(seconds float64) time.Time {
	return time.Date(2026, 2, 13, 10, 0, 0, 0, time.UTC).Add(time.Duration(seconds * float64(time.Second)))
}

func TestServersClockLimits(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name          string
		first, second time.Duration // how long the answers took
		off, want     time.Duration
	}{
		{name: "noise", off: clockNoise},
		{name: "more than noise", off: clockNoise + 500*time.Millisecond, want: clockNoise + 500*time.Millisecond},
		{name: "as prompt as can be expected", second: 2 * time.Second, off: time.Hour, want: time.Hour - time.Second},
		{name: "slower", second: 2001 * time.Millisecond, off: time.Hour, want: -time.Hour},
		{name: "as slow as the one before", first: 9 * time.Second, second: 9 * time.Second, off: time.Hour, want: time.Hour - 4500*time.Millisecond},
	} {
		var k clock
		date := func(d time.Time) http.Header { return http.Header{"Date": {d.Format(http.TimeFormat)}} }
		k.learn(date(at(-3600)), at(0).Add(-tc.first/2), at(0).Add(tc.first/2))
		began := at(0).Add(-(tc.off % time.Second)) // dates have no fractions
		k.learn(date(began.Add(tc.off)), began, began.Add(tc.second))
		if k.offset != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, k.offset, tc.want)
		}
	}
}

package httpclient

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// at is a time by seconds.
func at(seconds float64) time.Time {
	return time.Date(2026, 2, 13, 10, 0, 0, 0, time.UTC).Add(time.Duration(seconds * float64(time.Second)))
}

func TestTally(t *testing.T) {
	t.Parallel()
	var y tally
	y.begin(at(0))
	for _, now := range []float64{1, 2, 30} { // 30: not yet the next half window
		y.add(at(now))
	}
	if y.total != 3 || y.recent != 3 || !y.since.Equal(at(0)) {
		t.Errorf("after 30 s: %+v", y)
	}
	y.add(at(30.001))
	if y.total != 4 || y.recent != 1 || !y.since.Equal(at(0)) || !y.middle.Equal(at(30.001)) {
		t.Errorf("in the second half: %+v", y)
	}
	y.add(at(61))
	if y.total != 2 || y.recent != 1 || !y.since.Equal(at(30.001)) || !y.middle.Equal(at(61)) {
		t.Errorf("in the next window: %+v", y)
	}
	for now, want := range map[float64]bool{60.999: true, 61: false, 63: false, 63.001: true} {
		if got := y.idle(at(now), 2*time.Second); got != want {
			t.Errorf("idle at %v s: %t", now, got)
		}
	}
}

func TestSpeedLearn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		before   speed
		total    float64
		anchored bool
		span     time.Duration
		doubt    time.Duration
		want     speed
	}{
		{name: "no time", total: 99, anchored: true, span: time.Second, doubt: time.Second},
		{name: "less than none", total: 99, anchored: true, span: time.Second, doubt: 2 * time.Second},
		{name: "too few", total: enough - 1, span: time.Second, want: speed{}},
		{name: "enough", total: enough, span: time.Second, want: speed{rate: enough + 1}},
		{name: "few, but between pauses", total: 1, anchored: true, span: time.Second, want: speed{rate: 2, sure: true}},
		{name: "doubt", total: 99, anchored: true, span: 12 * time.Second, doubt: 2 * time.Second, want: speed{rate: 10, sure: true}},
		{name: "much slower, at once", before: speed{rate: 8, ran: enough, sure: true}, total: 1, anchored: true, span: time.Second, want: speed{rate: 2, ran: enough, sure: true}},
		{name: "an echo", before: speed{rate: 8, ran: enough - 1, sure: true}, total: 1, anchored: true, span: time.Second, want: speed{rate: 6, ran: enough - 1}},
		{name: "an echo of the same", before: speed{rate: 8, sure: true}, total: 5, anchored: true, span: time.Second, want: speed{rate: 6, sure: true}},
		{name: "unsure before", before: speed{rate: 8}, total: 0, anchored: true, span: time.Second, want: speed{rate: 2}},
		{name: "unsure before, as low as it may", before: speed{rate: 8}, total: 1, anchored: true, span: time.Second, want: speed{rate: 2, sure: true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := tc.before
			s.learn(&tally{total: tc.total, anchored: tc.anchored, since: at(0)}, at(0).Add(tc.span), tc.doubt)
			if s != tc.want {
				t.Errorf("%+v, want %+v", s, tc.want)
			}
		})
	}
}

func TestSpeed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		speed    speed
		interval time.Duration
		width    int
		full     bool
	}{
		{speed: speed{}, width: 1},
		{speed: speed{rate: 1, sure: true}, interval: 1052631578, width: 1},
		{speed: speed{rate: 1, sure: true, calm: 2}, interval: 1049383571, width: 1},
		{speed: speed{rate: 1, sure: true, calm: 3}, interval: 1047815652, width: maxIdlePerHost},
		{speed: speed{rate: 1, sure: true, calm: cycle}, interval: time.Second, width: maxIdlePerHost},
		{speed: speed{rate: 1, sure: true, calm: 2 * cycle}, interval: 952380952, width: maxIdlePerHost},
		{speed: speed{rate: 1, sure: true, calm: 3 * cycle}, interval: 714285714, width: maxIdlePerHost},
		{speed: speed{rate: 1}, interval: 1052631578, width: 1},
		{speed: speed{rate: 1, calm: 19}, interval: 1000691678, width: 1},
		{speed: speed{rate: 1, calm: cycle / 4}, interval: time.Second, width: 2},
		{speed: speed{rate: 1, calm: cycle / 2}, interval: 952380952, width: 3},
		{speed: speed{rate: 500, sure: true, calm: cycle}, interval: minInterval, width: maxIdlePerHost},
		{speed: speed{rate: 501, sure: true, calm: cycle}, interval: 1996007, width: maxIdlePerHost, full: true},
		{speed: speed{calm: widening*(maxIdlePerHost-1) + widening - 1}, width: maxIdlePerHost},
		{speed: speed{calm: widening * maxIdlePerHost}, width: maxIdlePerHost + 1, full: true},
	} {
		s := tc.speed
		if got := s.interval(); got != tc.interval {
			t.Errorf("%+v: every %d ns, want %d ns", s, got, tc.interval)
		}
		if got := s.width(); got != tc.width {
			t.Errorf("%+v: %d under way at once, want %d", s, got, tc.width)
		}
		if got := s.full(); got != tc.full {
			t.Errorf("%+v: full is %t", s, got)
		}
	}
}

// How long a pause is: what the service asks for, the first time; then longer.
func TestPaceRefuse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name        string
		row         int
		since       float64 // seconds since the first refusal in a row
		asked       time.Duration
		lastTry     bool
		want, doubt time.Duration
	}{
		{name: "does not say", want: firstPause, doubt: firstPause / 2},
		{name: "says", asked: time.Second, want: time.Second},
		{name: "again, does not say", row: 1, want: 2 * firstPause, doubt: firstPause},
		{name: "again, says little", row: 1, asked: time.Second, want: firstPause, doubt: firstPause / 2},
		{name: "again, says much", row: 1, asked: 30 * time.Second, want: 30 * time.Second},
		{name: "the last try is not wasted", row: 1, since: 10, lastTry: true, want: 50 * time.Second, doubt: 25 * time.Second},
		{name: "the last try, asked the first time", asked: time.Second, lastTry: true, want: time.Second},
		{name: "at most a minute", row: 8, want: MaxRetryAfter, doubt: MaxRetryAfter / 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := newPace()
			p.row, p.closed, p.speed.calm = tc.row, at(0), 7
			if got := p.refuse(at(tc.since), tc.asked, tc.lastTry); got != tc.want || p.doubt != tc.doubt {
				t.Errorf("a pause of %s, in doubt by %s; want %s and %s", got, p.doubt, tc.want, tc.doubt)
			}
			if p.row != min(tc.row+1, 8) || p.epoch != 1 || !p.limited {
				t.Errorf("%+v", p)
			}
			if first := tc.row == 0; first != (p.speed.calm == 0) || first != (p.speed.ran == 7) {
				t.Errorf("first %t: %+v", first, p.speed)
			}
		})
	}
}

// Several processes come back over a quarter of the pause, a second at most. Who
// leaves gives the turn on, unless as many are under way as may be.
func TestPaceSpread(t *testing.T) {
	t.Parallel()
	for asked, want := range map[time.Duration]time.Duration{2 * time.Second: 500 * time.Millisecond, 4 * time.Second: time.Second, time.Minute: time.Second} {
		p := newPace()
		spread := time.Duration(0)
		cfg := Config{Now: func() time.Time { return at(0) }, Jitter: func(d time.Duration) time.Duration { spread = d; return d }}
		if !p.answered(leave{}, verdict{refused: true, asked: asked}, false, cfg) {
			t.Error("the first refusal is no news")
		}
		if spread != want || !p.next.Equal(at(0).Add(asked+want)) {
			t.Errorf("after %s over %s, at %s; want over %s", asked, spread, p.next, want)
		}
	}
	p := newPace()
	p.limited, p.speed = true, speed{calm: 2 * widening} // three at once
	for i := 1; i <= 3; i++ {
		if !p.turn.TryAcquire(1) {
			t.Fatalf("request %d finds no turn", i)
		}
		if l := p.depart(at(0)); l.turn != (i == 3) || !l.paced {
			t.Errorf("request %d of 3: %+v", i, l)
		}
	}
	if p.turn.TryAcquire(1) {
		t.Error("a fourth request has the turn")
	}
}

// A count goes on over waits that the pace itself asks for, and begins anew when
// nobody came for longer.
func TestPaceResume(t *testing.T) {
	t.Parallel()
	for now, anew := range map[float64]bool{0.5: false, 2: false, 2.001: true} {
		p := newPace()
		p.speed = speed{rate: 1, sure: true, calm: cycle} // one a second
		p.grants.begin(at(0))
		p.grants.add(at(0))
		p.resume(at(now))
		if got := p.grants.total == 0; got != anew {
			t.Errorf("after %v s the count begins anew: %t", now, got)
		}
	}
}

// A request whose time has come does not sleep, and one whose time comes with its
// deadline is not waited for.
func TestPaceAtTheMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace()
		p.limited, p.next, p.gap = true, time.Now(), time.Minute
		cfg := Config{Now: time.Now, Sleep: func(context.Context, time.Duration) error { return errors.New("a request waits") }}
		l, err := p.enter(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		p.answered(l, verdict{}, false, cfg)
		for _, tc := range []struct {
			late time.Duration
			want string
		}{{0, "may leave in 30s"}, {1, "a request waits"}} {
			p.next, p.gap = time.Now().Add(30*time.Second), time.Minute
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second+tc.late)
			defer cancel()
			if _, err := p.enter(ctx, cfg); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s after the wait: %v; want %q", tc.late, err, tc.want)
			}
		}
	})
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

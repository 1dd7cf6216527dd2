package httpclient

import "time"

const (
	// limitWindow is the window of the limits that are reckoned with: the services
	// tell theirs per minute (docs.pioneer.ai; Expunct's API documentation, "100 to
	// 1,000 requests a minute by plan").
	limitWindow = time.Minute
	// quiet is for how long nobody may come until the count begins anew.
	quiet = time.Second
	// enough is how many grants make a rate.
	enough = 20
	// cycle is how many grants it takes to come back to the rate at which the
	// limit was met, and caution how far below it the way begins. A rate that one
	// pause has told, and not two, is left four times as soon.
	cycle, caution = 100, 0.05
	// probes is how many requests go alone after a pause; after each further
	// widening grants one more may be under way, as long as the rate is unsure.
	probes, widening = 3, 20
	// minInterval is the distance between requests that is worth no wait.
	minInterval = 2 * time.Millisecond
)

// tally counts the requests that were granted, over the last half to whole
// limitWindow. Older ones would tell of a pace that is no more.
type tally struct {
	total, recent float64   // of the requests in total, recent came since middle
	since, middle time.Time // when total and recent begin
	latest        time.Time // the latest grant
	anchored      bool      // it began at the end of a pause
}

func (t *tally) begin(now time.Time) { *t = tally{since: now, middle: now, latest: now} }

// idle reports whether nothing was granted for longer than d, or the clock was
// set back.
func (t *tally) idle(now time.Time, d time.Duration) bool {
	since := now.Sub(t.latest)
	return since < 0 || since > d
}

func (t *tally) add(now time.Time) {
	if now.Sub(t.middle) > limitWindow/2 {
		t.total, t.since, t.recent, t.middle = t.recent, t.middle, 0, now
	}
	t.total++
	t.recent++
	t.latest = now
}

// speed is how fast requests may leave. After a pause it follows a cubic curve
// over grants, like the window of TCP CUBIC over time (RFC 9438): a little below
// the rate at which the limit was met, long near it, then ever faster, so that a
// limit that was raised or lifted is soon left behind. That it runs over grants
// bounds the share of requests that are refused, however low the limit is.
type speed struct {
	rate float64 // requests a second that the service grants; 0 is not known
	sure bool    // the time from the end of one pause to that of another has told it
	calm int     // grants since the latest pause
	ran  int     // grants between the two latest
}

// learn takes the rate from the grants up to the end of a pause, which is now and
// may have lasted too long by doubt. Without a pause before it, few grants tell
// nothing: somebody else may have had the others.
func (s *speed) learn(t *tally, now time.Time, doubt time.Duration) {
	span := now.Sub(t.since) - doubt
	if span <= 0 || t.total < enough && !t.anchored {
		return
	}
	// One more than was counted: what is too high is put right by the next
	// refusal, what is too low only by many grants.
	rate := (t.total + 1) / span.Seconds()
	least := 0.0
	switch {
	case s.ran >= enough:
	case s.sure: // an echo: a sliding window gives back in the rhythm in which it was filled
		least = s.rate * 3 / 4
	default:
		least = s.rate / 4
	}
	s.rate, s.sure = max(rate, least), t.anchored && rate >= least
}

// interval is the distance from one request to the next.
func (s *speed) interval() time.Duration {
	if s.rate == 0 {
		return 0
	}
	grants := cycle
	if !s.sure {
		grants /= 4
	}
	u := float64(s.calm)/float64(grants) - 1
	return time.Duration(float64(time.Second) / (s.rate * (1 + caution*u*u*u)))
}

// width is how many requests may be under way at once. A burst that ends in a
// refusal takes all of them with it.
func (s *speed) width() int {
	switch {
	case s.calm < probes:
		return 1
	case !s.sure:
		return 1 + s.calm/widening
	}
	return maxIdlePerHost
}

// full reports whether nothing is gained by pacing any more.
func (s *speed) full() bool {
	return s.rate > 0 && s.interval() < minInterval || s.width() > maxIdlePerHost
}

package httpclient

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// firstPause is the pause after a 429 without Retry-After. Each further refusal in
	// a row doubles it: four of them are longer than a minute, the usual window.
	firstPause = 5 * time.Second
	// restartSpread is over how long several processes resume after a pause.
	restartSpread = time.Second
	// startBelow is where the rate starts after a refusal, as a share of what was
	// granted before it.
	startBelow = 0.9
	// growth is how much of that start each granted request adds.
	growth = 1.0 / 500
	// enoughGrants is how many granted requests make a rate. With fewer the rate is
	// halved, or unknownRate where there was none.
	enoughGrants = 20
	unknownRate  = 2.0 // requests a second
	lowestRate   = 0.2
	// longBreak without a request ends a count: what nobody asked for says nothing
	// about what would have been granted.
	longBreak = 10 * time.Second
)

// limiter slows the requests of a client down once the service has answered 429.
// First all of them pause, for as long as the service asks. Then they leave one after
// the other, in the order in which they came, at a rate a little below the one that was
// granted before. The rate grows with each granted request. When it has doubled without
// another refusal, the limit counts as gone and requests leave at once again.
type limiter struct {
	mu    sync.Mutex
	rate  float64 // requests a second; 0 while no limit is known
	start float64 // rate after the latest refusal

	waiting    int       // requests
	head, tail int       // numbers of the first in the queue and of the next to join it
	next       time.Time // when the first may leave

	pauses   int       // how many there were; a request remembers the number at which it left
	refusals int       // in a row
	granted  int       // requests since the time in since
	since    time.Time // when counting began: at the first grant after the latest pause
	latest   time.Time // the latest granted request
}

// wait returns when the request may leave, with the number of pauses so far, for
// [limiter.answered]. It fails at once if that would be after ctx's deadline.
func (l *limiter) wait(ctx context.Context, cfg Config) (pauses int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := ctx.Err(); err != nil || l.rate == 0 {
		return l.pauses, err
	}
	if l.waiting == 0 {
		l.head, l.next = l.tail, later(l.next, cfg.Now())
	}
	number := l.tail
	l.tail++
	l.waiting++
	defer func() {
		if l.waiting--; err != nil && number == l.tail-1 {
			l.tail--
		}
	}()
	for {
		now := cfg.Now()
		wait := l.next.Sub(now) + time.Duration(number-l.head)*l.interval()
		if wait <= 0 || l.rate == 0 {
			l.head, l.next = number+1, now.Add(l.interval())
			return l.pauses, nil
		}
		if end, ok := ctx.Deadline(); ok && time.Until(end) <= wait {
			return 0, &TransportError{Kind: KindRateLimit, text: fmt.Sprintf(
				"the service limits requests: this one could be sent in %s, after the operation's own time limit", wait.Round(time.Second))}
		}
		l.mu.Unlock()
		err := cfg.Sleep(ctx, wait) // a pause may begin meanwhile
		l.mu.Lock()
		if err != nil {
			return 0, err
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (l *limiter) interval() time.Duration {
	if l.rate == 0 {
		return 0
	}
	return time.Duration(float64(time.Second) / l.rate)
}

// answered takes the answer to a request that left after so many pauses; asked is the
// pause that a refusal asks for. It reports whether a refusal is news: requests that
// were under way when the limit was met are refused together.
func (l *limiter) answered(pauses int, granted, refused bool, asked time.Duration, cfg Config) (news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := cfg.Now()
	news = pauses == l.pauses
	switch {
	case granted:
		l.grant(now, news)
	case refused && news:
		l.pause(now, asked, cfg.Jitter)
	case refused && asked > 0:
		l.next = later(l.next, now.Add(asked))
	}
	return news
}

// grant counts a granted request.
func (l *limiter) grant(now time.Time, news bool) {
	if news && l.refusals > 0 || l.refusals == 0 && now.Sub(l.latest) > longBreak {
		l.refusals, l.granted, l.since = 0, 0, now
	}
	l.granted++
	l.latest = now
	if l.rate == 0 || !news {
		return
	}
	if l.rate += l.start * growth; l.rate >= 2*l.start {
		l.rate = 0
	}
}

// pause begins a pause, or a longer one if the latest was too short, and chooses the
// rate after it.
func (l *limiter) pause(now time.Time, asked time.Duration, jitter func(time.Duration) time.Duration) {
	pause := asked
	if asked == 0 || l.refusals > 0 {
		// The service was believed once.
		pause = max(asked, min(firstPause<<l.refusals, MaxRetryAfter))
	}
	l.next = now.Add(pause + jitter(min(restartSpread, pause/4)))
	switch {
	case l.granted >= enoughGrants:
		// The pause counts too: the service's own count is then where it was at the
		// end of the pause before.
		l.rate = startBelow * float64(l.granted) / l.next.Sub(l.since).Seconds()
	case l.refusals > 0: // nothing new is known
	case l.rate > 0:
		l.rate /= 2
	default:
		l.rate = unknownRate
	}
	l.rate = max(l.rate, lowestRate)
	l.start = l.rate
	l.refusals = min(l.refusals+1, 8)
	l.pauses++
}

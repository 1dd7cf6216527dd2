package httpclient

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// firstPause is how long requests hold back after a refusal that does not say
	// how long; each further refusal in a row doubles it.
	firstPause = 4 * time.Second
	// releaseSpread is over how long several processes come back after a pause.
	releaseSpread = time.Second
)

// pace is how fast the requests of a client leave: as they come, until the
// service answers 429. Then all hold back together, for as long as the service
// asks; one goes ahead; and once that is granted the others follow one by one, in
// the order in which they came, at the rate that the service has shown to grant.
//
// That rate is what was granted from the end of one pause to the end of another,
// divided by that time. No header tells it, and it is right for every kind of
// limiter (fixed and sliding windows, token buckets), because the limiter's store
// of permissions is in the same state at both ends. The requests are spaced
// evenly: it is the one pattern that suits all kinds.
type pace struct {
	turn *semaphore.Weighted // held by who leaves next; first come, first served

	mu      sync.Mutex
	limited bool // else everything leaves at once
	// epoch counts pauses. The answer to a request that left before the latest
	// one is no news.
	epoch int
	next  time.Time     // nothing leaves before
	gap   time.Duration // no wait for next is longer, however the clock jumps

	row    int           // refusals in a row
	closed time.Time     // when the first of them came
	doubt  time.Duration // how much too long the latest pause may have been

	grants tally
	speed  speed
	out    int // paced requests under way
}

// leave is a permission to send one request.
type leave struct {
	epoch int
	paced bool
	turn  bool // it keeps the turn until it is given back
}

// noTurn is the error of a wait that the caller's deadline ends, or would end.
type noTurn struct{ text string }

func (e *noTurn) Error() string { return e.text }

// ended is the error of a wait.
func ended(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return &noTurn{"others were waiting before it"}
	}
	return err
}

func newPace() *pace { return &pace{turn: semaphore.NewWeighted(1)} }

// enter waits for the caller's turn. It fails at once where the wait would
// outlast the context. Who gets leave has to give it back by answered.
func (p *pace) enter(ctx context.Context, cfg Config) (leave, error) {
	if err := ctx.Err(); err != nil {
		return leave{}, err
	}
	p.mu.Lock()
	l, free := leave{epoch: p.epoch}, !p.limited
	if free {
		p.resume(cfg.Now())
	}
	p.mu.Unlock()
	if free {
		return l, nil
	}
	if err := p.turn.Acquire(ctx, 1); err != nil {
		return leave{}, ended(err)
	}
	for slept := (time.Time{}); ; {
		p.mu.Lock()
		now := cfg.Now()
		next, wait := p.next, min(p.next.Sub(now), p.gap)
		if wait <= 0 || next.Equal(slept) {
			defer p.mu.Unlock()
			return p.depart(now), nil
		}
		p.mu.Unlock()
		err := error(&noTurn{fmt.Sprintf("the next request may leave in %s", wait.Round(time.Second))})
		if end, ends := ctx.Deadline(); !ends || time.Until(end) > wait {
			err = ended(cfg.Sleep(ctx, wait))
		}
		if err != nil {
			p.turn.Release(1)
			return leave{}, err
		}
		slept = next // and not the clock, which may have been set back
	}
}

// resume begins to count anew when nobody has come for a while: that nothing was
// granted then tells nothing. p.mu is held.
func (p *pace) resume(now time.Time) {
	if p.row == 0 && p.grants.idle(now, quiet+p.speed.interval()) {
		p.grants.begin(now)
	}
}

// depart lets the head of the queue go. p.mu is held.
func (p *pace) depart(now time.Time) leave {
	p.resume(now)
	p.gap = p.speed.interval()
	p.next = now.Add(p.gap)
	p.out++
	l := leave{epoch: p.epoch, paced: true, turn: p.out >= p.speed.width()}
	if !l.turn {
		p.turn.Release(1)
	}
	return l
}

// verdict is what an answer says of the limit; the zero value says nothing.
type verdict struct {
	granted bool
	refused bool          // with a 429 that clears by itself
	asked   time.Duration // how long it asks to wait; 0 when it does not say
}

// answered gives leave back. lastTry is that of a request which may be repeated
// only once more. It reports whether a refusal is news, rather than one more of a
// crowd that was under way when the limit was met.
func (p *pace) answered(l leave, v verdict, lastTry bool, cfg Config) (news bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := cfg.Now()
	if l.paced {
		p.out--
	}
	if l.turn {
		defer p.turn.Release(1)
	}
	news = l.epoch == p.epoch
	switch {
	case v.granted:
		p.grant(now, news)
	case v.refused:
		pause := v.asked
		if news {
			pause = p.refuse(now, v.asked, lastTry)
		}
		pause += cfg.Jitter(min(releaseSpread, pause/4))
		if end := now.Add(pause); end.After(p.next) {
			p.next, p.gap = end, pause
		}
	}
	return news
}

// refuse begins a pause, or another one, and returns how long it is. What the
// service asks for is believed once: a refusal right after says that it was too
// short. p.mu is held.
func (p *pace) refuse(now time.Time, asked time.Duration, lastTry bool) time.Duration {
	if p.row == 0 {
		p.closed = now
		p.speed.ran, p.speed.calm = p.speed.calm, 0
	}
	pause := asked
	if asked == 0 || p.row > 0 {
		pause = firstPause << p.row
		if asked > 0 {
			pause = max(asked, pause/2)
		}
		if lastTry {
			// Not to be wasted while the window lasts in which the limit was met.
			pause = max(pause, limitWindow-now.Sub(p.closed))
		}
		pause = min(pause, MaxRetryAfter)
	}
	p.doubt = 0
	if pause > asked {
		p.doubt = pause / 2
	}
	p.row = min(p.row+1, 8)
	p.epoch++
	p.limited = true
	return pause
}

// grant counts a request that the service has taken. p.mu is held.
func (p *pace) grant(now time.Time, news bool) {
	if p.row > 0 && news {
		p.row = 0
		// A pause of several windows tells of a limit that is counted otherwise, or
		// of a clock that was set.
		known := !p.grants.idle(now, 3*limitWindow)
		if known {
			p.speed.learn(&p.grants, now, p.doubt)
		}
		if !known || !p.grants.anchored {
			p.grants.begin(now)
			p.grants.anchored = true
		}
	}
	p.grants.add(now)
	if !p.limited || !news {
		return
	}
	if p.speed.calm++; p.speed.full() {
		p.limited, p.speed, p.grants = false, speed{}, tally{}
	}
}

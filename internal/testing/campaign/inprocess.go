package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"runtime"
	"sync"

	"filippo.io/age"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// furthest is the exchange after which a series ends in any case. No operation
// undisturbed needs nearly as many.
const furthest = 60

// scenario is everything that decides how a run goes.
type scenario struct {
	service     simulators.Service
	operation   operation
	disturbance disturbance
	// exchange is the one that is disturbed, 1 for the first.
	exchange int
	stage    conditions
}

func (p scenario) String() string {
	s := fmt.Sprintf("%s: %s: %s at exchange %d", p.service.Key.Name, p.operation.name, p.disturbance.name, p.exchange)
	if p.disturbance.gap > 0 {
		s += fmt.Sprintf(" and %d later", p.disturbance.gap)
	}
	if p.stage.name != "" {
		s += " (" + p.stage.name + ")"
	}
	return s
}

// series is a plot with each exchange disturbed in turn, until a run is clean.
type series scenario

// plan lists series: a share of all that there could be, the same each time.
func plan(all []simulators.Service, ops []operation, disturbances []disturbance, stages []conditions, share float64) []series {
	var list []series
	for _, s := range all {
		for _, op := range ops {
			if op.fits != nil && !op.fits(s) {
				continue
			}
			for _, st := range stages {
				if st.fits != nil && !st.fits(s, op) {
					continue
				}
				for _, d := range disturbances {
					if d.fits != nil && !d.fits(s, op) {
						continue
					}
					one := series{service: s, operation: op, disturbance: d, stage: st}
					if pick(scenario(one), share) {
						list = append(list, one)
					}
				}
			}
		}
	}
	return list
}

// pick decides by hash, so that a sample is spread and the same each time.
func pick(p scenario, share float64) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(p.String())) // never fails
	return float64(h.Sum32()%1000) < share*1000
}

// play runs series side by side and calls report with each outcome, one at a time.
// It ends early when ctx does.
func play(ctx context.Context, reader *age.X25519Identity, list []series, report func(outcome)) {
	var mu sync.Mutex
	var running sync.WaitGroup
	work := func(jobs <-chan series) {
		for s := range jobs {
			for s.exchange = 1; s.exchange <= furthest && ctx.Err() == nil; s.exchange++ {
				o := scenario(s).run(reader)
				mu.Lock()
				report(o)
				mu.Unlock()
				if !o.hit || s.disturbance.standing {
					break
				}
			}
		}
	}
	jobs := make(chan series)
	for range runtime.GOMAXPROCS(0) {
		running.Go(func() { work(jobs) })
	}
	for _, s := range list {
		jobs <- s
	}
	close(jobs)
	running.Wait()
}

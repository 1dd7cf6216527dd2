package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// row is one line of the table.
type row struct {
	what, target, measured string
	met                    bool
	// timed rows depend on what else the machine does.
	timed bool
	// rows without a target are there for comparison.
	aside bool
}

// report is everything that is told in the end.
type report struct {
	rows     []row
	curves   []curve
	details  []string // table of all readings, in Markdown
	began    time.Time
	took     time.Duration
	versions []string
	command  string
	note     string
}

// The targets.
const (
	maxListings   = 2.0 // bytes of a plan, in listings
	maxPlan       = 0.6 // of the reference
	maxCreate     = 0.8
	maxDestroy    = 1.0
	maxStart      = 1.0
	maxSlowPlan   = time.Second
	maxSlowCreate = 1.3 // of what latency alone would take
	maxGrowth     = 1.3
	maxMemory     = 120 << 20
	maxFew        = 2 // requests for one key among many, at a service that can be asked for it
)

// report compares what was measured with the targets.
func (b *bench) report(began time.Time) report {
	b.rows = nil
	b.reportRequests()
	b.reportTimes()
	b.reportLatency()
	b.reportGrowth()
	b.reportCrowd()
	command := "make bench"
	if b.keys != 1000 || b.rounds != 3 || b.parallelism != 10 {
		command = fmt.Sprintf("go run ./internal/testing/bench -n %d -rounds %d -parallelism %d", b.keys, b.rounds, b.parallelism)
	}
	r := report{
		rows: b.rows, curves: b.curves, began: began, took: time.Since(began).Round(time.Second),
		versions: b.versions, command: command, details: b.readings.table(),
	}
	if !b.reference {
		r.note = "time_static is not there: " + b.note
	}
	return r
}

func (b *bench) add(timed, met bool, what, target, measured string) {
	b.rows = append(b.rows, row{what: what, target: target, measured: measured, met: met, timed: timed})
}

// reportRequests is about what services see of n keys.
func (b *bench) reportRequests() {
	n := b.keys
	for _, s := range services {
		for _, op := range []struct {
			name  string
			limit int
		}{{opPlan, s.pages(n)}, {opCreate, s.creates(n)}, {opDestroy, n + s.pages(n) + 1}} {
			r := b.readings.of(s.title, op.name)
			if len(r) == 0 {
				continue
			}
			most := spreadOf(r, requests)
			b.add(false, most.high <= op.limit, fmt.Sprintf("%s: requests of a %s, %d keys", s.title, op.name, n), fmt.Sprintf("≤ %d", op.limit), fmt.Sprint(most.high))
		}
		plans, listings := b.readings.of(s.title, opPlan), b.readings.of(s.title, opListing)
		if len(plans) == 0 || len(listings) == 0 {
			continue
		}
		times := ratio(spreadOf(plans, size).high, spreadOf(listings, size).low)
		b.add(false, times <= maxListings, s.title+": bytes of a plan, in complete listings", fmt.Sprintf("≤ %.1f", maxListings), fmt.Sprintf("%.2f", times))
	}
}

// reportTimes compares with the reference.
func (b *bench) reportTimes() {
	for _, s := range services {
		for _, m := range []struct {
			op, name string
			limit    float64
			of       func(usage) time.Duration
		}{
			{opPlan, "time", maxPlan, wall}, {opPlan, "CPU", maxPlan, cpu},
			{opCreate, "time", maxCreate, wall}, {opDestroy, "time", maxDestroy, wall},
			{opRemoteCreate, "time", maxCreate, wall}, {opRemoteDestroy, "time", maxDestroy, wall},
		} {
			b.compare(m.limit, fmt.Sprintf("%s: %s of a %s, of time_static's", s.title, m.name, m.op), m.of,
				b.readings.of(s.title, m.op), b.readings.of(standard.title, m.op))
		}
	}
	for _, op := range []string{opCreate, opDestroy, opRemoteCreate, opRemoteDestroy} {
		ours, theirs := b.readings.of(weighty.title, op), b.readings.of(standard.title, op)
		if len(ours) > 0 && len(theirs) > 0 {
			b.rows = append(b.rows, row{
				what: "Terraform without a provider, the state as large as Pioneer's: time of a " + op + ", of time_static's", target: "-", met: true, aside: true,
				measured: share(spreadOf(ours, wall), spreadOf(theirs, wall)),
			})
		}
	}
	b.compare(maxStart, "time of a start, of hashicorp/time's", wall, b.readings.of("apikeys", opStart), b.readings.of("time", opStart))
	b.compare(maxStart, "CPU of a start, of hashicorp/time's", cpu, b.readings.of("apikeys", opStart), b.readings.of("time", opStart))
}

// compare adds a row about two readings of the same rounds.
func (b *bench) compare(limit float64, what string, number func(usage) time.Duration, ours, theirs reading) {
	if len(ours) == 0 || len(theirs) == 0 {
		return
	}
	a, r := spreadOf(ours, number), spreadOf(theirs, number)
	b.add(true, ratio(a.median, r.median) <= limit, what, fmt.Sprintf("≤ %.1f", limit), share(a, r))
}

// share tells what one spread of times is of another.
func share(a, of spread[time.Duration]) string {
	return fmt.Sprintf("%.2f: %s of %s", ratio(a.median, of.median), seconds(a), seconds(of))
}

// reportLatency is about slow services.
func (b *bench) reportLatency() {
	for _, s := range services {
		fast, slow := b.readings.of(s.title, opPlan), b.readings.of(s.title, opSlowPlan)
		if len(fast) == 0 || len(slow) == 0 {
			continue
		}
		more := spreadOf(slow, wall).median - spreadOf(fast, wall).median
		b.add(true, more <= maxSlowPlan, fmt.Sprintf("%s: time that %v a request add to a plan", s.title, latency),
			fmt.Sprintf("≤ %.1f s", maxSlowPlan.Seconds()), fmt.Sprintf("%.2f s", more.Seconds()))
		without := spreadOf(b.readings.of(s.title, opCreate), wall).median
		bound := time.Duration(b.keys) * latency / time.Duration(b.parallelism)
		limit := time.Duration(maxSlowCreate * float64(bound+without))
		took := spreadOf(b.readings.of(s.title, opSlowCreate), wall)
		b.add(true, took.median <= limit, fmt.Sprintf("%s: time of a create with %v a request", s.title, latency),
			fmt.Sprintf("≤ %.1f s: %.1f × (%.1f s of latency + %.1f s without)", limit.Seconds(), maxSlowCreate, bound.Seconds(), without.Seconds()), seconds(took))
	}
}

// reportGrowth is about more keys. Terraform's own part grows by more than the
// target, as terraform_data shows, which has no plugin.
func (b *bench) reportGrowth() {
	for _, c := range b.curves {
		base, top := slices.Index(c.sizes, b.keys), len(c.sizes)-1
		growth := func(what string, of func(usage) time.Duration) row {
			each := func(i int) time.Duration { return spreadOf(c.usages[i], of).median / time.Duration(c.sizes[i]) }
			times := ratio(each(top), each(base))
			return row{
				what: fmt.Sprintf("%s: growth of %s per key, %d to %d keys", c.title, what, c.sizes[base], c.sizes[top]), target: fmt.Sprintf("≤ %.1f", maxGrowth),
				measured: fmt.Sprintf("%.2f: %.2f ms to %.2f ms", times, ms(each(base)), ms(each(top))), met: times <= maxGrowth, timed: true,
			}
		}
		all := growth("a plan's CPU", cpu)
		if c.service == "" {
			all.target, all.met, all.aside = "-", true, true
			b.rows = append(b.rows, all)
			continue
		}
		b.rows = append(b.rows, all, growth("the provider's CPU in it", pluginCPU))
		b.memory(fmt.Sprintf("%s: the provider's memory, %d keys", c.title, c.sizes[top]), c.usages[top])
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// memory adds a row about the most memory that the provider had.
func (b *bench) memory(what string, r reading) {
	if len(r) == 0 {
		return
	}
	most := spreadOf(r, memory).high
	if most == 0 {
		return // this system does not tell
	}
	b.add(false, most <= maxMemory, what, "≤ "+mebibytes(maxMemory), mebibytes(most))
}

// reportCrowd is about one key among those of others.
func (b *bench) reportCrowd() {
	for _, s := range services {
		if r := b.readings.of(s.title, opFew); len(r) > 0 && s.lookup {
			most := spreadOf(r, requests).high
			b.add(false, most <= maxFew, fmt.Sprintf("%s: requests of a plan, 1 key among %d", s.title, 10*b.keys), fmt.Sprintf("≤ %d", maxFew), fmt.Sprint(most))
		}
		b.memory(fmt.Sprintf("%s: the provider's memory, 1 key among %d", s.title, 100*b.keys), b.readings.of(s.title, opCrowd))
	}
}

// verdict is an error if targets were missed: those for times with strict only.
func (r report) verdict(strict bool) error {
	var missed []string
	for _, row := range r.rows {
		if !row.met && (strict || !row.timed) {
			missed = append(missed, row.what)
		}
	}
	if len(missed) > 0 {
		return errors.New("missed: " + strings.Join(missed, "; "))
	}
	return nil
}

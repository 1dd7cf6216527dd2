package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// The targets.
const (
	maxListings = 2.0 // bytes of a plan, in complete listings
	maxPlan     = 0.6 // of time_static's
	maxCreate   = 0.8
	maxDestroy  = 1.0
	maxMemory   = 120 << 20
	maxFew      = 2 // requests for one key among many, where the service can be asked for it
)

// row is one line of the table.
type row struct {
	what, target, found string
	met                 bool
	timed               bool // it depends on what else the machine does
}

// rows compares what was measured with the targets. What was not measured has no row.
func (b *bench) rows() []row {
	var all []row
	atMost := func(what string, found, limit int) {
		all = append(all, row{what: what, target: fmt.Sprintf("≤ %d", limit), found: fmt.Sprint(found), met: found <= limit})
	}
	for _, s := range services {
		for _, op := range []struct {
			name  string
			limit int
		}{{opPlan, s.pages(b.keys)}, {opCreate, s.creates(b.keys)}, {opDestroy, b.keys + s.pages(b.keys) + 1}} {
			if us := b.of(s, op.name); len(us) > 0 {
				atMost(fmt.Sprintf("%s: requests of a %s", s.title, op.name), highest(us, requests), op.limit)
			}
		}
		if plans, listings := b.of(s, opPlan), b.of(s, opListing); len(plans) > 0 && len(listings) > 0 {
			times := float64(highest(plans, size)) / float64(max(median(listings, size), 1))
			all = append(all, row{
				what: s.title + ": bytes of a plan, in complete listings", target: fmt.Sprintf("≤ %.1f", maxListings),
				found: fmt.Sprintf("%.2f", times), met: times <= maxListings,
			})
		}
		if us := b.of(s, opFew); len(us) > 0 && s.lookup {
			atMost(s.title+": requests of a "+opFew, highest(us, requests), maxFew)
		}
		for _, op := range []string{opPlan, opMany} {
			if us := b.of(s, op); len(us) > 0 && highest(us, memory) > 0 {
				atMost(fmt.Sprintf("%s: MiB of the provider in a %s", s.title, op), int(highest(us, memory)>>20), maxMemory>>20)
			}
		}
		all = append(all, b.times(s)...)
	}
	return all
}

// times compares times with those of time_static.
func (b *bench) times(s subject) []row {
	var all []row
	for _, m := range []struct {
		op, what string
		limit    float64
		of       func(usage) time.Duration
	}{{opPlan, "time", maxPlan, wall}, {opPlan, "CPU", maxPlan, cpu}, {opCreate, "time", maxCreate, wall}, {opDestroy, "time", maxDestroy, wall}} {
		ours, theirs := b.of(s, m.op), b.of(standard, m.op)
		if len(ours) == 0 || len(theirs) == 0 {
			continue
		}
		a, r := median(ours, m.of), median(theirs, m.of)
		ratio := float64(a) / float64(max(r, 1))
		all = append(all, row{
			what: fmt.Sprintf("%s: %s of a %s, of time_static's", s.title, m.what, m.op), target: fmt.Sprintf("≤ %.1f", m.limit),
			found: fmt.Sprintf("%.2f: %.2f s of %.2f s", ratio, a.Seconds(), r.Seconds()), met: ratio <= m.limit, timed: true,
		})
	}
	return all
}

func (b *bench) of(s subject, op string) []usage { return b.readings[reading{s.title, op}] }

// The numbers of a usage.
func wall(u usage) time.Duration { return u.wall }
func cpu(u usage) time.Duration  { return u.cpu }
func memory(u usage) int64       { return u.memory }
func requests(u usage) int       { return u.requests }
func size(u usage) int64         { return u.bytes }

// median and highest need at least one usage.
func median[T cmp.Ordered](us []usage, number func(usage) T) T {
	all := numbers(us, number)
	return all[(len(all)-1)/2]
}

func highest[T cmp.Ordered](us []usage, number func(usage) T) T {
	return slices.Max(numbers(us, number))
}

func numbers[T cmp.Ordered](us []usage, number func(usage) T) []T {
	all := make([]T, len(us))
	for i, u := range us {
		all[i] = number(u)
	}
	slices.Sort(all)
	return all
}

// table is the rows for people.
func table(rows []row) string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		mark := "ok"
		if !r.met {
			mark = "MISSED"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.what, r.target, r.found, mark)
	}
	_ = w.Flush() // a strings.Builder never fails
	return text.String()
}

// verdict is an error if targets were missed: those for times with strict only.
func verdict(rows []row, strict bool) error {
	var missed []string
	for _, r := range rows {
		if !r.met && (strict || !r.timed) {
			missed = append(missed, r.what)
		}
	}
	if len(missed) > 0 {
		return errors.New("missed: " + strings.Join(missed, "; "))
	}
	return nil
}

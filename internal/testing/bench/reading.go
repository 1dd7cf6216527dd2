package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// reading is what the rounds have said of one thing.
type reading []usage

// readings by subject and by what was measured.
type readings map[[2]string]reading

func (r readings) add(subject, op string, u usage) {
	at := [2]string{subject, op}
	r[at] = append(r[at], u)
}

// of returns a reading; it is empty where that was not measured.
func (r readings) of(subject, op string) reading { return r[[2]string{subject, op}] }

// The numbers of a usage.
func wall(u usage) time.Duration      { return u.wall }
func cpu(u usage) time.Duration       { return u.cpu }
func pluginCPU(u usage) time.Duration { return u.plugin }
func requests(u usage) int            { return u.requests }
func size(u usage) int64              { return u.bytes }
func memory(u usage) int64            { return u.memory }

// spread is the median of several numbers, and how far they are apart.
type spread[T cmp.Ordered] struct{ median, low, high T }

// spreadOf needs at least one number.
func spreadOf[T cmp.Ordered](r reading, number func(usage) T) spread[T] {
	all := make([]T, len(r))
	for i, u := range r {
		all[i] = number(u)
	}
	slices.Sort(all)
	return spread[T]{median: all[(len(all)-1)/2], low: all[0], high: all[len(all)-1]}
}

// seconds tells a spread of times.
func seconds(s spread[time.Duration]) string {
	return fmt.Sprintf("%.2f s (%.2f–%.2f)", s.median.Seconds(), s.low.Seconds(), s.high.Seconds())
}

// mebibytes tells a size.
func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// ratio is a quotient, 0 where there is nothing to divide by.
func ratio[T time.Duration | int64 | int](a, b T) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

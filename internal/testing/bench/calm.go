package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// sample is what one operation of a subject has cost.
type sample struct {
	op string
	usage
}

// The machine may be a guest, whose host gives its processors to others now and
// then. What is measured meanwhile tells of them, so it is measured anew.
const (
	tolerable = 0.05 // of the machine's time
	attempts  = 3
	respite   = 10 * time.Second // before the next attempt, for the others to come to an end
)

// calm measures a subject, anew while others had more of the machine's time than is
// tolerable, and keeps what was measured when they had least.
func (b *bench) calm(ctx context.Context, s subject, measure func() ([]sample, error)) error {
	var best []sample
	for attempt := range attempts {
		if attempt > 0 {
			select {
			case <-time.After(min(b.respite, 10*length(best))):
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		got, err := measure()
		if err != nil {
			return err
		}
		if attempt == 0 || lost(got) < lost(best) {
			best = got
		}
		if lost(got) <= tolerable {
			break
		}
		fmt.Printf("%-15s others had %.0f %% of the machine\n", s.title, 100*lost(got))
	}
	for _, got := range best {
		b.keepReading(s, got.op, got.usage)
	}
	return nil
}

// once measures one command.
func once(op string, run func() (usage, error)) func() ([]sample, error) {
	return func() ([]sample, error) {
		u, err := run()
		return []sample{{op, u}}, err
	}
}

// length is how long all of it took.
func length(samples []sample) (total time.Duration) {
	for _, s := range samples {
		total += s.wall
	}
	return total
}

// lost is the share of the machine's time that others had, at worst.
func lost(samples []sample) (worst float64) {
	for _, s := range samples {
		worst = max(worst, s.lost())
	}
	return worst
}

// lost is the share of the machine's time that others had.
func (u usage) lost() float64 { return ratio(u.stolen, u.wall*time.Duration(runtime.NumCPU())) }

// stolen is how long the host of this machine has given its processors to others
// while there was something to do here, all processors together; 0 where that is
// not told.
func stolen() time.Duration {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	return stealOf(string(stat))
}

// stealOf is the time stolen of all processors by /proc/stat: the eighth number of
// its first line (man 5 proc_stat).
func stealOf(stat string) time.Duration {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0
	}
	n, err := strconv.ParseInt(fields[8], 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second / ticks
}

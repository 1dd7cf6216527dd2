package main

import (
	"fmt"
	"io"
	"time"
)

// examples is how many violations of a kind the report shows in full.
const examples = 12

// counter is what one provider has come to, in process. It is not safe for
// concurrent use.
type counter struct {
	runs int
	hits int            // runs in which something went wrong on purpose
	by   map[string]int // runs by "service / operation"
	// found are violations by kind, examples the first few of each.
	found    map[string]int
	examples map[string][]string
	longest  time.Duration
	slowest  scenario
	log      io.Writer // takes what is worth knowing at once
}

// milestone is after how many runs progress is logged.
const milestone = 1000

// The kinds of violations.
const (
	orphan  = "orphans"
	second  = "second requests without proof"
	early   = "replacements made before the record of an open create was reconciled"
	foreign = "foreign or decoy keys revoked"
	lost    = "keys or values lost"
	leak    = "canaries found"
	late    = "operations past their timeout + 5 s"
	failed  = "applies that fail though one repeat does"
	doubted = "refusals taken for lost answers"
	endless = "commands with requests without end"
	broken  = "violations of the protocol, panics"
)

func newCounter(log io.Writer) *counter {
	return &counter{log: log, by: map[string]int{}, found: map[string]int{}, examples: map[string][]string{}}
}

// enter adds one outcome.
func (t *counter) enter(o outcome) {
	t.runs++
	if o.hit {
		t.hits++
	}
	if t.runs%milestone == 0 {
		t.say("%d runs\n", t.runs)
	}
	t.by[cell(o.scenario.service.Key.Name, o.scenario.operation.name)]++
	if o.longest > t.longest {
		t.longest, t.slowest = o.longest, o.scenario
	}
	for kind, lines := range map[string][]string{
		orphan: o.Orphans, second: o.SecondPosts, early: o.Early, foreign: o.Foreign, lost: o.Lost, leak: o.Leaks, late: o.Late, failed: o.Failed, doubted: o.Doubted,
		endless: o.Endless, broken: o.Broken,
	} {
		t.found[kind] += len(lines)
		for _, line := range lines {
			if kind != early && len(t.examples[kind]) < examples {
				text := fmt.Sprintf("%s: %s", o.scenario, line)
				t.examples[kind] = append(t.examples[kind], text)
				t.say("%s: %s\n", kind, text)
			}
		}
	}
}

// say logs something at once; an error of the log is ignored.
func (t *counter) say(format string, a ...any) { _, _ = fmt.Fprintf(t.log, format, a...) }

func cell(service, operation string) string { return service + " / " + operation }

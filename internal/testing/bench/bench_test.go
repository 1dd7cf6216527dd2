package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// TestAccTargets: the targets for requests, bytes and memory hold at every size, so a
// small one is enough.
func TestAccTargets(t *testing.T) {
	if os.Getenv("TF_ACC") == "" {
		t.Skip("acceptance tests are skipped unless TF_ACC is set")
	}
	b, err := prepare(t.Context(), t.TempDir(), options{keys: 100, rounds: 1, parallelism: 10})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows := b.rows()
	t.Log("\n" + table(rows))
	if len(rows) < 4*len(services) {
		t.Errorf("only %d rows: something was not measured", len(rows))
	}
	if err := verdict(rows, false); err != nil {
		t.Error(err)
	}
}

func TestConfiguration(t *testing.T) {
	for _, s := range append(services, standard) {
		text := s.configuration(3)
		if !strings.Contains(text, fmt.Sprintf("resource %q", s.resource)) || !strings.Contains(text, "count = 3") || !strings.Contains(text, "required_providers") {
			t.Errorf("%s: %s", s.title, text)
		}
		if many := s.configuration(2*blockSize + 1); strings.Count(many, "resource ") != 3 || strings.Count(many, "count = 1\n") != 1 ||
			strings.Contains(many, index) || strings.Contains(s.body, index) != strings.Contains(many, "(count.index + 200)") {
			t.Errorf("%s in blocks: %s", s.title, many)
		}
	}
}

func TestMedian(t *testing.T) {
	us := []usage{{wall: 3}, {wall: 1}, {wall: 9}, {wall: 2}}
	if m, h := median(us, wall), highest(us, wall); m != 2 || h != 9 {
		t.Errorf("median %d, highest %d", m, h)
	}
}

// TestVerdict: a missed target for requests, bytes or memory always fails, one for
// time only with -strict.
func TestVerdict(t *testing.T) {
	good := usage{wall: time.Second, cpu: time.Second, memory: 1 << 20, requests: 1, bytes: 10}
	for name, c := range map[string]struct {
		plan            usage
		missed, isTimed bool
	}{
		"all met":  {good, false, false},
		"requests": {usage{requests: 2, bytes: 10}, true, false},
		"bytes":    {usage{requests: 1, bytes: 21}, true, false},
		"memory":   {usage{memory: maxMemory + 1<<20, requests: 1, bytes: 10}, true, false},
		"time":     {usage{wall: time.Minute, requests: 1, bytes: 10}, true, true},
		"CPU":      {usage{cpu: time.Minute, requests: 1, bytes: 10}, true, true},
	} {
		b := &bench{options: options{keys: 1000}, readings: map[reading][]usage{
			{"Pioneer", opPlan}: {c.plan}, {"Pioneer", opListing}: {{bytes: 10}}, {standard.title, opPlan}: {{wall: 2 * time.Second, cpu: 2 * time.Second}},
		}}
		rows := b.rows()
		lenient, strict := verdict(rows, false) != nil, verdict(rows, true) != nil
		if strict != c.missed || lenient != (c.missed && !c.isTimed) || strings.Contains(table(rows), "MISSED") != c.missed {
			t.Errorf("%s: missed %t, with -strict %t\n%s", name, lenient, strict, table(rows))
		}
	}
}

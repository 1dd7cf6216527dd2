package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// The targets for requests, bytes and memory hold at every size, so they are
// tested at a small one; times are not.
func TestAccTargets(t *testing.T) {
	if os.Getenv("TF_ACC") == "" {
		t.Skip("acceptance tests are skipped unless TF_ACC is set")
	}
	b, err := prepare(t.Context(), t.TempDir(), options{keys: 100, rounds: 1, parallelism: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stages {
		if s.name == "latency" {
			continue // the same requests once more
		}
		if err := s.run(b, t.Context()); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
	}
	r := b.report(time.Now())
	t.Log(r.text())
	if len(r.rows) < 5*len(services) {
		t.Errorf("only %d rows: something was not measured", len(r.rows))
	}
	if err := r.verdict(false); err != nil {
		t.Error(err)
	}
}

func TestSpread(t *testing.T) {
	r := reading{{wall: 3}, {wall: 1}, {wall: 9}, {wall: 2}}
	if got := spreadOf(r, wall); got != (spread[time.Duration]{median: 2, low: 1, high: 9}) {
		t.Errorf("got %+v", got)
	}
	if got := seconds(spread[time.Duration]{1500 * time.Millisecond, time.Second, 2 * time.Second}); got != "1.50 s (1.00–2.00)" {
		t.Errorf("got %q", got)
	}
}

func TestConfiguration(t *testing.T) {
	for _, s := range append(services, builtIn, standard) {
		text := s.configuration(3)
		if !strings.Contains(text, fmt.Sprintf("resource %q", s.resource)) || !strings.Contains(text, "count = 3") {
			t.Errorf("%s: %s", s.title, text)
		}
		if many := s.configuration(2*blockSize + 1); strings.Count(many, "resource ") != 3 || strings.Count(many, "count = 1\n") != 1 ||
			strings.Contains(many, index) || strings.Contains(s.body, index) != strings.Contains(many, "(count.index + 200)") {
			t.Errorf("%s in blocks: %s", s.title, many)
		}
		if empty := s.configuration(0); strings.Contains(empty, "resource ") || (s.plugin != "") != strings.Contains(empty, "required_providers") {
			t.Errorf("%s without instances: %s", s.title, empty)
		}
	}
}

// A state comes back as it was put, and is gone when it is deleted.
func TestStates(t *testing.T) {
	url, stop, err := serveStates(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, step := range []struct {
		method, path, body string
		status             int
		answer             string
	}{
		{"GET", "/a", "", 404, ""}, {"POST", "/a", "{1}", 200, ""}, {"POST", "/b", "{2}", 200, ""}, {"GET", "/a", "", 200, "{1}"},
		{"POST", "/a", "{3}", 200, ""}, {"GET", "/a", "", 200, "{3}"}, {"DELETE", "/a", "", 200, ""}, {"GET", "/a", "", 404, ""}, {"GET", "/b", "", 200, "{2}"},
		{"LOCK", "/a", "", 405, ""},
	} {
		request, err := http.NewRequestWithContext(t.Context(), step.method, url+step.path, strings.NewReader(step.body))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != step.status || string(answer) != step.answer {
			t.Errorf("step %d: %s, %q, %v; want %d, %q", i, response.Status, answer, err, step.status, step.answer)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestMultiply(t *testing.T) {
	at := time.Date(2026, 2, 13, 10, 0, 0, 0, time.UTC)
	keys := []simulator.Record{{ID: "a", Name: "first", CreatedAt: at}, {ID: "b", Name: "second", CreatedAt: at}}
	one := func() stateFile {
		return stateFile{"resources": []any{map[string]any{"instances": []any{map[string]any{
			"index_key": 0, "attributes": map[string]any{"id": "a", "store_key": true}, "identity": map[string]any{"id": "a"},
		}}}}}
	}
	state := one()
	if err := state.multiply(keys, true); err != nil {
		t.Fatal(err)
	}
	instances := state["resources"].([]any)[0].(map[string]any)["instances"].([]any)
	second := instances[1].(map[string]any)
	attributes := second["attributes"].(map[string]any)
	if len(instances) != 2 || second["index_key"] != 1 || second["identity"].(map[string]any)["id"] != "b" ||
		attributes["id"] != "b" || attributes["name"] != "second" || attributes["store_key"] != true || attributes["created_at"] != "2026-02-13T10:00:00Z" {
		t.Errorf("got %v", instances)
	}
	many := make([]simulator.Record, 2*blockSize+1)
	if state = one(); state.multiply(many, false) != nil || len(state["resources"].([]any)) != 3 {
		t.Errorf("%d keys: %v", len(many), state)
	}
	for i, want := range []int{blockSize, blockSize, 1} {
		r := state["resources"].([]any)[i].(map[string]any)
		if last := r["instances"].([]any); r["name"] != block(i*blockSize) || len(last) != want || last[want-1].(map[string]any)["index_key"] != want-1 {
			t.Errorf("resource %d: %v", i, r)
		}
	}
	if err := (stateFile{}).multiply(keys, true); err == nil {
		t.Error("a state without a resource is multiplied")
	}
}

func TestHighWater(t *testing.T) {
	if got := highWater("Name:\tx\nVmHWM:\t   34567 kB\nVmRSS:\t 1 kB\n"); got != 34567<<10 {
		t.Errorf("got %d", got)
	}
	if got := highWater("Name:\tx\n"); got != 0 {
		t.Errorf("got %d where nothing is told", got)
	}
}

func TestStealOf(t *testing.T) {
	for stat, want := range map[string]time.Duration{
		"cpu  6267049 660072 851322 2007185 22075 0 35294 479008 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n": 4790*time.Second + 80*time.Millisecond,
		"cpu0 1 2 3 4 5 6 7 8 9 10\n": 0,
		"cpu 1 2 3 4 5 6 7\n":         0, // before Linux 2.6.11
		"":                            0,
	} {
		if got := stealOf(stat); got != want {
			t.Errorf("%q: got %v, want %v", stat, got, want)
		}
	}
}

// What is measured while others have the machine is measured anew, and what was
// least disturbed counts.
func TestCalm(t *testing.T) {
	for name, test := range map[string]struct {
		lost  []float64 // by the attempts
		tries int
		kept  int
	}{
		"left alone":    {[]float64{0}, 1, 0},
		"then quiet":    {[]float64{0.5, tolerable}, 2, 1},
		"never quiet":   {[]float64{0.5, 0.2, 0.3}, attempts, 1},
		"worse at last": {[]float64{0.1, 0.2, 0.3}, attempts, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := &bench{readings: readings{}}
			tries := 0
			err := b.calm(t.Context(), builtIn, func() ([]sample, error) {
				tries++
				machine := time.Second * time.Duration(runtime.NumCPU())
				return []sample{
					{opPlan, usage{wall: time.Second, requests: tries}},
					{opDestroy, usage{wall: time.Second, stolen: time.Duration(test.lost[tries-1] * float64(machine))}},
				}, nil
			})
			if err != nil || tries != test.tries {
				t.Fatalf("%d tries, %v; want %d", tries, err, test.tries)
			}
			if plans := b.readings.of(builtIn.title, opPlan); len(plans) != 1 || plans[0].requests != test.kept+1 {
				t.Errorf("kept %+v, not attempt %d", plans, test.kept)
			}
			if len(b.readings.of(builtIn.title, opDestroy)) != 1 {
				t.Error("the second reading was not kept")
			}
		})
	}
	failed := errors.New("failed")
	if err := (&bench{readings: readings{}}).calm(t.Context(), builtIn, func() ([]sample, error) { return nil, failed }); !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
}

func TestReport(t *testing.T) {
	b := &bench{options: options{keys: 1000, rounds: 1, parallelism: 10}, readings: readings{}, reference: true}
	for _, s := range services {
		b.readings.add(s.title, opPlan, usage{wall: time.Second, cpu: time.Second, requests: 1, bytes: 10})
		b.readings.add(s.title, opListing, usage{bytes: 10})
	}
	b.readings.add(standard.title, opPlan, usage{wall: 2 * time.Second, cpu: 2 * time.Second})
	r := b.report(time.Now())
	if err := r.verdict(true); err != nil {
		t.Error(err)
	}
	if text := r.text(); strings.Contains(text, "FAIL") || !strings.Contains(text, "0.50: 1.00 s") {
		t.Errorf("got\n%s", text)
	}
	// Twice the CPU of the reference is a matter of -strict, one request too many is not.
	b.readings.add("Pioneer", opPlan, usage{cpu: time.Minute})
	b.readings.add("Pioneer", opPlan, usage{cpu: time.Minute})
	if r := b.report(time.Now()); r.verdict(false) != nil || r.verdict(true) == nil {
		t.Errorf("verdicts %v and %v", r.verdict(false), r.verdict(true))
	}
	b.readings.add("Pioneer", opPlan, usage{requests: 2})
	if err := b.report(time.Now()).verdict(false); err == nil || !strings.Contains(err.Error(), "Pioneer: requests of a plan") {
		t.Errorf("verdict %v", err)
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, guide)
	for _, file := range []string{guide, figure} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(name, []byte("before\n"+resultsBegin+"old\n"+resultsEnd+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := report{
		rows:   []row{{what: "requests", target: "≤ 1", measured: "1", met: true}},
		curves: []curve{{subject: services[0], sizes: []int{100, 1000}, usages: []reading{{{cpu: time.Second, requests: 1}}, {{cpu: 9 * time.Second, requests: 1}}}}},
	}
	for range 2 { // what was written is written anew
		if err := r.write(dir); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(text); !strings.HasPrefix(got, "before\n"+resultsBegin) || !strings.HasSuffix(got, resultsEnd+"after\n") ||
		strings.Contains(got, "old") || !strings.Contains(got, "/"+figure+")") || strings.Count(got, "| requests | ≤ 1 | 1 | pass |") != 1 {
		t.Errorf("got\n%s", got)
	}
	image, err := os.Open(filepath.Join(dir, figure))
	if err != nil {
		t.Fatal(err)
	}
	defer image.Close()
	elements := 0
	for d := xml.NewDecoder(image); ; elements++ {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if elements < 20 {
		t.Errorf("the figure has %d elements", elements)
	}
}

// The guide has a place for the results.
func TestGuide(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", guide))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, begins := strings.Cut(string(text), resultsBegin)
	if !begins || !strings.Contains(rest, resultsEnd) {
		t.Error("the marks are missing")
	}
}

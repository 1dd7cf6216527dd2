package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
)

// event is what go test -json prints: https://pkg.go.dev/cmd/test2json.
type event struct {
	Action  string
	Package string
	Test    string // empty: the event is about the whole package
	Output  string
}

// test names one test.
type test struct{ pkg, name string }

// report turns events into what a person wants to read.
type report struct {
	out io.Writer
	// said is what tests have printed that have not ended yet.
	said    map[test]string
	skipped []string
}

// read reports events until they end.
func (r *report) read(events io.Reader) error {
	r.said = map[test]string{}
	decoder := json.NewDecoder(events)
	for {
		var e event
		if err := decoder.Decode(&e); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read the events of go test: %w", err)
		}
		r.tell(e)
	}
}

// tell reports one event.
func (r *report) tell(e event) {
	t := test{pkg: e.Package, name: e.Test}
	switch {
	case e.Action == "output" && e.Test != "":
		r.said[t] += e.Output
	case e.Action == "output" && e.Output == "PASS\n": // the line with "ok" follows
	case e.Action == "output", e.Action == "build-output":
		_, _ = io.WriteString(r.out, e.Output)
	case e.Action == "fail" && e.Test == "":
		r.unfinished(e.Package)
	case e.Action == "fail":
		_, _ = io.WriteString(r.out, r.said[t])
		delete(r.said, t)
	case e.Action == "skip" && e.Test != "":
		r.skipped = append(r.skipped, fmt.Sprintf("%s (%s): %s", e.Test, path.Base(e.Package), reason(r.said[t])))
		delete(r.said, t)
	case e.Action == "pass":
		delete(r.said, t)
	}
}

// unfinished prints what tests have said that a crash or a timeout has ended.
func (r *report) unfinished(pkg string) {
	names := slices.SortedFunc(maps.Keys(r.said), func(a, b test) int { return strings.Compare(a.name, b.name) })
	for _, t := range names {
		if t.pkg == pkg {
			_, _ = io.WriteString(r.out, r.said[t])
			delete(r.said, t)
		}
	}
}

// reason is what a skipped test says: the only lines that are not go test's own.
func reason(said string) string {
	var words []string
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		// "file_test.go:12: why"
		if _, why, found := strings.Cut(line, ".go:"); found {
			if _, after, found := strings.Cut(why, ": "); found {
				line = after
			}
		}
		words = append(words, line)
	}
	if len(words) == 0 {
		return "no reason given"
	}
	return strings.Join(words, " ")
}

// gated lists the tests that were skipped.
func (r *report) gated() {
	if len(r.skipped) == 0 {
		_, _ = fmt.Fprintf(r.out, "\ntests skipped: none\n")
		return
	}
	slices.Sort(r.skipped)
	_, _ = fmt.Fprintf(r.out, "\ntests skipped: %d\n  %s\n", len(r.skipped), strings.Join(r.skipped, "\n  "))
}

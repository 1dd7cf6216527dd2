package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// text is the table for a terminal.
func (r report) text() string {
	width := 0
	for _, row := range r.rows {
		width = max(width, len([]rune(row.what)))
	}
	var b strings.Builder
	for _, row := range r.rows {
		_, _ = fmt.Fprintf(&b, "%s  %-*s  %-10s  %s\n", row.word(), width, row.what, row.target, row.measured)
	}
	if r.note != "" {
		_, _ = fmt.Fprintf(&b, "\n%s\n", r.note)
	}
	return b.String()
}

func (r row) word() string {
	switch {
	case r.aside:
		return "    "
	case r.met:
		return "pass"
	default:
		return "FAIL"
	}
}

// markdown is everything that there is to tell.
func (r report) markdown() string {
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "Measured on %s with `%s`, in %s, on a machine with %s: %s.\n",
		r.began.UTC().Format(time.DateOnly), r.command, r.took, machine(), strings.Join(r.versions, ", "))
	if r.note != "" {
		_, _ = fmt.Fprintf(&b, "\n%s\n", r.note)
	}
	b.WriteString("\n| What | Target | Measured | |\n|---|---|---|---|\n")
	for _, row := range r.rows {
		_, _ = fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", row.what, row.target, row.measured, row.word())
	}
	if len(r.curves) > 0 {
		b.WriteString("\n![Requests and CPU of a plan against the number of keys](" + figureURL + ")\n\nThe points are medians of all rounds; both axes are logarithmic.\n")
	}
	if len(r.details) > 0 {
		b.WriteString("\n### All readings\n\nMedian, and in brackets the lowest and the highest of all rounds. CPU is that of Terraform and the provider together. Lost is the share of the machine's time that its host gave to others, at worst.\n\n" +
			"| | | Time | CPU | of it the provider | Provider's memory | Requests | Bytes | Lost |\n|---|---|---|---|---|---|---|---|---|\n")
		for _, line := range r.details {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// table is a line of Markdown for each reading.
func (r readings) table() []string {
	keys := slices.SortedFunc(maps.Keys(r), func(a, b [2]string) int {
		return cmp.Or(cmp.Compare(a[1], b[1]), cmp.Compare(a[0], b[0]))
	})
	var lines []string
	for _, key := range keys {
		if key[1] == opListing {
			continue
		}
		of := r[key]
		lines = append(lines, fmt.Sprintf("| %s | %s | %s | %s | %.2f s | %s | %d | %d | %.0f %% |", key[1], key[0], seconds(spreadOf(of, wall)), seconds(spreadOf(of, cpu)),
			spreadOf(of, pluginCPU).median.Seconds(), mebibytes(spreadOf(of, memory).high), spreadOf(of, requests).high, spreadOf(of, size).high, 100*spreadOf(of, usage.lost).high))
	}
	return lines
}

// The marks between which the results stand in the guide.
const (
	resultsBegin = "<!-- results: written by make bench WRITE=1 -->\n"
	resultsEnd   = "<!-- end of results -->\n"
)

// guide and figure are the files that hold the results, by their paths in the
// checkout. The registry serves pages alone, so they show the repository's figure.
const (
	guide     = "templates/guides/scaling.md.tmpl"
	figure    = "internal/testing/bench/scaling.svg"
	figureURL = "https://raw.githubusercontent.com/terraform-apikeys/terraform-provider-apikeys/main/" + figure
)

// write puts the results into the guide of a checkout, and draws the figure.
func (r report) write(root string) error {
	name := filepath.Join(root, guide)
	text, err := os.ReadFile(filepath.Clean(name))
	if err != nil {
		return err
	}
	before, rest, found := bytes.Cut(text, []byte(resultsBegin))
	_, after, ended := bytes.Cut(rest, []byte(resultsEnd))
	if !found || !ended {
		return fmt.Errorf("%s has no place for the results: %q and %q", name, resultsBegin, resultsEnd)
	}
	text = slices.Concat(before, []byte(resultsBegin), []byte(r.markdown()), []byte(resultsEnd), after)
	if err := os.WriteFile(name, text, 0o644); err != nil { //nolint:gosec // documentation, for all to read
		return err
	}
	if len(r.curves) == 0 {
		return nil
	}
	return os.WriteFile(filepath.Join(root, figure), []byte(plot(r.curves)), 0o644) //nolint:gosec // as above
}

package main

import (
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/deadline"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/process"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/scan"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// report is everything that a campaign has come to.
type report struct {
	settings settings
	scope    scope
	counter  *counter
	real     process.Result
	slow     deadline.Result
	leaked   string // goroutines that are left
	began    time.Time
	took     time.Duration
}

// figure is one line of the table.
type figure struct {
	what, target, found string
	met                 bool
}

// none is a figure whose target is zero.
func none(what string, found int) figure {
	return figure{what, "0", fmt.Sprint(found), found == 0}
}

// figures are the table.
func (r *report) figures() []figure {
	list := []figure{
		none(orphan+", in process, after at most one clean apply", r.counter.found[orphan]),
		none(second+", in process", r.counter.found[second]),
		none(foreign+", in process", r.counter.found[foreign]),
		none(lost+", in process", r.counter.found[lost]),
		none(leak+", in process", r.counter.found[leak]),
		none(late+", in process", r.counter.found[late]),
		none(failed+", in process", r.counter.found[failed]),
		none(doubted+", in process", r.counter.found[doubted]),
		none(endless+", in process", r.counter.found[endless]),
		none(broken, r.counter.found[broken]),
	}
	if r.settings.only == "" && r.settings.scenarios == "" {
		list = append(list, figure{
			"runs in process", fmt.Sprintf("≥ %d", r.scope.wanted), fmt.Sprint(r.counter.runs), r.counter.runs >= r.scope.wanted,
		})
	}
	if r.slow.Operations > 0 {
		list = append(list, figure{
			fmt.Sprintf("operations past their timeout + 5 s, of %d on the real clock", r.slow.Operations), "0", fmt.Sprint(len(r.slow.Late)), len(r.slow.Late) == 0,
		})
	}
	if r.settings.only == "" && r.settings.process {
		list = append(list, r.realFigures()...)
	}
	leaked := figure{"leaked goroutines", "none", "none", r.leaked == ""}
	if r.leaked != "" {
		leaked.found = "some, see below"
	}
	list = append(list, leaked)
	if raceDetector {
		list = append(list, figure{"races", "0", "0", true}) // or the program would end with a status of its own
	}
	return list
}

// realFigures are those of the part with real Terraform.
func (r *report) realFigures() []figure {
	ours := r.real.Column
	found, planted, _ := scan.Planted(simulator.Base62("op_live_", 32), simulator.Base62("op_live_", 32))
	return []figure{
		none("orphans, real Terraform, outside the published limits", ours.Orphans),
		none("second requests without proof, real Terraform", ours.Doubles),
		none("foreign or decoy keys revoked, real Terraform", ours.Foreign),
		none("canaries found in output, logs, plans, states, crashes", ours.Canaries),
		{"planted leaks found", fmt.Sprintf("%d of %d", planted, planted), fmt.Sprintf("%d of %d", found, planted), found == planted},
		none("processes that did not end in time", ours.Late),
		none("states or exit statuses that are wrong, real Terraform", ours.Wrong),
		{"scenarios with real Terraform", fmt.Sprintf("≥ %d", r.real.Target), fmt.Sprint(ours.Scenarios), ours.Scenarios >= r.real.Target},
		{
			"keys within the published limits, named by the next plan and healed by policy", "all", fmt.Sprintf("%d of %d, %d of %d", ours.LimitShown, ours.Limit, ours.LimitHealed, ours.Limit),
			ours.LimitShown == ours.Limit && ours.LimitHealed == ours.Limit,
		},
	}
}

// write writes the report and says which targets are missed, and how.
func (r *report) write(w io.Writer) (missed []string) {
	form := "short"
	if r.settings.long {
		form = "long"
	}
	line := func(format string, a ...any) { _, _ = fmt.Fprintf(w, format+"\n", a...) } // a strings.Builder never fails
	line("# Fault campaign, %s form\n", form)
	line("%s, %s/%s, race detector %v, %s, on %s.\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, raceDetector, r.took.Round(time.Second), r.began.UTC().Format(time.DateOnly))
	line("| figure | target | found | |\n|---|---|---|---|")
	for _, f := range r.figures() {
		if !f.met {
			missed = append(missed, fmt.Sprintf("%s: %s, not %s", f.what, f.found, f.target))
		}
		line("| %s | %s | %s | %s |", f.what, f.target, f.found, map[bool]string{true: "met", false: "**missed**"}[f.met])
	}
	line("\nOf the runs in process, %d were disturbed; in the others, which end each series, the operation was over before its turn came. %d %s: "+
		"the state holds a record for the first, whose key is looked for when that is destroyed, in the same apply.", r.counter.hits, r.counter.found[early], early)
	line("The longest call took %s (%s).\n", r.counter.longest.Round(time.Millisecond), r.counter.slowest)
	if r.slow.Operations > 0 {
		line("On the real clock the longest operation took %s of the %s allowed (%s).\n", r.slow.Longest.Round(100*time.Millisecond), deadline.Limit, r.slow.Slowest)
	}
	r.runs(line)
	if r.real.Scenarios > 0 {
		line("\n## Real Terraform\n\n%s.\n", r.real.String())
		for part := range 3 {
			sums := r.real.By(part)
			cells := []string{}
			for _, of := range slices.Sorted(maps.Keys(sums)) {
				cells = append(cells, fmt.Sprintf("%s %d", of, sums[of]))
			}
			line("- %s", strings.Join(cells, ", "))
		}
	}
	r.violations(line)
	for _, text := range r.real.Violations {
		summary, _, _ := strings.Cut(text, "\n")
		missed = append(missed, summary)
	}
	return missed
}

// runs is the table of runs by service and operation.
func (r *report) runs(line func(string, ...any)) {
	line("## Runs in process\n")
	head, rule := "| operation |", "|---|"
	for _, s := range simulators.Services() {
		head, rule = head+" "+s.Key.Name+" |", rule+"--:|"
	}
	line("%s\n%s", head, rule)
	for _, op := range operations("") {
		row := "| " + op.name + " |"
		for _, s := range simulators.Services() {
			row += fmt.Sprintf(" %d |", r.counter.by[cell(s.Key.Name, op.name)])
		}
		line("%s", row)
	}
}

// violations are the first of each kind.
func (r *report) violations(line func(string, ...any)) {
	for _, kind := range slices.Sorted(maps.Keys(r.counter.examples)) {
		line("\n### In process: %s (%d)\n", kind, r.counter.found[kind])
		for _, text := range r.counter.examples[kind] {
			line("- %s", strings.Join(strings.Fields(text), " "))
		}
	}
	for _, text := range r.real.Violations {
		line("\n- real Terraform: %s", strings.Join(strings.Fields(text), " "))
	}
	if r.leaked != "" {
		line("\n### Goroutines\n\n```\n%s\n```", r.leaked)
	}
}

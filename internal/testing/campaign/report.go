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
	settings    settings
	scope       scope
	ours, naive *tally
	real        process.Result
	slow        deadline.Result
	leaked      string // goroutines that are left
	began       time.Time
	took        time.Duration
}

// figure is one line of the table.
type figure struct {
	what, target string
	ours, naive  string
	met          bool
}

// none is a figure whose target is zero.
func none(what string, ours int, naive string) figure {
	return figure{what, "0", fmt.Sprint(ours), naive, ours == 0}
}

// figures are the table.
func (r *report) figures() []figure {
	list := []figure{
		none(orphan+", in process, after at most one clean apply", r.ours.found[orphan], fmt.Sprint(r.naive.found[orphan])),
		none(second+", in process", r.ours.found[second], fmt.Sprint(r.naive.found[second])),
		none(foreign+", in process", r.ours.found[foreign], fmt.Sprint(r.naive.found[foreign])),
		none(lost+", in process", r.ours.found[lost], fmt.Sprint(r.naive.found[lost])),
		none(leak+", in process", r.ours.found[leak], fmt.Sprint(r.naive.found[leak])),
		none(late+", in process", r.ours.found[late], fmt.Sprint(r.naive.found[late])),
		none(failed+", in process", r.ours.found[failed], fmt.Sprint(r.naive.found[failed])),
		none(doubted+", in process", r.ours.found[doubted], fmt.Sprint(r.naive.found[doubted])),
		none(endless+", in process", r.ours.found[endless], fmt.Sprint(r.naive.found[endless])),
		none(broken, r.ours.found[broken], fmt.Sprint(r.naive.found[broken])),
	}
	if r.settings.only == "" && r.settings.stages == "" {
		list = append(list, figure{
			"runs in process", fmt.Sprintf("≥ %d", r.scope.wanted), fmt.Sprint(r.ours.runs),
			fmt.Sprintf("%d (a sample)", r.naive.runs), r.ours.runs >= r.scope.wanted,
		})
	}
	if r.slow.Operations > 0 {
		list = append(list, figure{
			fmt.Sprintf("operations past their timeout + 5 s, of %d on the real clock", r.slow.Operations), "0", fmt.Sprint(len(r.slow.Late)), "", len(r.slow.Late) == 0,
		})
	}
	if r.settings.only == "" && r.settings.process {
		list = append(list, r.realFigures()...)
	}
	leaked := figure{"leaked goroutines", "none", "none", "", r.leaked == ""}
	if r.leaked != "" {
		leaked.ours = "some, see below"
	}
	list = append(list, leaked)
	if raceDetector {
		list = append(list, figure{"races", "0", "0", "", true}) // or the program would end with a status of its own
	}
	return list
}

// realFigures are those of the part with real Terraform.
func (r *report) realFigures() []figure {
	ours, naive := r.real.Ours, r.real.Naive
	found, planted, _ := scan.Planted(simulator.Base62("op_live_", 32), simulator.Base62("op_live_", 32))
	return []figure{
		none("orphans, real Terraform, outside the published limits", ours.Orphans, fmt.Sprint(naive.Orphans)),
		none("second requests without proof, real Terraform", ours.Doubles, fmt.Sprint(naive.Doubles)),
		none("foreign or decoy keys revoked, real Terraform", ours.Foreign, fmt.Sprint(naive.Foreign)),
		none("canaries found in output, logs, plans, states, crashes", ours.Canaries, fmt.Sprint(naive.Canaries)),
		{"planted leaks found", fmt.Sprintf("%d of %d", planted, planted), fmt.Sprintf("%d of %d", found, planted), "", found == planted},
		none("processes that did not end in time", ours.Late, fmt.Sprint(naive.Late)),
		none("states or exit statuses that are wrong, real Terraform", ours.Wrong, fmt.Sprint(naive.Wrong)),
		{"orphans of the naive create, without which nothing is shown", "some", fmt.Sprintf("(the naive one: %d)", naive.Orphans), fmt.Sprint(naive.Orphans), naive.Orphans > 0 || r.settings.stages != ""},
		{"scenarios with real Terraform", fmt.Sprintf("≥ %d", r.real.Target), fmt.Sprint(ours.Scenarios), fmt.Sprint(naive.Scenarios), ours.Scenarios >= r.real.Target},
		{
			"keys within the published limits, named by the next plan and healed by policy", "all", fmt.Sprintf("%d of %d, %d of %d", ours.LimitShown, ours.Limit, ours.LimitHealed, ours.Limit), "",
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
	line("| figure | target | this provider | naive create | |\n|---|---|---|---|---|")
	for _, f := range r.figures() {
		if !f.met {
			missed = append(missed, fmt.Sprintf("%s: %s, not %s", f.what, f.ours, f.target))
		}
		line("| %s | %s | %s | %s | %s |", f.what, f.target, f.ours, f.naive, map[bool]string{true: "met", false: "**missed**"}[f.met])
	}
	line("\nOf the runs in process, %d were disturbed; in the others, which end each series, the operation was over before its turn came. %d %s: "+
		"the state holds a record for the first, whose key is looked for when that is destroyed, in the same apply.", r.ours.hits, r.ours.found[early], early)
	line("The longest call took %s (%s).\n", r.ours.longest.Round(time.Millisecond), r.ours.slowest)
	if r.slow.Operations > 0 {
		line("On the real clock the longest operation took %s of the %s allowed (%s).\n", r.slow.Longest.Round(100*time.Millisecond), deadline.Limit, r.slow.Slowest)
	}
	line("The naive provider could be judged in fewer operations: it knows no rotation in place and no encryption, and without a time limit a stalled answer would stop it.\n")
	r.runs(line)
	if r.real.Ours.Scenarios > 0 {
		line("\n## Real Terraform\n\nThis provider: %s.\n\nNaive: %s.\n", r.real.Ours.String(), r.real.Naive.String())
		for part := range 3 {
			sums := r.real.Ours.By(part)
			cells := []string{}
			for _, of := range slices.Sorted(maps.Keys(sums)) {
				cells = append(cells, fmt.Sprintf("%s %d", of, sums[of]))
			}
			line("- %s", strings.Join(cells, ", "))
		}
	}
	r.violations(line)
	for _, text := range r.real.Ours.Violations {
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
			row += fmt.Sprintf(" %d |", r.ours.by[cell(s.Key.Name, op.name)])
		}
		line("%s", row)
	}
}

// violations are the first of each kind.
func (r *report) violations(line func(string, ...any)) {
	for _, side := range []struct {
		title string
		tally *tally
	}{{"this provider", r.ours}, {"the naive one", r.naive}} {
		for _, kind := range slices.Sorted(maps.Keys(side.tally.told)) {
			line("\n### %s, in process: %s (%d)\n", side.title, kind, side.tally.found[kind])
			for _, text := range side.tally.told[kind] {
				line("- %s", strings.Join(strings.Fields(text), " "))
			}
		}
	}
	for _, text := range r.real.Ours.Violations {
		line("\n- this provider, real Terraform: %s", strings.Join(strings.Fields(text), " "))
	}
	if r.leaked != "" {
		line("\n### Goroutines\n\n```\n%s\n```", r.leaked)
	}
}

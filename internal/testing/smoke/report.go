package main

import (
	"fmt"
	"strings"
)

// report prints the table and says how it all came out. The table is for others to
// read; what was noted on the way and an alarm are not.
func (p program) report(r *run, failed, cleaned error) int {
	list := assumptions[p.service.Key.Name]
	counts := map[result]int{}
	var table strings.Builder
	_, _ = fmt.Fprintf(&table, "\n### %s, %s\n\n| | assumption | seen |\n|---|---|---|\n", p.service.Key.Title, p.now().UTC().Format("2006-01-02"))
	for _, a := range list {
		v := a.test(&r.seen)
		counts[v.result]++
		_, _ = fmt.Fprintf(&table, "| %s | %s | %s |\n", v.result, a.text, strings.ReplaceAll(v.seen, "|", "/"))
	}
	_, _ = fmt.Fprintf(&table, "\n%d hold, %d differ, %d not seen\n", counts[holds], counts[differs], counts[notSeen])
	_, _ = fmt.Fprint(p.out, table.String())

	if failed != nil {
		_, _ = fmt.Fprintf(p.log, "\nThe life of the key ended early: %v\n", failed)
	}
	if cleaned != nil {
		_, _ = fmt.Fprintf(p.log, "\n%v\n", cleaned)
		return exitFailed
	}
	_, _ = fmt.Fprintln(p.log, "\nNo key of this run lives.")
	switch {
	case r.isInterrupted:
		return exitFailed
	case counts[differs] > 0: // which may be why the life has ended early
		return exitDiffers
	case failed != nil || !r.isWhole:
		return exitFailed
	}
	return exitHolds
}

package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// expect says what was expected and whether it is so.
func (s *story) expect(ok bool, format string, args ...any) {
	mark := "ok  "
	if !ok {
		mark = "FAIL"
		s.failed++
	}
	fmt.Fprintf(s.out, "   %s  %s\n", mark, fmt.Sprintf(format, args...))
}

// audit compares what Terraform holds with the ledgers: want keys live at each
// service, and Terraform holds each of them, with its right value if it made it.
func (s *story) audit(ctx context.Context, want int) error {
	holds, err := s.held(ctx)
	if err != nil {
		return err
	}
	for _, b := range s.services {
		ledger, live := b.store.Ledger(), b.store.Live()
		mine := holds[b.Key.Name]
		right := 0
		for _, h := range mine {
			r, found := b.store.Get(h.ID)
			if found && r.Live() && knows(h, r) {
				right++
			}
		}
		s.expect(len(live) == want && len(mine) == want && right == want,
			"%-8s ledger: %d live, %d revoked; Terraform holds %d, all live and with the values the ledger has",
			b.Key.Title, len(live), len(ledger)-len(live), right)
	}
	return nil
}

// knows reports whether Terraform has the value that it should have: that of a
// key that it made, and none of one that it adopted.
func knows(h held, r simulator.Record) bool {
	if r.CreatedBy == simulator.Outside {
		return h.Key == nil
	}
	return h.Key != nil && *h.Key == r.Value
}

// totals sums up what the ledgers say of the whole story.
func (s *story) totals() {
	fmt.Fprintln(s.out)
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "ledger\tmade\tby hand\trevoked\tbehind Terraform's back\tlive\trequests\t")
	for _, b := range s.services {
		var byHand, revoked, behind int
		ledger := b.store.Ledger()
		for _, r := range ledger {
			if r.CreatedBy == simulator.Outside {
				byHand++
			}
			if r.Live() {
				continue
			}
			revoked++
			if r.RevokedBy == simulator.Outside {
				behind++
			}
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n",
			b.Key.Title, len(ledger), byHand, revoked, behind, len(b.store.Live()), b.store.Total())
	}
	_ = w.Flush()
}

package campaign

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
)

// kind is a kind of violation.
type kind string

// The kinds.
const (
	orphaned kind = "key that the state does not have"
	second   kind = "second request without proof that the first one created nothing"
	// Early ones are allowed: the create window of the first request is reconciled when it
	// is destroyed, in the same apply.
	early       kind = "replacement created before the outcome of an earlier create was known"
	foreign     kind = "revoked key of somebody else"
	lost        kind = "lost key or value"
	leaked      kind = "secret where it must not be"
	wrongFailed kind = "failed apply though one repeated request succeeds"
	doubted     kind = "refusal treated as a lost answer"
	endless     kind = "command with requests without end"
	broken      kind = "violation of the protocol, or panic"
)

// findings are violations, a line each.
type findings map[kind][]string

func (f findings) add(k kind, format string, args ...any) {
	f[k] = append(f[k], fmt.Sprintf(format, args...))
}

// report fails the test with what was found.
func (f findings) report(t *testing.T, what any) {
	t.Helper()
	for k, lines := range f {
		for _, line := range lines {
			if k != early {
				t.Errorf("%v: %s: %s", what, k, line)
			}
		}
	}
}

// table counts by row and column.
type table struct {
	mu    sync.Mutex
	cells map[[2]string]int
}

func (c *table) add(row, column string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cells == nil {
		c.cells = map[[2]string]int{}
	}
	c.cells[[2]string{row, column}] += n
}

// sum adds up a column.
func (c *table) sum(column string) int {
	total := 0
	for at, n := range c.cells {
		if at[1] == column {
			total += n
		}
	}
	return total
}

// print writes the table where a test run with -campaign shows it.
func (c *table) print(title string) {
	if *form == "sample" {
		return
	}
	rows, columns := map[string]bool{}, map[string]bool{}
	for at := range c.cells {
		rows[at[0]], columns[at[1]] = true, true
	}
	head := slices.Sorted(maps.Keys(columns))
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\n%s\t%s\n", title, strings.Join(head, "\t"))
	for _, row := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprint(w, row)
		for _, column := range head {
			cell := ""
			if n, ok := c.cells[[2]string{row, column}]; ok {
				cell = fmt.Sprint(n)
			}
			fmt.Fprint(w, "\t", cell)
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush() // standard output
}

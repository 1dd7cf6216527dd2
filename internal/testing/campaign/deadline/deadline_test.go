package deadline

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestResult_enter(t *testing.T) {
	t.Parallel()
	var r Result
	r.enter("read", time.Second)
	r.enter("create", Limit+time.Second)
	r.enter("delete", Limit)
	if r.Operations != 3 || r.Longest != Limit+time.Second || r.Slowest != "create" || len(r.Late) != 1 || !strings.HasPrefix(r.Late[0], "create took 36s") {
		t.Errorf("%+v", r)
	}
}

// TestRun measures all operations, on the real clock.
func TestRun(t *testing.T) {
	if testing.Short() || os.Getenv("TF_ACC") == "" {
		t.Skip("waits for half a minute: set TF_ACC=1")
	}
	t.Parallel()
	began := time.Now()
	r, err := Run(t.Context(), t.Output())
	if err != nil {
		t.Error(err)
	}
	if r.Operations < 100 || r.Longest < 5*time.Second {
		t.Errorf("%d operations, the longest %v: they have not been held up", r.Operations, r.Longest)
	}
	for _, late := range r.Late {
		t.Error(late)
	}
	t.Logf("%d operations in %v; the longest, %s, took %v", r.Operations, time.Since(began), r.Slowest, r.Longest)
}

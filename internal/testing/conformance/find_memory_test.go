package conformance

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// streamMemory is what a list of many keys may need besides what a provider that
// has just been started needs.
const streamMemory = 60 << 20

// TestListMemory: the results of a list of 10,000 keys are sent one by one. The
// memory of the simulator that serves them counts too. It measures the memory of the
// process, so it is not parallel.
func TestListMemory(t *testing.T) { eachSubject(t, []string{richest}, listMemory) }

func listMemory(t *testing.T, s simulators.Service) {
	const n = 10_000
	h := NewHarness(t, s)
	h.Store.Seed(n, func(i int) string { return fmt.Sprintf("key number %d of a large workspace", i) })
	run := h.Run()
	base, peak, seen := heap(), uint64(0), 0
	found, ds := run.List(h.Type(), protocol.Query{Limit: 2 * n, IncludeResource: true}, func(protocol.Found) bool {
		if seen++; seen%500 == 0 {
			peak = max(peak, heap())
		}
		return false
	})
	if len(ds) > 0 || seen != n || len(found) > 0 {
		t.Fatalf("listed %d keys; %s", seen, ds)
	}
	t.Logf("%.1f MiB", float64(peak-min(base, peak))/(1<<20))
	if peak > base+streamMemory {
		t.Errorf("listing %d keys takes %d MiB", n, (peak-base)>>20)
	}
	runtime.KeepAlive(run)
}

// heap is how much memory is in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

package main

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// An interrupt, whenever it comes, ends the life but not the cleaning up.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	operations := []string{
		simulator.OpList, simulator.OpCreate, simulator.OpGet, simulator.OpWhoami, simulator.OpUpdate, simulator.OpRotate, simulator.OpRevoke,
	}
	for _, name := range slices.Sorted(maps.Keys(assumptions)) {
		for _, operation := range operations {
			for _, moment := range []simulator.Moment{simulator.Arrived, simulator.Changed} {
				t.Run(name+", "+operation, func(t *testing.T) {
					t.Parallel()
					tr := newTestRun(t, name, nil)
					tr.store.Mint("somebody-elses")
					ctx, interrupt := context.WithCancel(context.Background())
					defer interrupt()
					tr.store.Watch(func(e simulator.Exchange, m simulator.Moment) {
						if e.Operation == operation && m == moment {
							interrupt()
						}
					})
					want := exitFailed
					if !slices.Contains(operationsOf(name), operation) {
						want = exitHolds // there is no such moment
					}
					tr.run(ctx, want)
					if want == exitFailed && !strings.Contains(tr.log.String(), "interrupted") {
						t.Errorf("the log is %s", tr.log.String())
					}
				})
			}
		}
	}
}

// operationsOf are the operations that come in the life of a key.
func operationsOf(name string) []string {
	common := []string{simulator.OpList, simulator.OpCreate, simulator.OpRevoke}
	if name == "onepin" {
		return append(common, simulator.OpGet, simulator.OpWhoami, simulator.OpUpdate, simulator.OpRotate)
	}
	return common
}

// Answers that are lost leave no key behind, be it once or each time.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for _, name := range slices.Sorted(maps.Keys(assumptions)) {
		for _, operation := range []string{simulator.OpCreate, simulator.OpRotate, simulator.OpRevoke} {
			for _, kind := range []simulator.Kind{simulator.FaultCut, simulator.FaultNoValue, simulator.FaultHTML, simulator.FaultHalfBody} {
				for _, times := range []int{1, 1000} {
					if !slices.Contains(operationsOf(name), operation) {
						continue
					}
					t.Run(strings.Join([]string{name, operation, string(kind), strconv.Itoa(times)}, ", "), func(t *testing.T) {
						t.Parallel()
						tr := newTestRun(t, name, nil)
						tr.store.Mint("somebody-elses")
						tr.store.Fault(simulator.Fault{Operation: operation, Kind: kind, After: true, Status: http.StatusBadGateway, Times: times})
						tr.run(context.Background(), anyExit)
					})
				}
			}
		}
	}
}

// Keys that cannot be revoked are named loudly, with the way to revoke them, and the
// table still holds none of it.
func TestAlarm(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"a revoke that fails":  {Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: http.StatusInternalServerError, Times: 1000},
		"a revoke that is off": {Operation: simulator.OpRevoke, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: 1000},
		"a listing that fails": {Operation: simulator.OpList, Skip: 3, Kind: simulator.FaultStatus, Status: http.StatusInternalServerError, Times: 1000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTestRun(t, "expunct", nil)
			tr.store.Fault(fault)
			if got := tr.program().run(context.Background()); got != exitFailed {
				t.Errorf("exit status %d", got)
			}
			log := tr.log.String()
			if !strings.Contains(log, "MAY STILL LIVE") || !strings.Contains(log, tr.service.Key.Console) {
				t.Errorf("the log is %s", log)
			}
			for _, k := range tr.store.Live() {
				if !strings.Contains(log, k.ID) || strings.Contains(tr.out.String(), k.ID) {
					t.Errorf("key %s lives on; the log is %s", k.ID, log)
				}
			}
		})
	}
}

// Keys of earlier runs are named, and stay: the run that they belong to may go on.
func TestLeftovers(t *testing.T) {
	t.Parallel()
	for _, name := range slices.Sorted(maps.Keys(assumptions)) {
		tr := newTestRun(t, name, nil)
		leftover := tr.store.Mint(namePrefix + "20260101T000000Z-abcdefgh")
		tr.run(context.Background(), exitHolds)
		if log := tr.log.String(); !strings.Contains(log, leftover.ID) || !strings.Contains(log, tr.service.Key.Console) {
			t.Errorf("%s: the log is %s", name, log)
		}
	}
}

// Nothing is sent without the owner's yes.
func TestAsk(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		isTerminal    bool
		answer, smoke string
		agreed        bool
	}{
		"yes":                   {true, "yes\n", "", true},
		"no":                    {true, "no\n", "", false},
		"anything else":         {true, "y\n", "", false},
		"the end of input":      {true, "", "", false},
		"nobody there":          {false, "yes\n", "", false},
		"a script":              {false, "", "yes", true},
		"a script without yes":  {false, "", "1", false},
		"a terminal and script": {true, "", "yes", true},
	} {
		tr := newTestRun(t, "pioneer", nil)
		tr.env["SMOKE"] = test.smoke
		p := tr.program()
		p.in, p.isTerminal = strings.NewReader(test.answer), test.isTerminal
		if err := p.ask(); (err == nil) != test.agreed {
			t.Errorf("%s: %v", name, err)
		}
		if !strings.Contains(tr.log.String(), tr.url) || !strings.Contains(tr.log.String(), namePrefix) {
			t.Errorf("%s: %s", name, tr.log.String())
		}
		if tr.store.Total() != 0 {
			t.Errorf("%s: %d requests", name, tr.store.Total())
		}
	}
}

// Without a credential nothing is sent, and the message says what to set.
func TestNoCredential(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"expunct", "pioneer"} {
		tr := newTestRun(t, name, nil)
		for variable := range tr.env {
			if !strings.HasSuffix(variable, "BASE_URL") {
				delete(tr.env, variable)
			}
		}
		if got := tr.program().run(context.Background()); got != exitFailed || tr.store.Total() != 0 || !strings.Contains(tr.log.String(), "_API_KEY") {
			t.Errorf("exit status %d, %d requests, %s", got, tr.store.Total(), tr.log.String())
		}
	}
}

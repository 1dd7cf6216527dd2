package main

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// testRun is a run of the program against a simulator.
type testRun struct {
	t        *testing.T
	service  simulators.Service
	store    *simulator.Store
	clock    *protocol.Clock
	url      string
	out, log bytes.Buffer
	env      map[string]string

	assumptions []assumption
}

// newTestRun starts the simulator of a service; around, if it is not nil, changes what it
// answers.
func newTestRun(t *testing.T, name string, around func(http.Handler) http.Handler) *testRun {
	t.Helper()
	return newTestRunOf(t, simulators.Named(name), around)
}

// newTestRunOf is newTrial for a service that may have another simulator.
func newTestRunOf(t *testing.T, s simulators.Service, around func(http.Handler) http.Handler) *testRun {
	t.Helper()
	name := s.Key.Name
	tr := &testRun{t: t, service: s, clock: protocol.NewClock(), assumptions: assumptions[name]}
	server := simulator.RunAt(t, tr.clock.Now, simulator.Mount{Name: name, Handler: s.Simulator})
	tr.store, tr.url = server.Store(name), server.URL(name)
	if around != nil {
		other := httptest.NewServer(around(server.Handler()))
		t.Cleanup(other.Close)
		tr.url = other.URL + "/" + name
	}
	tr.env = s.Environment(tr.url, tr.store.Admin(), tr.store.CreateSession())
	return tr
}

func (tr *testRun) program() program {
	return program{
		service: tr.service.Service, assumptions: tr.assumptions, env: func(name string) string { return tr.env[name] }, in: strings.NewReader(""),
		out: &tr.out, log: &tr.log, now: tr.clock.Now,
		options: keyring.Options{Now: tr.clock.Now, Sleep: tr.clock.Sleep},
		http:    httpclient.Config{Now: tr.clock.Now, Sleep: tr.clock.Sleep},
	}
}

// anyExit is any exit status.
const anyExit = -1

// run runs the program, and checks what holds for every run: nothing of this run lives
// on, all else does, and the table holds no value and nothing of other keys.
func (tr *testRun) run(ctx context.Context, want int) map[string]string {
	tr.t.Helper()
	others := map[string]bool{}
	for _, k := range tr.store.Live() {
		others[k.ID] = true
	}
	if got := tr.program().run(ctx); got != want && want != anyExit {
		tr.t.Errorf("exit status %d, want %d\n%s%s", got, want, tr.log.String(), tr.out.String())
	}
	for _, k := range tr.store.Live() {
		if !others[k.ID] {
			tr.t.Errorf("key %s (%q) lives on\n%s", k.ID, k.Name, tr.log.String())
		}
		delete(others, k.ID)
	}
	if len(others) > 0 {
		tr.t.Errorf("keys of others are gone: %v", others)
	}
	for _, k := range tr.store.Ledger() {
		for _, text := range []string{k.Value, k.ID, k.Name, k.Value[len(k.Value)-8:]} {
			if strings.Contains(tr.out.String(), text) {
				tr.t.Errorf("the table holds %q", text)
			}
		}
	}
	if tr.store.Admin() == "" || strings.Contains(tr.out.String()+tr.log.String(), tr.store.Admin()) {
		tr.t.Error("the credential is shown")
	}
	return tr.results()
}

// results are the results in the table, by assumption, with what was seen.
func (tr *testRun) results() map[string]string {
	found := map[string]string{}
	for line := range strings.Lines(tr.out.String()) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if len(cells) >= 2 {
			found[cells[1]] = cells[0]
		}
	}
	for _, heading := range []string{"seen", "assumption"} {
		delete(found, heading)
	}
	return found
}

// Everything holds at the stand-ins, also where there are many keys.
func TestHolds(t *testing.T) {
	t.Parallel()
	for _, name := range slices.Sorted(maps.Keys(assumptions)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTestRun(t, name, nil)
			tr.store.Seed(120, func(i int) string { return "somebody-elses" })
			got := tr.run(context.Background(), exitHolds)
			if len(got) != len(assumptions[name]) {
				t.Errorf("%d results for %d assumptions", len(got), len(assumptions[name]))
			}
			for text, result := range got {
				if result != string(holds) {
					t.Errorf("%s: %s", result, text)
				}
			}
			if t.Failed() {
				t.Log(tr.out.String(), tr.log.String())
			}
		})
	}
}

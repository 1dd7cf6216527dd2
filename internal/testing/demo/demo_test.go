package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync/atomic"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/terraform"
)

// dashboard is the name of the simulator of Pioneer as it is documented since
// 2026-07-15.
const dashboard = "pioneer-dashboard"

// demo is real Terraform with an example, and the simulators of the services.
type demo struct {
	*testing.T
	ctx      context.Context //nolint:containedctx // of the one test
	home     string          // of all examples
	cli      *terraform.CLI
	server   *simulator.Server
	services []mounted
	ahead    *atomic.Int64 // nanoseconds by which the services' clock is ahead of the real one
}

// mounted is one service and its store.
type mounted struct {
	simulators.Service
	*simulator.Store
}

func TestDemo(t *testing.T) {
	if os.Getenv("TF_ACC") == "" {
		t.Skip("runs Terraform: make demo")
	}
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt) // so that an interrupt leaves nothing behind
	defer stop()
	d := &demo{T: t, ctx: ctx, home: t.TempDir(), ahead: &atomic.Int64{}}
	d.start()
	d.use("demo")
	for i, step := range []struct {
		title string
		do    func()
	}{
		{"apply: a key at each service, handed to a deployment", d.create},
		{"plan again: nothing to do", d.planIsEmpty},
		{"change the trigger: every key rotates, the new one first", d.rotate},
		{"somebody revokes the keys behind Terraform's back: the next apply heals", d.heal},
		{"adopt keys that were created by hand, by name or by id", d.adopt},
		{"plan again: nothing to do", d.planIsEmpty},
		{"destroy", d.end},
		{"a key for a colleague: only ciphertext in state, plan and output", d.colleague},
		{"a key for a secret store: its value goes to a write-only argument and to no file", d.secretStore},
		{"a CI job: a key for one run is the credential of another provider", d.ci},
		{"Pioneer as it is documented now: only a person creates keys, and Terraform takes them over with their values", d.dashboardKeys},
	} {
		start := time.Now()
		fmt.Printf("\n%d. %s\n", i+1, step.title)
		step.do()
		fmt.Printf("   (%.1f s)\n", time.Since(start).Seconds())
	}
	d.totals()
}

// start starts the simulators, and builds the providers for Terraform.
func (d *demo) start() {
	d.server = simulator.NewServer(func() time.Time { return time.Now().Add(time.Duration(d.ahead.Load())) })
	for _, s := range simulators.Services() {
		d.services = append(d.services, mounted{s, d.server.Mount(s.Key.Name, s.Simulator)})
	}
	d.server.Mount(dashboard, simulators.Named("pioneer").Generations["dashboard"])
	d.no(d.server.Start())
	d.Cleanup(d.server.Close)
	var env []string
	for _, s := range d.services {
		for variable, value := range s.Environment(d.server.URL(s.Key.Name), s.Admin(), s.CreateSession()) {
			env = append(env, variable+"="+value)
		}
	}
	bin := filepath.Join(d.home, "bin")
	d.no(terraform.BuildPlugins(d.ctx, bin))
	cli, err := terraform.New(d.home, terraform.DevOverrides(bin), append(env, "TMPDIR="+d.home)...)
	d.no(err)
	d.cli = cli
}

// no ends the demo at an error.
func (d *demo) no(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// use copies an example into a folder of its own, in which Terraform runs from now on.
func (d *demo) use(example string, env ...string) {
	d.Helper()
	root, err := terraform.Checkout()
	d.no(err)
	dir := filepath.Join(d.home, filepath.Base(example))
	d.no(os.CopyFS(dir, os.DirFS(filepath.Join(root, "examples", example))))
	d.cli = d.cli.In(dir, env...)
}

// terraform runs a command, which must end with this status, and returns its output.
func (d *demo) terraform(want int, args ...string) string {
	d.Helper()
	r, err := d.cli.Exec(d.ctx, args...)
	d.no(err)
	if r.Status != want {
		d.Fatalf("terraform %s ended with status %d instead of %d:\n%s", args[0], r.Status, want, r.Output)
	}
	return r.Stdout
}

func (d *demo) apply() { d.Helper(); d.terraform(0, "apply", "-auto-approve") }

// variables sets the configuration's variables from now on.
func (d *demo) variables(v map[string]any) { d.Helper(); d.write("demo.auto.tfvars.json", v) }

func (d *demo) write(name string, v any) {
	d.Helper()
	text, err := json.Marshal(v)
	d.no(err)
	d.no(os.WriteFile(filepath.Join(d.cli.Dir, name), text, 0o600))
}

// expect prints what was expected; what is not so fails the demo in the end.
func (d *demo) expect(ok bool, format string, args ...any) {
	d.Helper()
	mark := "ok  "
	if !ok {
		mark = "FAIL"
		d.Errorf(format, args...)
	}
	fmt.Printf("   %s  %s\n", mark, fmt.Sprintf(format, args...))
}

func (d *demo) service(name string) mounted {
	for _, s := range d.services {
		if s.Key.Name == name {
			return s
		}
	}
	panic("the provider has no service " + name)
}

// records are all keys of all services.
func (d *demo) records() (all []simulator.Record) {
	for _, s := range d.services {
		all = append(all, s.Ledger()...)
	}
	return all
}

func (d *demo) created() int { return len(d.records()) }

func (d *demo) live() (n int) {
	for _, r := range d.records() {
		if r.Live() {
			n++
		}
	}
	return n
}

// newest returns the newest key of each service.
func (d *demo) newest() (all []simulator.Record) {
	for _, s := range d.services {
		ledger := s.Ledger()
		all = append(all, ledger[len(ledger)-1])
	}
	return all
}

// audit compares what Terraform holds with the records: as many keys are live at each
// service, and Terraform holds each of them, with its value if Terraform created it.
func (d *demo) audit(want int) {
	d.Helper()
	type held struct {
		ID  string
		Key *string // nil for an adopted key
	}
	var outputs map[string]struct{ Value map[string][]held }
	d.no(json.Unmarshal([]byte(d.terraform(0, "output", "-json")), &outputs))
	for _, s := range d.services {
		ledger, live := s.Ledger(), len(s.Live())
		mine := outputs["held"].Value[s.Key.Name]
		right := 0
		for _, h := range mine {
			r, found := s.Get(h.ID)
			isAdopted := r.CreatedBy == simulator.Outside
			if found && r.Live() && (isAdopted && h.Key == nil || !isAdopted && h.Key != nil && *h.Key == r.Value) {
				right++
			}
		}
		d.expect(live == want && len(mine) == want && right == want,
			"%-8s records: %d live, %d revoked; Terraform holds %d, all live and with the recorded values",
			s.Key.Title, live, len(ledger)-live, right)
	}
}

func (d *demo) create() {
	d.variables(map[string]any{"generation": 1})
	d.apply()
	d.audit(1)
}

func (d *demo) planIsEmpty() {
	before := d.created()
	d.terraform(0, "plan", "-detailed-exitcode")
	d.expect(d.created() == before, "the plan is empty, and planning created no key")
}

func (d *demo) rotate() {
	old := d.newest()
	d.variables(map[string]any{"generation": 2})
	d.apply()
	clock := func(t time.Time) string { return t.Local().Format("15:04:05.000") }
	for i, s := range d.services {
		before, _ := s.Get(old[i].ID)
		after := d.newest()[i]
		d.expect(after.ID != before.ID && !before.Live() && !before.RevokedAt.Before(after.CreatedAt),
			"%-8s new key created %s, old key revoked %s", s.Key.Title, clock(after.CreatedAt), clock(before.RevokedAt))
	}
	d.audit(1)
}

func (d *demo) heal() {
	d.ahead.Add(int64(time.Hour)) // a key of the last minute may just not be listed yet, and is waited for
	for _, s := range d.services {
		for _, r := range s.Live() {
			d.no(s.Revoke(r.ID))
		}
	}
	d.expect(d.live() == 0, "all keys are revoked, and Terraform does not know yet")
	d.terraform(2, "plan", "-detailed-exitcode")
	d.expect(true, "the next plan sees it")
	d.apply()
	d.audit(1)
}

func (d *demo) adopt() {
	adopt := map[string]map[string]string{}
	for i, s := range d.services {
		key := s.Mint("created-by-hand")
		id := "name:" + key.Name
		if i%2 == 1 {
			id = key.ID
		}
		adopt[s.Key.Name] = map[string]string{key.Name: id}
	}
	before := d.created()
	d.variables(map[string]any{"generation": 2, "adopt": adopt})
	d.apply()
	d.expect(d.created() == before, "importing created no key")
	d.audit(2)
}

func (d *demo) end() {
	d.terraform(0, "destroy", "-auto-approve")
	d.audit(0)
}

// totals prints what the records say about the complete demo.
func (d *demo) totals() {
	fmt.Println()
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "records\tcreated\tby hand\trevoked\tbehind Terraform's back\tlive\trequests\t")
	for _, s := range d.services {
		var byHand, behind int
		for _, r := range s.Ledger() {
			if r.CreatedBy == simulator.Outside {
				byHand++
			}
			if r.RevokedBy == simulator.Outside {
				behind++
			}
		}
		created, live := len(s.Ledger()), len(s.Live())
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n", s.Key.Title, created, byHand, created-live, behind, live, s.Total())
	}
	_ = w.Flush()
	fmt.Printf("\n%d live keys\n", d.live())
}

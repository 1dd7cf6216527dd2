package main

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"

	"filippo.io/age"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/check"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/decoy"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/conformance"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"
)

// faultRun is one run: a stage is set, one exchange goes wrong, Terraform applies
// once more, and the ledger is held against the state.
type faultRun struct {
	scenario
	*conformance.Harness
	reader *age.X25519Identity
	server *simulator.Server
	real   func() tfprotov6.ProviderServer // the harness's provider

	adopted  map[string]bool
	delivery *tfkey.Delivery
	cancel   context.CancelFunc
	shown    protocol.Diagnostics
	clean    bool // nothing goes wrong any more
	covered  []check.Span

	mu    sync.Mutex
	hit   bool // the disturbance has happened
	gone  bool // Terraform has
	base  int  // exchanges before it was armed
	calls gauge
}

// outcome is what a run showed.
type outcome struct {
	scenario scenario
	hit      bool
	check.Verdict
	// Lost are values, or keys, that Terraform cannot get hold of any more by an
	// apply; Leaks are places where a value or credential was said.
	Lost, Leaks, Late []string
	// Failed are applies that fail though one repeat does, Doubted refusals that
	// were waited for, or have left a record, as if the answer were lost; Endless
	// are commands with far more requests than they need.
	Failed, Doubted, Endless []string
	// Broken are violations of Terraform's protocol, and panics.
	Broken  []string
	longest time.Duration // of any call, see gauge
}

// stop is what a failed expectation of the harness ends a run with.
type stop struct{ text string }

// disconnected ends a command whose Terraform has gone: nobody takes the answer.
type disconnected struct{}

// stoppingTB is the harness's TB: a failure ends the run.
type stoppingTB struct{}

func (stoppingTB) Helper()                        {}
func (stoppingTB) Logf(string, ...any)            {}
func (stoppingTB) Fatalf(format string, a ...any) { panic(stop{fmt.Sprintf(format, a...)}) }

// run plays a plot.
func (p scenario) run(reader *age.X25519Identity) (o outcome) {
	t := &faultRun{scenario: p, reader: reader, adopted: map[string]bool{}}
	o.scenario = p
	clock := protocol.NewClock()
	t.server = simulator.NewServer(clock.Now)
	t.server.Mount(p.service.Key.Name, p.service.Simulator)
	if err := t.server.Start(); err != nil {
		o.Broken = append(o.Broken, err.Error())
		return o
	}
	defer t.server.Close()
	t.Harness = conformance.NewHarnessAt(stoppingTB{}, p.service, t.server, clock)
	t.SkipComparison = true // or each refresh would be made twice
	t.Options.Timeout = clock.Timeout
	t.Store.DelayBy(func(ctx context.Context, d time.Duration) bool {
		clock.Advance(d) // whoever has less patience than that hangs up
		<-ctx.Done()
		return false
	})
	t.real, t.Server = t.Server, t.serve
	defer func() {
		o.hit, o.longest, o.Late = t.struck(), t.calls.longest, t.calls.late
		if failed := recover(); failed != nil {
			why, expected := failed.(stop)
			if !expected {
				why.text = fmt.Sprintf("panic: %v", failed)
			}
			o.Broken = append(o.Broken, why.text)
		}
	}()
	t.prepare()
	began, sent := t.Clock.Now(), len(t.Store.Log())
	ds := t.disturbed()
	t.assess(&o, ds.Errors(), t.Clock.Now().Sub(began), t.Store.Log()[sent:])
	t.clean = true
	if t.struck() {
		t.Clock.Advance(p.stage.pause)
		ds = t.command()
	}
	if p.stage.person && len(ds.Errors()) > 0 {
		t.revokeNamed(ds.Errors())
		ds = t.command()
	}
	t.check(&o, ds.Errors())
	return o
}

// prepare sets the stage.
func (t *faultRun) prepare() {
	t.Store.Quirk(t.stage.quirks)
	decoy.Plant(t.Store, t.Clock.Now(), t.stage.since, t.called(), t.stage.decoys)
	if t.stage.quirks.TotalAll { // of which there has to be something
		_ = t.Store.Revoke(t.Store.Mint("gone").ID) // it lives
	}
	if t.operation.imports {
		found := t.Store.Mint("imported")
		t.adopted[found.ID] = true
	}
	t.Clock.Advance(t.stage.since)
	if before := t.operation.before(t); len(before) > 0 {
		t.must(before)
		// Some time passes between two applies, so that a listing that lags has
		// caught up and the keys are not of the same second.
		t.Clock.Advance(time.Minute)
	}
	t.Store.Seed(t.stage.later, func(int) string { return "of others" })
	if t.operation.meanwhile != nil {
		t.operation.meanwhile(t)
	}
}

// called is the name of the key that all is about.
func (t *faultRun) called() string { return cmp.Or(t.stage.called, name) }

// must applies, undisturbed.
func (t *faultRun) must(config protocol.Config) {
	if errs := t.Apply(config).Diagnostics.Errors(); len(errs) > 0 {
		t.TB.Fatalf("setting the stage fails: %v", errs)
	}
}

// target is the configuration that is to be reached.
func (t *faultRun) target() protocol.Config {
	config := t.operation.after(t)
	if t.operation.imports {
		for at := range config {
			config[at] = t.Block("imported")
		}
	}
	return config
}

// disturbed is the command in which something goes wrong.
func (t *faultRun) disturbed() protocol.Diagnostics {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	t.Context, t.cancel = ctx, cancel
	t.delivery = &tfkey.Delivery{}
	if t.disturbance.interrupts() && !t.disturbance.cancel {
		t.Options.Delivery = t.delivery
	}
	t.arm()
	ds := t.command()
	t.disarm()
	t.Context, t.Options.Delivery = nil, nil
	for id := range t.Held() {
		if w, ok := keyring.ParseCreateWindow(id); ok {
			t.covered = append(t.covered, check.Span{From: w.From, To: w.To})
		}
	}
	return ds
}

// arm lets the disturbance happen.
func (t *faultRun) arm() {
	d := t.disturbance
	t.base = len(t.Store.Log())
	t.Store.Watch(t.watch)
	if d.unlisted {
		d.quirks.ListingEnd = t.Clock.Now()
	}
	if d.quirks != (simulator.Quirks{}) {
		t.Store.Quirk(d.quirks)
	}
	if t.hit = d.standing; d.standing || d.interrupts() {
		return
	}
	first := d.fault
	first.Skip = t.exchange - 1
	t.Store.Fault(first)
	if d.gap > 0 {
		// What the first fault meets does not count for the second.
		second := d.second
		second.Skip = t.exchange + d.gap - 2
		t.Store.Fault(second)
	}
}

// disarm ends it.
func (t *faultRun) disarm() {
	t.Store.ClearFaults()
	t.Store.Quirk(t.stage.quirks)
	t.Store.Watch(nil)
	t.delivery.Wait(time.Minute)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gone = false
}

// watch sees each exchange, and interrupts where that is what goes wrong.
func (t *faultRun) watch(e simulator.Exchange, m simulator.Moment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.disturbance
	switch {
	case e.Fault != "":
		t.hit = true
	case t.hit || !d.interrupts() || e.Number != t.base+t.exchange || m != d.at:
	case d.cancel:
		t.hit = true
		t.cancel()
	default:
		t.hit, t.gone = true, true
		t.delivery.Disconnect()
	}
}

// struck reports whether the disturbance has happened.
func (t *faultRun) struck() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.hit
}

// isGone reports whether nobody takes an answer any more.
func (t *faultRun) isGone() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.gone
}

// command is what the user runs: an apply, after the import if that is what it is
// about. It ends early when Terraform is gone.
func (t *faultRun) command() protocol.Diagnostics {
	defer func() {
		if why := recover(); why != nil {
			if _, ok := why.(disconnected); !ok {
				panic(why)
			}
		}
	}()
	var ds protocol.Diagnostics
	if t.operation.imports && t.State[address] == nil {
		id := ""
		for known := range t.adopted {
			id = known
		}
		ds = t.Import(address, t.Type(), id)
		t.shown = append(t.shown, ds...)
		if len(ds.Errors()) > 0 {
			return ds
		}
	}
	if t.operation.first != nil && !t.clean {
		p := t.Apply(t.operation.first(t))
		t.shown = append(t.shown, p.Diagnostics...)
		ds = p.Diagnostics
	}
	p := t.Apply(t.target())
	t.shown = append(t.shown, p.Diagnostics...)
	return append(ds, p.Diagnostics...)
}

// The most that a command needs.
const (
	mostRequests = 300             // with several pages, while a key is waited for
	mostWait     = 5 * time.Second // for an answer that leaves nothing open
)

// serve makes the provider under test, measured.
func (t *faultRun) serve() tfprotov6.ProviderServer {
	return meter{t.real(), t}
}

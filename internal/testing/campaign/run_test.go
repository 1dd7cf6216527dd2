package campaign

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"filippo.io/age"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/conformance"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"
)

// run is one run: one exchange goes wrong, Terraform applies once more, and the ledger
// is compared with the state.
type run struct {
	series
	*conformance.Harness
	reader *age.X25519Identity
	server *simulator.Server

	adopted  map[string]bool
	delivery *tfkey.Delivery
	cancel   context.CancelFunc
	shown    protocol.Diagnostics
	clean    bool // nothing goes wrong any more
	windows  []keyring.CreateWindow

	mu   sync.Mutex
	hit  bool // the disturbance has happened
	gone bool // Terraform has exited
	base int  // exchanges before it was armed
}

// outcome is what a run showed.
type outcome struct {
	hit   bool
	found findings
}

// failure is what a failed expectation of the harness ends a run with.
type failure string

// disconnected ends a command whose Terraform has gone: nobody takes the answer.
type disconnected struct{}

// panickingTB is the harness's TB: a failure ends the run.
type panickingTB struct{}

func (panickingTB) Helper()                        {}
func (panickingTB) Logf(string, ...any)            {}
func (panickingTB) Fatalf(format string, a ...any) { panic(failure(fmt.Sprintf(format, a...))) }

// run runs a series at its exchange.
func (s series) run(reader *age.X25519Identity) (o outcome) {
	o.found = findings{}
	t := &run{series: s, reader: reader, adopted: map[string]bool{}}
	clock := protocol.NewClock()
	t.server = simulator.NewServer(clock.Now)
	t.server.Mount(s.service.Key.Name, s.service.Simulator)
	if err := t.server.Start(); err != nil {
		o.found.add(broken, "%v", err)
		return o
	}
	defer t.server.Close()
	t.Harness = conformance.NewHarnessAt(panickingTB{}, s.service, t.server, clock)
	t.SkipComparison = true // or each refresh would be done twice
	t.Options.Timeout = clock.Timeout
	t.Store.DelayBy(func(ctx context.Context, d time.Duration) bool {
		clock.Advance(d) // a client whose timeout is shorter hangs up
		<-ctx.Done()
		return false
	})
	provider := t.Server
	t.Server = func() tfprotov6.ProviderServer { return leaving{provider(), t} }
	defer func() {
		o.hit = t.struck()
		if thrown := recover(); thrown != nil {
			o.found.add(broken, "%v", thrown)
		}
	}()
	t.play(o.found)
	return o
}

// play is a run on a server that is ready.
func (t *run) play(found findings) {
	t.prepare()
	began, sent := t.Clock.Now(), len(t.Store.Log())
	ds := t.disturbed()
	t.assess(found, ds.Errors(), t.Clock.Now().Sub(began), t.Store.Log()[sent:])
	t.clean = true
	if t.struck() {
		t.Clock.Advance(t.conditions.pause)
		ds = t.command()
	}
	if t.conditions.person && len(ds.Errors()) > 0 {
		t.revokeNamed(ds.Errors())
		ds = t.command()
	}
	t.check(found, ds.Errors())
}

// prepare creates the conditions and applies the configuration before the disturbance.
func (t *run) prepare() {
	t.Store.Quirk(t.conditions.quirks)
	plantDecoys(t.Store, t.Clock.Now(), t.conditions.since, t.called(), t.conditions.decoys)
	if t.conditions.quirks.TotalAll { // of which there has to be something
		_ = t.Store.Revoke(t.Store.Mint("gone").ID) // it lives
	}
	if t.operation.imports {
		found := t.Store.Mint("imported")
		t.adopted[found.ID] = true
	}
	t.Clock.Advance(t.conditions.since)
	if before := t.operation.before(t); len(before) > 0 {
		t.must(before)
		// Some time passes between two applies, so that a listing that lags has
		// caught up and the keys are not of the same second.
		t.Clock.Advance(time.Minute)
	}
	t.Store.Seed(t.conditions.later, func(int) string { return "of others" })
	if t.operation.meanwhile != nil {
		t.operation.meanwhile(t)
	}
}

// called is the name of the key that all is about.
func (t *run) called() string { return cmp.Or(t.conditions.called, keyName) }

// must applies, undisturbed.
func (t *run) must(config protocol.Config) {
	if errs := t.Apply(config).Diagnostics.Errors(); len(errs) > 0 {
		t.TB.Fatalf("the undisturbed apply fails: %v", errs)
	}
}

// target is the configuration that is to be reached.
func (t *run) target() protocol.Config {
	config := t.operation.after(t)
	if t.operation.imports {
		for at := range config {
			config[at] = t.Block("imported")
		}
	}
	return config
}

// disturbed is the command in which something goes wrong.
func (t *run) disturbed() protocol.Diagnostics {
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
			t.windows = append(t.windows, w)
		}
	}
	return ds
}

// arm lets the disturbance happen.
func (t *run) arm() {
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
func (t *run) disarm() {
	t.Store.ClearFaults()
	t.Store.Quirk(t.conditions.quirks)
	t.Store.Watch(nil)
	t.delivery.Wait(time.Minute)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gone = false
}

// watch sees each exchange, and interrupts where that is what goes wrong.
func (t *run) watch(e simulator.Exchange, m simulator.Moment) {
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
func (t *run) struck() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.hit
}

// isGone reports whether nobody takes an answer any more.
func (t *run) isGone() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.gone
}

// command is what the user runs: an apply, after the import if that is what it is
// about. It ends early when Terraform is gone.
func (t *run) command() protocol.Diagnostics {
	defer func() {
		thrown := recover()
		if _, left := thrown.(disconnected); thrown != nil && !left {
			panic(thrown)
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

// leaving is a provider whose answers nobody takes once Terraform has exited.
type leaving struct {
	tfprotov6.ProviderServer
	t *run
}

// end ends a call.
func (l leaving) end() {
	if l.t.isGone() {
		l.t.delivery.Wait(time.Minute) // main does: the process does not end before
		panic(disconnected{})
	}
}

// ReadResource implements tfprotov6.ProviderServer.
func (l leaving) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	resp, err := l.ProviderServer.ReadResource(ctx, req)
	l.end()
	return resp, err
}

// PlanResourceChange implements tfprotov6.ProviderServer.
func (l leaving) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	resp, err := l.ProviderServer.PlanResourceChange(ctx, req)
	l.end()
	return resp, err
}

// ApplyResourceChange implements tfprotov6.ProviderServer.
func (l leaving) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	resp, err := l.ProviderServer.ApplyResourceChange(ctx, req)
	l.end()
	return resp, err
}

// ImportResourceState implements tfprotov6.ProviderServer.
func (l leaving) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	resp, err := l.ProviderServer.ImportResourceState(ctx, req)
	l.end()
	return resp, err
}

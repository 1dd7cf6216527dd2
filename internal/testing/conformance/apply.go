package conformance

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Apply plans and applies a configuration.
func (c *Core) Apply(config Config) *Plan {
	c.TB.Helper()
	p := c.Plan(config)
	if len(p.Diagnostics.Errors()) == 0 {
		p.Diagnostics = append(p.Diagnostics, c.ApplyPlan(p)...)
	}
	return p
}

// Destroy destroys everything in the state.
func (c *Core) Destroy() *Plan {
	c.TB.Helper()
	return c.Apply(Config{})
}

// ApplyPlan applies a plan that was made before, with a provider of its own. then
// goes on in the same run.
func (c *Core) ApplyPlan(p *Plan, then ...func(*Run)) Diagnostics {
	c.TB.Helper()
	c.State = p.state
	w, ds := c.walk()
	if len(ds.Errors()) > 0 {
		return ds
	}
	for _, address := range addresses(p.config, p.state) {
		ch := p.changes[address]
		if ch == nil {
			continue
		}
		ds = append(ds, w.applyChange(address, ch, p.config[address])...)
	}
	for _, f := range then {
		f(&Run{walk: w})
	}
	return ds
}

func (w *walk) applyChange(address string, ch *change, block Block) Diagnostics {
	w.TB.Helper()
	var ds Diagnostics
	prior := ch.prior
	switch ch.action {
	case NoOp:
	case Create:
		ds = append(ds, w.create(address, ch, block.Type, nil)...)
	case Update:
		ds = append(ds, w.replan(ch, prior.Type, prior, prior.private)...)
		ds = append(ds, w.update(address, ch)...)
	case Delete:
		ds = append(ds, w.destroy(prior, ch.private)...)
		if len(ds.Errors()) == 0 && len(prior.Deposed) == 0 {
			delete(w.State, address)
		}
	case Replace:
		if block.CreateBeforeDestroy {
			return append(ds, w.replaceLate(address, ch, block.Type)...)
		}
		ds = append(ds, w.destroy(prior, prior.private)...)
		if len(ds.Errors()) > 0 {
			return ds
		}
		delete(w.State, address)
		ds = append(ds, w.create(address, ch, block.Type, prior.Deposed)...)
	}
	if prior != nil && ch.action != Replace {
		ds = append(ds, w.destroyDeposed(address, prior.Deposed)...)
	}
	return ds
}

// replaceLate is create_before_destroy: the old object is deposed, and destroyed
// once the new one stands.
func (w *walk) replaceLate(address string, ch *change, kind string) Diagnostics {
	w.TB.Helper()
	old := ch.prior
	deposed := slices.Concat(old.Deposed, []*Instance{old})
	ds := w.create(address, ch, kind, deposed)
	if w.State[address] == old { // nothing came of it
		return ds
	}
	if len(ds.Errors()) > 0 {
		return ds
	}
	return append(ds, w.destroyDeposed(address, deposed)...)
}

func (w *walk) destroyDeposed(address string, deposed []*Instance) Diagnostics {
	var ds Diagnostics
	var left []*Instance
	for _, old := range deposed {
		more := w.destroy(old, old.private)
		ds = append(ds, more...)
		if len(more.Errors()) > 0 {
			left = append(left, old)
		}
	}
	if i, ok := w.State[address]; ok {
		i.Deposed = left
	}
	return ds
}

func (w *walk) create(address string, ch *change, kind string, deposed []*Instance) Diagnostics {
	w.TB.Helper()
	ds := w.replan(ch, kind, nil, nil)
	resp := w.apply(kind, w.null(kind), ch)
	ds = append(ds, resp.Diagnostics...)
	value := unpack(resp.NewState, w.schema(kind).ValueType())
	if value.IsNull() {
		if len(ds.Errors()) == 0 {
			w.TB.Fatalf("create of %s returned neither a state nor an error", kind)
		}
		return ds
	}
	w.check(ch.planned, value, ds)
	w.set(address, &Instance{
		Type: kind, value: value, private: resp.Private, identity: resp.NewIdentity,
		Tainted: len(ds.Errors()) > 0, Deposed: deposed,
	})
	return ds
}

func (w *walk) update(address string, ch *change) Diagnostics {
	w.TB.Helper()
	prior := ch.prior
	resp := w.apply(prior.Type, prior.value, ch)
	ds := Diagnostics(resp.Diagnostics)
	value := unpack(resp.NewState, w.schema(prior.Type).ValueType())
	if value.IsNull() {
		w.TB.Fatalf("update of %s returned no state", prior.Type)
	}
	w.check(ch.planned, value, ds)
	w.set(address, &Instance{Type: prior.Type, value: value, private: resp.Private, identity: resp.NewIdentity, Deposed: prior.Deposed})
	return ds
}

func (w *walk) destroy(i *Instance, private []byte) Diagnostics {
	w.TB.Helper()
	null := w.null(i.Type)
	resp := w.apply(i.Type, i.value, &change{planned: null, config: null, private: private, identity: i.identity})
	ds := Diagnostics(resp.Diagnostics)
	left := unpack(resp.NewState, null.Type())
	switch {
	case len(ds.Errors()) == 0 && !left.IsNull():
		w.TB.Fatalf("destroy of %s left a state without an error", i.Type)
	case len(ds.Errors()) > 0 && !left.IsNull(): // kept as it is now
		i.value, i.private, i.identity = left, resp.Private, resp.NewIdentity
	}
	return ds
}

func (w *walk) apply(kind string, prior tftypes.Value, ch *change) *tfprotov6.ApplyResourceChangeResponse {
	w.TB.Helper()
	resp, err := w.server.ApplyResourceChange(w.ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: kind, PriorState: pack(prior), PlannedState: pack(ch.planned), Config: pack(ch.config),
		PlannedPrivate: ch.private, PlannedIdentity: ch.identity,
	})
	w.must(err, "ApplyResourceChange")
	return resp
}

// check holds the result of an apply to Terraform's rules: nothing unknown, and
// without an error everything as planned.
func (w *walk) check(planned, got tftypes.Value, ds Diagnostics) {
	w.TB.Helper()
	if !got.IsFullyKnown() {
		w.TB.Fatalf("the state after an apply is not fully known: %s", describe(got))
	}
	if len(ds.Errors()) > 0 {
		return
	}
	if diff := conforms(planned, got, "state"); diff != "" {
		w.TB.Fatalf("inconsistent result after apply: %s", diff)
	}
}

package protocol

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Apply plans and applies a configuration.
func (t *Terraform) Apply(config Config) *Plan {
	t.TB.Helper()
	p := t.Plan(config)
	if len(p.Diagnostics.Errors()) == 0 {
		p.Diagnostics = append(p.Diagnostics, t.ApplyPlan(p)...)
	}
	return p
}

// Destroy destroys everything in the state.
func (t *Terraform) Destroy() *Plan {
	t.TB.Helper()
	return t.Apply(Config{})
}

// ApplyPlan applies a plan that was made before, with a provider of its own. then is
// called in the same run.
func (t *Terraform) ApplyPlan(p *Plan, then ...func(*Run)) Diagnostics {
	t.TB.Helper()
	t.State = p.state
	r, ds := t.start()
	if len(ds.Errors()) > 0 {
		return ds
	}
	for _, address := range addresses(p.config, p.state) {
		if ch := p.changes[address]; ch != nil {
			ds = append(ds, r.applyChange(address, ch, p.config[address])...)
		}
	}
	for _, f := range then {
		f(r)
	}
	return ds
}

func (r *Run) applyChange(address string, ch *change, block Block) Diagnostics {
	r.tf.TB.Helper()
	var ds Diagnostics
	prior := ch.prior
	switch ch.action {
	case NoOp:
	case Create:
		ds = r.create(address, ch, block.Type, nil)
	case Update:
		ds = r.planAgain(ch, prior.Type, prior, prior.private)
		ds = append(ds, r.update(address, ch)...)
	case Delete:
		ds = r.destroy(prior, ch.private)
		if len(ds.Errors()) == 0 && len(prior.Deposed) == 0 {
			delete(r.tf.State, address)
		}
	case Replace:
		return r.replace(address, ch, block)
	}
	if prior != nil {
		ds = append(ds, r.destroyDeposed(address, prior.Deposed)...)
	}
	return ds
}

// replace destroys the old object before the new one is created. With
// create_before_destroy it is deposed, and destroyed afterwards.
func (r *Run) replace(address string, ch *change, block Block) Diagnostics {
	r.tf.TB.Helper()
	old := ch.prior
	if !block.CreateBeforeDestroy {
		ds := r.destroy(old, old.private)
		if len(ds.Errors()) > 0 {
			return ds
		}
		delete(r.tf.State, address)
		return append(ds, r.create(address, ch, block.Type, old.Deposed)...)
	}
	deposed := slices.Concat(old.Deposed, []*Instance{old})
	ds := r.create(address, ch, block.Type, deposed)
	if r.tf.State[address] == old || len(ds.Errors()) > 0 {
		return ds
	}
	return append(ds, r.destroyDeposed(address, deposed)...)
}

func (r *Run) destroyDeposed(address string, deposed []*Instance) Diagnostics {
	var ds Diagnostics
	var remaining []*Instance
	for _, old := range deposed {
		more := r.destroy(old, old.private)
		ds = append(ds, more...)
		if len(more.Errors()) > 0 {
			remaining = append(remaining, old)
		}
	}
	if i, ok := r.tf.State[address]; ok {
		i.Deposed = remaining
	}
	return ds
}

func (r *Run) create(address string, ch *change, kind string, deposed []*Instance) Diagnostics {
	r.tf.TB.Helper()
	ds := r.planAgain(ch, kind, nil, nil)
	resp := r.apply(kind, r.null(kind), ch)
	ds = append(ds, resp.Diagnostics...)
	value := unpack(resp.NewState, r.resource(kind).ValueType())
	if value.IsNull() {
		if len(ds.Errors()) == 0 {
			r.tf.TB.Fatalf("the create of %s returned neither a state nor an error", kind)
		}
		return ds
	}
	r.checkApplied(kind, ch.planned, value, ds)
	r.tf.set(address, &Instance{
		Type: kind, value: value, private: resp.Private, identity: resp.NewIdentity,
		Tainted: len(ds.Errors()) > 0, Deposed: deposed,
	})
	return ds
}

func (r *Run) update(address string, ch *change) Diagnostics {
	r.tf.TB.Helper()
	prior := ch.prior
	resp := r.apply(prior.Type, prior.value, ch)
	ds := Diagnostics(resp.Diagnostics)
	value := unpack(resp.NewState, r.resource(prior.Type).ValueType())
	if value.IsNull() {
		r.tf.TB.Fatalf("the update of %s returned no state", prior.Type)
	}
	r.checkApplied(prior.Type, ch.planned, value, ds)
	r.tf.set(address, &Instance{Type: prior.Type, value: value, private: resp.Private, identity: resp.NewIdentity, Deposed: prior.Deposed})
	return ds
}

func (r *Run) destroy(i *Instance, private []byte) Diagnostics {
	r.tf.TB.Helper()
	null := r.null(i.Type)
	resp := r.apply(i.Type, i.value, &change{planned: null, config: null, private: private, identity: i.identity})
	ds := Diagnostics(resp.Diagnostics)
	remaining := unpack(resp.NewState, null.Type())
	switch {
	case len(ds.Errors()) == 0 && !remaining.IsNull():
		r.tf.TB.Fatalf("the destroy of %s returned a state and no error", i.Type)
	case len(ds.Errors()) > 0 && !remaining.IsNull(): // Terraform saves this state
		i.value, i.private, i.identity = remaining, resp.Private, resp.NewIdentity
	}
	return ds
}

func (r *Run) apply(kind string, prior tftypes.Value, ch *change) *tfprotov6.ApplyResourceChangeResponse {
	r.tf.TB.Helper()
	resp := call(r, r.server.ApplyResourceChange, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: kind, PriorState: pack(prior), PlannedState: pack(ch.planned), Config: pack(ch.config),
		PlannedPrivate: ch.private, PlannedIdentity: ch.identity,
	})
	return resp
}

// checkApplied checks the result of an apply as Terraform does: without an error it
// is as planned.
func (r *Run) checkApplied(kind string, planned, got tftypes.Value, ds Diagnostics) {
	r.tf.TB.Helper()
	r.checkState(r.resource(kind), got, "apply")
	if len(ds.Errors()) > 0 {
		return
	}
	if diff := difference(planned, got, kind); diff != "" {
		r.tf.TB.Fatalf("inconsistent result after apply: %s", diff)
	}
}

// planAgain does what Terraform does right before a change: it plans again with the
// provider of the apply, and the two plans must agree. It returns the warnings of
// that plan, which a user sees too.
func (r *Run) planAgain(ch *change, kind string, prior *Instance, private []byte) Diagnostics {
	r.tf.TB.Helper()
	again := &change{config: ch.config}
	ds := r.planChange(again, kind, prior, private)
	if len(ds.Errors()) > 0 {
		return nil // the apply reports them
	}
	if prior != nil && again.action != ch.action && again.action != NoOp { // as in Terraform's checkPlannedChange
		r.tf.TB.Fatalf("inconsistent final plan: the action was %s, and is %s", ch.action, again.action)
	}
	if diff := difference(ch.planned, again.planned, kind); diff != "" {
		r.tf.TB.Fatalf("inconsistent final plan: %s", diff)
	}
	ch.planned, ch.private, ch.identity = again.planned, again.private, again.identity
	return ds
}

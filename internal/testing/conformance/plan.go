package conformance

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Plan is a plan that can be applied later.
type Plan struct {
	Actions     map[string]Action
	Diagnostics Diagnostics

	config  Config
	changes map[string]*change
	state   map[string]*Instance // refreshed
}

// Empty reports whether applying the plan would do nothing.
func (p *Plan) Empty() bool {
	for _, a := range p.Actions {
		if a != NoOp {
			return false
		}
	}
	return len(p.Diagnostics.Errors()) == 0
}

// change is what a plan does with one object.
type change struct {
	action   Action
	config   tftypes.Value
	prior    *Instance
	planned  tftypes.Value // of the new object
	private  []byte
	identity *tfprotov6.ResourceIdentityData
}

// Plan refreshes the state and plans the configuration.
func (c *Core) Plan(config Config) *Plan {
	c.TB.Helper()
	return c.plan(config, false)
}

func (c *Core) plan(config Config, skipRefresh bool) *Plan {
	c.TB.Helper()
	p := &Plan{Actions: map[string]Action{}, config: config, changes: map[string]*change{}, state: map[string]*Instance{}}
	w, ds := c.walk()
	p.Diagnostics = ds
	if len(ds.Errors()) > 0 {
		return p
	}
	for _, address := range addresses(config, c.State) {
		if held, ok := c.State[address]; ok {
			i := *held
			i.Deposed = nil
			gone, more := false, Diagnostics(nil)
			if !skipRefresh && i.value.Type() != nil {
				gone, more = w.refresh(&i)
			}
			p.Diagnostics = append(p.Diagnostics, more...)
			// Terraform refreshes these at the same time.
			for _, old := range held.Deposed {
				d := *old
				gone, more := w.refresh(&d)
				p.Diagnostics = append(p.Diagnostics, more...)
				if !gone {
					i.Deposed = append(i.Deposed, &d)
				}
			}
			if len(more.Errors()) > 0 {
				continue
			}
			if !gone {
				p.state[address] = &i
			}
		}
		block, wanted := config[address]
		prior := p.state[address]
		switch {
		case wanted:
			p.changes[address] = w.planBlock(p, block, prior)
		case prior != nil:
			p.changes[address] = w.planDestroy(p, prior)
		default:
			continue
		}
		if ch := p.changes[address]; ch != nil {
			p.Actions[address] = ch.action
			if prior != nil && len(prior.Deposed) > 0 && ch.action == NoOp {
				p.Actions[address] = Update
			}
		}
	}
	return p
}

func (w *walk) planDestroy(p *Plan, prior *Instance) *change {
	w.TB.Helper()
	null := w.null(prior.Type)
	resp, err := w.server.PlanResourceChange(w.ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: prior.Type, PriorState: pack(prior.value), ProposedNewState: pack(null), Config: pack(null),
		PriorPrivate: prior.private, PriorIdentity: prior.identity,
	})
	w.must(err, "PlanResourceChange")
	p.Diagnostics = append(p.Diagnostics, resp.Diagnostics...)
	return &change{action: Delete, prior: prior, planned: null, config: null, private: resp.PlannedPrivate, identity: resp.PlannedIdentity}
}

func (w *walk) planBlock(p *Plan, block Block, prior *Instance) *change {
	w.TB.Helper()
	s := w.schema(block.Type)
	config := encode(s.ValueType(), block.Attributes)
	valid, err := w.server.ValidateResourceConfig(w.ctx, &tfprotov6.ValidateResourceConfigRequest{
		TypeName: block.Type, Config: pack(config), ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	w.must(err, "ValidateResourceConfig")
	p.Diagnostics = append(p.Diagnostics, valid.Diagnostics...)
	if len(Diagnostics(valid.Diagnostics).Errors()) > 0 {
		return nil
	}
	ch := &change{config: config, prior: prior}
	if prior == nil || prior.Tainted {
		p.Diagnostics = append(p.Diagnostics, w.change(ch, block.Type, nil, nil)...)
		ch.action = Create
		if prior != nil {
			ch.action = Replace
		}
		return ch
	}
	ds := w.change(ch, block.Type, prior, prior.private)
	p.Diagnostics = append(p.Diagnostics, ds...)
	return ch
}

// change plans one object and decides the action. A replacement is planned once
// more, as a create, with the private data of the first plan.
func (w *walk) change(ch *change, kind string, prior *Instance, private []byte) Diagnostics {
	w.TB.Helper()
	s := w.schema(kind)
	was := w.null(kind)
	req := &tfprotov6.PlanResourceChangeRequest{TypeName: kind, Config: pack(ch.config), PriorPrivate: private}
	if prior != nil {
		was, req.PriorIdentity = prior.value, prior.identity
	}
	req.PriorState, req.ProposedNewState = pack(was), pack(proposed(s, was, ch.config))
	resp, err := w.server.PlanResourceChange(w.ctx, req)
	w.must(err, "PlanResourceChange")
	ds := Diagnostics(resp.Diagnostics)
	ch.planned = unpack(resp.PlannedState, s.ValueType())
	ch.private, ch.identity = resp.PlannedPrivate, resp.PlannedIdentity
	if len(ds.Errors()) > 0 {
		return ds
	}
	w.checkPlan(s, was, ch)
	switch {
	case prior == nil:
		ch.action = Create
	case replacing(resp.RequiresReplace, was, ch.planned):
		again := w.change(ch, kind, nil, resp.PlannedPrivate)
		if len(again.Errors()) > 0 { // as Terraform has it: mere warnings of the second plan are dropped
			ds = append(ds, again...)
		}
		ch.action = Replace
	case ch.planned.Equal(was):
		ch.action = NoOp
	default:
		ch.action = Update
	}
	return ds
}

// checkPlan holds a plan to Terraform's rules: what the configuration sets is
// planned as it is, and nothing but computed attributes is made up.
func (w *walk) checkPlan(s *tfprotov6.Schema, prior tftypes.Value, ch *change) {
	w.TB.Helper()
	config, was, planned := members(ch.config), members(prior), members(ch.planned)
	for _, a := range s.Block.Attributes {
		want, got := config[a.Name], planned[a.Name]
		switch {
		case a.WriteOnly:
			if !got.IsNull() {
				w.TB.Fatalf("invalid plan: write-only %s is planned as something", a.Name)
			}
		case !want.IsKnown() || !want.IsNull():
			if diff := conforms(want, got, a.Name); diff != "" {
				// A plan may keep the prior value of an equivalent setting.
				if was == nil || !got.Equal(was[a.Name]) {
					w.TB.Fatalf("invalid plan: configuration says otherwise: %s", diff)
				}
			}
		case !a.Computed && !got.IsNull():
			w.TB.Fatalf("invalid plan: %s is neither configured nor computed, but planned as %s", a.Name, describe(got))
		}
	}
}

// replan does what Terraform does right before it changes something: it plans
// again with a new provider, and the two plans must agree. It returns the warnings
// of that plan, which a user sees too.
func (w *walk) replan(ch *change, kind string, prior *Instance, private []byte) Diagnostics {
	w.TB.Helper()
	again := &change{config: ch.config}
	ds := w.change(again, kind, prior, private)
	if len(ds.Errors()) > 0 {
		return nil // the apply will say so
	}
	if prior != nil && again.action != ch.action && again.action != NoOp { // as Terraform has it, in checkPlannedChange
		w.TB.Fatalf("inconsistent final plan: it was to %s, and is to %s", ch.action, again.action)
	}
	if diff := conforms(ch.planned, again.planned, kind); diff != "" {
		w.TB.Fatalf("inconsistent final plan: %s", diff)
	}
	ch.planned, ch.private, ch.identity = again.planned, again.private, again.identity
	return ds
}

package protocol

import (
	"maps"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Action is what a plan does with a resource.
type Action string

// The actions of a plan.
const (
	NoOp    Action = "no-op"
	Create  Action = "create"
	Update  Action = "update"
	Replace Action = "replace"
	Delete  Action = "delete"
)

// Plan is a plan that can be applied later.
type Plan struct {
	Actions     map[string]Action
	Diagnostics Diagnostics

	config    Config
	arguments map[string]any // of Terraform
	changes   map[string]*change
	state     map[string]*Instance
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

// Empty reports whether applying the plan would do nothing.
func (p *Plan) Empty() bool {
	for _, a := range p.Actions {
		if a != NoOp {
			return false
		}
	}
	return len(p.Diagnostics.Errors()) == 0
}

// Refreshed is the refreshed state, by address.
func (p *Plan) Refreshed() map[string]*Instance { return p.state }

// Attribute returns a planned attribute, as [Instance.Attribute] does; Unknown for
// one that is known after the apply.
func (p *Plan) Attribute(address, name string) any {
	return decode(members(p.changes[address].planned)[name])
}

// Text is what a plan file contains of the changes, without some attributes.
func (p *Plan) Text(without ...string) string {
	var all string
	for _, ch := range p.changes {
		all += string(ch.private) + text(ch.planned, without)
	}
	return all
}

// Resolve sets the configuration with which the plan of an address is applied: the
// one in which what was unknown is known.
func (p *Plan) Resolve(address string, attributes map[string]any) {
	if ch := p.changes[address]; ch != nil {
		all := maps.Clone(p.arguments)
		if all == nil {
			all = map[string]any{}
		}
		maps.Copy(all, attributes)
		ch.config = encode(ch.config.Type(), all)
	}
}

// Join adds another plan, of other resources and of another state.
func (p *Plan) Join(q *Plan) {
	p.config = maps.Clone(p.config)
	maps.Copy(p.config, q.config)
	maps.Copy(p.changes, q.changes)
	maps.Copy(p.state, q.state)
}

// Plan refreshes the state and plans the configuration.
func (t *Terraform) Plan(config Config) *Plan {
	t.TB.Helper()
	return t.plan(config, true)
}

// PlanWithoutRefresh is plan -refresh=false.
func (t *Terraform) PlanWithoutRefresh(config Config) *Plan {
	t.TB.Helper()
	return t.plan(config, false)
}

func (t *Terraform) plan(config Config, refresh bool) *Plan {
	t.TB.Helper()
	p := &Plan{Actions: map[string]Action{}, config: config, arguments: t.Arguments, changes: map[string]*change{}, state: map[string]*Instance{}}
	r, ds := t.start()
	p.Diagnostics = ds
	if len(ds.Errors()) > 0 {
		return p
	}
	for _, address := range addresses(config, t.State) {
		if i, ok := t.State[address]; ok && !r.refreshForPlan(p, address, i, refresh) {
			continue
		}
		block, wanted := config[address]
		prior := p.state[address]
		var ch *change
		switch {
		case wanted:
			ch = r.planBlock(p, block, prior)
		case prior != nil:
			ch = r.planDestroy(p, prior)
		}
		if ch == nil {
			continue
		}
		p.changes[address], p.Actions[address] = ch, ch.action
		if prior != nil && len(prior.Deposed) > 0 && ch.action == NoOp {
			p.Actions[address] = Update
		}
	}
	return p
}

// refreshForPlan refreshes an instance, and its deposed objects with it, as Terraform
// does. It reports whether that succeeded.
func (r *Run) refreshForPlan(p *Plan, address string, held *Instance, refresh bool) bool {
	r.tf.TB.Helper()
	i := *held
	i.Deposed = nil
	gone, ds := false, Diagnostics(nil)
	if refresh && i.value.Type() != nil {
		gone, ds = r.refresh(&i)
	}
	p.Diagnostics = append(p.Diagnostics, ds...)
	for _, old := range held.Deposed {
		d := *old
		gone, ds := r.refresh(&d)
		p.Diagnostics = append(p.Diagnostics, ds...)
		if !gone {
			i.Deposed = append(i.Deposed, &d)
		}
	}
	if len(ds.Errors()) > 0 {
		return false
	}
	if !gone {
		p.state[address] = &i
	}
	return true
}

func (r *Run) planDestroy(p *Plan, prior *Instance) *change {
	r.tf.TB.Helper()
	null := r.null(prior.Type)
	resp := call(r, r.server.PlanResourceChange, &tfprotov6.PlanResourceChangeRequest{
		TypeName: prior.Type, PriorState: pack(prior.value), ProposedNewState: pack(null), Config: pack(null),
		PriorPrivate: prior.private, PriorIdentity: prior.identity,
	})
	p.Diagnostics = append(p.Diagnostics, resp.Diagnostics...)
	if len(Diagnostics(resp.Diagnostics).Errors()) == 0 && !unpack(resp.PlannedState, null.Type()).IsNull() {
		r.tf.TB.Fatalf("invalid plan: after the destroy of %s something is planned to exist", prior.Type)
	}
	return &change{action: Delete, prior: prior, planned: null, config: null, private: resp.PlannedPrivate, identity: resp.PlannedIdentity}
}

// PlanOne plans one resource against the state, which it does not refresh. Other
// resources are not planned, as with -target.
func (r *Run) PlanOne(address string, block Block) (Action, Diagnostics) {
	r.tf.TB.Helper()
	p := &Plan{}
	ch := r.planBlock(p, block, r.tf.State[address])
	if ch == nil {
		return "", p.Diagnostics
	}
	return ch.action, p.Diagnostics
}

func (r *Run) planBlock(p *Plan, block Block, prior *Instance) *change {
	r.tf.TB.Helper()
	config := r.configuration(r.resource(block.Type), block.Attributes)
	valid := call(r, r.server.ValidateResourceConfig, &tfprotov6.ValidateResourceConfigRequest{
		TypeName: block.Type, Config: pack(config), ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	p.Diagnostics = append(p.Diagnostics, valid.Diagnostics...)
	if len(Diagnostics(valid.Diagnostics).Errors()) > 0 {
		return nil
	}
	ch := &change{config: config, prior: prior}
	if prior == nil || prior.Tainted {
		p.Diagnostics = append(p.Diagnostics, r.planChange(ch, block.Type, nil, nil)...)
		ch.action = Create
		if prior != nil {
			ch.action = Replace
		}
		return ch
	}
	p.Diagnostics = append(p.Diagnostics, r.planChange(ch, block.Type, prior, prior.private)...)
	return ch
}

// planChange plans one object and decides the action. A replacement is planned a
// second time, as a create, with the private data of the first plan.
func (r *Run) planChange(ch *change, kind string, prior *Instance, private []byte) Diagnostics {
	r.tf.TB.Helper()
	s, was := r.resource(kind), r.null(kind)
	req := &tfprotov6.PlanResourceChangeRequest{TypeName: kind, Config: pack(ch.config), PriorPrivate: private}
	if prior != nil {
		was, req.PriorIdentity = prior.value, prior.identity
	}
	req.PriorState, req.ProposedNewState = pack(was), pack(proposed(s, was, ch.config))
	resp := call(r, r.server.PlanResourceChange, req)
	ds := Diagnostics(resp.Diagnostics)
	ch.planned = unpack(resp.PlannedState, s.ValueType())
	ch.private, ch.identity = resp.PlannedPrivate, resp.PlannedIdentity
	if len(ds.Errors()) > 0 {
		return ds
	}
	r.checkPlan(s, was, ch)
	switch {
	case prior == nil:
		ch.action = Create
	case replaces(resp.RequiresReplace, was, ch.planned):
		again := r.planChange(ch, kind, nil, resp.PlannedPrivate)
		if len(again.Errors()) > 0 { // Terraform drops the second plan's diagnostics if they are only warnings
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

// proposed is the configuration, and for computed attributes that it does not set the
// prior value, as Terraform proposes it.
func proposed(s *tfprotov6.Schema, prior, config tftypes.Value) tftypes.Value {
	was, values := members(prior), maps.Clone(members(config))
	for _, a := range s.Block.Attributes {
		if v := values[a.Name]; v.IsKnown() && v.IsNull() && a.Computed && was != nil {
			values[a.Name] = was[a.Name]
		}
	}
	return tftypes.NewValue(config.Type(), values)
}

// replaces reports whether a plan asks for replacement: Terraform ignores paths at
// which nothing changes.
func replaces(paths []*tftypes.AttributePath, prior, planned tftypes.Value) bool {
	for _, p := range paths {
		a, _, err1 := tftypes.WalkAttributePath(prior, p)
		b, _, err2 := tftypes.WalkAttributePath(planned, p)
		if err1 != nil || err2 != nil {
			return true
		}
		was, ok1 := a.(tftypes.Value)
		is, ok2 := b.(tftypes.Value)
		if !ok1 || !ok2 || !was.Equal(is) {
			return true
		}
	}
	return false
}

// checkPlan checks a plan as Terraform does: configured attributes are planned as
// they are configured, and of the others only computed ones have a value.
func (r *Run) checkPlan(s *tfprotov6.Schema, prior tftypes.Value, ch *change) {
	r.tf.TB.Helper()
	config, was, planned := members(ch.config), members(prior), members(ch.planned)
	for _, a := range s.Block.Attributes {
		want, got := config[a.Name], planned[a.Name]
		switch {
		case a.WriteOnly:
			if !got.IsNull() {
				r.tf.TB.Fatalf("invalid plan: write-only %s has a value", a.Name)
			}
		case !want.IsKnown() || !want.IsNull():
			// A plan may keep the prior value of an equivalent setting.
			if diff := difference(want, got, a.Name); diff != "" && (was == nil || !got.Equal(was[a.Name])) {
				r.tf.TB.Fatalf("invalid plan: it contradicts the configuration: %s", diff)
			}
		case !a.Computed && !got.IsNull():
			r.tf.TB.Fatalf("invalid plan: %s is neither configured nor computed, but planned as %s", a.Name, describe(got))
		}
	}
}

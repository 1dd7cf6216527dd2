package tfkey

import (
	"bytes"
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// FastPath responds to Terraform's requests about keys that have not changed, which in most
// runs are nearly all of them. It applies the rules of the resource (updateFromListing and
// plan.update). Where something has changed, or the service must be asked, the framework responds.
//
// The framework goes through all attributes about ten times for each key, by paths, and
// copies the map of all attributes for each step of a path. Without it a plan of 1,000 keys
// takes a third of the CPU time (make bench).
type FastPath struct {
	serviceBase
	stateType               attr.Type
	wireState, wireIdentity tftypes.Type // as the protocol has them
}

// NewFastPath returns the fast path to a service's key resource. Until Configure is called it
// lets the framework respond.
func NewFastPath(d definition.Service) *FastPath {
	base, ctx := newBase(d), context.Background()
	state, identity := base.def.resourceSchema().Type(), base.def.identitySchema().Type()
	return &FastPath{base, state, state.TerraformType(ctx), identity.TerraformType(ctx)}
}

// Configure sets the provider's data.
func (s *FastPath) Configure(accounts Accounts) { s.configure(accounts) }

// ReadResource responds to a refresh that changes nothing.
func (s *FastPath) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest,
	framework func(context.Context, *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error),
) (*tfprotov6.ReadResourceResponse, error) {
	if s.account == nil || !s.def.Declared && !s.account.hasRead.Load() || len(req.Private) > 0 {
		return framework(ctx, req)
	}
	state, ok := s.model(ctx, req.CurrentState)
	if s = s.usedBy(state); !ok || !s.account.hasRead.Load() || !s.isUnchanged(ctx, state) {
		return framework(ctx, req)
	}
	identity, err := s.identityOf(ctx, state)
	if err != nil {
		return framework(ctx, req)
	}
	return &tfprotov6.ReadResourceResponse{NewState: req.CurrentState, NewIdentity: identity}, nil
}

// usedBy is the fast path to the keys of a resource's service, see [serviceBase.useService].
func (s *FastPath) usedBy(m model) *FastPath {
	if !s.def.Declared {
		return s
	}
	switched := *s
	if switched.useService(m.specific[s.def.Scope]).HasError() {
		switched.account = &Account{} // the framework gives the error
	}
	return &switched
}

// isUnchanged reports whether the shared listing shows a key as the state has it, with
// nothing to warn of, and nothing that the plan needs besides.
func (s *FastPath) isUnchanged(ctx context.Context, state model) bool {
	var diags diag.Diagnostics
	ctx, op, done := s.begin(ctx, &diags)
	defer done()
	if len(state.retiring()) > 0 { // each of them must be read
		return false
	}
	ring := op.connect(ctx, state.scope(s.def))
	if ring == nil {
		return false
	}
	s.markRefreshed(state)
	k, found := ring.Listed(ctx, state.id())
	if op.checkKinds(k); !found || !k.Live() || len(k.Unreadable) > 0 || ring.HasUnreadable() || op.HasError() {
		return false
	}
	now, private := s.updateFromListing(ctx, ring, state, k, nil, privateData{})
	return private.empty() && now.equal(state)
}

// PlanResourceChange responds to the plan of a key that does not change. Before that it fails for
// two resources that manage one key: each plan passes here once.
func (s *FastPath) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest,
	framework func(context.Context, *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error),
) (*tfprotov6.PlanResourceChangeResponse, error) {
	if s.account == nil {
		return framework(ctx, req)
	}
	prior, exists := s.model(ctx, req.PriorState)
	s = s.usedBy(prior)
	if exists && req.ProposedNewState != nil {
		destroys, _ := req.ProposedNewState.IsNull() // the framework refuses what is no value
		if err := s.errTwoManagers(prior, destroys); err != nil {
			return &tfprotov6.PlanResourceChangeResponse{PlannedState: req.PriorState, Diagnostics: []*tfprotov6.Diagnostic{err}}, nil
		}
	}
	if s.credentialUnchecked() || len(req.PriorPrivate) > 0 || !sameBytes(req.PriorState, req.ProposedNewState) {
		return framework(ctx, req)
	}
	config, given := s.model(ctx, req.Config)
	if !exists || !given || !s.staysUnchanged(ctx, config, prior) {
		return framework(ctx, req)
	}
	identity := req.PriorIdentity
	if identity == nil {
		none, err := tfprotov6.NewDynamicValue(s.wireIdentity, tftypes.NewValue(s.wireIdentity, nil))
		if err != nil {
			return framework(ctx, req)
		}
		identity = &tfprotov6.ResourceIdentityData{IdentityData: &none}
	}
	return &tfprotov6.PlanResourceChangeResponse{PlannedState: req.PriorState, PlannedIdentity: identity}, nil
}

// staysUnchanged reports whether the plan of a key changes nothing, without asking the
// service.
func (s *FastPath) staysUnchanged(ctx context.Context, config, prior model) bool {
	var resp resource.ModifyPlanResponse
	next := prior
	next.specific = maps.Clone(prior.specific)
	ctx, op, done := s.begin(ctx, &resp.Diagnostics)
	p := plan{change: change{operation: op, state: prior, next: next, config: config}, resp: &resp, dryRun: true}
	func() {
		defer done()
		p.update(ctx)
	}()
	return !p.stopped && len(resp.Diagnostics) == 0 && p.next.equal(prior)
}

// model decodes a value from Terraform. ok is false for null and for anything unexpected: then
// the framework responds.
func (s *FastPath) model(ctx context.Context, sent *tfprotov6.DynamicValue) (m model, ok bool) {
	if sent == nil {
		return m, false
	}
	raw, err := sent.Unmarshal(s.wireState)
	if err != nil || raw.IsNull() {
		return m, false
	}
	value, err := s.stateType.ValueFromTerraform(ctx, raw)
	object, is := value.(types.Object)
	if err != nil || !is {
		return m, false
	}
	return modelOf(object.Attributes()), true
}

// identityOf encodes a key's identity.
func (s *FastPath) identityOf(ctx context.Context, m model) (*tfprotov6.ResourceIdentityData, error) {
	raw, err := s.def.identityOf(ctx, m).ToTerraformValue(ctx)
	if err != nil {
		return nil, err
	}
	encoded, err := tfprotov6.NewDynamicValue(s.wireIdentity, raw)
	return &tfprotov6.ResourceIdentityData{IdentityData: &encoded}, err
}

// sameBytes reports whether two values are the same.
func sameBytes(a, b *tfprotov6.DynamicValue) bool {
	return a != nil && b != nil && len(a.MsgPack) > 0 && bytes.Equal(a.MsgPack, b.MsgPack)
}

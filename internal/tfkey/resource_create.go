package tfkey

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// creation is the work of one Create.
type creation struct {
	operation
	plan model
	ring *keyring.Ring
	spec driver.Spec
	resp *resource.CreateResponse
}

func (r *keyResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	ctx, op, done := r.begin(ctx, &resp.Diagnostics)
	defer done()
	c := creation{operation: op, plan: op.model(ctx, req.Plan), resp: resp}
	if op.model(ctx, req.Config).givesValue() {
		c.Append(errValueOfOther())
	}
	c.recipientsOf(c.plan) // before anything is sent
	c.spec = r.def.spec(c.plan)
	c.ring = c.connect(ctx, c.plan.scope(r.def))
	if c.ring == nil {
		return
	}
	ctx, pending, err := r.account.track(ctx, c.ring)
	if c.failed("create", err) {
		return
	}
	defer pending.finish(ctx, &resp.Diagnostics)
	created, err := c.ring.Create(ctx, c.spec)
	var unknown *keyring.OutcomeUnknownError
	if errors.As(err, &unknown) {
		c.saveUnknown(ctx, created.Value, unknown)
		return
	}
	if c.failed("create", err) {
		return
	}
	if c.deliver(pending, created, func() { c.saveCreated(ctx, created) }) {
		c.finish(ctx, created) // errors from here on taint the resource
	}
}

// saveCreated saves the new key to the state.
func (c creation) saveCreated(ctx context.Context, created driver.Minted) {
	state := c.plan
	state.setNewKey(c.def, c.inScope(created.Key, c.plan.scope(c.def)), c.ring.Now())
	if c.store(&state, created.Value, c.plan) {
		c.Append(c.save(ctx, &c.resp.State, c.resp.Identity, state)...)
	}
}

// saveUnknown saves an unanswered create, with an error and therefore tainted: the next
// apply looks for its key before it creates another one.
func (c creation) saveUnknown(ctx context.Context, value driver.Secret, unknown *keyring.OutcomeUnknownError) {
	state, window := c.plan, unknown.Window
	k := driver.Key{ID: window.ID(), Name: c.spec.Name, CreatedAt: window.From}
	state.setNewKey(c.def, c.inScope(k, c.plan.scope(c.def)), window.From)
	c.store(&state, value, c.plan)
	saved := c.save(ctx, &c.resp.State, c.resp.Identity, state)
	c.Append(saved...)
	c.Append(c.errUnknownOutcome(unknown, saved))
}

// finish does what can follow once the key is in the state.
func (c creation) finish(ctx context.Context, created driver.Minted) {
	var private privateData
	private.recordName(c.operation, c.spec.Name, created.Key)
	if !private.empty() {
		c.Append(writePrivate(ctx, c.resp.Private, private)...)
	}
	if changes := c.def.postCreateChanges(c.plan); !changes.Empty() {
		_, err := c.ring.Update(ctx, created.ID, changes)
		c.failed("finish creating", err)
	}
	c.warnIgnored(created.Key, c.spec.Attributes)
}

// postCreateChanges are attributes that a create cannot send: those with a default, where the
// plan differs from it.
func (d serviceDef) postCreateChanges(plan model) driver.Changes {
	c := driver.Changes{Attributes: driver.Attributes{}}
	for _, a := range d.attributes(attribute.isInPlace) {
		want, ok := plan.specific[a.Name].(types.Bool)
		if a.Default != nil && ok && isSet(want) && want.ValueBool() != a.Default {
			c.Attributes[a.Name] = want.ValueBool()
		}
	}
	return c
}

// spec is what a create asks for: what the configuration sets, and nothing that the service
// decides. The Ring has the scope.
func (d serviceDef) spec(plan model) driver.Spec {
	spec := driver.Spec{Name: plan.Name.ValueString(), Attributes: driver.Attributes{}}
	for _, a := range d.attributes(attribute.isSent) {
		if isSet(plan.specific[a.Name]) && a.Name != d.Scope {
			spec.Attributes[a.Name] = expand(plan.specific[a.Name])
		}
	}
	return spec
}

// warnIgnored warns of attributes for which the service's answer shows another value.
// The next plan shows them as a change.
func (r operation) warnIgnored(k driver.Key, asked driver.Attributes) {
	for _, a := range r.def.attributes(attribute.isSettable) {
		want, ok := asked[a.Name]
		if ok && hasAttribute(k, a.Name) && !a.shows(want, k.Attributes[a.Name]) {
			r.AddAttributeWarning(path.Root(a.Name), "Setting not taken over",
				fmt.Sprintf("%s answered with another value of %s for key %s than the configuration sets. The next plan shows the difference; if it stays, set a value that %s accepts.", r.def.Title, a.Name, k.ID, r.def.Title))
		}
	}
}

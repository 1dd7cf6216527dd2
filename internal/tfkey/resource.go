package tfkey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

var (
	_ resource.Resource                   = &keyResource{}
	_ resource.ResourceWithConfigure      = &keyResource{}
	_ resource.ResourceWithIdentity       = &keyResource{}
	_ resource.ResourceWithImportState    = &keyResource{}
	_ resource.ResourceWithModifyPlan     = &keyResource{}
	_ resource.ResourceWithValidateConfig = &keyResource{}
)

// keyResource is apikeys_<service>_key, for every service.
type keyResource struct {
	serviceBase
}

// NewResource returns the constructor of a service's key resource.
func NewResource(d definition.Service) func() resource.Resource {
	return func() resource.Resource { return &keyResource{serviceBase{def: serviceDef{d}}} }
}

// Metadata implements resource.Resource. The identity is mutable because a key
// that is rotated in place has a new id.
func (r *keyResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = r.def.ResourceType(req.ProviderTypeName)
	resp.ResourceBehavior.MutableIdentity = true
}

// Configure implements resource.ResourceWithConfigure.
func (r *keyResource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	r.configure(req.ProviderData)
}

// Schema implements resource.Resource.
func (r *keyResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = r.def.resourceSchema()
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *keyResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = r.def.identitySchema()
}

// ValidateConfig implements resource.ResourceWithValidateConfig.
func (r *keyResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	defer RecoverPanic(ctx, &resp.Diagnostics)
	config, diags := r.def.read(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
	if !config.EncryptTo.IsNull() && known(config.StoreKey) && !config.StoreKey.ValueBool() {
		resp.Diagnostics.AddAttributeError(path.Root("store_key"), "Conflicting storage",
			"encrypt_to keeps the encrypted value in the state, store_key = false keeps nothing there. Remove one of the two.")
	}
	if config.isNative() && !config.RotationOverlap.IsNull() {
		resp.Diagnostics.AddAttributeError(path.Root(nativeRotation), "Conflicting rotation",
			"native_rotation revokes the old key at once, so rotation_overlap cannot keep it alive. Remove one of the two.")
	}
	if known(config.RotationOverlap) && known(config.RotateAfter) {
		overlap, err1 := ParseDuration(config.RotationOverlap.ValueString())
		after, err2 := ParseDuration(config.RotateAfter.ValueString())
		if err1 == nil && err2 == nil && overlap >= after {
			resp.Diagnostics.AddAttributeError(path.Root("rotation_overlap"), "Conflicting rotation",
				fmt.Sprintf("rotation_overlap (%s) must be shorter than rotate_after (%s), or old keys pile up. Shorten the overlap.", config.RotationOverlap.ValueString(), config.RotateAfter.ValueString()))
		}
	}
}

// Create implements resource.Resource.
func (r *keyResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	ctx, done := r.begin(ctx, &resp.Diagnostics)
	defer done()
	plan, diags := r.def.read(ctx, req.Plan)
	resp.Diagnostics.Append(diags...)
	config, diags := r.def.read(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
	if config.givesValue() {
		resp.Diagnostics.Append(errValueOfOther())
	}
	if resp.Diagnostics.HasError() {
		return
	}
	ring, diags := r.ring(ctx, plan.scope(r.def))
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	spec, diags := r.spec(ctx, plan)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	sealed, diags := plan.recipients(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, hand, err := r.account.track(ctx, ring)
	if err != nil {
		resp.Diagnostics.Append(r.failure("create", err)...)
		return
	}
	defer hand.finish(ctx, &resp.Diagnostics)
	minted, err := ring.Create(ctx, spec)
	var open *keyring.OutcomeUnknownError
	if err != nil && !errors.As(err, &open) {
		resp.Diagnostics.Append(r.failure("create", err)...)
		return
	}
	hand.key = minted
	state := plan
	if open != nil {
		// Saved with an error, and therefore tainted: the next apply looks for
		// what this create may have made before it makes another.
		minted.Key = driver.Key{ID: open.Window.ID(), Name: spec.Name, CreatedAt: open.Window.From}
		state.setNewKey(r.def, r.withScope(minted, plan), open.Window.From)
		if err := state.setValue(minted.Value, sealed); err != nil {
			resp.Diagnostics.Append(errNotStored(err))
		}
		saved := r.save(ctx, &resp.State, resp.Identity, state)
		resp.Diagnostics.Append(saved...)
		resp.Diagnostics.Append(r.errUnknownOutcome(open, saved)...)
		return
	}
	state.setNewKey(r.def, r.withScope(minted, plan), ring.Now())
	if err := state.setValue(minted.Value, sealed); err != nil {
		resp.Diagnostics.Append(errNotStored(err))
		return
	}
	saved := r.save(ctx, &resp.State, resp.Identity, state)
	resp.Diagnostics.Append(saved...)
	if saved.HasError() {
		return
	}
	hand.delivered = true
	r.account.setValue(minted.ID, minted.Value)

	// The key is safe in the state; whatever fails from here on taints it.
	var n privateData
	resp.Diagnostics.Append(n.recordName(r.def, spec.Name, minted.Key)...)
	if !n.empty() {
		resp.Diagnostics.Append(writePrivate(ctx, resp.Private, n)...)
	}
	if late := r.postCreateChanges(plan); !late.Empty() {
		if _, err := ring.Update(ctx, minted.ID, late); err != nil {
			resp.Diagnostics.Append(r.failure("finish creating", err)...)
		}
	}
	resp.Diagnostics.Append(r.warnIgnoredSettings(minted.Key, spec.Attributes)...)
	resp.Diagnostics.Append(r.warnSuspects(minted)...)
}

// Delete implements resource.Resource: it revokes the key and all that retire.
func (r *keyResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	ctx, done := r.begin(ctx, &resp.Diagnostics)
	defer done()
	state, diags := r.def.read(ctx, req.State)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ring, diags := r.ring(ctx, state.scope(r.def))
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	for _, id := range state.keyIDs() {
		if r.account.managed.isManaged(id) { // this resource does not claim what it is about to revoke
			resp.Diagnostics.Append(r.errManagedElsewhere(id)...)
			return
		}
	}
	r.recordCreation(ring, state)
	held := readPrivate(ctx, req.Private).Held
	left, retiring := state, state.retiring()
	for i, old := range retiring {
		resp.Diagnostics.Append(r.revoke(ctx, ring, state, old.id, driver.Secret{}, held...)...)
		retiring[i].id = r.addKnown(ring, state, old.id, held)
	}
	resp.Diagnostics.Append(r.revoke(ctx, ring, state, state.ID.ValueString(), state.secret(), held...)...)
	if !resp.Diagnostics.HasError() {
		return
	}
	// The next run has to know which keys are none that these creates have made.
	left.ID, left.Retiring = types.StringValue(r.addKnown(ring, state, state.ID.ValueString(), held)), retiringList(retiring)
	if !left.equal(state) {
		resp.Diagnostics.Append(r.save(ctx, &resp.State, resp.Identity, left)...)
	}
}

// addKnown is an id that stands for an unanswered create, with the keys that
// this process has created since.
func (r *keyResource) addKnown(ring *keyring.Ring, state model, id string, held []string) string {
	if w, unsettled := r.window(id, state); unsettled {
		return ring.AddKnown(w, held...).ID()
	}
	return id
}

// recordCreation says when the resource's keys were made at the latest.
func (r *keyResource) recordCreation(ring *keyring.Ring, state model) {
	for _, id := range state.keyIDs() {
		ring.RecordCreation(id, state.created())
	}
}

// revoke revokes one key of the resource, or settles the create that its id
// stands for. held are keys of others that look like what that may have made.
func (r *keyResource) revoke(ctx context.Context, ring *keyring.Ring, state model, id string, known driver.Secret, held ...string) diag.Diagnostics {
	isAdrift, err := r.scopeMismatch(ctx, ring, state)
	window, unsettled := r.window(id, state)
	switch {
	case err != nil:
	case isAdrift:
		return diag.Diagnostics{r.errScopeMismatch(state)}
	case unsettled:
		err = ring.Reconcile(ctx, window, slices.Concat(held, state.keyIDs())...)
	default:
		err = ring.Revoke(ctx, id, known)
	}
	if err != nil {
		return r.failure("revoke", err)
	}
	return nil
}

// spec is what a create asks for: what the configuration says, and nothing that
// the service decides by itself.
func (c *serviceBase) spec(ctx context.Context, plan model) (driver.Spec, diag.Diagnostics) {
	spec := driver.Spec{Name: plan.Name.ValueString(), Attributes: driver.Attributes{}}
	var diags diag.Diagnostics
	for _, a := range c.def.attributes() {
		// The scope is the Ring's business, and a default is what the service
		// does anyway.
		if !a.isSettable() || !known(plan.own[a.Name]) || a.Name == c.def.Scope || a.Default != nil {
			continue
		}
		v, ds := a.expand(ctx, plan.own[a.Name])
		diags.Append(ds...)
		spec.Attributes[a.Name] = v
	}
	return spec, diags
}

// postCreateChanges are the settings that a create cannot carry, because they only make sense
// for a key that exists: those with a default, where the plan differs from it.
func (r *keyResource) postCreateChanges(plan model) driver.Changes {
	c := driver.Changes{Attributes: driver.Attributes{}}
	for _, a := range r.def.attributes() {
		want, ok := plan.own[a.Name].(types.Bool)
		if a.Default != nil && a.Mode == definition.InPlace && ok && known(want) && want.ValueBool() != a.Default {
			c.Attributes[a.Name] = want.ValueBool()
		}
	}
	return c
}

// warnIgnoredSettings warns of settings that were asked for and that the service's answer
// shows otherwise; the next plan will show them as a change.
func (r *keyResource) warnIgnoredSettings(k driver.Key, asked driver.Attributes) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, a := range r.def.attributes() {
		want, ok := asked[a.Name]
		if !ok || !hasAttribute(k, a.Name) || a.flatten(want).Equal(a.flatten(k.Attributes[a.Name])) {
			continue
		}
		diags.AddAttributeWarning(path.Root(a.Name), "Setting not taken over",
			fmt.Sprintf("%s answered with another value of %s than it was asked for on key %s. The next plan will show the difference; if it stays, ask for a value that %s accepts.", r.def.Title, a.Name, k.ID, r.def.Title))
	}
	return diags
}

// withScope completes a key with the scope it was made in, where the service's
// records do not tell it.
func (c *serviceBase) withScope(m driver.Minted, plan model) driver.Minted {
	scope := plan.scope(c.def)
	if scope == "" {
		scope = c.account.Scope
	}
	if c.def.Scope != "" && scope != "" && !hasAttribute(m.Key, c.def.Scope) {
		attributes := driver.Attributes{c.def.Scope: scope}
		for name, v := range m.Attributes {
			attributes[name] = v
		}
		m.Attributes = attributes
	}
	return m
}

// inScope completes a key that was found in a scope; "" is the provider's own.
func (c *serviceBase) inScope(k driver.Key, scope string) driver.Key {
	return c.withScope(driver.Minted{Key: k}, model{own: scopeOf(c.def, scope)}).Key
}

// quoted lists ids for a message.
func quoted(ids []string) string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return strings.Join(ids, ", ")
}

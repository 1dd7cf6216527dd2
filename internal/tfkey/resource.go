package tfkey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/seal"

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

// Metadata implements resource.Resource. The identity is mutable because a rotation in place
// changes the id.
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
			"encrypt_to keeps the encrypted value in the state, store_key = false keeps no value there. Remove one of the two.")
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
	c, diags := r.prepareCreate(ctx, req)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, pending, err := r.account.track(ctx, c.ring)
	if err != nil {
		resp.Diagnostics.Append(r.failure("create", err)...)
		return
	}
	defer pending.finish(ctx, &resp.Diagnostics)
	created, err := c.ring.Create(ctx, c.spec)
	var unknown *keyring.OutcomeUnknownError
	switch {
	case errors.As(err, &unknown):
		resp.Diagnostics.Append(c.saveUnknown(ctx, resp, created, unknown)...)
		return
	case err != nil:
		resp.Diagnostics.Append(r.failure("create", err)...)
		return
	}
	pending.key = created
	if diags := c.saveCreated(ctx, resp, created); diags.HasError() {
		resp.Diagnostics.Append(diags...)
		return
	}
	pending.delivered = true
	r.account.setValue(created.ID, created.Value)
	// The key is in the state. Errors from here on taint it.
	resp.Diagnostics.Append(c.finish(ctx, resp, created)...)
}

// creation is the work of one Create.
type creation struct {
	*keyResource
	plan       model
	ring       *keyring.Ring
	spec       driver.Spec
	recipients *seal.Recipients
}

// prepareCreate does what needs no request.
func (r *keyResource) prepareCreate(ctx context.Context, req resource.CreateRequest) (c creation, diags diag.Diagnostics) {
	c.keyResource = r
	config, ds := r.def.read(ctx, req.Config)
	diags.Append(ds...)
	if config.givesValue() {
		diags.Append(errValueOfOther())
	}
	c.plan, ds = r.def.read(ctx, req.Plan)
	diags.Append(ds...)
	diags.Append(r.use(c.plan.own[r.def.Scope])...)
	if diags.HasError() {
		return c, diags
	}
	c.ring, ds = r.ring(ctx, c.plan.scope(r.def))
	diags.Append(ds...)
	c.spec, ds = r.spec(ctx, c.plan)
	diags.Append(ds...)
	c.recipients, ds = c.plan.recipients(ctx)
	diags.Append(ds...)
	return c, diags
}

// saveCreated saves the new key to the state.
func (c creation) saveCreated(ctx context.Context, resp *resource.CreateResponse, created driver.Minted) diag.Diagnostics {
	if diags := c.checkKinds(created.Key); diags.HasError() {
		return diags
	}
	state := c.plan
	state.setNewKey(c.def, c.withScope(created, c.plan), c.ring.Now())
	if err := state.setValue(created.Value, c.recipients); err != nil {
		return diag.Diagnostics{errNotStored(err)}
	}
	return c.save(ctx, &resp.State, resp.Identity, state)
}

// saveUnknown saves an unanswered create, with an error and therefore tainted: the next
// apply looks for its key before it creates another one.
func (c creation) saveUnknown(ctx context.Context, resp *resource.CreateResponse, created driver.Minted, unknown *keyring.OutcomeUnknownError) (diags diag.Diagnostics) {
	state := c.plan
	created.Key = driver.Key{ID: unknown.Window.ID(), Name: c.spec.Name, CreatedAt: unknown.Window.From}
	state.setNewKey(c.def, c.withScope(created, c.plan), unknown.Window.From)
	if err := state.setValue(created.Value, c.recipients); err != nil {
		diags.Append(errNotStored(err))
	}
	saved := c.save(ctx, &resp.State, resp.Identity, state)
	diags.Append(saved...)
	diags.Append(c.errUnknownOutcome(unknown, saved)...)
	return diags
}

// finish does what can follow once the key is in the state.
func (c creation) finish(ctx context.Context, resp *resource.CreateResponse, created driver.Minted) (diags diag.Diagnostics) {
	var private privateData
	diags.Append(private.recordName(c.def, c.spec.Name, created.Key)...)
	if !private.empty() {
		diags.Append(writePrivate(ctx, resp.Private, private)...)
	}
	if changes := c.postCreateChanges(c.plan); !changes.Empty() {
		if _, err := c.ring.Update(ctx, created.ID, changes); err != nil {
			diags.Append(c.failure("finish creating", err)...)
		}
	}
	diags.Append(c.warnIgnoredSettings(created.Key, c.spec.Attributes)...)
	diags.Append(c.warnSuspects(created)...)
	return diags
}

// Delete implements resource.Resource: it revokes the key and those that retire.
func (r *keyResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	ctx, done := r.begin(ctx, &resp.Diagnostics)
	defer done()
	state, diags := r.def.read(ctx, req.State)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(r.use(state.own[r.def.Scope])...)
	if resp.Diagnostics.HasError() {
		return
	}
	ring, diags := r.ring(ctx, state.scope(r.def))
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	for _, id := range state.keyIDs() {
		if r.account.managed.isManaged(id) { // by another resource: Terraform does not read what it destroys
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
	// The next run must know which keys these creates have not created.
	left.ID, left.Retiring = types.StringValue(r.addKnown(ring, state, state.ID.ValueString(), held)), retiringList(retiring)
	if !left.equal(state) {
		resp.Diagnostics.Append(r.save(ctx, &resp.State, resp.Identity, left)...)
	}
}

// addKnown is the id of an unanswered create, with the keys that this process has created
// since.
func (r *keyResource) addKnown(ring *keyring.Ring, state model, id string, held []string) string {
	if w, isWindow := r.window(id, state); isWindow {
		return ring.AddKnown(w, held...).ID()
	}
	return id
}

// recordCreation records when the resource's keys were created at the latest.
func (r *keyResource) recordCreation(ring *keyring.Ring, state model) {
	for _, id := range state.keyIDs() {
		ring.RecordCreation(id, state.created())
	}
}

// revoke revokes one key of the resource, or reconciles the unanswered create whose id this
// is. held are keys of others that look like its key.
func (r *keyResource) revoke(ctx context.Context, ring *keyring.Ring, state model, id string, known driver.Secret, held ...string) diag.Diagnostics {
	isMismatch, err := r.scopeMismatch(ctx, ring, state)
	window, isWindow := r.window(id, state)
	switch {
	case err != nil:
	case isMismatch:
		return diag.Diagnostics{r.errScopeMismatch(state)}
	case isWindow:
		err = ring.Reconcile(ctx, window, slices.Concat(held, state.keyIDs())...)
	default:
		err = ring.Revoke(ctx, id, known)
	}
	if err != nil {
		return r.failure("revoke", err)
	}
	return nil
}

// spec is what a create asks for: what the configuration sets, and nothing that the service
// decides.
func (c *serviceBase) spec(ctx context.Context, plan model) (driver.Spec, diag.Diagnostics) {
	spec := driver.Spec{Name: plan.Name.ValueString(), Attributes: driver.Attributes{}}
	var diags diag.Diagnostics
	for _, a := range c.def.attributes() {
		// The Ring has the scope, and the service applies defaults by itself.
		if !a.isSettable() || !known(plan.own[a.Name]) || a.Name == c.def.Scope || a.Default != nil {
			continue
		}
		v, ds := a.expand(ctx, plan.own[a.Name])
		diags.Append(ds...)
		spec.Attributes[a.Name] = v
	}
	return spec, diags
}

// postCreateChanges are settings that a create cannot send: those with a default, where the
// plan differs from it.
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

// warnIgnoredSettings warns of settings for which the service's answer shows another value.
// The next plan shows them as a change.
func (r *keyResource) warnIgnoredSettings(k driver.Key, asked driver.Attributes) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, a := range r.def.attributes() {
		want, ok := asked[a.Name]
		if !ok || !hasAttribute(k, a.Name) || a.shows(want, k.Attributes[a.Name]) {
			continue
		}
		diags.AddAttributeWarning(path.Root(a.Name), "Setting not taken over",
			fmt.Sprintf("%s answered with another value of %s for key %s than the configuration sets. The next plan shows the difference; if it stays, set a value that %s accepts.", r.def.Title, a.Name, k.ID, r.def.Title))
	}
	return diags
}

// withScope adds the scope that a key was created in to a record that does not have it.
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

// inScope adds the scope that a key was found in; "" is the provider's own.
func (c *serviceBase) inScope(k driver.Key, scope string) driver.Key {
	return c.withScope(driver.Minted{Key: k}, model{own: scopeOf(c.def, scope)}).Key
}

// quoted lists ids for a message.
func quoted(ids []string) string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return strings.Join(ids, ", ")
}

package tfkey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// defaultExpiry is how long an ephemeral key may live if it is never closed.
const defaultExpiry = "1h"

var (
	_ ephemeral.EphemeralResource              = &ephemeralKey{}
	_ ephemeral.EphemeralResourceWithConfigure = &ephemeralKey{}
	_ ephemeral.EphemeralResourceWithClose     = &ephemeralKey{}
)

// ephemeralKey is ephemeral apikeys_<service>_key, for every service: a key for
// one run.
type ephemeralKey struct {
	serviceBase
}

// NewEphemeral returns the constructor of a service's ephemeral key.
func NewEphemeral(d definition.Service) func() ephemeral.EphemeralResource {
	return func() ephemeral.EphemeralResource { return &ephemeralKey{serviceBase{def: serviceDef{d}}} }
}

// Metadata implements ephemeral.EphemeralResource.
func (e *ephemeralKey) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = e.def.ResourceType(req.ProviderTypeName)
}

// Configure implements ephemeral.EphemeralResourceWithConfigure.
func (e *ephemeralKey) Configure(_ context.Context, req ephemeral.ConfigureRequest, _ *ephemeral.ConfigureResponse) {
	e.configure(req.ProviderData)
}

// Schema implements ephemeral.EphemeralResource.
func (e *ephemeralKey) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	attributes := map[string]schema.Attribute{
		"name": schema.StringAttribute{
			MarkdownDescription: e.nameDescription(),
			Required:            true,
			Validators:          []validator.String{keyName{max: max(0, e.def.MaxName-expirySpan), fresh: true}},
		},
		"mint": schema.BoolAttribute{
			MarkdownDescription: "Whether to create a key. Default `true`: every plan creates one too, and revokes it at its end. With `timestamp() != \"\"`, which is known in an apply only, a plan creates none. In Terraform, but not in OpenTofu, `terraform.applying` does the same; it is false while `terraform destroy` applies, so resources that are destroyed with this key need a `mint` that is true.",
			Optional:            true,
		},
		"expires_after": schema.StringAttribute{
			MarkdownDescription: "How long the key may live if its run does not revoke it, such as `30m` or `1d12h`; at least one minute, and longer than any run takes. Default `" + defaultExpiry + "`. Each run first revokes the keys of earlier runs under the same name whose time is over.",
			Optional:            true,
			Validators:          []validator.String{interval{}},
		},
		"id":         schema.StringAttribute{Computed: true, MarkdownDescription: "The key's identifier at " + e.def.Title + "; unknown when no key is created."},
		"key":        schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The key's value, in memory while the run needs it; unknown when no key is created."},
		"created_at": schema.StringAttribute{Computed: true, MarkdownDescription: "When " + e.def.Title + " created the key, RFC 3339 in UTC, by its own clock."},
		"expires_at": schema.StringAttribute{Computed: true, MarkdownDescription: "When a later run may revoke the key if this one has not, RFC 3339 in UTC."},
	}
	for _, a := range e.def.ephemerals() {
		attributes[a.Name] = a.ephemeral()
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: fmt.Sprintf("An API key at %s for one run: created when Terraform opens it, revoked when Terraform closes it, and written to no state or plan.", e.def.Title),
		Attributes:          attributes,
	}
}

func (e *ephemeralKey) nameDescription() string {
	text := "The key's name. Later runs use it to find keys that a killed run has left."
	if e.def.MaxName > 0 {
		text += fmt.Sprintf(" 1 to %d characters.", e.def.MaxName-expirySpan)
	}
	return text + " At " + e.def.Title + " the key is named `<name>" + expiryOpen + "<time>" + expiryClose + "`."
}

// ephemerals are the service's attributes that a create can send or that its answer has.
func (d serviceDef) ephemerals() []attribute {
	var all []attribute
	for _, a := range d.attributes() {
		if a.Mode != definition.Volatile && a.Default == nil {
			all = append(all, a)
		}
	}
	return all
}

// closing is what Close needs to know. It holds no secret.
type closing struct {
	ID    string `json:"id"`
	Scope string `json:"scope,omitempty"`
}

const closingKey = "closing"

// Open implements ephemeral.EphemeralResource.
func (e *ephemeralKey) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	ctx, done := e.begin(ctx, &resp.Diagnostics)
	defer done()
	var config types.Object
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	values := config.Attributes()
	resp.Diagnostics.Append(e.use(values[e.def.Scope])...)
	if resp.Diagnostics.HasError() {
		return
	}
	if mint, ok := values["mint"].(types.Bool); (ok && known(mint) && !mint.ValueBool()) || e.configUnknown() {
		e.unknown(values)
		resp.Diagnostics.Append(resp.Result.Set(ctx, objectOf(ctx, values))...)
		return
	}
	name, _ := values["name"].(types.String)
	plan := model{Name: name, own: values}
	ring, diags := e.ring(ctx, plan.scope(e.def))
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(e.revokeExpired(ctx, ring, name.ValueString())...)
	spec, expires, diags := e.expiringSpec(ctx, ring, plan)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, pending, err := e.account.track(ctx, ring)
	if err != nil {
		resp.Diagnostics.Append(e.failure("create an ephemeral", err)...)
		return
	}
	pending.ephemeral = true
	defer pending.finish(ctx, &resp.Diagnostics)
	created, err := ring.Create(ctx, spec)
	if err != nil {
		resp.Diagnostics.Append(e.errNotOpened(err, name.ValueString(), spec.Name, expires)...)
		return
	}
	pending.key = created
	resp.Diagnostics.Append(e.setResult(ctx, resp, plan, created, expires)...)
	if resp.Diagnostics.HasError() {
		return // Terraform does not close what failed to open
	}
	pending.delivered = true
	e.account.setValue(created.ID, created.Value)
	resp.Diagnostics.Append(e.warnSuspects(created)...)
}

// expiringSpec is what to create, and when the key expires.
func (e *ephemeralKey) expiringSpec(ctx context.Context, ring *keyring.Ring, plan model) (spec driver.Spec, expires time.Time, diags diag.Diagnostics) {
	after, _ := plan.own["expires_after"].(types.String)
	if after.IsNull() {
		after = types.StringValue(defaultExpiry)
	}
	life, err := parseInterval(after.ValueString())
	if err != nil { // refused at validation
		diags.AddAttributeError(path.Root("expires_after"), "Invalid duration", err.Error())
		return spec, expires, diags
	}
	expires = ring.Now().Add(life).Truncate(time.Second)
	spec, diags = e.spec(ctx, plan)
	spec.Name = expiringName(plan.Name.ValueString(), expires)
	return spec, expires, diags
}

// errNotOpened is the error of a failed create. Terraform keeps nothing of an ephemeral
// resource, so no later run looks for a key of unknown outcome: its name says when a later
// run revokes it.
func (e *ephemeralKey) errNotOpened(err error, name, fullName string, expires time.Time) diag.Diagnostics {
	var unknown *keyring.OutcomeUnknownError
	if !errors.As(err, &unknown) {
		return e.failure("create an ephemeral", err)
	}
	return diag.Diagnostics{e.outcomeUnknown(unknown, fmt.Sprintf("Apply again: that creates another key. If this one was created, nobody has its value, and the first run after %s that opens an ephemeral key named %q revokes it. To revoke it at once, look for %q (%s).",
		expires.UTC().Format(time.RFC3339), name, fullName, e.def.Console))}
}

// setResult sets the result, and what Close needs.
func (e *ephemeralKey) setResult(ctx context.Context, resp *ephemeral.OpenResponse, plan model, created driver.Minted, expires time.Time) diag.Diagnostics {
	if diags := e.checkKinds(created.Key); diags.HasError() {
		return diags
	}
	raw, err := json.Marshal(closing{ID: created.ID, Scope: plan.scope(e.def)})
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Private state not written", err.Error())}
	}
	diags := resp.Private.SetKey(ctx, closingKey, raw)
	created = e.withScope(created, plan)
	values := plan.own
	values["id"] = types.StringValue(created.ID)
	values["key"] = types.StringValue(created.Value.Reveal())
	values["created_at"] = flattenTime(created.CreatedAt)
	values["expires_at"] = flattenTime(expires)
	for _, a := range e.def.ephemerals() {
		if isNull(values[a.Name]) {
			values[a.Name] = a.flatten(created.Attributes[a.Name])
		}
	}
	diags.Append(resp.Result.Set(ctx, objectOf(ctx, values))...)
	return diags
}

// unknown fills the result when no key is created.
func (e *ephemeralKey) unknown(values map[string]attr.Value) {
	for _, name := range []string{"id", "key", "created_at", "expires_at"} {
		values[name] = types.StringUnknown()
	}
	for _, a := range e.def.ephemerals() {
		if isNull(values[a.Name]) {
			values[a.Name] = a.unknown()
		}
	}
}

// revokeExpired revokes keys that earlier runs under this name did not close in time. A
// failure does not stop this run.
func (e *ephemeralKey) revokeExpired(ctx context.Context, ring *keyring.Ring, name string) diag.Diagnostics {
	keys, err := ring.List(ctx)
	if err != nil {
		return e.failure("look for leftovers of the", err)
	}
	var diags diag.Diagnostics
	for _, k := range keys {
		of, expires, ok := parseExpiringName(k.Name)
		if !ok || of != name || ring.Now().Before(expires) {
			continue
		}
		if err := ring.Revoke(ctx, k.ID, driver.Secret{}); err != nil {
			diags.AddWarning("Expired ephemeral key not revoked", leftover(e.def, k.ID, err))
		}
	}
	return diags
}

// Close implements ephemeral.EphemeralResourceWithClose.
func (e *ephemeralKey) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	ctx, done := e.begin(ctx, &resp.Diagnostics)
	defer done()
	raw, diags := req.Private.GetKey(ctx, closingKey)
	resp.Diagnostics.Append(diags...)
	var c closing
	if len(raw) == 0 || json.Unmarshal(raw, &c) != nil || c.ID == "" {
		return // no key was created
	}
	diags = e.use(types.StringValue(c.Scope))
	ring, failed := e.ring(ctx, c.Scope)
	diags.Append(failed...)
	if diags.HasError() {
		resp.Diagnostics.AddWarning("Ephemeral key not revoked", leftover(e.def, c.ID, fmt.Errorf("%s", diags[0].Detail())))
		return
	}
	value, _ := e.account.value(c.ID)
	// An interrupt is no reason to leave the key.
	ctx, cancel := keyring.WithoutCancel(ctx)
	defer cancel()
	if err := ring.Revoke(ctx, c.ID, value); err != nil {
		resp.Diagnostics.AddWarning("Ephemeral key not revoked", leftover(e.def, c.ID, err))
		return
	}
	e.account.Delivery.closed(ring, c.ID)
}

func leftover(d serviceDef, id string, err error) string {
	return fmt.Sprintf("%s key %s could not be revoked: %s\n\nThe next run that opens an ephemeral key of the same name revokes it once its time has passed. To revoke it at once, do it by hand (%s).", d.Title, id, Sentence(err.Error()), d.Console)
}
